// Policy files as JSON with the place of every value, and the reading of one object's fields with
// errors that name file, line and the nearest right field. Pure; private to the policy library.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capabilities/diagnostic.h"
#include "capabilities/written-name.h"

namespace sallyport::capabilities {

constexpr std::size_t MAX_POLICY_FILE_BYTES = 1048576;

class LocatedJson {
 public:
  static Checked<LocatedJson> read(std::string_view file, std::string_view text);

  const boost::json::value& root() const { return *m_root; }
  Source at(const boost::json::value& value) const;
  Source at(const boost::json::key_value_pair& field) const;  // of its name

 private:
  LocatedJson() = default;
  Source sourceAt(std::size_t offset) const;
  void locate(const boost::json::value& value, std::size_t& position);

  std::string m_file;
  std::string m_text;
  std::unique_ptr<boost::json::value> m_root;  // on the heap: places are kept by address
  std::vector<std::size_t> m_lineStarts;
  std::unordered_map<const void*, std::size_t> m_values;
  std::unordered_map<const void*, std::size_t> m_names;
};

enum class Presence { REQUIRED, OPTIONAL };

// The fields of one object. Constructing it reports what is no object and every field that is not
// known.
class FieldReader {
 public:
  FieldReader(const LocatedJson& document,
              const boost::json::value& value,
              std::string what,  // "a capability", for messages
              std::vector<std::string_view> known,
              Diagnostics& diagnostics);

  const boost::json::value* find(std::string_view field) const;
  std::optional<WrittenName> string(std::string_view field, Presence presence);
  // Never empty when the field is there and right.
  std::vector<WrittenName> strings(std::string_view field, Presence presence);
  std::optional<std::uint64_t> count(std::string_view field, std::uint64_t most);
  std::optional<bool> flag(std::string_view field);
  const boost::json::array* array(std::string_view field, Presence presence);

 private:
  const boost::json::value* find(std::string_view field, Presence presence);

  const LocatedJson& m_document;
  const boost::json::object* m_object = nullptr;
  Source m_at;
  std::string m_what;
  Diagnostics& m_diagnostics;
};

// "did you mean `main`?", or empty.
std::string suggest(std::string_view wrong, const std::vector<std::string_view>& candidates);

}  // namespace sallyport::capabilities
