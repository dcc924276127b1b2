#include "broker/daemon/page-windows.h"

#include <utility>

namespace sallyport::daemon {
namespace {

using commands::Caller;
using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;
using commands::window::SetWindowBounds;
using commands::window::WindowInfo;
using commands::window::WindowState;

Error unseen() { return {Code::NOT_FOUND, "There is no such window."}; }

}  // namespace

const WindowSpec* PageWindows::seen(const Caller& caller, const std::string& label) const {
  const WindowSpec* target = nullptr;
  std::string callersParent;
  for (const auto& spec : m_windows.declared()) {
    if (spec.label == label) target = &spec;
    if (spec.label == caller.window) callersParent = spec.parent;
  }
  if (target == nullptr) return nullptr;
  const bool sees =
      label == caller.window || label == callersParent || target->parent == caller.window;
  return sees ? target : nullptr;
}

Result<std::vector<WindowInfo>> PageWindows::list(const Caller& caller) {
  std::vector<WindowInfo> all;
  for (const auto& spec : m_windows.declared())
    if (seen(caller, spec.label) != nullptr) all.push_back(m_windows.infoOf(spec));
  return all;
}

Result<WindowInfo> PageWindows::get(const Caller& caller, const std::string& label) {
  const auto* spec = seen(caller, label);
  if (spec == nullptr) return unseen();
  return m_windows.infoOf(*spec);
}

kj::Promise<Result<Null>> PageWindows::create(const Caller& caller, const std::string& label) {
  const auto* spec = seen(caller, label);
  if (spec == nullptr || spec->parent != caller.window) return Result<Null>(unseen());
  return m_windows.open(*spec);
}

Result<Null> PageWindows::focus(const Caller& caller, const std::string& label) {
  if (seen(caller, label) == nullptr) return unseen();
  return m_windows.focus(label);
}

Result<Null> PageWindows::close(const Caller& caller, const std::string& label) {
  if (seen(caller, label) == nullptr) return unseen();
  return label == caller.window ? m_windows.closeAtOnce(label) : m_windows.close(label);
}

Result<Null> PageWindows::keepOpen(const Caller& caller) {
  Window* window = m_windows.find(caller.window);
  if (window == nullptr || !window->keepOpen())
    return Error{Code::CONFLICT, "Nobody asks to close the window, or it is too late."};
  return Null{};
}

void PageWindows::tell(const std::string& label,
                       commands::Emitter<commands::window::SeenWindow>& what) {
  for (const auto& spec : m_windows.declared())
    if (spec.label != label && seen({spec.label, {}}, label) != nullptr)
      what.emitTo(spec.label, {label});
}

Result<Null> PageWindows::setTitle(const Caller& caller, std::string title) {
  return m_windows.setTitle(caller.window, std::move(title));
}

kj::Promise<Result<Null>> PageWindows::setBounds(const Caller& caller, SetWindowBounds bounds) {
  return m_windows.setBounds(caller.window, bounds);
}

kj::Promise<Result<Null>> PageWindows::setState(const Caller& caller, WindowState state) {
  return m_windows.setState(caller.window, state);
}

}  // namespace sallyport::daemon
