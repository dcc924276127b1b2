// The engine's TCP sockets. The cage makes none, so this program defines socket() and connect() in
// the C library's place: a stream socket is one end of a local pair, and connecting it hands the
// other end on. Runs in the renderer; the kernel's refusal stays as it is behind it.
#pragma once

#include <functional>

namespace sallyport::renderer {

// Given a connected stream that speaks what the engine takes for its proxy; owns it. Called on any
// thread. Empty: every connection is refused.
using OnConnect = std::function<void(int peer)>;
void setOnConnect(OnConnect onConnect);

}  // namespace sallyport::renderer
