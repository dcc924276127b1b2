// What pages asked to be kept, so that a window comes back where it was after its renderer died,
// or the broker did. Runs in the broker.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/commands/modules/core/core-module.h"
#include "broker/daemon/kept-pages.h"
#include "capabilities/policy.h"

namespace sallyport::daemon {

class PageStates final : public commands::core::PageStateStore {
 public:
  // For the broker's life alone.
  PageStates() = default;
  // And over it, as far as the app's own pages go; of these windows. kept must outlive this.
  PageStates(KeptPages& kept, const std::vector<std::string>& labels) : m_kept(&kept) {
    for (auto& [label, state] : kept.read(labels)) {
      m_wereOpen.insert(label);
      m_states[{label, std::string(capabilities::APP_ORIGIN)}] = std::move(state);
    }
  }

  commands::Result<commands::Null> save(const commands::Caller& caller,
                                        std::string state) override {
    if (m_kept != nullptr && caller.origin == capabilities::APP_ORIGIN)
      m_kept->put(caller.window, state);
    m_states[{caller.window, caller.origin}] = std::move(state);
    return commands::Null{};
  }

  std::string find(const std::string& window, const std::string& origin) const {
    const auto found = m_states.find({window, origin});
    return found == m_states.end() ? std::string() : found->second;
  }

  // When the last broker ended, and nobody had asked for that.
  bool wasOpen(const std::string& window) const { return m_wereOpen.contains(window); }

  void opened(const std::string& window) {
    if (m_kept != nullptr) m_kept->put(window, find(window, std::string(capabilities::APP_ORIGIN)));
  }

  // It was closed, or does not come back.
  void forget(const std::string& window) {
    std::erase_if(m_states, [&](const auto& row) { return row.first.first == window; });
    if (m_kept != nullptr) m_kept->drop(window);
  }

 private:
  KeptPages* m_kept = nullptr;
  std::set<std::string> m_wereOpen;                                     // labels
  std::map<std::pair<std::string, std::string>, std::string> m_states;  // (window, origin)
};

}  // namespace sallyport::daemon
