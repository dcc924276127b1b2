// One walk over a type description. No backtracking: a choice is decided by a look at one level, so
// the work is linear in the text. Runs in the broker on hostile input.
#include "broker/commands/json-arguments.h"

#include <kj/array.h>
#include <kj/encoding.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/commands/argument-text.h"
#include "capabilities/nearest-name.h"
#include "capabilities/strict-json.h"

namespace sallyport::commands {
namespace {

namespace json = boost::json;

constexpr std::size_t EXACT_FIT = 1'000;  // above any count of fields

std::string_view viewOf(const json::string& text) { return {text.data(), text.size()}; }

const Enumerator* findEnumerator(const Type& type, const json::value& value) {
  const json::string* text = value.if_string();
  if (text == nullptr) {
    return nullptr;
  }
  const auto found = std::find_if(
      type.enumerators.begin(), type.enumerators.end(), [&](const Enumerator& enumerator) {
        return enumerator.text == viewOf(*text);
      });
  return found == type.enumerators.end() ? nullptr : &*found;
}

// One text a number: no leading zeros or plus, no "-0".
std::optional<std::int64_t> decimal(const json::value& value) {
  const json::string* text = value.if_string();
  std::int64_t number = 0;
  if (text == nullptr || text->empty()) {
    return std::nullopt;
  }
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end || std::to_string(number) != viewOf(*text)) {
    return std::nullopt;
  }
  return number;
}

// One text a value: what decodes and is no other text's.
std::optional<kj::Array<kj::byte>> fromBase64(const json::string& text) {
  const kj::ArrayPtr<const char> given(text.data(), text.size());
  auto decoded = kj::decodeBase64(given);
  if (decoded.hadErrors || kj::encodeBase64(decoded).asArray() != given) return std::nullopt;
  return kj::mv(decoded);
}

const Field* findField(const Type& record, std::string_view name) {
  const auto found = std::find_if(record.fields.begin(),
                                  record.fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  return found == record.fields.end() ? nullptr : &*found;
}

std::size_t fitOfRecord(const Type& type, const json::object& object) {
  std::size_t known = 0;
  std::size_t names = object.size();
  bool exact = true;
  for (const Field& field : type.fields) {
    const bool given = object.contains(field.name);
    known += given ? 1 : 0;
    // A tag says by itself which record it is.
    const bool isTag = field.type().kind == Kind::ENUMERATION && field.type().name.empty();
    if (isTag && given) {
      if (findEnumerator(field.type(), object.at(field.name)) == nullptr) {
        return 0;
      }
      known += EXACT_FIT;
      names += EXACT_FIT;
    }
    exact = exact && (given || field.type().kind == Kind::OPTION);
  }
  exact = exact && known == names;
  return 1 + known + (exact ? EXACT_FIT : 0);
}

// How well a value suits an alternative of a choice, 0 for not at all.
std::size_t fit(const Type& type, const json::value& value) {
  switch (type.kind) {
    case Kind::NOTHING:
      return value.is_null() ? EXACT_FIT : 0;
    case Kind::BOOLEAN:
      return value.is_bool() ? EXACT_FIT : 0;
    case Kind::INTEGER:
      return value.is_int64() || value.is_uint64() ? EXACT_FIT : value.is_double() ? 1 : 0;
    case Kind::BIG_INTEGER:
      return decimal(value) ? EXACT_FIT : value.is_string() ? 1 : 0;
    case Kind::NUMBER:
      return value.is_number() ? 2 : 0;
    case Kind::STRING:
      return value.is_string() ? 2 : 0;
    case Kind::BYTES:
      return value.is_string() ? 1 : 0;
    case Kind::LARGE_BYTES:
      return value.is_string() || value.is_int64() ? 1 : 0;
    case Kind::ENUMERATION:
      return findEnumerator(type, value) != nullptr ? EXACT_FIT : value.is_string() ? 1 : 0;
    case Kind::LIST: {
      const json::array* array = value.if_array();
      return array == nullptr ? 0 : array->empty() ? 1 : 1 + fit(type.element(), array->front());
    }
    case Kind::MAP:
      return value.is_object() ? 1 : 0;
    case Kind::OPTION:
      return fit(type.element(), value);
    case Kind::RECORD:
      return value.is_object() ? fitOfRecord(type, value.get_object()) : 0;
    case Kind::CHOICE: {
      std::size_t best = 0;
      for (const TypeOf alternative : type.alternatives) {
        best = std::max(best, fit(alternative(), value));
      }
      return best;
    }
  }
  return 0;
}

// What came inside of the call's text.
class TextSource final : public ByteSource {
 public:
  explicit TextSource(kj::Array<kj::byte> bytes) : m_bytes(kj::mv(bytes)) {}
  kj::Promise<Result<kj::Array<kj::byte>>> read() override {
    return Result<kj::Array<kj::byte>>(kj::mv(m_bytes));
  }

 private:
  kj::Array<kj::byte> m_bytes;
};

class ArgumentReader {
 public:
  explicit ArgumentReader(Attachments uploads) : m_uploads(std::move(uploads)) {}

  bool readAll(const Type& type, const json::object& object, void* record) {
    if (!readRecord(type, object, record)) {
      return false;
    }
    const bool unused = std::any_of(m_uploads.begin(), m_uploads.end(), [](const LargeBytes& left) {
      return left.source != nullptr;
    });
    if (unused) {
      m_message = "bytes came with the call that no field names";
    }
    return !unused;
  }

  const std::string& message() const { return m_message; }

 private:
  // False with a message made. The value is half filled then and must be dropped.
  bool readRecord(const Type& type, const json::object& object, void* record) {
    for (const json::key_value_pair& member : object) {
      const std::string_view name(member.key().data(), member.key().size());
      if (findField(type, name) == nullptr) {
        return refuseUnknown(type, name);
      }
    }
    for (const Field& field : type.fields) {
      m_path.push_back({field.name, 0});
      const Type& fieldType = field.type();
      const json::value* value = object.if_contains(field.name);
      if (value == nullptr && fieldType.kind != Kind::OPTION) {
        return refuse("missing, expected " + expectedText(fieldType));
      }
      if (value != nullptr && !read(fieldType, *value, field.write(record))) {
        return false;
      }
      m_path.pop_back();
    }
    return true;
  }

  struct Step {
    std::string_view field;  // empty: an item of a list
    std::size_t index;
  };

  bool read(const Type& type, const json::value& value, void* target) {
    switch (type.kind) {
      case Kind::NOTHING:
        return value.is_null() || refuseKind(type, value);
      case Kind::BOOLEAN:
        return assign<bool>(type, value, value.if_bool(), target);
      case Kind::INTEGER:
        return readInteger(type, value, target);
      case Kind::BIG_INTEGER:
        if (const std::optional<std::int64_t> number = decimal(value)) {
          static_cast<BigInt*>(target)->value = *number;
          return true;
        }
        return value.is_string() ? refuse("expected " + expectedText(type))
                                 : refuseKind(type, value);
      case Kind::NUMBER:
        if (!value.is_number()) {
          return refuseKind(type, value);
        }
        *static_cast<double*>(target) = value.to_number<double>();
        return true;
      case Kind::STRING:
        return assign<std::string>(type, value, value.if_string(), target);
      case Kind::BYTES:
        return readBytes(type, value, static_cast<Bytes*>(target)->value);
      case Kind::LARGE_BYTES:
        return readLargeBytes(type, value, *static_cast<LargeBytes*>(target));
      case Kind::ENUMERATION:
        return readEnumerator(type, value, target);
      case Kind::LIST:
        return readList(type, value, target);
      case Kind::MAP:
        return readMap(type, value, target);
      case Kind::OPTION:
        return value.is_null() || read(type.element(), value, type.engage(target));
      case Kind::RECORD:
        return value.is_object() ? readRecord(type, value.get_object(), target)
                                 : refuseKind(type, value);
      case Kind::CHOICE:
        return readChoice(type, value, target);
    }
    return refuseKind(type, value);
  }

  template <typename Target, typename Source>
  bool assign(const Type& type, const json::value& value, const Source* source, void* target) {
    if (source == nullptr) {
      return refuseKind(type, value);
    }
    if constexpr (std::is_same_v<Source, json::string>) {
      static_cast<Target*>(target)->assign(source->data(), source->size());
    } else {
      *static_cast<Target*>(target) = *source;
    }
    return true;
  }

  bool readInteger(const Type& type, const json::value& value, void* target) {
    if (value.is_double()) {
      return refuse("expected " + rangeText(type) + ", without fraction or exponent");
    }
    const std::int64_t* number = value.if_int64();
    if (number == nullptr && !value.is_uint64()) {
      return refuseKind(type, value);
    }
    if (number == nullptr || *number < type.least || *number > type.most) {
      return refuse("expected " + rangeText(type));
    }
    type.setInteger(target, *number);
    return true;
  }

  bool readBytes(const Type& type, const json::value& value, std::vector<std::uint8_t>& target) {
    const json::string* text = value.if_string();
    if (text == nullptr) {
      // A page sends what is too large for the call's text beside it.
      return value.is_int64() && !m_uploads.empty() ? refuse("larger than this field may be")
                                                    : refuseKind(type, value);
    }
    const auto bytes = fromBase64(*text);
    if (!bytes) {
      return refuse("expected " + expectedText(type));
    }
    target.assign(bytes->begin(), bytes->end());
    return true;
  }

  // Each upload once: two fields could not both read it.
  bool readLargeBytes(const Type& type, const json::value& value, LargeBytes& target) {
    const std::int64_t* index = value.if_int64();
    if (index == nullptr) {
      const json::string* text = value.if_string();
      if (text == nullptr) {
        return refuseKind(type, value);
      }
      auto bytes = fromBase64(*text);
      if (!bytes) {
        return refuse("expected " + expectedText(type));
      }
      target = {bytes->size(), std::make_shared<TextSource>(kj::mv(*bytes))};
      return true;
    }
    const bool came = *index >= 0 && static_cast<std::uint64_t>(*index) < m_uploads.size();
    if (!came || m_uploads[static_cast<std::size_t>(*index)].source == nullptr) {
      return refuse(
          "expected the index of bytes that came with the call and that no other field names");
    }
    target = std::exchange(m_uploads[static_cast<std::size_t>(*index)], {});
    return true;
  }

  bool readEnumerator(const Type& type, const json::value& value, void* target) {
    const Enumerator* enumerator = findEnumerator(type, value);
    if (enumerator == nullptr) {
      return value.is_string() ? refuse("expected " + expectedText(type)) : refuseKind(type, value);
    }
    type.setInteger(target, enumerator->value);
    return true;
  }

  bool readList(const Type& type, const json::value& value, void* target) {
    const json::array* array = value.if_array();
    if (array == nullptr) {
      return refuseKind(type, value);
    }
    for (std::size_t i = 0; i < array->size(); ++i) {
      m_path.push_back({{}, i});
      if (!read(type.element(), (*array)[i], type.append(target))) {
        return false;
      }
      m_path.pop_back();
    }
    return true;
  }

  bool readMap(const Type& type, const json::value& value, void* target) {
    const json::object* object = value.if_object();
    if (object == nullptr) {
      return refuseKind(type, value);
    }
    for (const json::key_value_pair& member : *object) {
      const std::string_view name(member.key().data(), member.key().size());
      const std::string shown = name.empty() ? "?" : shownName(name);
      m_path.push_back({shown, 0});
      if (!read(type.element(), member.value(), type.insert(target, name))) {
        return false;
      }
      m_path.pop_back();
    }
    return true;
  }

  bool readChoice(const Type& type, const json::value& value, void* target) {
    std::size_t best = 0;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < type.alternatives.size(); ++i) {
      const std::size_t suits = fit(type.alternatives[i](), value);
      if (suits > best) {
        best = suits;
        chosen = i;
      }
    }
    if (best == 0) {
      return refuseKind(type, value);
    }
    return read(type.alternatives[chosen](), value, type.choose(target, chosen));
  }

  bool refuseKind(const Type& type, const json::value& value) {
    return refuse("expected " + expectedText(type) + ", got " + std::string(kindOf(value)));
  }

  bool refuseUnknown(const Type& type, std::string_view name) {
    std::vector<std::string_view> fields;
    for (const Field& field : type.fields) {
      fields.push_back(field.name);
    }
    const std::string_view nearest = capabilities::nearestName(name, fields);
    const std::string path = m_path.empty() ? "" : pathText() + ".";
    m_message = path + shownName(name) + ": unknown field";
    if (!nearest.empty()) {
      m_message += "; did you mean \"" + std::string(nearest) + "\"?";
    }
    return false;
  }

  bool refuse(const std::string& why) {
    m_message = pathText() + ": " + why;
    return false;
  }

  std::string pathText() const {
    std::string text;
    for (const Step& step : m_path) {
      if (step.field.empty()) {
        text += "[" + std::to_string(step.index) + "]";
      } else {
        text += (text.empty() ? "" : ".") + std::string(step.field);
      }
    }
    return text;
  }

  Attachments m_uploads;
  std::vector<Step> m_path;
  std::string m_message;
};

}  // namespace

Result<json::object> parseArguments(std::string_view text) {
  capabilities::JsonProblem problem;
  std::optional<json::value> value = capabilities::readStrictJson(text, problem);
  if (!value) {
    const std::string field = problem.field.empty() ? "" : ": " + shownName(problem.field);
    return Error{Code::INVALID_ARGUMENT,
                 boundedMessage("the arguments cannot be read: " + problem.message + field)};
  }
  json::object* object = value->if_object();
  if (object == nullptr) {
    return Error{Code::INVALID_ARGUMENT,
                 "the arguments must be an object, got " + std::string(kindOf(*value))};
  }
  return std::move(*object);
}

std::optional<Error> readArguments(const Type& type,
                                   const json::object& json,
                                   void* record,
                                   Attachments uploads) {
  ArgumentReader reader(std::move(uploads));
  if (reader.readAll(type, json, record)) {
    return std::nullopt;
  }
  return Error{Code::INVALID_ARGUMENT, boundedMessage(reader.message())};
}

}  // namespace sallyport::commands
