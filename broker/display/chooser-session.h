// Serves `Chooser` to the broker: shows the dialog, opens what the user picked and hands it over.
// Role chooser; it reads no renderer's byte, and the few words of the page that it shows (filters,
// a suggested name) come checked from the broker and are shown as text.
#pragma once

#include <functional>
#include <memory>

#include "broker/display/file-dialog.h"
#include "proto/chooser.capnp.h"

namespace sallyport::display {

class ChooserSession final : public proto::Chooser::Server {
 public:
  // shown: told of the dialog once it is on screen (the test script).
  using Shown = std::function<void(FileDialog&, proto::FileQuestion::Kind)>;
  explicit ChooserSession(Shown shown) : m_shown(std::move(shown)) {}

 protected:
  kj::Promise<void> choose(ChooseContext context) override;

 private:
  Shown m_shown;
  bool m_asked = false;
};

}  // namespace sallyport::display
