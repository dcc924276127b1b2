// Order matters here: the compositor is created in a private directory, its listening socket is
// replaced at once, then the filter on globals is set, and only then a client can exist.
#include "broker/display/private-compositor.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-server-core.h>

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QTimer>
#include <QWaylandClient>
#include <QWaylandCompositor>
#include <QWaylandKeymap>
#include <QWaylandOutput>
#include <QWaylandSeat>
#include <QWaylandSurface>
#include <QWaylandXdgDecorationManagerV1>
#include <QWaylandXdgShell>
#include <QWindow>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "broker/display/frame-limits.h"
#include "broker/display/private-runtime-directory.h"

namespace sallyport::display {
namespace {

// All that a client is told of. Not here, so not reachable: clipboard and drag
// (wl_data_device_manager), screen copy, text input, virtual devices, buffers of the GPU, Qt's own
// extensions.
constexpr std::string_view OFFERED_GLOBALS[] = {
    "wl_compositor", "wl_shm", "wl_seat", "wl_output", "xdg_wm_base", "zxdg_decoration_manager_v1"};

bool isOffered(const wl_client*, const wl_global* global, void*) {
  const std::string_view name = wl_global_get_interface(global)->name;
  for (const auto offered : OFFERED_GLOBALS) {
    if (name == offered) return true;
  }
  return false;
}

bool isListeningAt(int fd, const QByteArray& path) {
  int listening = 0;
  socklen_t length = sizeof(listening);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || listening == 0)
    return false;
  sockaddr_un address{};
  length = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return false;
  return address.sun_family == AF_UNIX && path == QByteArray(address.sun_path);
}

// libwayland keeps two numbers for it and closes them at the end, so the numbers must stay ours: a
// descriptor that never becomes readable takes their place, and the last reference to the listening
// socket goes away.
void stopListening(const QByteArray& path) {
  int pair[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  int replaced = 0;
  const auto fds = QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::Files | QDir::System);
  for (const auto& entry : fds) {
    const int fd = entry.toInt();
    if (!isListeningAt(fd, path)) continue;
    KJ_SYSCALL(dup3(pair[0], fd, O_CLOEXEC));
    ++replaced;
  }
  close(pair[0]);
  // pair[1] stays open on purpose: closing it would make the stand-in readable for ever.
  KJ_REQUIRE(replaced >= 1, "the compositor's named socket was not found");
}

// wl_seat without touch: the host's touch events reach us as mouse events.
class OneSeatCompositor final : public QWaylandCompositor {
 protected:
  QWaylandSeat* createSeat() override {
    return new QWaylandSeat(this, QWaylandSeat::Pointer | QWaylandSeat::Keyboard);
  }
};

struct Listener {
  wl_listener listener{};
  void* owner = nullptr;
};

void* ownerOf(wl_listener* listener) {
  return reinterpret_cast<Listener*>(reinterpret_cast<char*>(listener) -
                                     offsetof(Listener, listener))
      ->owner;
}

// Qt 6.4 leaves an xdg_popup's object alive when the client destroys it. The last of them made is
// the one that popupCreated speaks of; it goes when its surface goes.
class PopupResource {
 public:
  explicit PopupResource(wl_resource* resource) : m_resource(resource) {
    m_destroyed.owner = this;
    m_destroyed.listener.notify = [](wl_listener* listener, void*) {
      static_cast<PopupResource*>(ownerOf(listener))->m_resource = nullptr;
    };
    wl_resource_add_destroy_listener(resource, &m_destroyed.listener);
  }
  ~PopupResource() {
    if (m_resource != nullptr) wl_list_remove(&m_destroyed.listener.link);
  }
  PopupResource(const PopupResource&) = delete;
  PopupResource& operator=(const PopupResource&) = delete;
  void destroy() {
    if (m_resource != nullptr) wl_resource_destroy(m_resource);
  }

 private:
  wl_resource* m_resource;
  Listener m_destroyed;
};

wl_iterator_result countOne(wl_resource*, void* count) {
  ++*static_cast<int*>(count);
  return WL_ITERATOR_CONTINUE;
}

// One connection. Its end may come from the other side at any dispatch.
class Client {
 public:
  struct Events {
    std::function<void()> gone;  // it left, or was ended by reject()
    std::function<void(wl_resource*)> created;
  };

