// What broker and spawner say to each other: one fixed structure each way over SOCK_SEQPACKET,
// descriptors beside it. Same machine, same build, so native layout; every field is still checked
// on arrival.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sallyport::spawn::wire {

constexpr std::uint32_t MAGIC = 0x53505731;  // "SPW1"
constexpr std::size_t MAX_DESCRIPTORS = 2;

enum class Operation : std::uint32_t {
  SPAWN = 1,
  INSPECT,
  SPAWNED,
  REFUSED,
  CHECK,
  INSPECTED,
  EXITED,
  START_AGAIN,
  INSPECT_BROKER,
  END
};

struct Request {
  std::uint32_t magic;
  // SPAWN, INSPECT, INSPECT_BROKER, START_AGAIN, which is its own answer, or END, which has none
  Operation operation;
  std::uint64_t id;  // echoed
  std::uint32_t kind;
  std::int32_t pid;            // INSPECT, END: of a child that nobody got hold of
  std::array<char, 40> label;  // SPAWN; zero-terminated
};

struct Reply {
  std::uint32_t magic;
  Operation operation;
  std::uint64_t id;  // of the request; 0 for EXITED
  std::int32_t pid;
  std::int32_t code;           // EXITED
  std::int32_t signal;         // EXITED
  std::uint32_t state;         // CHECK: a sandbox::CheckState
  std::array<char, 64> name;   // CHECK
  std::array<char, 432> text;  // CHECK: value; REFUSED: why
};

static_assert(std::is_trivially_copyable_v<Request> && sizeof(Request) == 64);
static_assert(std::is_trivially_copyable_v<Reply> && sizeof(Reply) == 528);

// Cuts, and always ends with a zero.
template <std::size_t N>
void put(std::array<char, N>& field, std::string_view text) {
  field.fill(0);
  text.copy(field.data(), N - 1);
}

// Nothing when there is no zero inside.
template <std::size_t N>
std::optional<std::string> take(const std::array<char, N>& field) {
  const std::string_view all(field.data(), N);
  const auto end = all.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(all.substr(0, end));
}

Reply makeReply(Operation operation, std::uint64_t id);
// EXITED, of what waitid() answered.
Reply exitOf(const siginfo_t& info);

// [a-z0-9-]{1,32}
bool isLabel(std::string_view text);

enum class Transfer { DONE, WOULD_BLOCK, CLOSED };

// Sends one structure; the descriptors stay the caller's. A message that cannot be sent throws
// std::system_error.
Transfer send(int socket,
              const void* message,
              std::size_t size,
              const std::vector<int>& descriptors,
              int flags);

struct Received {
  Transfer transfer;
  std::vector<int> descriptors;  // the caller's; close-on-exec
  bool lost = false;             // this process has no room for them: it got none
};
// Takes one structure of exactly this size. Anything else from the peer throws std::runtime_error,
// with the descriptors closed.
Received receive(int socket, void* message, std::size_t size, int flags);

}  // namespace sallyport::spawn::wire
