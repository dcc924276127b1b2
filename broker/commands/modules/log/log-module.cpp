// cmd_write_log. Runs in the broker.
#include "broker/commands/modules/log/log-module.h"

namespace sallyport::commands::log {

Module makeModule(Host& host) {
  Module module{"log", "The journal."};
  module.add("cmd_write_log",
             "Writes a line to the broker's journal, marked with the window.",
             [&host](const Caller& caller, WriteLog line) -> Result<Null> {
               if (line.message.size() > MAX_LINE_BYTES)
                 return Error{Code::TOO_LARGE, "message: more than 1024 bytes"};
               return host.write(caller, line.level, line.message);
             });
  return module;
}

}  // namespace sallyport::commands::log
