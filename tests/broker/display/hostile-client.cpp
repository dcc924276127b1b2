// A Wayland client that stands for an exploited renderer: one attack a run, named by the argument.
// Reports on stdout how far it came; "alive" after an attack that must end it means that the frame
// let it live.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <string>

namespace {

constexpr int FLOOD = 100'000;
constexpr int FEW = 200;  // under the bound on objects, over the one on surfaces
constexpr int SIDE = 256;

// The few messages of xdg-shell that are needed; its XML is not part of the build's packages.
extern const wl_interface XDG_SURFACE, XDG_TOPLEVEL;
const wl_interface* NO_TYPES[4] = {};
const wl_interface* GET_XDG_SURFACE_TYPES[] = {&XDG_SURFACE, &wl_surface_interface};
const wl_interface* GET_TOPLEVEL_TYPES[] = {&XDG_TOPLEVEL};
const wl_message BASE_REQUESTS[] = {{"destroy", "", NO_TYPES},
                                    {"create_positioner", "n", NO_TYPES},
                                    {"get_xdg_surface", "no", GET_XDG_SURFACE_TYPES},
                                    {"pong", "u", NO_TYPES}};
const wl_message BASE_EVENTS[] = {{"ping", "u", NO_TYPES}};
const wl_interface XDG_BASE = {"xdg_wm_base", 1, 4, BASE_REQUESTS, 1, BASE_EVENTS};
const wl_message SURFACE_REQUESTS[] = {{"destroy", "", NO_TYPES},
                                       {"get_toplevel", "n", GET_TOPLEVEL_TYPES},
                                       {"get_popup", "n?oo", NO_TYPES},
                                       {"set_window_geometry", "iiii", NO_TYPES},
                                       {"ack_configure", "u", NO_TYPES}};
const wl_message SURFACE_EVENTS[] = {{"configure", "u", NO_TYPES}};
const wl_interface XDG_SURFACE = {"xdg_surface", 1, 5, SURFACE_REQUESTS, 1, SURFACE_EVENTS};
const wl_message TOPLEVEL_EVENTS[] = {{"configure", "iia", NO_TYPES}, {"close", "", NO_TYPES}};
const wl_interface XDG_TOPLEVEL = {"xdg_toplevel", 1, 0, nullptr, 2, TOPLEVEL_EVENTS};

void report(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

struct Client {
  wl_display* display = wl_display_connect(nullptr);
  wl_registry* registry = wl_display_get_registry(display);
  std::map<std::string, std::uint32_t> globals;
  std::uint32_t configured = 0;

  Client() {
    static const wl_registry_listener LISTENER = {
        [](void* self, wl_registry*, std::uint32_t name, const char* interface, std::uint32_t) {
          static_cast<Client*>(self)->globals[interface] = name;
        },
        [](void*, wl_registry*, std::uint32_t) {}};
    wl_registry_add_listener(registry, &LISTENER, this);
    wl_display_roundtrip(display);
  }

  template <typename T>
  T* bind(const wl_interface& interface, std::uint32_t version = 1) {
    return static_cast<T*>(
        wl_registry_bind(registry, globals[interface.name], &interface, version));
  }

  // False when the connection is gone.
  bool settle() { return wl_display_roundtrip(display) >= 0; }

  // Shows one buffer of a pool of poolBytes that says it has this stride; shrinkTo >= 0 truncates
  // the file first. wish: said of the surface and its role before its picture.
  void showBuffer(
      int width,
      int height,
      int stride,
      int poolBytes,
      int shrinkTo,
      void (*wish)(wl_surface*, wl_proxy*) = [](wl_surface*, wl_proxy*) {}) {
    auto* surface = wl_compositor_create_surface(
        bind<wl_compositor>(wl_compositor_interface, WL_SURFACE_SET_BUFFER_SCALE_SINCE_VERSION));
    auto* base = bind<wl_proxy>(XDG_BASE);
    auto* xdg = wl_proxy_marshal_constructor(base, 2, &XDG_SURFACE, nullptr, surface);
    wl_proxy_marshal_constructor(xdg, 1, &XDG_TOPLEVEL, nullptr);
    static void (*const LISTENER[])(void) = {
        reinterpret_cast<void (*)(void)>(+[](void* self, wl_proxy*, std::uint32_t serial) {
          static_cast<Client*>(self)->configured = serial;
        })};
    wl_proxy_add_listener(xdg, const_cast<void (**)(void)>(LISTENER), this);
    wl_surface_commit(surface);
    while (configured == 0 && wl_display_dispatch(display) >= 0) {
    }
    wl_proxy_marshal(xdg, 4, configured);
    const int file = memfd_create("pool", MFD_CLOEXEC);
    if (ftruncate(file, poolBytes) != 0) return;
    auto* pool = wl_shm_create_pool(bind<wl_shm>(wl_shm_interface), file, poolBytes);
    auto* buffer =
        wl_shm_pool_create_buffer(pool, 0, width, height, stride, WL_SHM_FORMAT_XRGB8888);
    settle();
    if (shrinkTo >= 0 && ftruncate(file, shrinkTo) != 0) return;
    wish(surface, xdg);
    wl_surface_attach(surface, buffer, 0, 0);
    wl_surface_damage(surface, 0, 0, width, height);
    wl_surface_commit(surface);
  }
};

void flood(Client& client, const std::string& kind) {
  auto* compositor = client.bind<wl_compositor>(wl_compositor_interface);
  auto* surface = wl_compositor_create_surface(compositor);
  const int count = kind == "few-surfaces" ? FEW : FLOOD;
  for (int i = 0; i < count; ++i) {
    if (kind == "surfaces" || kind == "few-surfaces") wl_compositor_create_surface(compositor);
    if (kind == "regions") wl_compositor_create_region(compositor);
    if (kind == "callbacks") wl_surface_frame(surface);
    if (i % 64 == 0 && wl_display_flush(client.display) < 0 && errno != EAGAIN) return;
    if (i % 64 == 0 && wl_display_get_error(client.display) != 0) return;
    if (i % 512 == 0 && !client.settle()) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  const std::string attack = argc > 1 ? argv[1] : "";
  Client client;
  if (attack == "globals") {
    for (const auto& [name, id] : client.globals) report("global " + name);
    report("end of globals");
  } else if (attack == "hidden-global") {
    // Qt makes wl_subcompositor right after wl_compositor; it is not offered, so it must not be had
    // by guessing.
    const auto guess = client.globals["wl_compositor"] + 1;
    wl_registry_bind(client.registry, guess, &wl_subcompositor_interface, 1);
  } else if (attack == "short-stride") {
    client.showBuffer(SIDE, SIDE, SIDE, SIDE * SIDE, -1);
  } else if (attack == "truncated") {
    client.showBuffer(SIDE, SIDE, SIDE * 4, SIDE * SIDE * 4, 0);
  } else if (attack == "huge") {
    client.showBuffer(16385, 1, 16385 * 4, 16385 * 4, -1);
  } else if (attack == "no-scale") {
    client.showBuffer(
        SIDE, SIDE, SIDE * 4, SIDE * SIDE * 4, -1, [](wl_surface* surface, wl_proxy*) {
          wl_surface_set_buffer_scale(surface, 0);
        });
  } else if (attack == "far-geometry") {
    client.showBuffer(SIDE, SIDE, SIDE * 4, SIDE * SIDE * 4, -1, [](wl_surface*, wl_proxy* xdg) {
      constexpr auto FAR = std::numeric_limits<std::int32_t>::min();
      wl_proxy_marshal(xdg, 3, FAR, FAR, SIDE, SIDE);
    });
  } else {
    flood(client, attack);
  }
  while (client.settle()) {
    report("alive");
    usleep(100'000);
  }
  report("ended");
  return 0;
}
