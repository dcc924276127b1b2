// The modules `path` and `fs`: arguments, bounds and permission sets. What a scope reaches on a
// disk is tests/broker/files.
#include <doctest/doctest.h>

#include <algorithm>

#include "broker/commands/modules/fs/fs-module.h"
#include "broker/commands/modules/path/path-module.h"
#include "broker/commands/modules/path/written-path.h"
#include "tests/broker/commands/modules/module-call.h"

namespace {

using namespace sallyport::commands;
using test::call;
using Names = std::vector<std::string>;

class FsFake final : public fs::Host {
 public:
  kj::Promise<Result<std::string>> readText(const Caller&, fs::ReadTextFile what) override {
    seen = "read " + what.path;
    return Result<std::string>("text");
  }
  kj::Promise<Result<Null>> writeText(const Caller&, fs::WriteTextFile what) override {
    seen = "write " + what.path + " " + std::to_string(what.text.size());
    return Result<Null>(Null{});
  }
  kj::Promise<Result<fs::FilePiece>> read(const Caller&, fs::ReadFile what) override {
    seen = "bytes " + what.path + " " + std::to_string(what.offset.value_or(-1));
    return Result<fs::FilePiece>(fs::FilePiece{{{0, 255, 16}}, true});
  }
  kj::Promise<Result<Null>> write(const Caller&, fs::WriteFile what) override {
    seen = "write bytes " + what.path + " " + std::to_string(what.bytes.value.size());
    return Result<Null>(Null{});
  }
  kj::Promise<Result<fs::Folder>> readFolder(const Caller&, fs::ReadFolder) override {
    return Result<fs::Folder>(fs::Folder{{{"a", fs::FileKind::FILE}}, false});
  }
  kj::Promise<Result<fs::FileInfo>> stat(const Caller&, fs::StatFile) override {
    return Result<fs::FileInfo>(fs::FileInfo{fs::FileKind::FOLDER, 0, 5});
  }
  kj::Promise<Result<Null>> makeFolder(const Caller&, fs::MakeFolder what) override {
    seen = "make " + what.path + (what.parents.value_or(false) ? " parents" : "");
    return Result<Null>(Null{});
  }
  kj::Promise<Result<Null>> remove(const Caller&, fs::RemoveFile what) override {
    seen = "remove " + what.path + (what.recursive.value_or(false) ? " recursive" : "");
    return Result<Null>(Null{});
  }
  kj::Promise<Result<Null>> rename(const Caller&, fs::RenameFile what) override {
    seen = "rename " + what.from + " " + what.to;
    return Result<Null>(Null{});
  }
  kj::Promise<Result<Null>> copy(const Caller&, fs::CopyFile what) override {
    seen = "copy " + what.from + " " + what.to + (what.replace.value_or(false) ? " replace" : "");
    return Result<Null>(Null{});
  }
  std::string seen;
};

class WatcherFake final : public fs::Watcher {
 public:
  kj::Promise<Result<Stream<fs::FileChange>>> watch(const Caller&, fs::WatchFolder what) override {
    seen = what.path + (what.recursive.value_or(false) ? " deep" : "");
    return Result<Stream<fs::FileChange>>(Stream<fs::FileChange>(
        []() -> kj::Promise<Result<std::optional<fs::FileChange>>> { return kj::NEVER_DONE; }));
  }
  std::string seen;
};

class PickerFake final : public fs::Picker {
 public:
  kj::Promise<Result<fs::PickedFiles>> pick(const Caller&, fs::PickFiles what) override {
    seen = "pick " + std::to_string(what.filters ? what.filters->size() : 0);
    return Result<fs::PickedFiles>(fs::PickedFiles{{{"h1", "a.txt"}}});
  }
  kj::Promise<Result<fs::PickedFiles>> pickSave(const Caller&, fs::PickSaveFile what) override {
    seen = "save " + what.name.value_or("-");
    return Result<fs::PickedFiles>(fs::PickedFiles{});
  }
  kj::Promise<Result<std::string>> readPicked(const Caller&, fs::ReadPickedText what) override {
    return Result<std::string>("of " + what.handle);
  }
  kj::Promise<Result<Null>> writePicked(const Caller&, fs::WritePickedText what) override {
    seen = "write " + what.handle;
    return Result<Null>(Null{});
  }
  kj::Promise<Result<fs::FilePiece>> readPickedBytes(const Caller&,
                                                     fs::ReadPickedFile what) override {
    seen = "bytes " + what.handle + " " + std::to_string(what.offset.value_or(-1));
    return Result<fs::FilePiece>(fs::FilePiece{});
  }
  kj::Promise<Result<Null>> writePickedBytes(const Caller&, fs::WritePickedFile what) override {
    seen = "write bytes " + what.handle + (what.append.value_or(false) ? " append" : "");
    return Result<Null>(Null{});
  }
  Result<Null> release(const Caller&, fs::ReleasePickedFile what) override {
    seen = "release " + what.handle;
    return Null{};
  }
  std::string seen;
};

TEST_CASE("a page learns which folders there are, and where by name of the permission") {
  const Registry registry = test::registryOf(
      path::makeModule({{"$APPDATA", "/home/anna/data"}, {"$HOME", "/home/anna"}}));
  CHECK(call(registry, "cmd_list_folders") == R"(["$APPDATA","$HOME"])");
  CHECK(call(registry, "cmd_resolve_path", R"({"path":"$APPDATA/a/b"})") ==
        R"("/home/anna/data/a/b")");
  CHECK(call(registry, "cmd_resolve_path", R"({"path":"$APPDATA"})") == R"("/home/anna/data")");
  CHECK(call(registry, "cmd_resolve_path", R"({"path":"$DOCUMENT/a"})").find("not-found") == 0);
  for (const char* wrong : {R"({"path":"$APPDATA/../x"})",
                            R"({"path":"a"})",
                            R"({"path":"$PATH/a"})",
                            R"({"path":"$APPDATA/a\n"})",
                            R"({"path":7})",
                            R"({})"})
    CHECK_MESSAGE(call(registry, "cmd_resolve_path", wrong).find("invalid-argument: path: ") == 0,
                  wrong);
  CHECK(test::allowed(registry, "path:default") == Names{"cmd_list_folders"});
}

TEST_CASE("what a variable stands for is not read again") {
  const auto path =
      path::plainPath("path", "$APPDATA/$HOME", {{"$APPDATA", "/a"}, {"$HOME", "/h"}});
  CHECK(*path == "/a/$HOME");
  CHECK(path::plainPath("from", "/a/", {}).error().message.find("from: ") == 0);
}

TEST_CASE("a page's words for files reach the host within their bounds") {
  FsFake host;
  PickerFake picker;
  WatcherFake watcher;
  const Registry registry = test::registryOf(fs::makeModule(host, picker, watcher));
  CHECK(call(registry, "cmd_read_text_file", R"({"path":"$APPDATA/a"})") == "\"text\"");
  CHECK(host.seen == "read $APPDATA/a");
  CHECK(call(registry, "cmd_read_folder", R"({"path":"/a"})") ==
        R"({"entries":[{"name":"a","kind":"file"}],"complete":false})");
  CHECK(call(registry, "cmd_stat_file", R"({"path":"/a"})") ==
        R"({"kind":"folder","bytes":0,"modifiedAt":5})");
  CHECK(call(registry, "cmd_make_folder", R"({"path":"/a","parents":true})") == "null");
  CHECK(host.seen == "make /a parents");
  CHECK(call(registry, "cmd_remove_file", R"({"path":"/a"})") == "null");
  CHECK(host.seen == "remove /a");
  CHECK(call(registry, "cmd_rename_file", R"({"from":"/a","to":"/b"})") == "null");
  CHECK(host.seen == "rename /a /b");
  CHECK(call(registry, "cmd_copy_file", R"({"from":"/a","to":"/b","replace":true})") == "null");
  CHECK(host.seen == "copy /a /b replace");

  const auto write = [&](const std::string& text) {
    return call(
        registry, "cmd_write_text_file", R"({"path":"/a","mode":"append","text":")" + text + "\"}");
  };
  CHECK(write(std::string(fs::MAX_TEXT_BYTES, 'x')) == "null");
  CHECK(host.seen == "write /a 262144");
  host.seen.clear();
  CHECK(write(std::string(fs::MAX_TEXT_BYTES + 1, 'x')) ==
        "too-large: text: more than 262144 bytes");
  for (const char* wrong : {R"({"path":"/a","text":"","mode":"truncate"})",
                            R"({"path":["/a"],"text":""})",
                            R"({"path":"/a"})",
                            R"({"path":"/a","text":"","extra":1})"})
    CHECK(call(registry, "cmd_write_text_file", wrong).find("invalid-argument") == 0);
  CHECK(host.seen.empty());
}

