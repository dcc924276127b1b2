// Descriptors on the socket: as many as the kernel passes, a thousand times.
#include <fcntl.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C13({
    .id = "C13",
    .title = "253 descriptors with each of 1000 messages",
    .safe = "the session ends at the first, the broker keeps none",
    .defences = {"descriptors"},
    .inside =
        [](Inside&) {
          const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
          std::vector<int> fds(253, null);
          std::vector<char> control(CMSG_SPACE(fds.size() * sizeof(int)));
          auto bytes = wire::bootstrap(0)->bytes();
          iovec data{bytes.begin(), bytes.size()};
          msghdr message{};
          message.msg_iov = &data;
          message.msg_iovlen = 1;
          message.msg_control = control.data();
          message.msg_controllen = control.size();
          cmsghdr* head = CMSG_FIRSTHDR(&message);
          head->cmsg_level = SOL_SOCKET;
          head->cmsg_type = SCM_RIGHTS;
          head->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
          std::memcpy(CMSG_DATA(head), fds.data(), fds.size() * sizeof(int));
          for (int i = 0; i < 1000; ++i)
            if (sendmsg(Inside::SESSION, &message, MSG_NOSIGNAL) <= 0) throw HungUp{};
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsWith(seen, {"descriptors"});
          if (seen.health.descriptorsBefore && seen.health.descriptorsAfter)
            verdict.expect(*seen.health.descriptorsAfter <= *seen.health.descriptorsBefore + 4,
                           "no descriptor stays in the broker");
        },
});

}  // namespace
}  // namespace sallyport::redteam
