// The module `window`: what a page may do with its own window and with those that it sees: itself,
// its parent, and the windows whose parent it is (app.json). Any other window does not exist for
// it. Runs in the broker.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::window {

// proto/frame.capnp's limits; a position is bounded by what X11 can say.
constexpr std::size_t MAX_TITLE_BYTES = 256;
constexpr std::int32_t MIN_SIDE = 200, MAX_SIDE = 8'192;
constexpr std::int32_t MAX_POSITION = 32'767;

enum class WindowState { NORMAL, MINIMIZED, MAXIMIZED, FULLSCREEN };
BOOST_DESCRIBE_ENUM(WindowState, NORMAL, MINIMIZED, MAXIMIZED, FULLSCREEN)

struct WindowInfo {
  std::string label;
  std::string title;
  std::optional<std::string> parent = {};
  bool open = false;   // a declared window that is not open has nothing of what follows
  bool ready = false;  // its page said that it has its first listeners
  bool focused = false;
  std::optional<WindowState> state = {};
  std::optional<std::int32_t> width = {}, height = {};  // in logical pixels, as it is when NORMAL
  std::optional<std::int32_t> x = {}, y = {};  // absent where the desktop does not tell (Wayland)
};
BOOST_DESCRIBE_STRUCT(WindowInfo,
                      (),
                      (label, title, parent, open, ready, focused, state, width, height, x, y))

struct SetTitle {
  std::string title;
};
BOOST_DESCRIBE_STRUCT(SetTitle, (), (title))

struct WhichWindow {
  std::optional<std::string> label;  // absent: the caller's own
};
BOOST_DESCRIBE_STRUCT(WhichWindow, (), (label))

struct CreateWindow {
  std::string label;
};
BOOST_DESCRIBE_STRUCT(CreateWindow, (), (label))

struct SetWindowBounds {
  std::optional<std::int32_t> width, height, x, y;  // what is absent stays; x and y go together
};
BOOST_DESCRIBE_STRUCT(SetWindowBounds, (), (width, height, x, y))

struct SetWindowState {
  WindowState state = WindowState::NORMAL;
};
BOOST_DESCRIBE_STRUCT(SetWindowState, (), (state))

struct ListWindows {};
BOOST_DESCRIBE_STRUCT(ListWindows, (), ())

struct KeepWindowOpen {};
BOOST_DESCRIBE_STRUCT(KeepWindowOpen, (), ())

struct WindowResized {
  std::int32_t width = 0, height = 0;  // in logical pixels, as it is when NORMAL
};
BOOST_DESCRIBE_STRUCT(WindowResized, (), (width, height))

struct WindowMoved {
  std::int32_t x = 0, y = 0;
};
BOOST_DESCRIBE_STRUCT(WindowMoved, (), (x, y))

struct WindowFocused {
  bool focused = false;
};
BOOST_DESCRIBE_STRUCT(WindowFocused, (), (focused))

struct WindowStateChanged {
  WindowState state = WindowState::NORMAL;
};
BOOST_DESCRIBE_STRUCT(WindowStateChanged, (), (state))

struct WindowCloseRequested {};
BOOST_DESCRIBE_STRUCT(WindowCloseRequested, (), ())

struct SeenWindow {
  std::string label;
};
BOOST_DESCRIBE_STRUCT(SeenWindow, (), (label))

// To one window each: what became of it, or of one that it sees.
struct Events {
  Emitter<WindowResized> resized;
  Emitter<WindowMoved> moved;
  Emitter<WindowFocused> focused;
  Emitter<WindowStateChanged> stateChanged;
  Emitter<WindowCloseRequested> closeRequested;
  Emitter<SeenWindow> opened, ready, closed;
};

// INVALID_ARGUMENT or TOO_LARGE, or nothing.
std::optional<Error> whatIsWrong(const SetWindowBounds& bounds);
std::optional<Error> whatIsWrong(const std::string& title);

// Labels may be any text: NOT_FOUND is for what does not exist and for what the caller does not
// see.
class Host {
 public:
  virtual ~Host() = default;
  virtual Result<std::vector<WindowInfo>> list(const Caller& caller) = 0;
  virtual Result<WindowInfo> get(const Caller& caller, const std::string& label) = 0;
  // Resolves when the host window is there. CONFLICT: it is open. Only a child of the caller's.
  virtual kj::Promise<Result<Null>> create(const Caller& caller, const std::string& label) = 0;
  virtual Result<Null> focus(const Caller& caller, const std::string& label) = 0;
  // Answered before the window is gone, since it may be the caller's own, which closes at once.
  // Another's page is asked first where it listens to that.
  virtual Result<Null> close(const Caller& caller, const std::string& label) = 0;
  // CONFLICT: nobody wants to close the caller's window, or it is too late.
  virtual Result<Null> keepOpen(const Caller& caller) = 0;
  // Checked by whatIsWrong(), and so are bounds.
  virtual Result<Null> setTitle(const Caller& caller, std::string title) = 0;
  virtual kj::Promise<Result<Null>> setBounds(const Caller& caller, SetWindowBounds bounds) = 0;
  // FULLSCREEN is DENIED unless the user has just clicked or typed in the window.
  virtual kj::Promise<Result<Null>> setState(const Caller& caller, WindowState state) = 0;
};

// Both must outlive the registry.
Module makeModule(Host& host, Events& events);

}  // namespace sallyport::commands::window