TEST_CASE("a page's bytes for files reach the host within their bounds") {
  FsFake host;
  PickerFake picker;
  WatcherFake watcher;
  const Registry registry = test::registryOf(fs::makeModule(host, picker, watcher));
  CHECK(call(registry, "cmd_read_file", R"({"path":"/a","offset":7})") ==
        R"({"bytes":"AP8Q","end":true})");
  CHECK(host.seen == "bytes /a 7");
  CHECK(call(registry, "cmd_write_file", R"({"path":"/a","bytes":"AP8Q","mode":"append"})") ==
        "null");
  CHECK(host.seen == "write bytes /a 3");
  CHECK(call(registry, "cmd_read_picked_file", R"({"handle":"h1"})") ==
        R"({"bytes":"","end":false})");
  CHECK(picker.seen == "bytes h1 -1");
  CHECK(call(registry, "cmd_write_picked_file", R"({"handle":"h1","bytes":"","append":true})") ==
        "null");
  CHECK(picker.seen == "write bytes h1 append");

  host.seen.clear();
  picker.seen.clear();
  // Base64 of three bytes a group of four: one group more than fits.
  const std::string many((fs::MAX_PIECE_BYTES / 3 + 1) * 4, 'A');
  CHECK(call(registry, "cmd_write_file", R"({"path":"/a","bytes":")" + many + "\"}") ==
        "too-large: bytes: more than 262144");
  CHECK(call(registry, "cmd_write_picked_file", R"({"handle":"h1","bytes":")" + many + "\"}") ==
        "too-large: bytes: more than 262144");
  for (const char* wrong : {R"({"path":"/a","offset":-1})", R"({"path":"/a","offset":0.5})"})
    CHECK(call(registry, "cmd_read_file", wrong).find("invalid-argument: offset: ") == 0);
  CHECK(call(registry, "cmd_read_picked_file", R"({"handle":"h1","offset":-1})")
            .find("invalid-argument: offset: ") == 0);
  for (const char* wrong : {R"({"path":"/a","bytes":"A"})", R"({"path":"/a","bytes":[1]})"})
    CHECK(call(registry, "cmd_write_file", wrong).find("invalid-argument: bytes: ") == 0);
  CHECK(host.seen.empty());
  CHECK(picker.seen.empty());
}

