#include "broker/display/bounded-log.h"

#include <wayland-server-core.h>

#include <QByteArray>
#include <QString>
#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace sallyport::display {
namespace {

constexpr int MAX_LOG_LINES = 200;
constexpr std::size_t MAX_LINE = 200;

std::atomic<int> linesWritten{0};

void writeLine(const char* source, std::string_view text) {
  const int line = linesWritten.fetch_add(1);
  if (line > MAX_LOG_LINES) return;
  if (line == MAX_LOG_LINES) {
    std::fputs("display: further messages are left out\n", stderr);
    return;
  }
  QByteArray shown(text.data(), static_cast<qsizetype>(std::min(text.size(), MAX_LINE)));
  for (auto& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  std::fprintf(stderr, "%s: %s\n", source, shown.constData());
}

void fromQt(QtMsgType type, const QMessageLogContext& context, const QString& message) {
  if (type == QtDebugMsg || type == QtInfoMsg) return;
  const std::string_view category = context.category == nullptr ? "" : context.category;
  if (category.starts_with("qt.qpa.input") || category.starts_with("qt.widgets")) return;
  // Qt says so at each popup of a renderer; the frame does both itself (surface-canvas,
  // private-compositor).
  if (message.endsWith(QStringLiteral("Not implemented"))) return;
  writeLine("display", message.toUtf8().constData());
  if (type == QtFatalMsg) std::abort();
}

[[gnu::format(printf, 1, 0)]] void fromWayland(const char* format, va_list arguments) {
  char line[MAX_LINE + 1];
  const int length = std::vsnprintf(line, sizeof(line), format, arguments);
  if (length <= 0) return;
  std::string_view text(line, std::min(static_cast<std::size_t>(length), MAX_LINE));
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  writeLine("display/wayland", text);
}

}  // namespace

void boundLog() {
  qInstallMessageHandler(&fromQt);
  wl_log_set_handler_server(&fromWayland);
}

}  // namespace sallyport::display
