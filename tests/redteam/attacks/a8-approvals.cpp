// The interfaces of the prompt, where a user would say yes.
#include "proto/chooser.capnp.h"
#include "proto/prompt-control.capnp.h"
#include "proto/prompt.capnp.h"
#include "tests/redteam/foreign-interfaces.h"

namespace sallyport::redteam {
namespace {

const Registered A8(foreignInterfaces("A8",
                                      "methods of the prompt, the chooser and their control",
                                      "they are on other connections: the session ends",
                                      {capnp::typeId<proto::Prompt>(),
                                       capnp::typeId<proto::PromptControl>(),
                                       capnp::typeId<proto::Chooser>()},
                                      1));

}  // namespace
}  // namespace sallyport::redteam
