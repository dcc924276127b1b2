// One function a keyword, looked up by name. Tests only.
#include "tests/capabilities/json-schema-check.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <map>
#include <regex>

namespace sallyport::capabilities {
namespace {

namespace json = boost::json;

class Checker {
 public:
  explicit Checker(const json::value& root) : m_root(root) {}

  std::string problem(const json::object& schema, const json::value& value) const {
    for (const auto& [key, rule] : schema) {
      const std::string keyword(key);
      std::string found = keyword == "additionalProperties" ? additionalProperties(schema, value)
                                                            : apply(keyword, rule, value);
      if (!found.empty()) {
        return keyword + ": " + found;
      }
    }
    return {};
  }

 private:
  static std::string unless(bool valid, const char* what) { return valid ? "" : what; }

  std::string apply(const std::string& keyword,
                    const json::value& rule,
                    const json::value& v) const {
    static const std::vector<std::string> SILENT{"$schema", "$id", "$defs", "title", "description"};
    if (std::find(SILENT.begin(), SILENT.end(), keyword) != SILENT.end()) {
      return {};
    }
    if (keyword == "$ref") {
      return problem(m_root.at_pointer(std::string(rule.as_string()).substr(1)).as_object(), v);
    }
    if (keyword == "type") {
      return unless(hasType(std::string(rule.as_string()), v), "wrong type");
    }
    if (keyword == "enum") {
      const auto& all = rule.as_array();
      return unless(std::find(all.begin(), all.end(), v) != all.end(), "not one of them");
    }
    if (keyword == "anyOf") {
      const auto& all = rule.as_array();
      return unless(
          std::any_of(all.begin(),
                      all.end(),
                      [&](const json::value& one) { return problem(one.as_object(), v).empty(); }),
          "none fits");
    }
    if (keyword == "required" || keyword == "properties") {
      return v.is_object() ? ofObject(keyword, rule, v.as_object()) : "";
    }
    if (keyword == "items" || keyword == "minItems" || keyword == "maxItems" ||
        keyword == "uniqueItems") {
      return v.is_array() ? ofArray(keyword, rule, v.as_array()) : "";
    }
    if (keyword == "minimum" || keyword == "maximum") {
      if (!v.is_number()) {
        return {};
      }
      const double number = v.to_number<double>();
      const double bound = rule.to_number<double>();
      return unless(keyword == "minimum" ? number >= bound : number <= bound, "out of range");
    }
    if (keyword == "maxLength") {
      return v.is_string()
                 ? unless(v.as_string().size() <= static_cast<std::size_t>(rule.as_int64()),
                          "too long")
                 : "";
    }
    if (keyword == "minLength" || keyword == "pattern") {
      if (!v.is_string()) {
        return {};
      }
      const std::string text(v.as_string());
      return keyword == "minLength"
                 ? unless(text.size() >= static_cast<std::size_t>(rule.as_int64()), "too short")
                 : unless(std::regex_search(text, std::regex(std::string(rule.as_string()))),
                          "no match");
    }
    return "this keyword is not known to the test";
  }

  static bool hasType(const std::string& type, const json::value& v) {
    return (type == "object" && v.is_object()) || (type == "array" && v.is_array()) ||
           (type == "string" && v.is_string()) || (type == "integer" && v.is_int64()) ||
           (type == "boolean" && v.is_bool());
  }

  std::string ofObject(const std::string& keyword,
                       const json::value& rule,
                       const json::object& v) const {
    if (keyword == "required") {
      for (const json::value& name : rule.as_array()) {
        if (!v.contains(name.as_string())) {
          return "no " + std::string(name.as_string());
        }
      }
      return {};
    }
    for (const auto& [name, schema] : rule.as_object()) {
      if (const json::value* field = v.if_contains(name)) {
        if (std::string found = problem(schema.as_object(), *field); !found.empty()) {
          return std::string(name) + "." + found;
        }
      }
    }
    return {};
  }

  std::string ofArray(const std::string& keyword,
                      const json::value& rule,
                      const json::array& v) const {
    if (keyword == "minItems") {
      return unless(v.size() >= static_cast<std::size_t>(rule.as_int64()), "too few");
    }
    if (keyword == "maxItems") {
      return unless(v.size() <= static_cast<std::size_t>(rule.as_int64()), "too many");
    }
    for (auto item = v.begin(); item != v.end(); ++item) {
      if (keyword == "uniqueItems" && std::find(v.begin(), item, *item) != item) {
        return "not unique";
      }
      if (keyword == "items") {
        if (std::string found = problem(rule.as_object(), *item); !found.empty()) {
          return found;
        }
      }
    }
    return {};
  }

  static std::string additionalProperties(const json::object& schema, const json::value& v) {
    if (!v.is_object()) {
      return {};
    }
    const json::object& known = schema.at("properties").as_object();
    for (const auto& [name, field] : v.as_object()) {
      if (!known.contains(name)) {
        return std::string(name);
      }
    }
    return {};
  }

  const json::value& m_root;
};

}  // namespace

std::string schemaProblem(const json::value& schema, const json::value& value) {
  return Checker(schema).problem(schema.as_object(), value);
}

}  // namespace sallyport::capabilities
