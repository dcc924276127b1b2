// Messages with descriptors over SOCK_SEQPACKET. See the header.
#include "broker/spawn/wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace sallyport::spawn::wire {
namespace {

// Room for one more descriptor than is ever right, so that one too many is seen and not just cut
// off.
union Control {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int) * (MAX_DESCRIPTORS + 1))];
};

std::vector<int> descriptorsOf(msghdr& header) {
  std::vector<int> descriptors;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    std::vector<int> some((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(some.data(), CMSG_DATA(part), some.size() * sizeof(int));
    descriptors.insert(descriptors.end(), some.begin(), some.end());
  }
  return descriptors;
}

}  // namespace

Reply makeReply(Operation operation, std::uint64_t id) {
  Reply reply{};
  reply.magic = MAGIC;
  reply.operation = operation;
  reply.id = id;
  return reply;
}

Reply exitOf(const siginfo_t& info) {
  Reply reply = makeReply(Operation::EXITED, 0);
  reply.pid = info.si_pid;
  const bool exited = info.si_code == CLD_EXITED;
  reply.code = exited ? info.si_status : -1;
  reply.signal = exited ? 0 : info.si_status;
  return reply;
}

bool isLabel(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Transfer send(int socket,
              const void* message,
              std::size_t size,
              const std::vector<int>& descriptors,
              int flags) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): sendmsg only reads
  iovec part{const_cast<void*>(message), size};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  Control control{};
  if (!descriptors.empty()) {
    if (descriptors.size() > MAX_DESCRIPTORS) throw std::invalid_argument("too many descriptors");
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), sizeof(int) * descriptors.size());
  }
  ssize_t sent = -1;
  do sent = sendmsg(socket, &header, flags | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return Transfer::DONE;
  if (errno == EAGAIN) return Transfer::WOULD_BLOCK;
  if (errno == EPIPE || errno == ECONNRESET) return Transfer::CLOSED;
  throw std::system_error(errno, std::generic_category(), "sendmsg");
}

Received receive(int socket, void* message, std::size_t size, int flags) {
  iovec part{message, size};
  Control control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof(control.bytes);
  ssize_t got = -1;
  do got = recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return {Transfer::WOULD_BLOCK, {}, false};
  if (got == 0 || (got < 0 && errno == ECONNRESET)) return {Transfer::CLOSED, {}, false};
  if (got < 0) throw std::system_error(errno, std::generic_category(), "recvmsg");
  auto descriptors = descriptorsOf(header);
  const bool wrong = static_cast<std::size_t>(got) != size || (header.msg_flags & MSG_TRUNC) != 0 ||
                     descriptors.size() > MAX_DESCRIPTORS;
  // Fewer than there is space for, and still cut: that was not the peer.
  const bool lost = (header.msg_flags & MSG_CTRUNC) != 0;
  if (wrong || lost) {
    for (int fd : descriptors) close(fd);
    descriptors.clear();
  }
  if (wrong) throw std::runtime_error("a message of the wrong shape on the control socket");
  return {Transfer::DONE, std::move(descriptors), lost};
}

}  // namespace sallyport::spawn::wire
