// The places of values are found by a second walk over the text, which is known to be valid by
// then: the parser itself tells no positions. Pure.
#include "capabilities/located-json.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <memory>
#include <utility>

#include "capabilities/nearest-name.h"
#include "capabilities/strict-json.h"

namespace sallyport::capabilities {
namespace {

namespace json = boost::json;

void skipSpace(std::string_view text, std::size_t& position) {
  position = std::min(text.find_first_not_of(" \t\r\n,:", position), text.size());
}

void skipString(std::string_view text, std::size_t& position) {
  for (++position; text[position] != '"'; ++position) {
    position += text[position] == '\\' ? 1 : 0;
  }
  ++position;
}

}  // namespace

Checked<LocatedJson> LocatedJson::read(std::string_view file, std::string_view text) {
  LocatedJson document;
  document.m_file = file;
  document.m_text = text;
  document.m_lineStarts.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      document.m_lineStarts.push_back(i + 1);
    }
  }
  Diagnostics refused;
  if (text.size() > MAX_POLICY_FILE_BYTES) {
    refused.add({document.m_file, 0, 0}, "the file is larger than 1 MiB");
    return refused;
  }
  JsonProblem problem;
  std::optional<json::value> root = readStrictJson(text, problem);
  if (!root) {
    const std::string field = problem.field.empty() ? "" : ": `" + problem.field + "`";
    refused.add(document.sourceAt(problem.offset), problem.message + field);
    return refused;
  }
  document.m_root = std::make_unique<json::value>(std::move(*root));
  std::size_t position = 0;
  document.locate(*document.m_root, position);
  return document;
}

void LocatedJson::locate(const json::value& value, std::size_t& position) {
  // Commas and colons are skipped like space: the text is valid, so they can only stand where they
  // belong.
  skipSpace(m_text, position);
  m_values.emplace(&value, position);
  if (const json::object* object = value.if_object()) {
    ++position;
    for (const json::key_value_pair& field : *object) {
      skipSpace(m_text, position);
      m_names.emplace(&field, position);
      skipString(m_text, position);
      locate(field.value(), position);
    }
    skipSpace(m_text, position);
    ++position;
  } else if (const json::array* array = value.if_array()) {
    ++position;
    for (const json::value& item : *array) {
      locate(item, position);
    }
    skipSpace(m_text, position);
    ++position;
  } else if (value.is_string()) {
    skipString(m_text, position);
  } else {
    position = std::min(m_text.find_first_of(",]} \t\r\n", position), m_text.size());
  }
}

Source LocatedJson::sourceAt(std::size_t offset) const {
  offset = std::min(offset, m_text.size());
  const auto next = std::upper_bound(m_lineStarts.begin(), m_lineStarts.end(), offset);
  const auto line = static_cast<std::uint32_t>(next - m_lineStarts.begin());
  const std::string_view before(m_text.data() + *(next - 1), offset - *(next - 1));
  const auto characters = std::count_if(before.begin(), before.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not a continuation byte
  });
  return {m_file, line, static_cast<std::uint32_t>(characters + 1)};
}

Source LocatedJson::at(const json::value& value) const { return sourceAt(m_values.at(&value)); }

Source LocatedJson::at(const json::key_value_pair& field) const {
  return sourceAt(m_names.at(&field));
}

FieldReader::FieldReader(const LocatedJson& document,
                         const json::value& value,
                         std::string what,
                         std::vector<std::string_view> known,
                         Diagnostics& diagnostics)
    : m_document(document),
      m_object(value.if_object()),
      m_at(document.at(value)),
      m_what(std::move(what)),
      m_diagnostics(diagnostics) {
  if (m_object == nullptr) {
    m_diagnostics.add(m_at, m_what + " must be an object");
    return;
  }
  for (const json::key_value_pair& field : *m_object) {
    const std::string_view name(field.key().data(), field.key().size());
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      m_diagnostics.add(m_document.at(field),
                        m_what + " has no field `" + std::string(name) + "`",
                        suggest(name, known));
    }
  }
}

const json::value* FieldReader::find(std::string_view field) const {
  return m_object == nullptr ? nullptr : m_object->if_contains(field);
}

const json::value* FieldReader::find(std::string_view field, Presence presence) {
  const json::value* value = find(field);
  if (value == nullptr && m_object != nullptr && presence == Presence::REQUIRED) {
    m_diagnostics.add(m_at, m_what + " needs the field `" + std::string(field) + "`");
  }
  return value;
}

std::optional<WrittenName> FieldReader::string(std::string_view field, Presence presence) {
  const json::value* value = find(field, presence);
  if (value == nullptr) {
    return std::nullopt;
  }
  const json::string* text = value->if_string();
  if (text == nullptr || text->empty()) {
    m_diagnostics.add(m_document.at(*value),
                      "`" + std::string(field) + "` must be a string that is not empty");
    return std::nullopt;
  }
  return WrittenName{std::string(text->data(), text->size()), m_document.at(*value)};
}

std::vector<WrittenName> FieldReader::strings(std::string_view field, Presence presence) {
  std::vector<WrittenName> names;
  const json::array* items = array(field, presence);
  if (items == nullptr) {
    return names;
  }
  if (items->empty()) {
    m_diagnostics.add(m_document.at(*find(field)),
                      "`" + std::string(field) + "` must not be empty");
  }
  for (const json::value& item : *items) {
    const json::string* text = item.if_string();
    if (text == nullptr) {
      m_diagnostics.add(m_document.at(item),
                        "every item of `" + std::string(field) + "` must be a string");
    } else {
      names.push_back({std::string(text->data(), text->size()), m_document.at(item)});
    }
  }
  return names;
}

std::optional<std::uint64_t> FieldReader::count(std::string_view field, std::uint64_t most) {
  const json::value* value = find(field);
  if (value == nullptr) {
    return std::nullopt;
  }
  const std::int64_t* number = value->if_int64();
  if (number == nullptr || *number < 1 || static_cast<std::uint64_t>(*number) > most) {
    m_diagnostics.add(
        m_document.at(*value),
        "`" + std::string(field) + "` must be an integer from 1 to " + std::to_string(most));
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*number);
}

std::optional<bool> FieldReader::flag(std::string_view field) {
  const json::value* value = find(field);
  if (value == nullptr) {
    return std::nullopt;
  }
  const bool* flag = value->if_bool();
  if (flag == nullptr) {
    m_diagnostics.add(m_document.at(*value), "`" + std::string(field) + "` must be true or false");
    return std::nullopt;
  }
  return *flag;
}

const json::array* FieldReader::array(std::string_view field, Presence presence) {
  const json::value* value = find(field, presence);
  if (value == nullptr) {
    return nullptr;
  }
  const json::array* items = value->if_array();
  if (items == nullptr) {
    m_diagnostics.add(m_document.at(*value), "`" + std::string(field) + "` must be a list");
  }
  return items;
}

std::string suggest(std::string_view wrong, const std::vector<std::string_view>& candidates) {
  const std::string_view nearest = nearestName(wrong, candidates);
  return nearest.empty() ? "" : "did you mean `" + std::string(nearest) + "`?";
}

}  // namespace sallyport::capabilities
