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

  ~Parts() { dropClient(); }

  void adopt(int fd) {
    dropClient();
    client = wl_client_create(compositor.display(), fd);
    if (client == nullptr) {
      close(fd);
      KJ_FAIL_SYSCALL("wl_client_create", errno);
    }
    m_createdSinceCensus = 0;
    m_gone.owner = this;
    m_gone.listener.notify = [](wl_listener* listener, void*) {
      static_cast<Parts*>(ownerOf(listener))->clientDestroyed();
    };
    wl_client_add_destroy_listener(client, &m_gone.listener);
    m_created.owner = this;
    m_created.listener.notify = [](wl_listener* listener, void* resource) {
      static_cast<Parts*>(ownerOf(listener))->objectCreated(static_cast<wl_resource*>(resource));
    };
    wl_client_add_resource_created_listener(client, &m_created.listener);
  }

  void dropClient() {
    if (client == nullptr) return;
    wl_list_remove(&m_gone.listener.link);
    wl_list_init(&m_gone.listener.link);
    wl_list_remove(&m_created.listener.link);
    wl_list_init(&m_created.listener.link);
    auto* former = client;
    client = nullptr;
    wl_client_destroy(former);
  }

  void reject(const char* why) {
    if (client == nullptr) return;
    qWarning("frame: the renderer's display connection is ended: %s", why);
    wl_client_post_implementation_error(client, "over a limit");
  }

  ClientEvents events;
  OneSeatCompositor compositor;
  std::unique_ptr<QWaylandOutput> output;
  std::unique_ptr<QWaylandXdgShell> shell;
  QWaylandXdgDecorationManagerV1 decoration;
  QObject context;  // connections and queued calls end with us
  wl_client* client = nullptr;

 private:
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
    QObject::connect(&compositor, &QWaylandCompositor::surfaceCreated, &context, [this] {
      if (compositor.surfaces().size() > MAX_SURFACES) reject("too many surfaces");
    });
    QObject::connect(shell.get(),
                     &QWaylandXdgShell::toplevelCreated,
                     &context,
                     [this](QWaylandXdgToplevel* toplevel, QWaylandXdgSurface* surface) {
                       // The protocol forbids it, Qt does not look, and its toplevel would go on
                       // with a surface that is freed.
                       QObject::connect(surface, &QObject::destroyed, toplevel, [this] {
                         reject("a surface that went before its window");
                       });
                       events.toplevelCreated(toplevel, surface);
                     });
    QObject::connect(shell.get(),
                     &QWaylandXdgShell::popupCreated,
                     &context,
                     [this](QWaylandXdgPopup* popup, QWaylandXdgSurface* surface) {
                       removeWithSurface(*surface->surface());
                       events.popupCreated(popup, surface);
                     });
    QObject::connect(compositor.defaultSeat(),
                     &QWaylandSeat::cursorSurfaceRequested,
                     &context,
                     [this](QWaylandSurface* surface, int x, int y, QWaylandClient*) {
                       events.cursorRequested(surface, x, y);
                     });
  }

  void removeWithSurface(QWaylandSurface& surface) {
    auto resource = std::make_shared<PopupResource>(m_newestPopup);
    QObject::connect(&surface, &QWaylandSurface::surfaceDestroyed, &context, [this, resource] {
      QTimer::singleShot(0, &context, [resource] { resource->destroy(); });
    });
  }

  void clientDestroyed() {
    client = nullptr;
    wl_list_remove(&m_created.listener.link);
    wl_list_init(&m_created.listener.link);
    QTimer::singleShot(0, &context, [this] {
      if (client == nullptr) events.clientGone();
    });
  }

  // Counting the living at every creation would be quadratic; every so often is enough for a bound.
  void objectCreated(wl_resource* resource) {
    if (std::string_view(wl_resource_get_class(resource)) == "xdg_popup") m_newestPopup = resource;
    if (++m_createdSinceCensus < OBJECT_CENSUS_INTERVAL) return;
    m_createdSinceCensus = 0;
    int living = 0;
    wl_client_for_each_resource(client, &countOne, &living);
    if (living > MAX_LIVE_OBJECTS) reject("too many protocol objects");
  }

  Listener m_gone;
  Listener m_created;
  int m_createdSinceCensus = 0;
  wl_resource* m_newestPopup = nullptr;  // only looked at while the request that made it is handled
};

PrivateCompositor::PrivateCompositor(QWindow& host, ClientEvents events)
    : m_parts(std::make_unique<Parts>(host, std::move(events))) {}

PrivateCompositor::~PrivateCompositor() = default;

void PrivateCompositor::adopt(int fd) { m_parts->adopt(fd); }
bool PrivateCompositor::hasClient() const { return m_parts->client != nullptr; }
void PrivateCompositor::reject(const char* why) { m_parts->reject(why); }
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
