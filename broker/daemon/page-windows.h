// The module `window` over the app's real windows, with the rule of who sees whom: itself, its
// parent, its children; all else does not exist. Runs in the broker.
#pragma once

#include <string>
#include <vector>

#include "broker/commands/modules/window/window-module.h"
#include "broker/daemon/open-windows.h"

namespace sallyport::daemon {

class PageWindows final : public commands::window::Host {
 public:
  // windows must outlive this.
  explicit PageWindows(OpenWindows& windows) : m_windows(windows) {}

  // What happens to windows, for the module's events.
  commands::window::Events& events() { return m_events; }
  // Told to each other window that sees this one.
  void opened(const std::string& label) { tell(label, m_events.opened); }
  void ready(const std::string& label) { tell(label, m_events.ready); }
  void closed(const std::string& label) { tell(label, m_events.closed); }

  commands::Result<std::vector<commands::window::WindowInfo>> list(
      const commands::Caller& caller) override;
  commands::Result<commands::window::WindowInfo> get(const commands::Caller& caller,
                                                     const std::string& label) override;
  kj::Promise<commands::Result<commands::Null>> create(const commands::Caller& caller,
                                                       const std::string& label) override;
  commands::Result<commands::Null> focus(const commands::Caller& caller,
                                         const std::string& label) override;
  commands::Result<commands::Null> close(const commands::Caller& caller,
                                         const std::string& label) override;
  commands::Result<commands::Null> keepOpen(const commands::Caller& caller) override;
  commands::Result<commands::Null> setTitle(const commands::Caller& caller,
                                            std::string title) override;
  kj::Promise<commands::Result<commands::Null>> setBounds(
      const commands::Caller& caller, commands::window::SetWindowBounds bounds) override;
  kj::Promise<commands::Result<commands::Null>> setState(
      const commands::Caller& caller, commands::window::WindowState state) override;

 private:
  // Null when it is not declared or not seen by the caller, which is the same to it.
  const WindowSpec* seen(const commands::Caller& caller, const std::string& label) const;
  void tell(const std::string& label, commands::Emitter<commands::window::SeenWindow>& what);

  OpenWindows& m_windows;
  commands::window::Events m_events;
};

}  // namespace sallyport::daemon
