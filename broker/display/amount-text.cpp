#include "broker/display/amount-text.h"

namespace sallyport::display {
namespace {

constexpr std::uint64_t SATOSHI_PER_BITCOIN = 100'000'000;
constexpr std::uint64_t MILLI = 1000;
constexpr int GROUP = 4;
constexpr int GROUPS_A_LINE = 8;
constexpr int THOUSANDS = 3;
constexpr QChar NARROW_SPACE(0x202F);

}  // namespace

QString bitcoinText(std::uint64_t satoshi) {
  const auto fraction = QString::number(satoshi % SATOSHI_PER_BITCOIN).rightJustified(8, u'0');
  return QString::number(satoshi / SATOSHI_PER_BITCOIN) + u'.' + fraction + QStringLiteral(" BTC");
}

QString satoshiText(std::uint64_t satoshi) {
  auto text = QString::number(satoshi);
  for (auto at = text.size() - THOUSANDS; at > 0; at -= THOUSANDS) text.insert(at, NARROW_SPACE);
  return text + QStringLiteral(" sat");
}

QString rateText(std::uint64_t milliSatPerVbyte) {
  auto text = QString::number(milliSatPerVbyte / MILLI);
  auto rest = QString::number(milliSatPerVbyte % MILLI).rightJustified(3, u'0');
  while (rest.endsWith(u'0')) rest.chop(1);
  if (!rest.isEmpty()) text += u'.' + rest;
  return text + QStringLiteral(" sat/vB");
}

QString addressGroups(const QString& address) {
  QString text;
  for (int i = 0; i < address.size(); ++i) {
    if (i > 0 && i % GROUP == 0) text += i % (GROUP * GROUPS_A_LINE) == 0 ? u'\n' : u' ';
    const auto c = address[i];
    const bool plain = c.unicode() < 128 && c.isLetterOrNumber();
    text += plain ? c : QChar(u'?');
  }
  return text;
}

}  // namespace sallyport::display
