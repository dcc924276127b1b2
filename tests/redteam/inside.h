// What an attack has in the cage: the two descriptors of a renderer, raw frames on one of them, and
// a client of its own that is as honest as the attack wants. What it finds it says on stderr, which
// the broker copies to its journal, where the harness reads it.
#pragma once

#include <kj/array.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/broker/session/rpc-messages.h"

namespace sallyport::redteam {

namespace wire = sallyport::session::tests;

// Thrown when the broker has closed the session.
struct HungUp {};

class Inside {
 public:
  static constexpr int SESSION = 3;
  static constexpr int WAYLAND = 4;

  Inside(std::string id, unsigned window) : m_id(std::move(id)), m_window(window) {}

  const std::string& id() const { return m_id; }
  void setId(std::string id) { m_id = std::move(id); }
  unsigned window() const { return m_window; }

  // Raw bytes. send() blocks while the broker does not read; sendReading() throws away what it is
  // told meanwhile. Both throw HungUp.
  void send(const void* from, std::size_t size);
  void send(kj::ArrayPtr<const kj::byte> bytes) { send(bytes.begin(), bytes.size()); }
  void send(wire::Wire& message);
  void sendReading(kj::ArrayPtr<const kj::byte> bytes);
  // Waits for the broker to hang up, reading or not. Throws HungUp when it did.
  void untilHungUp(std::chrono::milliseconds atMost, bool reading = false);
  // Nothing is sent for so long. Throws HungUp when the broker hangs up meanwhile.
  void pause(std::chrono::milliseconds time) { untilHungUp(time); }

  // The protocol as an honest renderer speaks it. Question ids are taken from question().
  void attach();
  std::uint32_t question() { return m_question++; }
  struct Answer {
    bool ok = false;
    std::string text;  // the value as JSON, or the code of the refusal; "refused": an exception
  };
  Answer invoke(const std::string& command, const std::string& arguments);
  Answer asset(const std::string& path);
  // Reads until the answer to this question came, and answers what the broker asks meanwhile. read
  // may be empty.
  void await(std::uint32_t question, const std::function<void(capnp::rpc::Return::Reader)>& read);

  // How often the broker called an object of ours that is not the control it was given.
  std::size_t callsToMine() const { return m_callsToMine; }

  // A fact for the judgement, kept until there is a line's worth of them.
  void fact(const std::string& name, const std::string& value);
  void flush();

 private:
  kj::Array<capnp::word> readMessage();
  void readExactly(void* to, std::size_t size);
  void answerCall(capnp::rpc::Call::Reader call);

  std::string m_id;
  unsigned m_window;
  std::uint32_t m_question = 2;
  std::size_t m_callsToMine = 0;
  std::string m_facts;
};

// What the program does as a renderer, when its file says so (see role.h). Does not return.
[[noreturn]] void runInside(const std::string& role);

}  // namespace sallyport::redteam
