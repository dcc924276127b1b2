// Notes: a whole app. Its broker keeps a list of texts in a file; its page shows them.
#include <sallyport/app.h>

#include <algorithm>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace notes {

using namespace sallyport::commands;

constexpr std::size_t MAX_NOTES = 1000;
constexpr std::size_t MAX_NOTE_BYTES = 10'000;

// What crosses to the page is described, once: from this come the checks of arguments, JSON and
// TypeScript.
struct Note {
  std::int64_t id = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Note, (), (id, text))

struct ListNotes {};
BOOST_DESCRIBE_STRUCT(ListNotes, (), ())

struct AddNote {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(AddNote, (), (text))

struct RemoveNote {
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(RemoveNote, (), (id))

struct FindNotes {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(FindNotes, (), (text))

struct NotesChanged {
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(NotesChanged, (), (count))

class Notes final : public sallyport::App {
 public:
  explicit Notes(const sallyport::AppHost& host) : m_host(host) {}

  std::vector<Module> modules() override {
    const CommandOptions CHANGES{std::chrono::seconds(10), OnAbandon::RUN_TO_END};
    Module module("notes", "A list of texts.");
    module.add("cmd_list_notes", "All notes, the oldest first.", *this, &Notes::list);
    module.add("cmd_add_note", "Adds a note, and gives it.", *this, &Notes::add, CHANGES);
    module.add("cmd_remove_note", "Removes a note.", *this, &Notes::remove, CHANGES);
    module.add("cmd_find_notes", "The notes that hold a text, as a channel.", *this, &Notes::find);
    module.addEvent("evt_notes_changed", "Notes came or went.", m_changed, {Queueing::LATEST});
    std::vector<Module> all;
    all.push_back(std::move(module));
    return all;
  }

 private:
  Result<std::vector<Note>> list(const Caller&, ListNotes) {
    load();
    return m_notes;
  }

  Result<Note> add(const Caller&, AddNote arguments) {
    load();
    if (arguments.text.empty() || arguments.text.size() > MAX_NOTE_BYTES)
      return Error{Code::INVALID_ARGUMENT, "text: expected 1 to 10000 bytes"};
    if (m_notes.size() >= MAX_NOTES) return Error{Code::LIMIT, "There are 1000 notes already."};
    const Note note{m_notes.empty() ? 1 : m_notes.back().id + 1, std::move(arguments.text)};
    m_notes.push_back(note);
    save();
    return note;
  }

  Result<Null> remove(const Caller&, RemoveNote arguments) {
    load();
    if (std::erase_if(m_notes, [&](const Note& note) { return note.id == arguments.id; }) == 0)
      return Error{Code::NOT_FOUND, "There is no such note."};
    save();
    return Null{};
  }

  // Each note is looked for when the page has room for it.
  Result<Stream<Note>> find(const Caller&, FindNotes arguments) {
    load();
    return Stream<Note>([this, text = std::move(arguments.text), last = std::int64_t{0}]() mutable
                        -> kj::Promise<Result<std::optional<Note>>> {
      for (const Note& note : m_notes)
        if (note.id > last && note.text.find(text) != std::string::npos) {
          last = note.id;
          return Result<std::optional<Note>>(note);
        }
      return Result<std::optional<Note>>(std::nullopt);
    });
  }

  // Once, at the first command.
  void load() {
    if (std::exchange(m_loaded, true)) return;
    std::ifstream in(file());
    if (!in) return;
    const std::string text(std::istreambuf_iterator<char>(in), {});
    m_notes = boost::json::value_to<std::vector<Note>>(boost::json::parse(text));
  }

  // The file is the old one or the new one, whenever this process ends.
  void save() {
    const std::filesystem::path fresh = file().string() + ".new";
    std::ofstream(fresh) << boost::json::serialize(boost::json::value_from(m_notes));
    std::filesystem::rename(fresh, file());
    m_changed.emit({static_cast<std::int64_t>(m_notes.size())});
    m_host.log("saved " + std::to_string(m_notes.size()) + " notes");
  }

  std::filesystem::path file() const { return m_host.stateDirectory / "notes.json"; }

  const sallyport::AppHost& m_host;
  Emitter<NotesChanged> m_changed;
  bool m_loaded = false;
  std::vector<Note> m_notes;
};

}  // namespace notes

int main(int argc, char** argv) {
  return sallyport::runApp(argc, argv, {"notes", {}, [](const sallyport::AppHost& host) {
                                          return std::make_unique<notes::Notes>(host);
                                        }});
}
