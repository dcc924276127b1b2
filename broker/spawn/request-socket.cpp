// The end where requests come in. See the header.
#include "broker/spawn/request-socket.h"

#include <exception>
#include <stdexcept>

namespace sallyport::spawn {

void RequestSocket::answerOne(
    const std::function<void(const wire::Request&, std::vector<OwnedDescriptor>)>& answer) {
  wire::Request request{};
  auto received = wire::receive(m_socket.get(), &request, sizeof request, 0);
  if (received.transfer == wire::Transfer::CLOSED) throw AskerGone{};
  std::vector<OwnedDescriptor> given;
  for (const int fd : received.descriptors) given.emplace_back(fd);
  try {
    if (received.lost) throw std::runtime_error("no descriptors are left");
    answer(request, std::move(given));
  } catch (const std::exception& error) {
    wire::Reply reply = wire::makeReply(wire::Operation::REFUSED, request.id);
    wire::put(reply.text, error.what());
    send(reply);
  }
}

void RequestSocket::send(const wire::Reply& reply, const std::vector<int>& descriptors) {
  if (wire::send(m_socket.get(), &reply, sizeof reply, descriptors, 0) != wire::Transfer::DONE)
    throw AskerGone{};
}

}  // namespace sallyport::spawn
