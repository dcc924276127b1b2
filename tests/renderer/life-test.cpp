// How a renderer lives and ends: heartbeat, close, a broker that dies, a page process that dies.
#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <string>

#include "tests/renderer/fake-broker.h"

namespace sallyport::renderer {

namespace {

struct Fixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
};

std::string commandLine(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("a ping is answered, also while the page spins") {
  Fixture f;
  RendererProcess renderer(f.io, pageWith("await report(1); for (;;) {}"), {});
  CHECK(renderer.nextReport() == "1");
  for (int i = 0; i < 3; ++i) {
    renderer.control().pingRequest().send().ignoreResult().wait(f.io.waitScope);
  }
}

TEST_CASE(
    "close is answered and ends the process with 0, also while the page spins and would rather "
    "stay") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith("addEventListener('beforeunload', (event) => { "
                                    "event.preventDefault(); event.returnValue = 'no'; }); "
                                    "await report(1); for (;;) {}"),
                           {});
  CHECK(renderer.nextReport() == "1");
  const auto children = renderer.children();
  CHECK(!children.empty());
  renderer.control().closeRequest().send().ignoreResult().wait(f.io.waitScope);
  CHECK(renderer.waitExit() == 0);
}

TEST_CASE("the end of the broker ends the renderer") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith("bridge.invoke('never', '{}'); await report(1);"),
                           {{"never", [](const std::string&) {
                               return Answer{"", "", true};
                             }}});
  CHECK(renderer.nextReport() == "1");
  renderer.dropConnection();
  CHECK(renderer.waitExit() == 3);
}

TEST_CASE("a broker that is gone before the attach ends the renderer") {
  Fixture f;
  RendererProcess renderer(f.io, pageWith(""), {});
  renderer.dropConnection();
  CHECK(renderer.waitExit() == 3);
}

TEST_CASE("the end of the page's process ends the renderer with an error") {
  Fixture f;
  RendererProcess renderer(f.io, pageWith("await report(1);"), {});
  CHECK(renderer.nextReport() == "1");
  // The zygotes are the renderer's children, the page's process is forked by one of them.
  REQUIRE(!renderer.children().empty());
  REQUIRE(::kill(renderer.children().back(), SIGKILL) == 0);
  CHECK(renderer.waitExit() == 4);
}

TEST_CASE("no debugger can be reached and none is asked for") {
  Fixture f;
  RendererProcess renderer(f.io, pageWith("await report(1);"), {});
  CHECK(renderer.nextReport() == "1");
  auto all = renderer.children();
  all.push_back(renderer.pid());
  for (pid_t pid : all) {
    CHECK(commandLine(pid).find("remote-debugging") == std::string::npos);
  }
}

}  // namespace sallyport::renderer
