// Serves `Frame` to the broker: the only peer that this process obeys. Role frame.
#pragma once

#include <QString>
#include <memory>

#include "broker/display/frame-window.h"
#include "proto/frame.capnp.h"

namespace sallyport::display {

class FrameSession final : public proto::Frame::Server {
 public:
  // label: from the command line, which the spawner wrote; open() must name the same one.
  explicit FrameSession(QString label);

 protected:
  kj::Promise<void> open(OpenContext context) override;
  kj::Promise<void> prepareRenderer(PrepareRendererContext context) override;
  kj::Promise<void> showRenderer(ShowRendererContext context) override;
  kj::Promise<void> setTitle(SetTitleContext context) override;
  kj::Promise<void> focus(FocusContext context) override;
  kj::Promise<void> showCrash(ShowCrashContext context) override;
  kj::Promise<void> showHang(ShowHangContext context) override;
  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> close(CloseContext context) override;
  kj::Promise<void> setClipboard(SetClipboardContext context) override;
  kj::Promise<void> getClipboard(GetClipboardContext context) override;
  kj::Promise<void> setBounds(SetBoundsContext context) override;
  kj::Promise<void> setState(SetStateContext context) override;
  kj::Promise<void> takeGesture(TakeGestureContext context) override;

 private:
  FrameWindow& window();
  template <typename Request>
  void tell(Request&& request);
  FrameWindow::Events windowEvents();

  QString m_label;
  kj::Maybe<proto::FrameEvents::Client> m_broker;
  std::unique_ptr<FrameWindow> m_window;
};

}  // namespace sallyport::display
