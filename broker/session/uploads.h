// Large bytes that come with one window's calls: nothing of them is here before a handler reads,
// and then a piece at a time. Runs in the broker; numbers, sizes and pieces are hostile.
#pragma once

#include <kj/timer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "broker/commands/large-bytes.h"
#include "broker/session/guard.h"
#include "proto/session.capnp.h"

namespace sallyport::session {

class Uploads {
 public:
  // Both must outlive this up to stop().
  Uploads(Guard& guard, kj::Timer& timer);
  KJ_DISALLOW_COPY(Uploads);

  // Where they are read; once, before the first open().
  void attach(proto::RendererControl::Client control);

  struct Announced {
    std::uint64_t number;
    std::uint64_t bytes;
  };
  // What came with one call, as its handler gets it; no value when more are open than may be.
  using Opened = std::optional<commands::Attachments>;
  // A value is a breach.
  [[nodiscard]] std::optional<EndReason> open(const std::vector<Announced>& announced,
                                              Opened& opened);

  // Whoever still reads learns that the page is gone.
  void stop();

  std::size_t open() const;  // held by calls and commands

 private:
  struct Window;
  class Source;

  std::shared_ptr<Window> m_window;  // sources may outlive the session
  std::uint64_t m_last = 0;
};

}  // namespace sallyport::session
