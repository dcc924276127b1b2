#include "broker/daemon/open-windows.h"

#include <algorithm>

#include "broker/daemon/frame-answer.h"

namespace sallyport::daemon {
namespace {

using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;
using commands::window::SetWindowBounds;
using commands::window::WindowInfo;
using commands::window::WindowState;

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

WindowInfo OpenWindows::infoOf(const WindowSpec& spec) const {
  WindowInfo info{spec.label, spec.title};
  if (!spec.parent.empty()) info.parent = spec.parent;
  Window* window = find(spec.label);
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

kj::Promise<Result<Null>> OpenWindows::open(const WindowSpec& spec) {
  if (find(spec.label) != nullptr)
    return Result<Null>(Error{Code::CONFLICT, "The window is open."});
  return m_windows.open(spec).then([]() -> Result<Null> { return Null{}; },
                                   // Noted in the journal by who opens; or it was closed meanwhile.
                                   [](kj::Exception&&) -> Result<Null> { return frameAway(); });
}

std::vector<WindowInfo> OpenWindows::list() const {
  std::vector<WindowInfo> all;
  for (const auto& spec : declared()) all.push_back(infoOf(spec));
  return all;
}

kj::Promise<Result<Null>> OpenWindows::create(const std::string& label) {
  const auto spec = std::find_if(
      declared().begin(), declared().end(), [&](const auto& one) { return one.label == label; });
  if (spec == declared().end())
    return Result<Null>(Error{Code::NOT_FOUND, "There is no such window."});
  return open(*spec);
}

Result<Null> OpenWindows::close(const std::string& label) {
  Window* window = find(label);
  if (window == nullptr) return notOpen();
  window->requestClose();
  return Null{};
}

Result<Null> OpenWindows::closeAtOnce(const std::string& label) {
  Window* window = find(label);
  if (window == nullptr) return notOpen();
  window->closeAtOnce();
  return Null{};
}

Result<Null> OpenWindows::focus(const std::string& label) {
  Window* window = find(label);
  if (window == nullptr) return notOpen();
  window->focus();
  return Null{};
}

Result<Null> OpenWindows::setTitle(const std::string& label, std::string title) {
  if (auto wrong = commands::window::whatIsWrong(title)) return std::move(*wrong);
  Window* window = find(label);
  if (window == nullptr) return notOpen();
  window->setTitle(std::move(title));
  return Null{};
}

kj::Promise<Result<Null>> OpenWindows::setBounds(const std::string& label, SetWindowBounds bounds) {
  if (auto wrong = commands::window::whatIsWrong(bounds)) return Result<Null>(std::move(*wrong));
  Window* window = find(label);
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

kj::Promise<Result<Null>> OpenWindows::setState(const std::string& label, WindowState state) {
  Window* window = find(label);
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