TEST_CASE("files are granted to read or to write, each with its own scope") {
  FsFake host;
  PickerFake picker;
  WatcherFake watcher;
  const Registry registry = test::registryOf(fs::makeModule(host, picker, watcher));
  CHECK(test::allowed(registry, "fs:read") == Names{"cmd_read_text_file",
                                                    "cmd_read_file",
                                                    "cmd_read_folder",
                                                    "cmd_stat_file",
                                                    "cmd_watch_folder"});
  CHECK(test::allowed(registry, "fs:write").size() == 6);
  const auto defaults = test::allowed(registry, "fs:default");
  CHECK(defaults.size() == 7);
  for (const auto& registered : registry.commands()) {
    const bool picked = std::count(defaults.begin(), defaults.end(), registered.command.name) > 0;
    CHECK(registered.command.scope == (picked ? sallyport::capabilities::ScopeKind::NONE
                                              : sallyport::capabilities::ScopeKind::PATH));
  }
}

TEST_CASE("a watch is a channel, and its arguments are checked") {
  FsFake host;
  PickerFake picker;
  WatcherFake watcher;
  const Registry registry = test::registryOf(fs::makeModule(host, picker, watcher));
  CHECK(registry.find("cmd_watch_folder")->streams);
  CHECK(call(registry, "cmd_watch_folder", R"({"path":"$APPDATA","recursive":true})") == "null");
  CHECK(watcher.seen == "$APPDATA deep");
  watcher.seen.clear();
  for (const char* wrong : {R"({})",
                            R"({"path":1})",
                            R"({"path":"/a","recursive":"yes"})",
                            R"({"path":"/a","depth":5})"})
    CHECK(call(registry, "cmd_watch_folder", wrong).find("invalid-argument") == 0);
  CHECK(watcher.seen.empty());
}

