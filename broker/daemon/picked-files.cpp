#include "broker/daemon/picked-files.h"

#include <sys/random.h>

#include <algorithm>
#include <array>

#include "broker/daemon/frame-answer.h"
#include "broker/files/file-error.h"
#include "broker/files/file-operations.h"

namespace sallyport::daemon {
namespace {

using commands::Caller;
using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;
namespace fs = commands::fs;
using Kind = proto::FileQuestion::Kind;

Error unknownHandle() { return {Code::NOT_FOUND, "There is no such handle for this window."}; }
Error tooMuchWork() { return {Code::RATE_LIMITED, "Too many files are being worked on."}; }

std::string newHandle() {
  std::array<unsigned char, 16> bytes{};
  KJ_REQUIRE(getrandom(bytes.data(), bytes.size(), 0) == ssize_t{bytes.size()}, "getrandom");
  static constexpr char DIGITS[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += DIGITS[byte >> 4];
    text += DIGITS[byte & 15];
  }
  return text;
}

Kind kindOf(fs::PickMode mode) {
  switch (mode) {
    case fs::PickMode::ONE:
      return Kind::OPEN;
    case fs::PickMode::MANY:
      return Kind::OPEN_MANY;
    case fs::PickMode::EDIT:
      break;
  }
  return Kind::EDIT;
}

}  // namespace

kj::Promise<Result<fs::PickedFiles>> PickedFiles::pick(const Caller& caller, fs::PickFiles what) {
  FileChooser::Question question{
      m_parts.app.title, caller.window, kindOf(what.mode.value_or(fs::PickMode::ONE))};
  if (what.filters) question.filters = std::move(*what.filters);
  return askUser(caller, std::move(question));
}

kj::Promise<Result<fs::PickedFiles>> PickedFiles::pickSave(const Caller& caller,
                                                           fs::PickSaveFile what) {
  FileChooser::Question question{
      m_parts.app.title, caller.window, Kind::SAVE, what.name.value_or("")};
  if (what.filters) question.filters = std::move(*what.filters);
  return askUser(caller, std::move(question));
}

kj::Promise<Result<fs::PickedFiles>> PickedFiles::askUser(const Caller& caller,
                                                          FileChooser::Question question) {
  using Answer = Result<fs::PickedFiles>;
  Window* window = m_parts.find(caller.window);
  if (window == nullptr) return Answer(frameAway());
  if (m_parts.busy()) return Answer(Error{Code::RATE_LIMITED, "A dialog is open already."});
  return orFrameAway<fs::PickedFiles>(window->frameObject().takeGestureRequest().send().then(
      [this, caller, question = std::move(question)](auto&& answer) mutable -> kj::Promise<Answer> {
        if (!answer.getGiven())
          return Answer(
              Error{Code::DENIED, "A dialog may be opened right after a click or a key."});
        if (m_parts.busy()) return Answer(Error{Code::RATE_LIMITED, "A dialog is open already."});
        return m_parts.ask(std::move(question))
            .then(
                [this, caller](std::vector<OpenedFile> opened) -> Answer {
                  fs::PickedFiles picked;
                  for (auto& file : opened) picked.files.push_back(keep(caller, kj::mv(file)));
                  return picked;
                },
                [](kj::Exception&&) -> Answer {
                  return Error{Code::UNAVAILABLE, "The dialog could not be shown."};
                });
      }));
}

template <typename Value, typename Work>
kj::Promise<Result<Value>> PickedFiles::onWorker(const Caller& caller,
                                                 const std::string& handle,
                                                 Work work) {
  auto fd = find(caller, handle);
  if (!fd) return Result<Value>(unknownHandle());
  if (m_parts.workers.full()) return Result<Value>(tooMuchWork());
  return m_parts.workers.run<Result<Value>>(
      [fd = std::move(fd), work = std::move(work)] { return work(*fd); });
}

kj::Promise<Result<std::string>> PickedFiles::readPicked(const Caller& caller,
                                                         fs::ReadPickedText what) {
  return onWorker<std::string>(caller, what.handle, &files::readTextFrom);
}

kj::Promise<Result<Null>> PickedFiles::writePicked(const Caller& caller, fs::WritePickedText what) {
  return onWorker<Null>(
      caller, what.handle, [text = std::move(what.text), keepFree = m_parts.keepFree](int fd) {
        return files::writeTo(fd, text, false, keepFree);
      });
}

kj::Promise<Result<fs::FilePiece>> PickedFiles::readPickedBytes(const Caller& caller,
                                                                fs::ReadPickedFile what) {
  return onWorker<fs::FilePiece>(caller, what.handle, [offset = what.offset.value_or(0)](int fd) {
    return files::readPieceFrom(fd, offset);
  });
}

kj::Promise<Result<Null>> PickedFiles::writePickedBytes(const Caller& caller,
                                                        fs::WritePickedFile what) {
  return onWorker<Null>(caller,
                        what.handle,
                        [bytes = std::move(what.bytes),
                         append = what.append.value_or(false),
                         keepFree = m_parts.keepFree](int fd) {
                          return files::writeTo(fd, bytes.view(), append, keepFree);
                        });
}

Result<Null> PickedFiles::release(const Caller& caller, fs::ReleasePickedFile what) {
  if (!find(caller, what.handle)) return unknownHandle();
  std::erase_if(m_kept, [&](const Kept& kept) { return kept.handle == what.handle; });
  return Null{};
}

fs::PickedFile PickedFiles::keep(const Caller& caller, OpenedFile file) {
  const auto ofWindow = [&](const Kept& kept) { return kept.window == caller.window; };
  const auto count = std::count_if(m_kept.begin(), m_kept.end(), ofWindow);
  if (static_cast<std::size_t>(count) >= MAX_HANDLES)
    m_kept.erase(std::find_if(m_kept.begin(), m_kept.end(), ofWindow));
  m_kept.push_back({newHandle(),
                    caller.window,
                    caller.origin,
                    std::make_shared<const kj::AutoCloseFd>(kj::mv(file.fd))});
  return {m_kept.back().handle, file.name};
}

void PickedFiles::forget(const std::string& window) {
  std::erase_if(m_kept, [&](const Kept& kept) { return kept.window == window; });
}

std::shared_ptr<const kj::AutoCloseFd> PickedFiles::find(const Caller& caller,
                                                         const std::string& handle) const {
  for (const Kept& kept : m_kept)
    if (kept.handle == handle && kept.window == caller.window && kept.origin == caller.origin)
      return kept.fd;
  return nullptr;
}

}  // namespace sallyport::daemon
