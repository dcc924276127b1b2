// An attached window with an honest renderer.
#pragma once

#include "tests/broker/session/window-fixture.h"

namespace sallyport::session::tests {

struct Attached : WindowFixture {
  Attached() { renderer.attach(); }
  Renderer renderer{*this};
};

}  // namespace sallyport::session::tests
