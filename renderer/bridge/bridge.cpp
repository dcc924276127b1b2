// See bridge.h. One signal a loop turn carries every outcome of that turn; a single one goes the
// short way.
#include "renderer/bridge/bridge.h"

#include <QJsonDocument>
#include <utility>

namespace sallyport::renderer {

namespace {

// What the page saves is what the next document of this window starts with, also without a new
// process.
constexpr auto SAVE_STATE = "cmd_save_state";

constexpr double MAX_ID = 9007199254740991.0;  // 2^53 - 1

QString toQt(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString savedState(const QString& arguments) {
  return QJsonDocument::fromJson(arguments.toUtf8()).object().value("state").toString();
}

}  // namespace

Bridge::Bridge(qt_loop::QtLoop& loop, SessionLink& link) : m_loop(loop), m_link(link) {
  m_loop.port().listen(*this);
}

Bridge::~Bridge() { m_loop.port().forget(*this); }

void Bridge::start(const Start& start) {
  m_window = toQt(start.window);
  m_pageState = toQt(start.pageState);
}

QJsonObject Bridge::open() {
  m_link.cancelAll();
  m_savedStates.clear();
  m_outcomes = {};
  m_open = true;
  // After the answer to this call: what waited for a document goes out with the next turn.
  QMetaObject::invokeMethod(
      this, [this] { m_loop.turn(); }, Qt::QueuedConnection);
  return {{"window", m_window}, {"pageState", m_pageState}};
}

void Bridge::call(double id, const QString& command, const QString& arguments) {
  send(id, command, arguments);
  m_loop.turn();
}

void Bridge::calls(const QJsonArray& batch) {
  for (const auto& entry : batch) {
    const auto call = entry.toArray();
    send(call.at(0).toDouble(), call.at(1).toString(), call.at(2).toString());
  }
  m_loop.turn();
}

void Bridge::send(double id, const QString& command, const QString& arguments) {
  if (!(id >= 0 && id <= MAX_ID)) {
    return;
  }
  const auto callId = static_cast<CallId>(id);
  if (command == SAVE_STATE) {
    m_savedStates[callId] = savedState(arguments);
  }
  const auto name = command.toUtf8();
  const auto json = arguments.toUtf8();
  m_link.invoke(callId,
                {name.constData(), static_cast<std::size_t>(name.size())},
                {json.constData(), static_cast<std::size_t>(json.size())});
}

void Bridge::cancel(const QJsonArray& ids) {
  for (const auto& entry : ids) {
    const double id = entry.toDouble(-1);
    if (id >= 0 && id <= MAX_ID) {
      m_link.cancel(static_cast<CallId>(id));
      m_savedStates.erase(static_cast<CallId>(id));
    }
  }
  m_loop.turn();
}

void Bridge::succeeded(CallId id, std::string_view json) {
  if (auto saved = m_savedStates.find(id); saved != m_savedStates.end()) {
    m_pageState = saved->second;
    m_savedStates.erase(saved);
  }
  m_outcomes.append(QJsonArray{static_cast<double>(id), toQt(json)});
}

void Bridge::failed(const Failure& failure) {
  m_savedStates.erase(failure.id);
  const auto id = static_cast<double>(failure.id);
  const QJsonObject object{
      {"code", toQt(failure.code)},
      {"message", toQt(failure.message)},
      {"command", toQt(failure.command)},
      {"window", m_window},
      {"id", id},
      {"incident", toQt(failure.incident)},
  };
  m_outcomes.append(QJsonArray{id, QJsonValue::Null, object});
}

void Bridge::deliver(const std::vector<Event>& events) {
  for (const auto& event : events) {
    m_events.append(QJsonArray{toQt(event.name), toQt(event.payload)});
  }
  while (m_events.size() > static_cast<qsizetype>(MAX_QUEUED_EVENTS) && !m_open) {
    m_events.removeFirst();
  }
}

void Bridge::disconnected() { Q_EMIT gone(); }

void Bridge::turnEnded() {
  if (!m_outcomes.isEmpty()) {
    const auto outcomes = std::exchange(m_outcomes, {});
    const auto first = outcomes.at(0).toArray();
    if (outcomes.size() == 1 && first.size() == 2) {
      Q_EMIT settled(first.at(0).toDouble(), first.at(1).toString());
    } else {
      Q_EMIT settledMany(outcomes);
    }
  }
  if (m_open && !m_events.isEmpty()) {
    Q_EMIT events(std::exchange(m_events, {}));
  }
}

}  // namespace sallyport::renderer
