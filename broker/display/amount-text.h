// Amounts, rates and addresses as a person reads them. Pure. Role prompt.
#pragma once

#include <QString>
#include <cstdint>

namespace sallyport::display {

QString bitcoinText(std::uint64_t satoshi);        // "0.00150000 BTC"
QString satoshiText(std::uint64_t satoshi);        // "150 000 sat", groups of three
QString rateText(std::uint64_t milliSatPerVbyte);  // "2.5 sat/vB"
// Groups of four, eight groups a line, so that no part of an address depends on how a widget wraps.
// What is not an ASCII letter or digit becomes '?'.
QString addressGroups(const QString& address);

}  // namespace sallyport::display
