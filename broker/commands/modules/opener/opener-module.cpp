// cmd_open_url. Runs in the broker.
#include "broker/commands/modules/opener/opener-module.h"

#include <utility>

namespace sallyport::commands::opener {

Module makeModule(Host& host) {
  Module module{"opener", "Links that the user's own programs open, right after a click or a key."};
  module.add("cmd_open_url",
             "Opens an https or mailto link, or one of a scheme that the app names, with the "
             "user's program for it.",
             [&host](const Caller& caller, OpenUrl arguments) -> kj::Promise<Result<Null>> {
               std::string problem;
               auto link = capabilities::parseLink(arguments.url, problem);
               if (!link) return Result<Null>(Error{Code::INVALID_ARGUMENT, "url: " + problem});
               return host.openLink(caller, std::move(*link));
             },
             {.scope = capabilities::ScopeKind::LINK});
  return module;
}

}  // namespace sallyport::commands::opener
