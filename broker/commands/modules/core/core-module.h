// The module `core`: what the framework itself offers to every page. Runs in the broker.
#pragma once

#include <boost/describe.hpp>
#include <string>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::core {

// proto/session.capnp's maxPageStateBytes.
constexpr std::size_t MAX_PAGE_STATE_BYTES = 65'536;

struct SaveState {
  std::string state;  // the page's own text; it gets it back as Bridge.pageState after a crash
};
BOOST_DESCRIBE_STRUCT(SaveState, (), (state))

// Where page state is kept, for each window and origin class apart: what a remote page left behind
// must not be handed to the app's own page.
class PageStateStore {
 public:
  virtual ~PageStateStore() = default;
  // state is at most MAX_PAGE_STATE_BYTES of UTF-8 without NUL. Replaces what was there.
  virtual Result<Null> save(const Caller& caller, std::string state) = 0;
};

// The store must outlive the registry.
Module makeModule(PageStateStore& store);

}  // namespace sallyport::commands::core
