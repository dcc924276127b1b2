// What the strict reader accepts and refuses, and what it says. Hostile input is the normal case
// here.
#include <doctest/doctest.h>

#include <boost/describe.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "broker/commands/described.h"
#include "broker/commands/json-arguments.h"
#include "broker/commands/json-result.h"
#include "broker/wallet/types.h"

namespace {

using namespace sallyport::commands;
using sallyport::wallet::CreateWallet;
using sallyport::wallet::SendTransaction;

struct Coin {
  std::string id;
  std::optional<std::int64_t> value;
};
BOOST_DESCRIBE_STRUCT(Coin, (), (id, value))

enum class Speed { SLOW_LANE, FAST_LANE };
BOOST_DESCRIBE_ENUM(Speed, SLOW_LANE, FAST_LANE)

struct Everything {
  bool flag = false;
  std::int32_t small = 0;
  std::int64_t wide = 0;
  BigInt big;
  double ratio = 0;
  std::string text;
  Bytes bytes;
  Speed speed{};
  std::vector<Coin> coins;
  std::variant<std::int64_t, Speed, std::string, Coin> choice;
  std::optional<Null> nothing;
};
BOOST_DESCRIBE_STRUCT(Everything,
                      (),
                      (flag, small, wide, big, ratio, text, bytes, speed, coins, choice, nothing))

struct Deep {
  std::optional<std::vector<Deep>> inner;
};
BOOST_DESCRIBE_STRUCT(Deep, (), (inner))

struct Circle {
  Tag<"circle"> kind;
  double size = 0;
};
BOOST_DESCRIBE_STRUCT(Circle, (), (kind, size))

struct Square {
  Tag<"square"> kind;
  double size = 0;
};
BOOST_DESCRIBE_STRUCT(Square, (), (kind, size))

struct Drawing {
  std::map<std::string, std::variant<Circle, Square>> figures;
  std::map<std::string, BigInt> sizes;
};
BOOST_DESCRIBE_STRUCT(Drawing, (), (figures, sizes))

template <typename T>
std::string refusal(const std::string& text) {
  const auto json = parseArguments(text);
  if (json.has_error()) {
    CHECK(json.error().code == Code::INVALID_ARGUMENT);
    return json.error().message;
  }
  T value{};
  const std::optional<Error> error = readArguments(typeOf<T>(), *json, &value);
  if (error) {
    CHECK(error->code == Code::INVALID_ARGUMENT);
    return error->message;
  }
  return "accepted";
}

// The whole of Everything with one field replaced.
std::string everything(const std::string& field = "", const std::string& json = "") {
  const std::vector<std::pair<std::string, std::string>> fields{
      {"flag", "true"},
      {"small", "-7"},
      {"wide", "9007199254740991"},
      {"big", "\"-9223372036854775808\""},
      {"ratio", "1"},
      {"text", "\"h\\u00e9\""},
      {"bytes", "\"AP8Q\""},
      {"speed", "\"fast-lane\""},
      {"coins", "[{\"id\":\"a\"}]"},
      {"choice", "{\"id\":\"b\",\"value\":2}"}};
  std::string text = "{";
  for (const auto& [name, value] : fields) {
    text += (text.size() == 1 ? "\"" : ",\"") + name + "\":" + (name == field ? json : value);
  }
  return text + "}";
}

TEST_CASE("every kind of value is read into its described type") {
  const auto json = parseArguments(everything());
  REQUIRE(json.has_value());
  Everything value;
  REQUIRE_FALSE(readArguments(typeOf<Everything>(), *json, &value));
  CHECK(value.flag);
  CHECK(value.small == -7);
  CHECK(value.wide == MAX_SAFE_INTEGER);
  CHECK(value.big.value == std::numeric_limits<std::int64_t>::min());
  CHECK(value.ratio == 1.0);
  CHECK(value.text == "h\xc3\xa9");
  CHECK(value.bytes.value == std::vector<std::uint8_t>{0x00, 0xff, 0x10});
  CHECK(value.speed == Speed::FAST_LANE);
  REQUIRE(value.coins.size() == 1);
  CHECK(value.coins[0].id == "a");
  CHECK_FALSE(value.coins[0].value);
  REQUIRE(std::holds_alternative<Coin>(value.choice));
  CHECK(std::get<Coin>(value.choice).value == 2);
}

TEST_CASE("what was read is written back the same") {
  Everything value;
  REQUIRE_FALSE(readArguments(typeOf<Everything>(), *parseArguments(everything()), &value));
  CHECK(boost::json::serialize(writeResult(typeOf<Everything>(), &value)) ==
        "{\"flag\":true,\"small\":-7,\"wide\":9007199254740991,\"big\":\"-9223372036854775808\","
        "\"ratio\":1E0,\"text\":\"h\xc3\xa9\",\"bytes\":\"AP8Q\",\"speed\":\"fast-lane\",\"coins\":"
        "[{\"id\":\"a\"}],"
        "\"choice\":{\"id\":\"b\",\"value\":2}}");
}

TEST_CASE("a choice takes the alternative that the value suits") {
  const auto read = [](const std::string& json) {
    Everything value;
    const auto error =
        readArguments(typeOf<Everything>(), *parseArguments(everything("choice", json)), &value);
    CHECK_FALSE(error);
    return value.choice.index();
  };
  CHECK(read("5") == 0);
  CHECK(read("\"slow-lane\"") == 1);
  CHECK(read("\"elsewhere\"") == 2);
  CHECK(read("{\"id\":\"\"}") == 3);
  CHECK(refusal<Everything>(everything("choice", "[]")) ==
        "choice: expected an integer, \"slow-lane\" or \"fast-lane\", a string or an object, got a "
        "list");
  CHECK(refusal<Everything>(everything("choice", "{\"id\":1}")) ==
        "choice.id: expected a string, got an integer");
}

TEST_CASE("records with a tag are told apart by it, in any order, and a map has any names") {
  const std::string text =
      R"({"figures":{"a b":{"kind":"square","size":2E0},"c":{"kind":"circle","size":1E0}},"sizes":{"":"7"}})";
  Drawing drawing;
  REQUIRE_FALSE(readArguments(typeOf<Drawing>(), *parseArguments(text), &drawing));
  REQUIRE(drawing.figures.size() == 2);
  CHECK(std::get<Square>(drawing.figures.at("a b")).size == 2);
  CHECK(std::get<Circle>(drawing.figures.at("c")).size == 1);
  CHECK(drawing.sizes.at("").value == 7);
  CHECK(boost::json::serialize(writeResult(typeOf<Drawing>(), &drawing)) == text);

  const auto no = [](const std::string& figure) {
    return refusal<Drawing>(R"({"sizes":{},"figures":{"a":)" + figure + "}}");
  };
  CHECK(no(R"({"kind":"circle","size":"1"})") == "figures.a.size: expected a number, got a string");
  CHECK(no(R"({"kind":"square"})") == "figures.a.size: missing, expected a number");
  CHECK(no(R"({"kind":"oval","size":1})") != "");
  CHECK(no(R"({"size":1})") == "figures.a.kind: missing, expected \"circle\"");
  CHECK(no("1") != "");
  CHECK(refusal<Drawing>(R"({"figures":[],"sizes":{}})") ==
        "figures: expected an object, got a list");
  CHECK(refusal<Drawing>(R"({"figures":{},"sizes":{"a":"1","a":"2"}})") != "");
  CHECK(refusal<Drawing>(R"({"figures":{},"sizes":{"<script>":1}})").find('<') ==
        std::string::npos);
}

TEST_CASE("an optional field may be absent or null") {
  CHECK(refusal<SendTransaction>("{}") == "accepted");
  CHECK(refusal<SendTransaction>("{\"to\":null,\"outputs\":null}") == "accepted");
}

TEST_CASE("the path of the bad field is in the message, its value is not") {
  CHECK(
      refusal<SendTransaction>(
          R"({"outputs":[{"address":"a","amount":1},{"address":"b","amount":2},{"address":"c","amount":"canary"}]})") ==
      "outputs[2].amount: expected an integer, got a string");
  CHECK(refusal<SendTransaction>(R"({"outputs":[{"address":"a"}]})") ==
        "outputs[0].amount: missing, expected an integer");
  CHECK(refusal<SendTransaction>(R"({"outputs":{}})") == "outputs: expected a list, got an object");
  CHECK(
      refusal<CreateWallet>(R"({"name":"n","network":"canary","scriptType":"p2tr","words":12})") ==
      "network: expected \"mainnet\", \"testnet4\", \"signet\" or \"regtest\"");
  CHECK(refusal<CreateWallet>(R"({"name":"n","network":3,"scriptType":"p2tr","words":12})") ==
        "network: expected \"mainnet\", \"testnet4\", \"signet\" or \"regtest\", got an integer");
}

TEST_CASE("an unknown field is refused with the nearest right name") {
  CHECK(refusal<SendTransaction>(R"({"fee_rate":1})") ==
        "fee_rate: unknown field; did you mean \"feeRate\"?");
  CHECK(refusal<SendTransaction>(R"({"outputs":[{"adress":"a","amount":1}]})") ==
        "outputs[0].adress: unknown field; did you mean \"address\"?");
  CHECK(refusal<SendTransaction>(R"({"zzzzzzzz":1})") == "zzzzzzzz: unknown field");
  CHECK(refusal<SendTransaction>(R"({"Stage":"draft"})") ==
        "Stage: unknown field; did you mean \"stage\"?");
}

TEST_CASE("a missing required field is named") {
  CHECK(refusal<CreateWallet>(R"({"name":"n","network":"signet","scriptType":"p2tr"})") ==
        "words: missing, expected an integer");
  CHECK(
      refusal<CreateWallet>(R"({"name":null,"network":"signet","scriptType":"p2tr","words":12})") ==
      "name: expected a string, got null");
}

TEST_CASE("integers are exact and in range") {
  const std::string inexact =
      "wide: expected an integer from -9007199254740991 to 9007199254740991, without fraction or "
      "exponent";
  const std::string range = "wide: expected an integer from -9007199254740991 to 9007199254740991";
  CHECK(refusal<Everything>(everything("wide", "5.0")) == inexact);
  CHECK(refusal<Everything>(everything("wide", "5e0")) == inexact);
  CHECK(refusal<Everything>(everything("wide", "1e20")) == inexact);
  CHECK(refusal<Everything>(everything("wide", "100000000000000000000000")) == inexact);
  CHECK(refusal<Everything>(everything("wide", "9007199254740992")) == range);
  CHECK(refusal<Everything>(everything("wide", "-9007199254740992")) == range);
  CHECK(refusal<Everything>(everything("wide", "18446744073709551615")) == range);
  CHECK(refusal<Everything>(everything("wide", "-9007199254740991")) == "accepted");
  CHECK(refusal<Everything>(everything("wide", "\"5\"")) ==
        "wide: expected an integer, got a string");
  CHECK(refusal<Everything>(everything("small", "2147483648")) ==
        "small: expected an integer from -2147483648 to 2147483647");
  CHECK(refusal<Everything>(everything("small", "-2147483648")) == "accepted");
}

TEST_CASE("a 64-bit integer is one decimal string") {
  const std::string refused = "big: expected a 64-bit integer as a decimal string";
  CHECK(refusal<Everything>(everything("big", "\"9223372036854775807\"")) == "accepted");
  for (const char* bad : {"\"9223372036854775808\"",
                          "\"\"",
                          "\"-0\"",
                          "\"+1\"",
                          "\"01\"",
                          "\" 1\"",
                          "\"1 \"",
                          "\"0x1\"",
                          "\"1.0\""}) {
    CHECK(refusal<Everything>(everything("big", bad)) == refused);
  }
  CHECK(refusal<Everything>(everything("big", "5")) == refused + ", got an integer");
}

TEST_CASE("bytes are one base64 string") {
  const std::string refused = "bytes: expected bytes as a base64 string";
  for (const char* good : {"\"\"", "\"AA==\"", "\"AAA=\"", "\"+/+/\"", "\"QUJD\""})
    CHECK(refusal<Everything>(everything("bytes", good)) == "accepted");
  for (const char* bad : {"\"A\"",
                          "\"AA\"",
                          "\"AA=\"",
                          "\"AAA\"",
                          "\"AAAA=\"",
                          "\"AB==\"",  // bits that are nobody's
                          "\"AAB=\"",
                          "\"-_-_\"",
                          "\"AA==AA==\"",
                          "\" AAAA\"",
                          "\"AA\\nAA\"",
                          "\"====\"",
                          "\"\\u00e9AAA\""})
    CHECK(refusal<Everything>(everything("bytes", bad)) == refused);
  CHECK(refusal<Everything>(everything("bytes", "[1,2]")) == refused + ", got a list");
}

TEST_CASE("numbers are finite") {
  for (const char* bad : {"NaN", "Infinity", "-Infinity", "1e400", "1e99999999999"}) {
    CHECK(
        refusal<Everything>(everything("ratio", bad)).starts_with("the arguments cannot be read"));
  }
}

TEST_CASE("duplicate fields are refused at every level, however they are spelt") {
  CHECK(refusal<SendTransaction>(R"({"to":"a","to":"b"})") ==
        "the arguments cannot be read: the same field is given twice: to");
  CHECK(refusal<SendTransaction>(R"({"to":"a","t\u006f":"b"})") ==
        "the arguments cannot be read: the same field is given twice: to");
  CHECK(refusal<SendTransaction>(R"({"outputs":[{"address":"a","amount":1,"amount":2}]})") ==
        "the arguments cannot be read: the same field is given twice: amount");
}

TEST_CASE("text that is not one JSON object in UTF-8 is refused") {
  const std::string start = "the arguments cannot be read: ";
  CHECK(refusal<Deep>("") == start + "the text ends too early");
  CHECK(refusal<Deep>("{") == start + "the text ends too early");
  CHECK(refusal<Deep>("{} x") == start + "there is text after the end of the value");
  CHECK(refusal<Deep>("{}{}") == start + "there is text after the end of the value");
  CHECK(refusal<Deep>(std::string("{}\0", 3)) ==
        start + "there is text after the end of the value");
  CHECK(refusal<Deep>("[]") == "the arguments must be an object, got a list");
  CHECK(refusal<Deep>("null") == "the arguments must be an object, got null");
  CHECK(refusal<Deep>("{\"inner\":\"\xff\"}") == start + "not valid JSON in UTF-8");
  CHECK(refusal<Deep>("{\"\xc0\xaf\":1}") == start + "not valid JSON in UTF-8");
  CHECK(refusal<Deep>("{\"inner\":\"\xed\xa0\x80\"}") == start + "not valid JSON in UTF-8");
  CHECK(refusal<Deep>("{\"inner\":\"\\ud800\"}") == start + "not valid JSON in UTF-8");
  CHECK(refusal<Deep>("\xef\xbb\xbf{}") == start + "not valid JSON in UTF-8");
  CHECK(refusal<Deep>("{\"inner\":null,}") == start + "not valid JSON in UTF-8");
  CHECK(refusal<Deep>("{/*c*/}") == start + "not valid JSON in UTF-8");
  CHECK(refusal<Deep>("{'inner':null}") == start + "not valid JSON in UTF-8");
}

TEST_CASE("NUL characters are refused in strings and field names") {
  CHECK(refusal<SendTransaction>("{\"to\":\"a\\u0000b\"}") ==
        "the arguments cannot be read: a string has a NUL character");
  CHECK(refusal<SendTransaction>("{\"to\\u0000\":1}") ==
        "the arguments cannot be read: a field name has a NUL character");
  CHECK(refusal<SendTransaction>(std::string("{\"to\":\"a\0b\"}", 12)) ==
        "the arguments cannot be read: not valid JSON in UTF-8");
}

TEST_CASE("sixteen levels are read and the seventeenth is refused") {
  const auto nested = [](int pairs, const std::string& core) {
    std::string text = core;
    for (int i = 0; i < pairs; ++i) {
      text = "{\"inner\":[" + text + "]}";
    }
    return text;
  };
  CHECK(refusal<Deep>(nested(8, "")) == "accepted");  // 16 levels
  CHECK(refusal<Deep>(nested(8, "{}")) == "the arguments cannot be read: more than 16 levels deep");
  std::string flood(500'000, '[');
  CHECK(refusal<Deep>("{\"inner\":" + flood) ==
        "the arguments cannot be read: more than 16 levels deep");
}

TEST_CASE("an object has at most 256 fields") {
  const auto fields = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += (i == 0 ? "{\"f" : ",\"f") + std::to_string(i) + "\":0";
    }
    return text + "}";
  };
  CHECK(parseArguments(fields(256)).has_value());
  CHECK(refusal<Deep>(fields(257)) ==
        "the arguments cannot be read: an object has more than 256 fields");
}

TEST_CASE("a hostile field name is cut and made harmless") {
  CHECK(refusal<SendTransaction>(R"({"<b>\n\u001b[31m\"":1})") == "?b????31m?: unknown field");
  const std::string message = refusal<SendTransaction>("{\"" + std::string(100'000, 'a') + "\":1}");
  CHECK(message == std::string(32, 'a') + "...: unknown field");
}

enum class Many {
  A_VERY_LONG_ENUMERATOR_NUMBER_ONE,
  A_VERY_LONG_ENUMERATOR_NUMBER_TWO,
  A_VERY_LONG_ENUMERATOR_NUMBER_THREE,
  A_VERY_LONG_ENUMERATOR_NUMBER_FOUR,
  A_VERY_LONG_ENUMERATOR_NUMBER_FIVE,
  A_VERY_LONG_ENUMERATOR_NUMBER_SIX,
  A_VERY_LONG_ENUMERATOR_NUMBER_SEVEN,
  A_VERY_LONG_ENUMERATOR_NUMBER_EIGHT
};
BOOST_DESCRIBE_ENUM(Many,
                    A_VERY_LONG_ENUMERATOR_NUMBER_ONE,
                    A_VERY_LONG_ENUMERATOR_NUMBER_TWO,
                    A_VERY_LONG_ENUMERATOR_NUMBER_THREE,
                    A_VERY_LONG_ENUMERATOR_NUMBER_FOUR,
                    A_VERY_LONG_ENUMERATOR_NUMBER_FIVE,
                    A_VERY_LONG_ENUMERATOR_NUMBER_SIX,
                    A_VERY_LONG_ENUMERATOR_NUMBER_SEVEN,
                    A_VERY_LONG_ENUMERATOR_NUMBER_EIGHT)
struct HasMany {
  Many many{};
};
BOOST_DESCRIBE_STRUCT(HasMany, (), (many))

TEST_CASE("no message is longer than 256 bytes") {
  const std::string message = refusal<HasMany>("{\"many\":\"x\"}");
  CHECK(message.size() == MAX_ARGUMENT_MESSAGE_BYTES);
  CHECK(message.ends_with("..."));
}

TEST_CASE("damaged arguments are accepted or refused, within bounds and without a crash") {
  std::mt19937 random(20240501);
  const std::string whole = everything();
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = whole;
    for (unsigned damage = random() % 3; damage < 3; ++damage) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 8));
      }
    }
    const std::string message = refusal<Everything>(text);
    accepted += message == "accepted" ? 1 : 0;
    REQUIRE(message.size() <= MAX_ARGUMENT_MESSAGE_BYTES);
    REQUIRE_FALSE(message.empty());
  }
  CHECK(accepted > 0);
}

TEST_CASE("a result that a page could not hold exactly is our bug") {
  const std::int64_t wide = MAX_SAFE_INTEGER + 1;
  CHECK_THROWS(writeResult(typeOf<std::int64_t>(), &wide));
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK_THROWS(writeResult(typeOf<double>(), &infinite));
  const auto unnamed = static_cast<Speed>(9);
  CHECK_THROWS(writeResult(typeOf<Speed>(), &unnamed));
}

}  // namespace
