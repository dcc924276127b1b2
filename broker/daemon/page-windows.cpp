#include "broker/daemon/page-windows.h"

#include "broker/daemon/frame-answer.h"

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
Error notOpen() { return {Code::NOT_FOUND, "The window is not open."}; }

WindowState stateOf(proto::WindowState state) {
  switch (state) {
    case proto::WindowState::MINIMIZED:
      return WindowState::MINIMIZED;
    case proto::WindowState::MAXIMIZED:
      return WindowState::MAXIMIZED;
    case proto::WindowState::FULLSCREEN:
      return WindowState::FULLSCREEN;
    case proto::WindowState::NORMAL:
      break;
  }
  return WindowState::NORMAL;
}

proto::WindowState stateOf(WindowState state) {
  switch (state) {
    case WindowState::MINIMIZED:
      return proto::WindowState::MINIMIZED;
    case WindowState::MAXIMIZED:
      return proto::WindowState::MAXIMIZED;
    case WindowState::FULLSCREEN:
      return proto::WindowState::FULLSCREEN;
    case WindowState::NORMAL:
      break;
  }
  return proto::WindowState::NORMAL;
}

}  // namespace

const WindowSpec* PageWindows::seen(const Caller& caller, const std::string& label) const {
  const WindowSpec* target = nullptr;
  std::string callersParent;
  for (const auto& spec : m_windows.declared) {
    if (spec.label == label) target = &spec;
    if (spec.label == caller.window) callersParent = spec.parent;
  }
  if (target == nullptr) return nullptr;
  const bool sees =
      label == caller.window || label == callersParent || target->parent == caller.window;
  return sees ? target : nullptr;
}

WindowInfo PageWindows::infoOf(const WindowSpec& spec) const {
  WindowInfo info{spec.label, spec.title};
  if (!spec.parent.empty()) info.parent = spec.parent;
  Window* window = m_windows.find(spec.label);
  if (window == nullptr) return info;
  const auto& place = window->place();
  info.open = true;
  info.title = window->title();
  info.ready = window->ready();
  info.focused = window->focused();
  info.state = stateOf(place.state);
  info.width = place.width;
  info.height = place.height;
  if (!place.position) return info;
  info.x = place.position->first;
  info.y = place.position->second;
  return info;
}

Result<std::vector<WindowInfo>> PageWindows::list(const Caller& caller) {
  std::vector<WindowInfo> all;
  for (const auto& spec : m_windows.declared)
    if (seen(caller, spec.label) != nullptr) all.push_back(infoOf(spec));
  return all;
}

Result<WindowInfo> PageWindows::get(const Caller& caller, const std::string& label) {
  const auto* spec = seen(caller, label);
  if (spec == nullptr) return unseen();
  return infoOf(*spec);
}

kj::Promise<Result<Null>> PageWindows::create(const Caller& caller, const std::string& label) {
  const auto* spec = seen(caller, label);
  if (spec == nullptr || spec->parent != caller.window) return Result<Null>(unseen());
  if (m_windows.find(label) != nullptr)
    return Result<Null>(Error{Code::CONFLICT, "The window is open."});
  return m_windows.open(*spec).then(
      []() -> Result<Null> { return Null{}; },
      // Noted in the journal by who opens; or it was closed meanwhile.
      [](kj::Exception&&) -> Result<Null> { return frameAway(); });
}

Result<Null> PageWindows::focus(const Caller& caller, const std::string& label) {
  if (seen(caller, label) == nullptr) return unseen();
  Window* window = m_windows.find(label);
  if (window == nullptr) return notOpen();
  window->focus();
  return Null{};
}

Result<Null> PageWindows::close(const Caller& caller, const std::string& label) {
  if (seen(caller, label) == nullptr) return unseen();
  Window* window = m_windows.find(label);
  if (window == nullptr) return notOpen();
  if (label == caller.window)
    window->closeAtOnce();
  else
    window->requestClose();
  return Null{};
}

Result<Null> PageWindows::keepOpen(const Caller& caller) {
  Window* window = m_windows.find(caller.window);
  if (window == nullptr) return notOpen();
  if (!window->keepOpen())
    return Error{Code::CONFLICT, "Nobody asks to close the window, or it is too late."};
  return Null{};
}

void PageWindows::tell(const std::string& label,
                       commands::Emitter<commands::window::SeenWindow>& what) {
  for (const auto& spec : m_windows.declared)
    if (spec.label != label && seen({spec.label, {}}, label) != nullptr)
      what.emitTo(spec.label, {label});
}

Result<Null> PageWindows::setTitle(const Caller& caller, std::string title) {
  Window* window = m_windows.find(caller.window);
  if (window == nullptr) return notOpen();
  window->setTitle(std::move(title));
  return Null{};
}

kj::Promise<Result<Null>> PageWindows::setBounds(const Caller& caller, SetWindowBounds bounds) {
  Window* window = m_windows.find(caller.window);
  if (window == nullptr) return Result<Null>(notOpen());
  auto place = window->place();
  if (bounds.width) place.width = static_cast<std::uint16_t>(*bounds.width);
  if (bounds.height) place.height = static_cast<std::uint16_t>(*bounds.height);
  place.position.reset();
  if (bounds.x && bounds.y) place.position.emplace(*bounds.x, *bounds.y);
  auto request = window->frameObject().setBoundsRequest();
  write(place, request.initPlace());
  return orFrameAway<Null>(
      request.send().ignoreResult().then([]() -> Result<Null> { return Null{}; }));
}

kj::Promise<Result<Null>> PageWindows::setState(const Caller& caller, WindowState state) {
  Window* window = m_windows.find(caller.window);
  if (window == nullptr) return Result<Null>(notOpen());
  auto request = window->frameObject().setStateRequest();
  request.setState(stateOf(state));
  return orFrameAway<Null>(request.send().then([](auto&& answer) -> Result<Null> {
    if (!answer.getDone())
      return Error{Code::DENIED, "A window fills the screen right after a click or a key in it."};
    return Null{};
  }));
}

}  // namespace sallyport::daemon
