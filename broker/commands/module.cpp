// Collecting commands; all checks are the registry's. Runs in the broker.
#include "broker/commands/module.h"

namespace sallyport::commands {

Module::Module(std::string name, std::string doc)
    : m_name(std::move(name)), m_doc(std::move(doc)) {}

void Module::addErased(std::string name,
                       std::string doc,
                       Run run,
                       Signature signature,
                       bool streams,
                       CommandOptions options) {
  Command command{std::move(name),
                  m_name,
                  std::move(doc),
                  {},
                  options.deadline,
                  options.onAbandon,
                  options.scope,
                  streams,
                  std::move(run)};
  m_commands.push_back({std::move(command), signature});
}

}  // namespace sallyport::commands
