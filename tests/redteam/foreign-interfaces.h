// What A3 and A8 have in common: methods that other processes serve, on the one object that a
// renderer has.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {

// A hostile window for each interface calls this method of it.
inline Attack foreignInterfaces(std::string id,
                                std::string title,
                                std::string safe,
                                std::vector<std::uint64_t> interfaces,
                                std::uint16_t method) {
  const auto windows = static_cast<unsigned>(interfaces.size());
  return {.id = std::move(id),
          .title = std::move(title),
          .safe = std::move(safe),
          .windows = windows,
          .defences = {"known-methods"},
          .inside =
              [interfaces = std::move(interfaces), method](Inside& a) {
                a.attach();
                a.send(*wire::call(a.question(), 0, method, [&](capnp::rpc::Call::Builder call) {
                  call.setInterfaceId(interfaces.at(a.window()));
                }));
                a.untilHungUp(std::chrono::seconds(6));
              },
          .judge =
              [](const Outside& seen, Verdict& verdict) {
                verdict.endsWith(seen, {"unknown-method"});
                verdict.healthy(seen);
              }};
}

}  // namespace sallyport::redteam