  // Takes the descriptor.
  Client(wl_display* display, int fd, Events events) : m_events(std::move(events)) {
    m_client = wl_client_create(display, fd);
    if (m_client == nullptr) {
      close(fd);
      KJ_FAIL_SYSCALL("wl_client_create", errno);
    }
    m_gone.owner = this;
    m_gone.listener.notify = [](wl_listener* listener, void*) {
      static_cast<Client*>(ownerOf(listener))->destroyed();
    };
    wl_client_add_destroy_listener(m_client, &m_gone.listener);
    m_created.owner = this;
    m_created.listener.notify = [](wl_listener* listener, void* resource) {
      static_cast<Client*>(ownerOf(listener))->objectCreated(static_cast<wl_resource*>(resource));
    };
    wl_client_add_resource_created_listener(m_client, &m_created.listener);
  }

  ~Client() {
    if (m_client == nullptr) return;
    wl_list_remove(&m_gone.listener.link);
    wl_list_remove(&m_created.listener.link);
    wl_client_destroy(std::exchange(m_client, nullptr));
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is(const QWaylandClient* other) const {
    return m_client != nullptr && other != nullptr && other->client() == m_client;
  }
  bool lives() const { return m_client != nullptr; }

  void reject(const char* why) {
    if (m_client == nullptr) return;
    qWarning("frame: the renderer's display connection is ended: %s", why);
    wl_client_post_implementation_error(m_client, "over a limit");
  }

 private:
  void destroyed() {
    m_client = nullptr;
    wl_list_remove(&m_created.listener.link);
    m_events.gone();
  }

  // Counting the living at every creation would be quadratic; every so often is enough for a bound.
  void objectCreated(wl_resource* resource) {
    m_events.created(resource);
    if (++m_createdSinceCensus < OBJECT_CENSUS_INTERVAL) return;
    m_createdSinceCensus = 0;
    int living = 0;
    wl_client_for_each_resource(m_client, &countOne, &living);
    if (living > MAX_LIVE_OBJECTS) reject("too many protocol objects");
  }

  const Events m_events;
  wl_client* m_client;
  Listener m_gone;
  Listener m_created;
  int m_createdSinceCensus = 0;
};

}  // namespace

class PrivateCompositor::Parts {
 public:
  Parts(QWindow& host, ClientEvents clientEvents) : events(std::move(clientEvents)) {
    createUnnamed();
    wl_display_set_global_filter(compositor.display(), &isOffered, nullptr);
    makeOutput(host);
    shell = std::make_unique<QWaylandXdgShell>(&compositor);
    decoration.setExtensionContainer(&compositor);
    decoration.initialize();
    decoration.setPreferredMode(QWaylandXdgToplevel::ServerSideDecoration);
    wire();
  }

  void prepare(int fd) {
    prepared.reset();
    prepared = std::make_unique<Client>(
        compositor.display(),
        fd,
        Client::Events{[this] { clientDestroyed(); },
                       [this](wl_resource* resource) { objectCreated(resource); }});
  }

  void showPrepared() {
    client.reset();
    client = std::move(prepared);
  }

  ClientEvents events;
  OneSeatCompositor compositor;
  std::unique_ptr<QWaylandOutput> output;
  std::unique_ptr<QWaylandXdgShell> shell;
  QWaylandXdgDecorationManagerV1 decoration;
  QObject context;                   // connections and queued calls end with us
  std::unique_ptr<Client> client;    // that is shown; it may have left
  std::unique_ptr<Client> prepared;  // that waits; it may have left

 private:
  Client* find(const QWaylandClient* of) const {
    if (client && client->is(of)) return client.get();
    return prepared && prepared->is(of) ? prepared.get() : nullptr;
  }

  bool isShown(const QWaylandSurface& surface) const {
    return client && client->is(surface.client());
  }

  void createUnnamed() {
    PrivateRuntimeDirectory directory;
    compositor.setSocketName("unnamed");
    compositor.setUseHardwareIntegrationExtension(false);
    // Buffers come over shared memory only: without plugins no graphics driver is loaded for the
    // renderer's sake.
    const auto plugins = QCoreApplication::libraryPaths();
    QCoreApplication::setLibraryPaths({});
    compositor.create();
    QCoreApplication::setLibraryPaths(plugins);
    stopListening(directory.path() + "/unnamed");
  }

  void makeOutput(QWindow& host) {
    output = std::make_unique<QWaylandOutput>(&compositor, &host);
    output->setManufacturer(QStringLiteral("Sallyport"));  // says nothing of the user's screen
    output->setModel(QStringLiteral("frame"));
    output->setSizeFollowsWindow(true);
    compositor.setDefaultOutput(output.get());
  }

