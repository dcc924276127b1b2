// What pages asked to be kept, so that a window comes back where it was after its renderer died.
// Runs in the broker.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "broker/commands/modules/core/core-module.h"

namespace sallyport::daemon {

class PageStates final : public commands::core::PageStateStore {
 public:
  commands::Result<commands::Null> save(const commands::Caller& caller,
                                        std::string state) override {
    m_states[{caller.window, caller.origin}] = std::move(state);
    return commands::Null{};
  }

  std::string find(const std::string& window, const std::string& origin) const {
    const auto found = m_states.find({window, origin});
    return found == m_states.end() ? std::string() : found->second;
  }

  void forget(const std::string& window) {
    std::erase_if(m_states, [&](const auto& row) { return row.first.first == window; });
  }

 private:
  std::map<std::pair<std::string, std::string>, std::string> m_states;  // (window, origin)
};

}  // namespace sallyport::daemon
