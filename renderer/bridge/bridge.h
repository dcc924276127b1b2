// The object that the page's main frame reaches over QWebChannel: carries calls to the session and
// outcomes back. Runs in the renderer, which is hostile by policy; whoever owns the page may call
// everything here, and gains nothing.
#pragma once

#include <QFuture>
#include <QJsonArray>
#include <QJsonObject>
#include <QObject>
#include <QPromise>
#include <QString>
#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/qt-loop/loop.h"
#include "renderer/bridge/page-downloads.h"
#include "renderer/bridge/page-uploads.h"
#include "renderer/link/session-link.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class Bridge final : public QObject, private qt_loop::TurnListener {
  Q_OBJECT
  // Calls of one microtask of the page: [[id, command, arguments], …], and behind them the sizes of
  // the bytes that come with a call, if any do. A property that is only
  // written, because the channel answers a method too: one message and one wake-up of the page more
  // for each.
  Q_PROPERTY(QJsonArray calls READ noCalls WRITE send NOTIFY neverNotified)

 public:
  static constexpr std::size_t MAX_QUEUED_EVENTS =
      256;  // before the first document is there; the oldest go

  Bridge(qt_loop::QtLoop& loop, SessionLink& link);
  ~Bridge() override;

  void start(const Start& start);
  void succeeded(CallId id, std::string_view json, const std::vector<OpenDownload>& downloads);
  void failed(const Failure& failure);
  void deliver(const std::vector<Event>& events, const std::vector<Dropped>& dropped);
  void disconnected();

  PageDownloads& downloads() { return m_downloads; }
  PageUploads& uploads() { return m_uploads; }

  // What bridge.js calls. Every document calls open() first, so an earlier one's calls are dropped
  // there.
  Q_INVOKABLE QJsonObject open();
  void send(const QJsonArray& calls);
  static QJsonArray noCalls() { return {}; }
  Q_INVOKABLE void cancel(const QJsonArray& ids);
  // [] or [failure].
  Q_INVOKABLE QFuture<QJsonArray> openChannel(double id,
                                              const QString& command,
                                              const QString& arguments);
  // [[item, …], more] or [[item, …], false, failure]; one at a time for each channel.
  Q_INVOKABLE QFuture<QJsonArray> nextItems(double id);
  Q_INVOKABLE void closeChannel(double id);
  // All the names that the page listens to: [[name, code, message], …] of those that it may not.
  Q_INVOKABLE QFuture<QJsonArray> listen(const QJsonArray& names, bool ready);
  // The slice of bytes that was wanted under this ticket, in base64; empty: there is no such slice.
  Q_INVOKABLE void give(const QString& ticket, const QString& base64);
  // [] or [failure]: why the request for bytes of an answer failed.
  Q_INVOKABLE QJsonArray failureOf(const QString& path);

 Q_SIGNALS:
  // [[id, json] or [id, null, failure] or [id, json, null, [[path, bytes, bytes of a part], …]], …]
  void settled(const QJsonArray& outcomes);
  // See PageUploads.
  void wanted(double call, int index, const QString& ticket, double offset, double bytes);
  // [[name, payload], …], and before them [[name, count], …] that did not fit
  void events(const QJsonArray& events, const QJsonArray& dropped);
  void gone();
  void neverNotified();  // the channel warns of a property without

 private:
  void turnEnded() override;
  void send(CallId id, const QString& command, const QString& arguments, const QJsonArray& sizes);
  QJsonObject object(const Failure& failure) const;
  void settle(CallId id, QJsonArray outcome);
  void answer(std::uint64_t number, const QJsonArray& refused);

  qt_loop::QtLoop& m_loop;
  SessionLink& m_link;
  PageDownloads m_downloads;
  PageUploads m_uploads;
  QString m_window;
  QString m_pageState;
  std::unordered_map<CallId, QString> m_savedStates;  // saves on their way
  QJsonArray m_outcomes;                              // of this turn
  // Of listen(); a new document's answers are its own.
  std::map<std::uint64_t, QPromise<QJsonArray>> m_listening;
  std::uint64_t m_lastListen = 0;
  QJsonArray m_events;
  QJsonArray m_dropped;
  bool m_open = false;
};

}  // namespace sallyport::renderer
