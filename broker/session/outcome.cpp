// Runs in the broker.
#include "broker/session/outcome.h"

namespace sallyport::session {
namespace {
capnp::Text::Reader text(std::string_view from) { return {from.data(), from.size()}; }
}  // namespace

void writeOutcome(proto::Outcome::Builder to,
                  const Settled& settled,
                  std::string_view window,
                  std::uint64_t id) {
  if (!settled.refusal) {
    to.setValue(text(settled.value));
    if (settled.downloads.empty()) return;
    auto downloads = to.initDownloads(static_cast<kj::uint>(settled.downloads.size()));
    for (kj::uint i = 0; i < downloads.size(); ++i) {
      downloads[i].setNumber(settled.downloads[i].number);
      downloads[i].setBytes(settled.downloads[i].bytes);
    }
    return;
  }
  writeFailure(to.initFailure(), *settled.refusal, window, id);
}

void writeFailure(proto::CallFailure::Builder to,
                  const Refusal& refusal,
                  std::string_view window,
                  std::uint64_t id) {
  to.setCode(text(commands::codeName(refusal.code)));
  to.setMessage(text(refusal.message));
  to.setCommand(text(refusal.command));
  to.setWindow(text(window));
  to.setId(id);
  to.setIncident(text(refusal.incident));
}

}  // namespace sallyport::session
