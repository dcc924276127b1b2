// Where spawner and starter get their requests: one after the other, each answered or refused with
// the reason. Who asks is trusted to say what is wanted; the shape is checked (wire.h).
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "broker/spawn/owned-descriptor.h"
#include "broker/spawn/wire.h"

namespace sallyport::spawn {

// Thrown once the other end is closed.
struct AskerGone {};

class RequestSocket {
 public:
  explicit RequestSocket(OwnedDescriptor socket) : m_socket(std::move(socket)) {}

  // To poll for requests.
  int get() const { return m_socket.get(); }

  // Waits for one request and has it answered by send(), now or later. A std::exception out of
  // answer is sent as REFUSED. Throws AskerGone, and what wire::receive() throws.
  void answerOne(
      const std::function<void(const wire::Request&, std::vector<OwnedDescriptor>)>& answer);

  // The descriptors stay the caller's. Throws AskerGone, and what wire::send() throws.
  void send(const wire::Reply& reply, const std::vector<int>& descriptors = {});

 private:
  OwnedDescriptor m_socket;
};

}  // namespace sallyport::spawn
