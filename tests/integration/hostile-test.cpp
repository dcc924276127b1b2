// A program of the attacker's own in the renderer's place: it has two descriptors, and uses them.
#include <doctest/doctest.h>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

void checkTheRestLives(const BrokerProcess& broker) {
  for (const auto* name : {"vault", "net", "prompt", "frame main"}) {
    CAPTURE(name);
    CHECK(broker.pidOf(name) != 0);
    CHECK(broker.restartsOf(name) == 0);
  }
}

}  // namespace

TEST_CASE("a renderer that sends garbage is killed each time, and then no other is tried") {
  BrokerProcess broker({.renderer = testBinary("hostile_garbage")});
  broker.waitFor("warning window main: session ended: too-many-segments");
  broker.waitFor("window main shows: This window crashed several times in a minute");
  CHECK(broker.count("session ended: too-many-segments") == 5);
  CHECK(broker.count("its renderer ended") == 5);
  CHECK(!broker.saw("window main: attached"));
  CHECK(broker.pidOf("renderer main") == 0);
  CHECK(eventually([&] { return childrenOf(broker.spawner()).size() == 5; }));  // no cage is left
  checkTheRestLives(broker);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("from inside there is no socket, no admin, no store and nobody else") {
  BrokerProcess broker({.renderer = testBinary("hostile_prying")});
  broker.waitFor("hostile: end: No child processes");
  CHECK(broker.count("hostile: ") == 6);
  CHECK(!broker.saw("worked"));
  for (const auto* refusal : {"a local socket: Operation not permitted",
                              "a network socket: Operation not permitted",
                              "a connection: Operation not permitted",
                              "a socket or a store in the file system: No such file",
                              "another process: No such process"}) {
    CAPTURE(refusal);
    CHECK(broker.saw(std::string("hostile: ") + refusal));
  }
  CHECK(!broker.status().at("windows").at(0).at("attached").as_bool());
  checkTheRestLives(broker);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("a renderer whose cage does not look right from outside gets no session") {
  BrokerProcess broker({.renderer = testBinary("hostile_tampering")});
  broker.waitFor("window main: its cage fails on environment: 5 variables, foreign: EVIL");
  broker.waitFor("session ended: cage-not-verified");
  broker.waitFor("window main shows: The sandbox of this window could not be verified");
  CHECK(!broker.saw("window main: attached"));
  CHECK(!broker.saw("the session: granted"));
  CHECK(broker.pidOf("renderer main") == 0);
  const auto status = broker.status();
  CHECK(status.at("windows").at(0).at("cage").as_string() == "FAILED");
  CHECK(!status.at("windows").at(0).at("attached").as_bool());
  const auto doctor = broker.cli({"doctor"});
  CAPTURE(doctor.output);
  CHECK(doctor.code == 2);
  CHECK(doctor.output.find("FAILED   renderer main   environment") != std::string::npos);
  checkTheRestLives(broker);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
