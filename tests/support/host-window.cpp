// Xlib, whose macros stay in this file. See the header.
#include "tests/support/host-window.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

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

// A connection to the broker's virtual display, and the window there whose title begins like this.
class HostWindow {
 public:
  HostWindow(const BrokerProcess& broker, const std::string& title) {
    setenv("XAUTHORITY", (broker.runtime() / "xauthority").c_str(), 1);
    m_display.reset(XOpenDisplay(displayOf(broker).c_str()));
    if (!m_display) throw std::runtime_error("the virtual display cannot be opened");
    std::optional<Window> found;
    eventually([&] {
      found = find(display(), DefaultRootWindow(display()), title);
      return found.has_value();
    });
    if (!found) throw std::runtime_error("no window has the title " + title);
    m_window = *found;
  }

  Display* display() const { return m_display.get(); }
  Window window() const { return m_window; }
  void send(long mask, XEvent event) const {
    XSendEvent(display(), m_window, False, mask, &event);
    XSync(display(), False);
  }

 private:
  std::unique_ptr<Display, int (*)(Display*)> m_display{nullptr, &XCloseDisplay};
  Window m_window = 0;
};

}  // namespace

void closeHostWindow(const BrokerProcess& broker, const std::string& title) {
  const HostWindow host(broker, title);
  XEvent event{};
  event.xclient.type = ClientMessage;
  event.xclient.window = host.window();
  event.xclient.message_type = XInternAtom(host.display(), "WM_PROTOCOLS", False);
  event.xclient.format = 32;
  event.xclient.data.l[0] =
      static_cast<long>(XInternAtom(host.display(), "WM_DELETE_WINDOW", False));
  event.xclient.data.l[1] = CurrentTime;
  host.send(NoEventMask, event);
}

void pressKey(const BrokerProcess& broker, const std::string& title, const std::string& key) {
  const HostWindow host(broker, title);
  // There is no window manager to give it.
  XSetInputFocus(host.display(), host.window(), RevertToParent, CurrentTime);
  XEvent event{};
  event.xkey.display = host.display();
  event.xkey.window = host.window();
  event.xkey.root = DefaultRootWindow(host.display());
  event.xkey.same_screen = True;
  event.xkey.time = CurrentTime;
  event.xkey.keycode = XKeysymToKeycode(host.display(), XStringToKeysym(key.c_str()));
  for (const auto& [type, mask] :
       {std::pair(KeyPress, KeyPressMask), std::pair(KeyRelease, KeyReleaseMask)}) {
    event.xkey.type = type;
    host.send(mask, event);
  }
}

std::uint32_t pixelAt(const BrokerProcess& broker, const std::string& title, int x, int y) {
  const HostWindow host(broker, title);
  const std::unique_ptr<XImage, int (*)(XImage*)> image(
      XGetImage(host.display(), host.window(), x, y, 1, 1, AllPlanes, ZPixmap),
      [](XImage* one) { return XDestroyImage(one); });
  if (!image) throw std::runtime_error("the window shows nothing there");
  return static_cast<std::uint32_t>(XGetPixel(image.get(), 0, 0) & 0xffffff);
}

}  // namespace sallyport::test
