// The channels of one window: items made by commands ahead of a page that takes them at its own
// pace, never more than a window's worth. Runs in the broker; numbers and pace are hostile.
#pragma once

#include <kj/async.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/session/dispatcher.h"
#include "broker/session/guard.h"
#include "proto/session.capnp.h"

namespace sallyport::session {

class Channels {
 public:
  // All must outlive this up to stop(); the window's label for good.
  struct Parts {
    Guard& guard;
    Dispatcher& dispatcher;
    SessionJournal& journal;
  };
  Channels(Parts parts, const std::string& window);
  KJ_DISALLOW_COPY(Channels);

  // A number that is to name a channel. A value is a breach.
  [[nodiscard]] std::optional<EndReason> announce(std::uint64_t number);
  // Runs the command. The channel is open when this resolves without a refusal; dropping the
  // promise before leaves nothing behind.
  kj::Promise<Settled> open(std::uint64_t number,
                            std::string_view command,
                            std::string_view arguments,
                            std::optional<commands::Attachments> uploads);

  // What next() answers; `ended` and `refusal` say that there is no more.
  struct Taken {
    std::vector<std::string> items;
    bool ended = false;
    std::optional<Refusal> refusal;
    std::size_t bytes() const;
  };
  // A value is a breach: the number was never given, or its last next() was not answered.
  [[nodiscard]] std::optional<EndReason> mayTake(std::uint64_t number) const;
  // Waits for an item or the end, and then until the renderer has room for the answer. room is let
  // go of after the answer was sent.
  struct Answer {
    Taken taken;
    kj::Own<Guard::Room> room;  // null for a small one
  };
  kj::Promise<Answer> take(std::uint64_t number);

  void close(std::uint64_t number);

  // Ends the channels of commands that are not granted any more, or reach something else than when
  // they were opened, in a turn of its own: what tells of a folder for hours must not go on by a
  // scope that is gone.
  void grantsChanged();

  // Drops every source at once. Never from inside one.
  void stop();

  std::size_t open() const { return m_channels.size(); }
  std::size_t bufferedBytes() const;

 private:
  struct Channel {
    const commands::Command* command = nullptr;
    std::shared_ptr<const capabilities::Scope> scope;  // as it was opened
    bool opened = false;
    kj::Own<commands::Items> items;  // from then to the end
    std::deque<std::string> ready;
    std::size_t readyBytes = 0;
    bool ended = false;
    std::optional<Refusal> refusal;
    bool taking = false;  // a next() is under way
    kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waiting;
    bool pulling = false;
    kj::Promise<void> pull = nullptr;  // last: uses the rest
  };

  bool isStillGranted(const Channel& channel) const;
  void fill(Channel& channel);
  kj::Promise<void> pull(Channel& channel);
  static bool isFull(const Channel& channel);
  static void end(Channel& channel, std::optional<Refusal> why);
  static void wake(Channel& channel);
  Taken takeReady(std::uint64_t number);
  static Taken cancelled();

  Parts m_parts;
  const std::string& m_window;
  std::uint64_t m_last = 0;
  std::map<std::uint64_t, kj::Own<Channel>> m_channels;
  kj::Promise<void> m_regrant = nullptr;
};

}  // namespace sallyport::session
