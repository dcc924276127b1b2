// The commands of the module `window`. Runs in the broker.
#include "broker/commands/modules/window/window-module.h"

#include <utility>

namespace sallyport::commands::window {
namespace {

std::optional<Error> wrongSide(const char* name, std::optional<std::int32_t> value) {
  if (!value || (*value >= MIN_SIDE && *value <= MAX_SIDE)) return std::nullopt;
  return Error{Code::INVALID_ARGUMENT, std::string(name) + ": expected 200 to 8192"};
}

std::optional<Error> wrongPosition(const char* name, std::optional<std::int32_t> value) {
  if (!value || (*value >= -MAX_POSITION && *value <= MAX_POSITION)) return std::nullopt;
  return Error{Code::INVALID_ARGUMENT, std::string(name) + ": expected -32767 to 32767"};
}

kj::Promise<Result<Null>> setBounds(Host& host, const Caller& caller, SetWindowBounds bounds) {
  if (auto wrong = whatIsWrong(bounds)) return Result<Null>(std::move(*wrong));
  return host.setBounds(caller, bounds);
}

// What works on one window.
void addOfOne(Module& module, Host& host) {
  module.add("cmd_get_window",
             "Tells title, size, place and state of the caller's window, or of one that it sees.",
             [&host](const Caller& caller, WhichWindow which) {
               return host.get(caller, which.label.value_or(caller.window));
             });
  module.add("cmd_focus_window",
             "Asks the desktop to bring the caller's window, or one that it sees, to the front.",
             [&host](const Caller& caller, WhichWindow which) {
               return host.focus(caller, which.label.value_or(caller.window));
             });
  module.add("cmd_close_window",
             "Closes the caller's window, or one that it sees; the answer comes first.",
             [&host](const Caller& caller, WhichWindow which) {
               return host.close(caller, which.label.value_or(caller.window));
             });
}

// What works on the caller's own.
void addOfOwn(Module& module, Host& host) {
  module.add("cmd_keep_window_open",
             "Answers a request to close the caller's window: it stays.",
             [&host](const Caller& caller, KeepWindowOpen) { return host.keepOpen(caller); });
  module.add("cmd_set_title",
             "Sets the title of the caller's window; its label stays visible behind it.",
             [&host](const Caller& caller, SetTitle arguments) -> Result<Null> {
               if (auto wrong = whatIsWrong(arguments.title)) return std::move(*wrong);
               return host.setTitle(caller, std::move(arguments.title));
             });
  module.add("cmd_set_window_bounds",
             "Resizes and moves the caller's window, as far as the desktop lets it.",
             [&host](const Caller& caller, SetWindowBounds bounds) {
               return setBounds(host, caller, bounds);
             });
  module.add("cmd_set_window_state",
             "Minimizes, maximizes or restores the caller's window, or fills the screen with it "
             "right after a click or a key.",
             [&host](const Caller& caller, SetWindowState arguments) {
               return host.setState(caller, arguments.state);
             });
}

void addEvents(Module& module, Events& events) {
  constexpr EventOptions LATEST{Queueing::LATEST, false};
  module.addEvent("evt_window_resized", "This window has another size.", events.resized, LATEST);
  module.addEvent("evt_window_moved", "This window is in another place.", events.moved, LATEST);
  module.addEvent(
      "evt_window_focused", "This window got or lost the keyboard.", events.focused, LATEST);
  module.addEvent("evt_window_state_changed",
                  "This window was minimized, maximized, restored or made to fill the screen.",
                  events.stateChanged,
                  LATEST);
  module.addEvent("evt_window_close_requested",
                  "Somebody wants to close this window: it closes in 5 seconds, unless "
                  "`keepWindowOpen` says otherwise.",
                  events.closeRequested);
  module.addEvent("evt_window_opened", "A window that this one sees was opened.", events.opened);
  module.addEvent("evt_window_ready",
                  "The page of a window that this one sees has its first listeners.",
                  events.ready);
  module.addEvent("evt_window_closed", "A window that this one sees is gone.", events.closed);
}

}  // namespace

std::optional<Error> whatIsWrong(const SetWindowBounds& bounds) {
  if (auto wrong = wrongSide("width", bounds.width)) return wrong;
  if (auto wrong = wrongSide("height", bounds.height)) return wrong;
  if (auto wrong = wrongPosition("x", bounds.x)) return wrong;
  if (auto wrong = wrongPosition("y", bounds.y)) return wrong;
  if (bounds.x.has_value() != bounds.y.has_value())
    return Error{Code::INVALID_ARGUMENT, "x, y: expected both or neither"};
  return std::nullopt;
}

std::optional<Error> whatIsWrong(const std::string& title) {
  if (title.size() <= MAX_TITLE_BYTES) return std::nullopt;
  return Error{Code::TOO_LARGE, "title: more than 256 bytes"};
}

Module makeModule(Host& host, Events& events) {
  Module module{"window", "The caller's window, and those that it sees."};
  module.add("cmd_list_windows",
             "Lists the caller's window, its parent, and the windows whose parent it is.",
             [&host](const Caller& caller, ListWindows) { return host.list(caller); });
  module.add("cmd_create_window",
             "Opens a window that the app declares as a child of the caller's.",
             [&host](const Caller& caller, CreateWindow arguments) {
               return host.create(caller, arguments.label);
             },
             {.onAbandon = OnAbandon::RUN_TO_END});
  addOfOne(module, host);
  addOfOwn(module, host);
  addEvents(module, events);
  return module;
}

}  // namespace sallyport::commands::window
