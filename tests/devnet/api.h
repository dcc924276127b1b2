// The routes of the node: Esplora's REST, and /regtest for control. Pure: a request in, an answer
// out. Part of `devnet`.
#pragma once

#include <string>
#include <string_view>

#include "tests/devnet/node.h"

namespace sallyport::devnet {

enum class Method { GET, POST };

struct Answer {
  unsigned status = 200;
  std::string type;  // "text/plain" or "application/json"
  std::string body;
};

inline constexpr std::size_t MAX_REQUEST_BODY = 8'000'000;
inline constexpr std::size_t PAGE_SIZE = 25;

// `path` without a query.
Answer handle(Node& node, Method method, std::string_view path, std::string_view body);

}  // namespace sallyport::devnet