TEST_CASE("what a page says of a dialog is bounded before one is shown") {
  FsFake host;
  PickerFake picker;
  WatcherFake watcher;
  const Registry registry = test::registryOf(fs::makeModule(host, picker, watcher));
  CHECK(call(registry, "cmd_pick_files") == R"({"files":[{"handle":"h1","name":"a.txt"}]})");
  CHECK(call(registry,
             "cmd_pick_files",
             R"({"mode":"many","filters":[{"name":"Text","extensions":["txt","md"]}]})") ==
        R"({"files":[{"handle":"h1","name":"a.txt"}]})");
  CHECK(picker.seen == "pick 1");
  CHECK(call(registry, "cmd_pick_save_file", R"({"name":"a b.txt"})") == R"({"files":[]})");
  CHECK(picker.seen == "save a b.txt");
  CHECK(call(registry, "cmd_read_picked_text", R"({"handle":"h1"})") == "\"of h1\"");
  CHECK(call(registry, "cmd_write_picked_text", R"({"handle":"h1","text":"x"})") == "null");
  CHECK(call(registry, "cmd_release_picked_file", R"({"handle":"h1"})") == "null");
  picker.seen.clear();
  for (const char* wrong : {R"({"filters":[{"name":"","extensions":["a"]}]})",
                            R"({"filters":[{"name":"a\nb","extensions":["a"]}]})",
                            R"({"filters":[{"name":"a","extensions":[]}]})",
                            R"({"filters":[{"name":"a","extensions":["*"]}]})",
                            R"({"filters":[{"name":"a","extensions":["a/b"]}]})",
                            R"({"mode":"folder"})"})
    CHECK_MESSAGE(call(registry, "cmd_pick_files", wrong).find("invalid-argument") == 0, wrong);
  std::string many = "[";
  for (int i = 0; i < 9; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"name":"a","extensions":["a"]})";
  CHECK(call(registry, "cmd_pick_files", R"({"filters":)" + many + "]}") ==
        "invalid-argument: filters: more than 8");
  for (const char* wrong : {R"({"name":""})",
                            R"({"name":".bashrc"})",
                            R"({"name":"../x"})",
                            R"({"name":"a/b"})",
                            R"({"name":"a\tb"})"})
    CHECK_MESSAGE(call(registry, "cmd_pick_save_file", wrong).find("invalid-argument: name: ") == 0,
                  wrong);
  CHECK(call(registry,
             "cmd_write_picked_text",
             R"({"handle":"h1","text":")" + std::string(fs::MAX_TEXT_BYTES + 1, 'x') + "\"}") ==
        "too-large: text: more than 262144 bytes");
  CHECK(picker.seen.empty());
}

}  // namespace
