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
    return;
  }
  const Refusal& refusal = *settled.refusal;
  auto failure = to.initFailure();
  failure.setCode(text(commands::codeName(refusal.code)));
  failure.setMessage(text(refusal.message));
  failure.setCommand(text(refusal.command));
  failure.setWindow(text(window));
  failure.setId(id);
  failure.setIncident(text(refusal.incident));
}

}  // namespace sallyport::session
