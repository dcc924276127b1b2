// The renderer that a window shows next: a process in its cage with its display, whose session
// nobody reads yet, so it has no right and no page. Started when it is needed, or ahead of that as
// the spare (spares.h). Runs in the broker.
#pragma once

#include <kj/function.h>

#include <optional>
#include <string>

#include "broker/daemon/child-process.h"
#include "broker/daemon/service.h"
#include "proto/frame.capnp.h"

namespace sallyport::daemon {

class NextRenderer final : private kj::TaskSet::ErrorHandler {
 public:
  struct Taken {
    kj::Own<ChildProcess> process;
    kj::AutoCloseFd session;  // the broker's end
  };
  // Of the frame process that runs now.
  using Frame = kj::Function<proto::Frame::Client()>;

  NextRenderer(Surroundings& around, std::string label, Frame frame);
  KJ_DISALLOW_COPY(NextRenderer);

  // Starts one ahead of its turn, unless there is one. What goes wrong is noted in the journal.
  void prepare();
  // A fresh frame: the one that has no display yet gets it here, another has lost its own and ends.
  void frameOpened();
  // Has the frame show it, and hands it over; starts one where none is ready. One call at a time.
  // Rejects when it cannot be started or its display cannot be given to the frame.
  kj::Promise<Taken> take();
  // The spare is not wanted any more; one that is being taken is none.
  void drop();
  kj::Promise<void> end();  // whatever there is; fulfilled when the process has ended

  pid_t pid() const { return lives() ? m_process->pid() : 0; }  // what the spawner started, or 0
  // Of one that waits, as it held last: it is read at its start and every minute.
  const std::optional<sandbox::CageReport>& cage() const { return m_cage; }

 private:
  bool lives() const { return m_process.get() != nullptr && m_process->running(); }
  kj::Promise<void> ready();
  void becomesReady(kj::Promise<void> step);
  kj::Promise<void> start();
  kj::Promise<void> giveDisplay();
  kj::Promise<Taken> show(bool waited);
  void watch();
  void dismiss();
  void taskFailed(kj::Exception&& exception) override;

  Surroundings& m_around;
  const std::string m_label;
  Frame m_frame;
  bool m_frameIsOpen = false;
  bool m_isReadying = false;
  bool m_isTaking = false;
  bool m_isUnwanted = false;  // the one that is being started
  kj::Own<ChildProcess> m_process;
  kj::AutoCloseFd m_session;
  kj::AutoCloseFd m_wayland;  // the frame's end, until the frame has it
  kj::ForkedPromise<void> m_readying = nullptr;
  std::optional<sandbox::CageReport> m_cage;
  kj::Promise<void> m_watching = nullptr;  // of one that waits
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::daemon
