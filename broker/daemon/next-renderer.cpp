// See the header.
#include "broker/daemon/next-renderer.h"

#include <utility>

#include "broker/daemon/cage-verification.h"
#include "broker/daemon/descriptor.h"

namespace sallyport::daemon {

NextRenderer::NextRenderer(Surroundings& around, std::string label, Frame frame)
    : m_around(around), m_label(std::move(label)), m_frame(kj::mv(frame)), m_tasks(*this) {}

void NextRenderer::prepare() {
  m_tasks.add(ready().then([this] {
    if (m_process.get() != nullptr && !m_isTaking) watch();
  }));
}

kj::Promise<void> NextRenderer::ready() {
  if (!m_isReadying) {
    if (lives()) return kj::READY_NOW;
    // Also what fails before there is a promise, for want of descriptors perhaps.
    becomesReady(kj::evalNow([this] { return start(); }));
  }
  m_isUnwanted = false;
  return m_readying.addBranch();
}

void NextRenderer::becomesReady(kj::Promise<void> step) {
  m_isReadying = true;
  m_readying = step.then([this] { m_isReadying = false; },
                         [this](kj::Exception&& why) {
                           m_isReadying = false;
                           kj::throwFatalException(kj::mv(why));
                         })
                   .fork();
}

kj::Promise<void> NextRenderer::start() {
  auto session = makeSocketPair();
  auto wayland = makeSocketPair();
  spawn::SpawnRequest request{spawn::ProcessKind::RENDERER, m_label, {}};
  request.fds.push_back(kj::mv(session.theirs));
  request.fds.push_back(kj::mv(wayland.theirs));
  return m_around.spawner.spawn(kj::mv(request))
      .then([this, session = kj::mv(session.ours), wayland = kj::mv(wayland.ours)](
                spawn::Spawned spawned) mutable -> kj::Promise<void> {
        m_process = kj::heap<ChildProcess>(m_around.port,
                                           m_around.timer,
                                           m_around.journal,
                                           "renderer " + m_label,
                                           kj::mv(spawned));
        m_session = kj::mv(session);
        m_wayland = kj::mv(wayland);
        if (m_isUnwanted) {
          m_process->kill();
          return kj::READY_NOW;
        }
        return m_frameIsOpen ? giveDisplay() : kj::Promise<void>(kj::READY_NOW);
      });
}

kj::Promise<void> NextRenderer::giveDisplay() {
  auto request = m_frame().prepareRendererRequest();
  request.setWayland(kj::heap<FdCarrier>(kj::mv(m_wayland)));
  return request.send().ignoreResult();
}

void NextRenderer::frameOpened() {
  m_frameIsOpen = true;
  if (m_isReadying || !lives()) return;  // it gets its display when it is there
  if (m_wayland.get() < 0) return dismiss();
  becomesReady(giveDisplay());
}

kj::Promise<NextRenderer::Taken> NextRenderer::take() {
  const bool waited = !m_isReadying && lives();
  m_watching = nullptr;
  m_cage.reset();
  m_isTaking = true;
  return ready().then([this, waited] { return show(waited); }).attach(kj::defer([this] {
    m_isTaking = false;
  }));
}

kj::Promise<NextRenderer::Taken> NextRenderer::show(bool waited) {
  return m_frame().showRendererRequest().send().then(
      [this, waited](auto&& answer) -> kj::Promise<Taken> {
        if (!answer.getShown()) {
          m_process->kill();
          // It may have left long ago; another one is no second try of the same.
          if (waited) return m_process->exited().then([this] { return take(); });
        }
        return Taken{kj::mv(m_process), kj::mv(m_session)};
      });
}

void NextRenderer::watch() {
  const CageSubject subject{"spare renderer " + m_label,
                            [this] {
                              return m_around.spawner.inspect(pid(), spawn::ProcessKind::RENDERER)
                                  .then([this](sandbox::CageReport report) {
                                    // One that does not hold is looked at again first: this one may
                                    // still be starting.
                                    if (report.holds()) m_cage = report;
                                    return report;
                                  });
                            },
                            [this] { return lives(); }};
  m_watching = verifyCage(m_around, subject)
                   .then([this, subject](bool holds) -> kj::Promise<void> {
                     if (!holds) return kj::READY_NOW;
                     return untilCageFails(m_around, subject);
                   })
                   .exclusiveJoin(m_process->exited())
                   .then([this] {
                     dismiss();
                     return m_process->exited();
                   })
                   .then([this] {
                     // Not from inside the promises that this destroys.
                     return kj::evalLater([this] {
                       m_process = nullptr;
                       m_session = nullptr;
                       m_wayland = nullptr;
                     });
                   })
                   .eagerlyEvaluate(nullptr);
}

void NextRenderer::drop() {
  if (!m_isTaking) dismiss();
}

void NextRenderer::dismiss() {
  m_cage.reset();
  m_isUnwanted = m_isReadying;
  if (m_process.get() != nullptr) m_process->kill();
}

kj::Promise<void> NextRenderer::end() {
  dismiss();
  // Until there is a process to wait for; not for the frame, which may be stopped.
  auto there = m_isReadying && !lives() ? m_readying.addBranch().catch_([](kj::Exception&&) {})
                                        : kj::Promise<void>(kj::READY_NOW);
  return there.then([this]() -> kj::Promise<void> {
    if (!lives()) return kj::READY_NOW;
    return m_process->exited();
  });
}

void NextRenderer::taskFailed(kj::Exception&& exception) {
  m_around.journal.write(Level::WARNING,
                         "broker",
                         "window " + m_label + ": no renderer could be prepared for it: " +
                             exception.getDescription().cStr());
}

}  // namespace sallyport::daemon
