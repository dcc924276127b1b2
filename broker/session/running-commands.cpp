// Runs in the broker.
#include "broker/session/running-commands.h"

#include "broker/session/incident.h"

namespace sallyport::session {

void RunningCommands::taskFailed(kj::Exception&& exception) {
  m_journal.incident("", "", newIncident(), describe(exception));
}

}  // namespace sallyport::session