  void wire() {
    QObject::connect(&compositor,
                     &QWaylandCompositor::surfaceCreated,
                     &context,
                     [this](QWaylandSurface* surface) {
                       auto* owner = find(surface->client());
                       if (owner != nullptr &&
                           compositor.surfacesForClient(surface->client()).size() > MAX_SURFACES)
                         owner->reject("too many surfaces");
                     });
    QObject::connect(shell.get(),
                     &QWaylandXdgShell::toplevelCreated,
                     &context,
                     [this](QWaylandXdgToplevel* toplevel, QWaylandXdgSurface* surface) {
                       if (!isShown(*surface->surface())) return rejectEarly(*surface->surface());
                       // The protocol forbids it, Qt does not look, and its toplevel would go on
                       // with a surface that is freed.
                       QObject::connect(surface, &QObject::destroyed, toplevel, [this] {
                         if (client) client->reject("a surface that went before its window");
                       });
                       events.toplevelCreated(toplevel, surface);
                     });
    QObject::connect(shell.get(),
                     &QWaylandXdgShell::popupCreated,
                     &context,
                     [this](QWaylandXdgPopup* popup, QWaylandXdgSurface* surface) {
                       if (!isShown(*surface->surface())) return rejectEarly(*surface->surface());
                       removeWithSurface(*surface->surface());
                       events.popupCreated(popup, surface);
                     });
    QObject::connect(compositor.defaultSeat(),
                     &QWaylandSeat::cursorSurfaceRequested,
                     &context,
                     [this](QWaylandSurface* surface, int x, int y, QWaylandClient* by) {
                       if (client && client->is(by)) events.cursorRequested(surface, x, y);
                     });
  }

  void rejectEarly(const QWaylandSurface& surface) const {
    if (auto* owner = find(surface.client())) owner->reject("a window before its turn");
  }

  void removeWithSurface(QWaylandSurface& surface) {
    auto resource = std::make_shared<PopupResource>(m_newestPopup);
    QObject::connect(&surface, &QWaylandSurface::surfaceDestroyed, &context, [this, resource] {
      QTimer::singleShot(0, &context, [resource] { resource->destroy(); });
    });
  }

  // Nobody waits for the one that was not shown yet.
  void clientDestroyed() {
    QTimer::singleShot(0, &context, [this, former = client.get()] {
      if (client && client.get() == former && !client->lives()) {
        client.reset();
        events.clientGone();
      }
    });
  }

  void objectCreated(wl_resource* resource) {
    if (std::string_view(wl_resource_get_class(resource)) == "xdg_popup") m_newestPopup = resource;
  }

  wl_resource* m_newestPopup = nullptr;  // only looked at while the request that made it is handled
};

PrivateCompositor::PrivateCompositor(QWindow& host, ClientEvents events)
    : m_parts(std::make_unique<Parts>(host, std::move(events))) {}

PrivateCompositor::~PrivateCompositor() = default;

void PrivateCompositor::prepare(int fd) { m_parts->prepare(fd); }
bool PrivateCompositor::hasPrepared() const {
  return m_parts->prepared && m_parts->prepared->lives();
}
void PrivateCompositor::showPrepared() { m_parts->showPrepared(); }
bool PrivateCompositor::hasClient() const { return m_parts->client && m_parts->client->lives(); }
void PrivateCompositor::reject(const char* why) {
  if (m_parts->client) m_parts->client->reject(why);
}
void PrivateCompositor::setScale(int scale) {
  if (m_parts->output->scaleFactor() != scale) m_parts->output->setScaleFactor(scale);
}

void PrivateCompositor::setKeyboardLayout(const QString& rules,
                                          const QString& model,
                                          const QString& layout,
                                          const QString& variant,
                                          const QString& options) {
  const PrivateRuntimeDirectory directory;
  auto* keymap = m_parts->compositor.defaultSeat()->keymap();
  keymap->setRules(rules);
  keymap->setModel(model);
  keymap->setVariant(variant);
  keymap->setOptions(options);
  keymap->setLayout(layout);
}

QWaylandSeat& PrivateCompositor::seat() const { return *m_parts->compositor.defaultSeat(); }
QWaylandOutput& PrivateCompositor::output() const { return *m_parts->output; }

}  // namespace sallyport::display
