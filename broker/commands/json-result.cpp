// One walk over a type description. Runs in the broker.
#include "broker/commands/json-result.h"

#include <kj/debug.h>
#include <kj/encoding.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <cmath>
#include <string>

namespace sallyport::commands {
namespace {

namespace json = boost::json;

json::value writeEnumerator(const Type& type, const void* value) {
  const std::int64_t number = type.getInteger(value);
  for (const Enumerator& enumerator : type.enumerators) {
    if (enumerator.value == number) {
      return json::string(enumerator.text);
    }
  }
  KJ_FAIL_REQUIRE("a result has an enumerator without a name", type.name.c_str());
}

json::value writeRecord(const Type& type, const void* value, Attachments* downloads) {
  json::object object;
  object.reserve(type.fields.size());
  for (const Field& field : type.fields) {
    const Type& fieldType = field.type();
    const void* fieldValue = field.read(value);
    if (fieldType.kind == Kind::OPTION && fieldType.held(fieldValue) == nullptr) {
      continue;
    }
    object.emplace(field.name, writeResult(fieldType, fieldValue, downloads));
  }
  return object;
}

json::value writeList(const Type& type, const void* value, Attachments* downloads) {
  json::array array;
  const std::size_t size = type.size(value);
  array.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    array.push_back(writeResult(type.element(), type.item(value, i), downloads));
  }
  return array;
}

}  // namespace

json::value writeResult(const Type& type, const void* value, Attachments* downloads) {
  switch (type.kind) {
    case Kind::NOTHING:
      return nullptr;
    case Kind::BOOLEAN:
      return *static_cast<const bool*>(value);
    case Kind::INTEGER: {
      const std::int64_t number = type.getInteger(value);
      KJ_REQUIRE(number >= type.least && number <= type.most,
                 "a result has an integer beyond 2^53; declare it as BigInt");
      return number;
    }
    case Kind::BIG_INTEGER:
      return json::string(std::to_string(static_cast<const BigInt*>(value)->value));
    case Kind::NUMBER: {
      const double number = *static_cast<const double*>(value);
      KJ_REQUIRE(std::isfinite(number), "a result has a number that JSON cannot hold");
      return number;
    }
    case Kind::STRING:
      return json::string(*static_cast<const std::string*>(value));
    case Kind::BYTES: {
      const auto& bytes = static_cast<const Bytes*>(value)->value;
      const kj::String text = kj::encodeBase64(kj::arrayPtr(bytes.data(), bytes.size()));
      return json::string(text.cStr(), text.size());
    }
    case Kind::LARGE_BYTES: {
      const auto& bytes = *static_cast<const LargeBytes*>(value);
      KJ_REQUIRE(downloads != nullptr, "large bytes where nothing can be attached");
      KJ_REQUIRE(bytes.source != nullptr, "a result has large bytes without a source");
      downloads->push_back(bytes);
      return static_cast<std::int64_t>(downloads->size() - 1);
    }
    case Kind::ENUMERATION:
      return writeEnumerator(type, value);
    case Kind::LIST:
      return writeList(type, value, downloads);
    case Kind::MAP: {
      json::object object;
      for (const auto& [name, item] : type.entries(value)) {
        object.emplace(json::string_view(name.data(), name.size()),
                       writeResult(type.element(), item, downloads));
      }
      return object;
    }
    case Kind::OPTION: {
      const void* held = type.held(value);
      return held == nullptr ? json::value(nullptr) : writeResult(type.element(), held, downloads);
    }
    case Kind::RECORD:
      return writeRecord(type, value, downloads);
    case Kind::CHOICE:
      return writeResult(type.alternatives[type.which(value)](), type.chosen(value), downloads);
  }
  KJ_UNREACHABLE;
}

}  // namespace sallyport::commands
