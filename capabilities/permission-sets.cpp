// Reading permission set files. Pure.
#include "capabilities/permission-sets.h"

#include <boost/json/array.hpp>
#include <utility>

#include "capabilities/shipped-set-files.h"

namespace sallyport::capabilities {
namespace {

namespace json = boost::json;

std::optional<PermissionSet> readSet(const LocatedJson& document,
                                     const json::value& value,
                                     Diagnostics& diagnostics) {
  FieldReader fields(document,
                     value,
                     "a permission set",
                     {"identifier", "description", "permissions"},
                     diagnostics);
  std::optional<WrittenName> identifier = fields.string("identifier", Presence::REQUIRED);
  std::optional<WrittenName> description = fields.string("description", Presence::REQUIRED);
  std::vector<WrittenName> permissions = fields.strings("permissions", Presence::REQUIRED);
  if (!identifier || !description) {
    return std::nullopt;
  }
  return PermissionSet{
      std::move(*identifier), std::move(description->text), std::move(permissions)};
}

}  // namespace

Checked<std::vector<PermissionSet>> parsePermissionSets(std::string_view file,
                                                        std::string_view text) {
  Checked<LocatedJson> document = LocatedJson::read(file, text);
  if (!document) {
    return document.error();
  }
  Diagnostics diagnostics;
  std::vector<PermissionSet> sets;
  FieldReader fields(
      *document, document->root(), "a file of permission sets", {"sets"}, diagnostics);
  if (const json::array* items = fields.array("sets", Presence::REQUIRED)) {
    sets = readPermissionSets(*document, *items, diagnostics);
  }
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  return sets;
}

std::vector<PermissionSet> readPermissionSets(const LocatedJson& document,
                                              const json::array& entries,
                                              Diagnostics& diagnostics) {
  std::vector<PermissionSet> sets;
  for (const json::value& entry : entries) {
    if (std::optional<PermissionSet> set = readSet(document, entry, diagnostics)) {
      sets.push_back(std::move(*set));
    }
  }
  return sets;
}

Checked<std::vector<PermissionSet>> shippedPermissionSets() {
  Diagnostics diagnostics;
  std::vector<PermissionSet> all;
  for (const ShippedSetFile& file : shippedSetFiles()) {
    Checked<std::vector<PermissionSet>> sets = parsePermissionSets(file.name, file.text);
    if (sets) {
      all.insert(all.end(), sets->begin(), sets->end());
    } else {
      diagnostics.append(sets.error());
    }
  }
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  return all;
}

}  // namespace sallyport::capabilities
