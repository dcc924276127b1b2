// The module `log`: lines of a page in the broker's journal. Runs in the broker.
#pragma once

#include <boost/describe.hpp>
#include <string>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::log {

constexpr std::size_t MAX_LINE_BYTES = 1'024;  // as for the console's lines, proto/session.capnp

enum class LogLevel { DEBUG, INFO, WARNING, ERROR };
BOOST_DESCRIBE_ENUM(LogLevel, DEBUG, INFO, WARNING, ERROR)

struct WriteLog {
  LogLevel level = LogLevel::INFO;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(WriteLog, (), (level, message))

class Host {
 public:
  virtual ~Host() = default;
  // message is at most MAX_LINE_BYTES, and is escaped by the host. RATE_LIMITED past its budget.
  virtual Result<Null> write(const Caller& caller, LogLevel level, const std::string& message) = 0;
};

// The host must outlive the registry.
Module makeModule(Host& host);

}  // namespace sallyport::commands::log
