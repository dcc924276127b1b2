@0xf26d81b0c3947ea5;
# Broker -> frame: one host window that shows one renderer through a private Wayland compositor.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");
using import "fd.capnp".Fd;

const maxTitleBytes :UInt32 = 256;
const minSide :UInt16 = 200;                   # logical pixels
const maxSide :UInt16 = 8192;
const maxClipboardBytes :UInt32 = 65536;       # of UTF-8
const maxClearAfterSeconds :UInt16 = 3600;
const gestureMillis :UInt32 = 5000;            # how long a click or a key of the user counts as a wish

interface Frame {
  # Served by the frame, called by the broker only. Bootstrap object.

  open @0 (label :Text, title :Text, place :WindowPlace, events :FrameEvents) -> ();
  # Once: makes and shows the host window, with a neutral "starting" picture until the first buffer.

  prepareRenderer @1 (wayland :Fd) -> ();
  # The compositor's end of the WAYLAND_SOCKET of the renderer that is shown next. It learns of the display and makes
  # ready; until its turn it has no input, and is ended when it makes a window. A former one that waits is destroyed.

  setTitle @2 (title :Text) -> ();             # control characters are replaced, the label stays visible to the user
  focus @3 () -> ();
  showCrash @4 (text :Text) -> ();             # a page of the frame's own, with a reload button; text is a fixed sentence
  ping @5 () -> ();
  close @6 () -> ();                           # destroys the window and exits

  setClipboard @7 (text :Text, clearAfterSeconds :UInt16) -> (outcome :ClipboardOutcome);
  # For the window's page. 0 seconds: it stays; else it is taken off when it is still ours, and at close.

  getClipboard @8 () -> (outcome :ClipboardOutcome, text :Text);
  # Text only; null unless done.

  setBounds @9 (place :WindowPlace) -> ();     # size, and position if it has one; a wide one is restored first
  setState @10 (state :WindowState) -> (done :Bool);
  # fullscreen takes the focus and a gesture, as the clipboard does, so that no page paints a desktop unasked.

  takeGesture @11 () -> (given :Bool);         # whether there is a gesture and the focus; it is used up

  showRenderer @13 () -> (shown :Bool);
  # The turn of the prepared one: a former client is destroyed; the window stays. False when none waits: it left, or was
  # ended.

  showHang @12 (hung :Bool) -> ();
  # A page of the frame's own with the buttons "Wait" and "End and reload" over the renderer's picture, or no longer.
  # Goes by itself when the renderer does, and when another one is adopted.
}

enum WindowState {
  normal @0;
  minimized @1;
  maximized @2;
  fullscreen @3;
}

struct WindowPlace {
  width @0 :UInt16;                            # logical pixels, as it is when normal
  height @1 :UInt16;
  hasPosition @2 :Bool;                        # false where the host does not tell (Wayland)
  x @3 :Int32;
  y @4 :Int32;                                 # one that is on no screen is not taken
  state @5 :WindowState;
}

enum ClipboardOutcome {
  # All but the last depend on the user alone: what the frame saw of the host, nothing that a renderer said.
  done @0;
  noFocus @1;                                  # another window has the host's focus
  noGesture @2;                                # no click or key went to this renderer in the last gestureMillis
  tooLarge @3;                                 # more than maxClipboardBytes
}

interface FrameEvents {
  # Served by the broker, called by the frame.
  closeRequested @0 () -> ();                  # the user asked the window manager to close
  reloadRequested @1 () -> ();                 # the crash page's button
  firstFrame @2 () -> ();                      # the renderer's first buffer is on screen
  placed @3 (place :WindowPlace, focused :Bool) -> ();  # after changes, at most ten a second
  rendererGone @4 () -> ();                    # the Wayland client disconnected or was killed for a protocol error
  endRequested @5 () -> ();                    # the hang page's buttons; the frame has gone back to the picture
  waitRequested @6 () -> ();
}
