// See page-log.h.
#include "renderer/link/page-log.h"

#include <string>

namespace sallyport::renderer {

namespace {

// Cuts at a character's border: the broker refuses broken UTF-8.
void cut(std::string& string, std::size_t limit) {
  if (string.size() > limit) {
    while (limit > 0 && (static_cast<unsigned char>(string[limit]) & 0xC0U) == 0x80U) {
      --limit;
    }
    string.resize(limit);
  }
}

proto::LogLevel toWire(LogLevel level) {
  switch (level) {
    case LogLevel::DEBUG:
      return proto::LogLevel::DEBUG;
    case LogLevel::INFO:
      return proto::LogLevel::INFO;
    case LogLevel::WARNING:
      return proto::LogLevel::WARNING;
    case LogLevel::ERROR:
      return proto::LogLevel::ERROR;
  }
  return proto::LogLevel::ERROR;
}

}  // namespace

PageLog::PageLog(proto::Session::Client session) : m_session(kj::mv(session)), m_tasks(*this) {}

void PageLog::write(LogLevel level, std::string_view line) {
  if (!m_isOpen || m_inFlight >= IN_FLIGHT) {
    return;
  }
  const auto verdict = m_budget.take(LogBudget::Clock::now());
  if (!verdict.send) {
    return;
  }
  std::string whole(line);
  if (verdict.omitted > 0) {
    whole.insert(0, "(" + std::to_string(verdict.omitted) + " lines left out) ");
  }
  cut(whole, proto::MAX_LOG_TEXT_BYTES);
  auto request = m_session.logRequest();
  request.setLevel(toWire(level));
  request.setText(capnp::Text::Reader(whole.c_str(), whole.size()));
  ++m_inFlight;
  m_tasks.add(
      request.send().then([](auto&&) {}, [](kj::Exception&&) {}).then([this] { --m_inFlight; }));
}

}  // namespace sallyport::renderer
