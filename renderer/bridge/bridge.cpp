// See bridge.h. One signal a loop turn carries every outcome of that turn.
#include "renderer/bridge/bridge.h"

#include <QJsonDocument>
#include <memory>
#include <optional>
#include <utility>

namespace sallyport::renderer {

namespace {

// What the page saves is what the next document of this window starts with, also without a new
// process.
constexpr auto SAVE_STATE = "cmd_save_state";

constexpr double MAX_ID = 9007199254740991.0;  // 2^53 - 1

bool isId(double id) { return id >= 0 && id <= MAX_ID; }

QString toQt(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString savedState(const QString& arguments) {
  return QJsonDocument::fromJson(arguments.toUtf8()).object().value("state").toString();
}

}  // namespace

Bridge::Bridge(qt_loop::QtLoop& loop, SessionLink& link)
    : m_loop(loop), m_link(link), m_downloads(loop, link), m_uploads(loop) {
  m_loop.port().listen(*this);
  QObject::connect(&m_uploads, &PageUploads::wanted, this, &Bridge::wanted);
}

Bridge::~Bridge() { m_loop.port().forget(*this); }

void Bridge::start(const Start& start) {
  m_window = toQt(start.window);
  m_pageState = toQt(start.pageState);
}

QJsonObject Bridge::open() {
  m_link.cancelAll();
  m_downloads.clear();
  m_savedStates.clear();
  m_outcomes = {};
  while (!m_listening.empty()) {
    answer(m_listening.begin()->first, {});
  }
  m_link.listen({{}, true, false}, [](const std::vector<ListenRefusal>&) {});
  m_open = true;
  // After the answer to this call: what waited for a document goes out with the next turn.
  QMetaObject::invokeMethod(
      this, [this] { m_loop.turn(); }, Qt::QueuedConnection);
  return {{"window", m_window}, {"pageState", m_pageState}};
}

void Bridge::send(const QJsonArray& calls) {
  m_loop.turn([&] {
    for (const auto& entry : calls) {
      const auto call = entry.toArray();
      const double id = call.at(0).toDouble(-1);
      if (isId(id)) {
        send(static_cast<CallId>(id),
             call.at(1).toString(),
             call.at(2).toString(),
             call.at(3).toArray());
      }
    }
    m_link.flush();
  });
}

// Shared with the handler, which is called once in every case.
QFuture<QJsonArray> Bridge::openChannel(double id,
                                        const QString& command,
                                        const QString& arguments) {
  auto promise = std::make_shared<QPromise<QJsonArray>>();
  promise->start();
  if (!isId(id)) {
    promise->finish();
    return promise->future();
  }
  m_loop.turn([&] {
    m_link.channels().open(
        static_cast<CallId>(id),
        command.toStdString(),
        arguments.toStdString(),
        [this, promise](const std::optional<Failure>& failure) {
          promise->addResult(failure ? QJsonArray{object(*failure)} : QJsonArray{});
          promise->finish();
        });
  });
  return promise->future();
}

QFuture<QJsonArray> Bridge::nextItems(double id) {
  auto promise = std::make_shared<QPromise<QJsonArray>>();
  promise->start();
  if (!isId(id)) {
    promise->finish();
    return promise->future();
  }
  m_loop.turn([&] {
    m_link.channels().next(static_cast<CallId>(id), [this, promise](ChannelStep&& step) {
      QJsonArray items;
      for (const auto& item : step.items) {
        items.append(toQt(item));
      }
      QJsonArray answer{items, step.more};
      if (step.failure) {
        answer.append(object(*step.failure));
      }
      promise->addResult(std::move(answer));
      promise->finish();
    });
  });
  return promise->future();
}

void Bridge::closeChannel(double id) {
  if (isId(id)) {
    m_loop.turn([&] { m_link.channels().close(static_cast<CallId>(id)); });
  }
}

void Bridge::send(CallId id,
                  const QString& command,
                  const QString& arguments,
                  const QJsonArray& sizes) {
  if (command == SAVE_STATE) {
    m_savedStates[id] = savedState(arguments);
  }
  if (sizes.size() > static_cast<qsizetype>(Uploads::MOST)) {
    failed({"too-large", "The call has too many uploads.", command.toStdString(), {}, id, {}});
    return;
  }
  const auto name = command.toUtf8();
  const auto json = arguments.toUtf8();
  Uploads::Sources uploads;
  for (const auto& size : sizes) {
    const double bytes = size.toDouble(-1);
    uploads.push_back(m_uploads.open(
        id, static_cast<int>(uploads.size()), isId(bytes) ? static_cast<std::uint64_t>(bytes) : 0));
  }
  m_link.invoke(id,
                {name.constData(), static_cast<std::size_t>(name.size())},
                {json.constData(), static_cast<std::size_t>(json.size())},
                std::move(uploads));
}

void Bridge::cancel(const QJsonArray& ids) {
  m_loop.turn([&] {
    for (const auto& entry : ids) {
      const double id = entry.toDouble(-1);
      if (isId(id)) {
        m_link.cancel(static_cast<CallId>(id));
        m_savedStates.erase(static_cast<CallId>(id));
      }
    }
    m_link.flush();
  });
}

void Bridge::succeeded(CallId id,
                       std::string_view json,
                       const std::vector<OpenDownload>& downloads) {
  if (auto saved = m_savedStates.find(id); saved != m_savedStates.end()) {
    m_pageState = saved->second;
    m_savedStates.erase(saved);
  }
  if (downloads.empty()) {
    settle(id, {toQt(json)});
    return;
  }
  QJsonArray offered;
  for (const auto& download : downloads) {
    offered.append(QJsonArray{m_downloads.offer(download),
                              static_cast<double>(download.bytes),
                              static_cast<double>(PageDownload::PART_BYTES)});
  }
  settle(id, {toQt(json), QJsonValue::Null, offered});
}

void Bridge::failed(const Failure& failure) {
  m_savedStates.erase(failure.id);
  settle(failure.id, {QJsonValue::Null, object(failure)});
}

QJsonObject Bridge::object(const Failure& failure) const {
  return {
      {"code", toQt(failure.code)},
      {"message", toQt(failure.message)},
      {"command", toQt(failure.command)},
      {"window", m_window},
      {"id", static_cast<double>(failure.id)},
      {"incident", toQt(failure.incident)},
  };
}

void Bridge::settle(CallId id, QJsonArray outcome) {
  outcome.prepend(static_cast<double>(id));
  m_outcomes.append(outcome);
}

QFuture<QJsonArray> Bridge::listen(const QJsonArray& names, bool ready) {
  ListenWish wish;
  for (const auto& name : names) {
    wish.names.push_back(name.toString().toStdString());
  }
  wish.ready = ready;
  const auto number = ++m_lastListen;
  QPromise<QJsonArray> promise;
  promise.start();
  auto future = promise.future();
  m_listening.emplace(number, std::move(promise));
  m_loop.turn([&] {
    m_link.listen(std::move(wish), [this, number](const std::vector<ListenRefusal>& refused) {
      QJsonArray list;
      for (const auto& refusal : refused) {
        list.append(QJsonArray{toQt(refusal.name), toQt(refusal.code), toQt(refusal.message)});
      }
      answer(number, list);
    });
    m_link.flush();
  });
  return future;
}

void Bridge::give(const QString& ticket, const QString& base64) {
  m_uploads.give(ticket, QByteArray::fromBase64(base64.toLatin1()));
}

QJsonArray Bridge::failureOf(const QString& path) {
  const auto failure = m_downloads.failureOf(path);
  return failure ? QJsonArray{object(*failure)} : QJsonArray{};
}

void Bridge::answer(std::uint64_t number, const QJsonArray& refused) {
  if (auto asked = m_listening.find(number); asked != m_listening.end()) {
    auto promise = std::move(asked->second);
    m_listening.erase(asked);
    promise.addResult(refused);
    promise.finish();
  }
}

void Bridge::deliver(const std::vector<Event>& events, const std::vector<Dropped>& dropped) {
  for (const auto& entry : dropped) {
    m_dropped.append(QJsonArray{toQt(entry.name), static_cast<double>(entry.count)});
  }
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
    Q_EMIT settled(std::exchange(m_outcomes, {}));
  }
  if (m_open && !(m_events.isEmpty() && m_dropped.isEmpty())) {
    Q_EMIT events(std::exchange(m_events, {}), std::exchange(m_dropped, {}));
  }
}

}  // namespace sallyport::renderer
