// Reads and writes the file. See the header.
#include "tests/redteam/mutations.h"

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace sallyport::redteam {
namespace json = boost::json;

MutationSeen MutationsSeen::of(const std::string& id,
                               const std::vector<std::string>& defences) const {
  const auto found = rows.find(id);
  if (found == rows.end() || found->second.defences != defences) return {};
  return found->second;
}

#ifdef SALLYPORT_WITHOUT_FILE
bool isMutant() { return true; }

void takeAway(const std::vector<std::string>& defences) {
  std::string names;
  for (const auto& name : defences) names += (names.empty() ? "" : ",") + name;
  std::ofstream out(SALLYPORT_WITHOUT_FILE);
  out << "SALLYPORT_REDTEAM_WITHOUT=" << names << '\n';
  if (!out.flush()) throw std::runtime_error(SALLYPORT_WITHOUT_FILE);
}
#else
bool isMutant() { return false; }
void takeAway(const std::vector<std::string>&) {}
#endif

MutationsSeen readMutations(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return {};
  const auto root = json::parse(text.str());
  MutationsSeen seen;
  for (const auto& value : root.at("rows").as_array()) {
    MutationSeen row{std::string(value.at("outcome").as_string()),
                     {},
                     std::string(value.at("evidence").as_string()),
                     std::string(value.at("date").as_string())};
    for (const auto& defence : value.at("defences").as_array())
      row.defences.emplace_back(defence.as_string());
    seen.rows[std::string(value.at("id").as_string())] = std::move(row);
  }
  return seen;
}

// A row a line, so that a change reads well.
void writeMutations(const std::filesystem::path& file, const MutationsSeen& seen) {
  std::ofstream out(file, std::ios::binary);
  out << "{\n  \"rows\": [";
  const char* before = "\n";
  for (const auto& [id, row] : seen.rows) {
    json::array defences;
    for (const auto& defence : row.defences) defences.push_back(json::string(defence));
    out << before << "    "
        << json::serialize(json::object{{"id", id},
                                        {"date", row.date},
                                        {"defences", defences},
                                        {"outcome", row.outcome},
                                        {"evidence", row.evidence}});
    before = ",\n";
  }
  out << "\n  ]\n}\n";
  if (!out.flush()) throw std::runtime_error(file.string());
}

}  // namespace sallyport::redteam
