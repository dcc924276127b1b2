// Large bytes of one window's answers: the answer has left, and the renderer reads them a piece at
// a time at its page's pace. Runs in the broker; numbers and pace are hostile.
#pragma once

#include <kj/array.h>
#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "broker/session/dispatcher.h"
#include "broker/session/guard.h"

namespace sallyport::session {

class Downloads {
 public:
  // All must outlive this up to stop(); the window's label for good.
  struct Parts {
    Guard& guard;
    Dispatcher& dispatcher;
    SessionJournal& journal;
    kj::Timer& timer;
  };
  Downloads(Parts parts, const std::string& window);
  KJ_DISALLOW_COPY(Downloads);

  // Numbers what a call attached to its value; refuses the call when too many are open.
  Settled adopt(Settled settled);

  // A value is a breach: the number was never given, or its last read was not answered.
  [[nodiscard]] std::optional<EndReason> mayRead(std::uint64_t number) const;
  struct Piece {
    kj::Array<kj::byte> bytes;       // empty: that was all
    std::optional<Refusal> refusal;  // and it is over
    kj::Own<Guard::Room> room;  // to be let go of after the piece was sent; null for a small one
  };
  kj::Promise<Piece> read(std::uint64_t number);

  void discard(std::uint64_t number);

  // Ends those of commands that are not granted any more, or reach something else than when they
  // answered, in a turn of its own.
  void grantsChanged();

  // Drops every source at once. Never from inside one.
  void stop();

  std::size_t open() const { return m_downloads.size(); }

 private:
  // Answers a read in the place of its source, which is dropped then.
  using Stop = kj::Own<kj::PromiseFulfiller<Piece>>;
  struct Download {
    const commands::Command* command;
    std::shared_ptr<const capabilities::Scope> scope;  // by which the command was called
    std::shared_ptr<commands::ByteSource> source;
    std::uint64_t left;
    kj::TimePoint lastRead;
    std::shared_ptr<Stop> reading{};   // of a read that is under way
    std::optional<Refusal> refusal{};  // the source is gone, and whoever reads next learns why
  };
  using Source = commands::Result<kj::Array<kj::byte>>;

  Piece take(std::uint64_t number, Source&& piece);
  Piece over(std::uint64_t number, Refusal why);
  static Refusal cancelled();
  void watch();
  kj::Promise<void> dropIdle();

  Parts m_parts;
  const std::string& m_window;
  std::uint64_t m_last = 0;
  std::map<std::uint64_t, Download> m_downloads;
  bool m_watching = false;
  kj::Promise<void> m_watch = nullptr;
  kj::Promise<void> m_regrant = nullptr;
};

}  // namespace sallyport::session
