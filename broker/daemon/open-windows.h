// The app's windows by label: what is declared, what is open, and what can be done with one. The
// app's C++ code calls it as it is; what a page asks for goes through PageWindows first, which
// knows who sees whom. Runs in the broker.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "broker/daemon/app.h"
#include "broker/daemon/window.h"

namespace sallyport::daemon {

class OpenWindows final : public AppWindows {
 public:
  // The broker's windows.
  struct Windows {
    const std::vector<WindowSpec>& declared;                // must outlive this
    std::function<Window*(const std::string& label)> find;  // null when it is not open
    // Rejects when the frame does not start; the window is then forgotten.
    std::function<kj::Promise<void>(const WindowSpec&)> open;
  };
  explicit OpenWindows(Windows windows) : m_windows(std::move(windows)) {}

  const std::vector<WindowSpec>& declared() const { return m_windows.declared; }
  Window* find(const std::string& label) const { return m_windows.find(label); }
  commands::window::WindowInfo infoOf(const WindowSpec& spec) const;
  kj::Promise<commands::Result<commands::Null>> open(const WindowSpec& spec);

  std::vector<commands::window::WindowInfo> list() const override;
  kj::Promise<commands::Result<commands::Null>> create(const std::string& label) override;
  commands::Result<commands::Null> close(const std::string& label) override;
  commands::Result<commands::Null> closeAtOnce(const std::string& label) override;
  commands::Result<commands::Null> focus(const std::string& label) override;
  commands::Result<commands::Null> setTitle(const std::string& label, std::string title) override;
  kj::Promise<commands::Result<commands::Null>> setBounds(
      const std::string& label, commands::window::SetWindowBounds bounds) override;
  kj::Promise<commands::Result<commands::Null>> setState(
      const std::string& label, commands::window::WindowState state) override;

 private:
  Windows m_windows;
};

}  // namespace sallyport::daemon
