// What lies outside of a session's origin class, as the daemon decides it: another class for the
// window, and the hosts of a remote one. Broker only; what is asked for comes from the renderer.
#pragma once

#include <kj/async-io.h>

#include <cstdint>
#include <string_view>

namespace sallyport::session {

class Outside {
 public:
  // The main frame wants to go to this address. True: the window goes there, in another process,
  // and this session has no right any more from now on.
  virtual bool navigate(std::string_view url) = 0;
  // Nothing: this class has no such host, or it is not reached. Nothing is sent before it is there.
  virtual kj::Promise<kj::Maybe<kj::Own<kj::AsyncIoStream>>> connect(std::string_view host,
                                                                     std::uint16_t port) = 0;

 protected:
  ~Outside() = default;
};

}  // namespace sallyport::session
