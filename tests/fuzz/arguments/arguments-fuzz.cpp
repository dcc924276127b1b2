// The JSON that a page sends as arguments, read into every kind of described type. What is accepted
// is written and read again to the same.
#include <kj/debug.h>

#include <boost/describe.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/commands/described.h"
#include "broker/commands/json-arguments.h"
#include "broker/commands/json-result.h"

using namespace sallyport::commands;

namespace {

enum class Speed { SLOW_LANE, FAST_LANE };
BOOST_DESCRIBE_ENUM(Speed, SLOW_LANE, FAST_LANE)

struct Coin {
  std::string id;
  std::optional<std::int64_t> value;
};
BOOST_DESCRIBE_STRUCT(Coin, (), (id, value))

struct Circle {
  Tag<"circle"> kind;
  std::int32_t size = 0;
};
BOOST_DESCRIBE_STRUCT(Circle, (), (kind, size))

struct Square {
  Tag<"square"> kind;
  BigInt size;
};
BOOST_DESCRIBE_STRUCT(Square, (), (kind, size))

struct Everything {
  std::optional<bool> flag;
  std::optional<std::int32_t> small;
  std::optional<std::int64_t> wide;
  std::optional<BigInt> big;
  std::optional<double> ratio;
  std::optional<std::string> text;
  std::optional<Bytes> bytes;
  std::optional<Speed> speed;
  std::optional<std::vector<Coin>> coins;
  std::optional<std::variant<std::int64_t, Speed, std::string, Coin>> choice;
  std::optional<std::map<std::string, std::variant<Circle, Square>>> figures;
};
BOOST_DESCRIBE_STRUCT(Everything,
                      (),
                      (flag, small, wide, big, ratio, text, bytes, speed, coins, choice, figures))

std::string written(Everything& value) {
  // The JSON library reads a number of many digits with an error in the last place.
  if (value.ratio) value.ratio = static_cast<float>(*value.ratio);
  if (value.ratio && !std::isfinite(*value.ratio)) value.ratio.reset();
  return boost::json::serialize(writeResult(typeOf<Everything>(), &value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = parseArguments({reinterpret_cast<const char*>(data), size});
  if (json.has_error()) {
    KJ_ASSERT(json.error().message.size() <= MAX_ARGUMENT_MESSAGE_BYTES);
    return 0;
  }
  Everything value;
  if (const auto error = readArguments(typeOf<Everything>(), *json, &value)) {
    KJ_ASSERT(!error->message.empty() && error->message.size() <= MAX_ARGUMENT_MESSAGE_BYTES);
    return 0;
  }
  const auto once = written(value);
  const auto again = parseArguments(once);
  KJ_ASSERT(again.has_value(), once.c_str());
  Everything other;
  KJ_ASSERT(!readArguments(typeOf<Everything>(), *again, &other), once.c_str());
  KJ_ASSERT(written(other) == once);
  return 0;
}
