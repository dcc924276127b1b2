// Xlib, whose macros stay in this file. See the header.
#include "tests/support/host-window.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>

namespace sallyport::test {
namespace {

// The X server said where it listens: "/tmp/.X11-unix/X7".
std::string displayOf(const BrokerProcess& broker) {
  const auto sockets = listeningLocalSockets();
  const auto descriptors = descriptorsOf(broker.display()).value();
  for (const auto& [number, target] : descriptors) {
    if (target.rfind("socket:[", 0) != 0) continue;
    const auto found = sockets.find(target.substr(8, target.size() - 9));
    if (found == sockets.end()) continue;
    const auto at = found->second.rfind('X');
    return ":" + found->second.substr(at + 1);
  }
  throw std::runtime_error("the virtual display listens nowhere");
}

std::string titleOf(Display* display, Window window) {
  char* name = nullptr;
  if (XFetchName(display, window, &name) == 0 || name == nullptr) return {};
  const std::string title = name;
  XFree(name);
  return title;
}

std::optional<Window> find(Display* display, Window below, const std::string& title) {
  Window root = 0, parent = 0;
  Window* children = nullptr;
  unsigned count = 0;
  if (XQueryTree(display, below, &root, &parent, &children, &count) == 0) return std::nullopt;
  std::optional<Window> found;
  for (unsigned i = 0; i < count && !found; ++i) {
    if (titleOf(display, children[i]).rfind(title, 0) == 0)
      found = children[i];
    else
      found = find(display, children[i], title);
  }
  if (children != nullptr) XFree(children);
  return found;
}

}  // namespace

void closeHostWindow(const BrokerProcess& broker, const std::string& title) {
  setenv("XAUTHORITY", (broker.runtime() / "xauthority").c_str(), 1);
  const std::unique_ptr<Display, int (*)(Display*)> display(XOpenDisplay(displayOf(broker).c_str()),
                                                            &XCloseDisplay);
  if (!display) throw std::runtime_error("the virtual display cannot be opened");
  std::optional<Window> window;
  eventually([&] {
    window = find(display.get(), DefaultRootWindow(display.get()), title);
    return window.has_value();
  });
  if (!window) throw std::runtime_error("no window has the title " + title);
  XEvent event{};
  event.xclient.type = ClientMessage;
  event.xclient.window = *window;
  event.xclient.message_type = XInternAtom(display.get(), "WM_PROTOCOLS", False);
  event.xclient.format = 32;
  event.xclient.data.l[0] =
      static_cast<long>(XInternAtom(display.get(), "WM_DELETE_WINDOW", False));
  event.xclient.data.l[1] = CurrentTime;
  XSendEvent(display.get(), *window, False, NoEventMask, &event);
  XSync(display.get(), False);
}

}  // namespace sallyport::test
