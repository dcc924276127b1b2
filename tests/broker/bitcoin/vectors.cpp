// Reads ../shared/vectors, seen from the source root.
#include "tests/broker/bitcoin/vectors.h"

#include <boost/json/parse.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sallyport::bitcoin {
namespace {

std::optional<std::string> read(std::string_view file) {
  // SALLYPORT_VECTORS is for a checkout that does not lie beside them.
  const char* given = std::getenv("SALLYPORT_VECTORS");
  auto root = given != nullptr
                  ? std::filesystem::path(given)
                  : std::filesystem::path(SALLYPORT_SOURCE_DIR) / ".." / "shared" / "vectors";
  std::ifstream in(root / file);
  if (!in) {
    std::fprintf(stderr,
                 "*** NO VECTORS: %s is missing; only the ones written into this test ran ***\n",
                 (root / file).c_str());
    return std::nullopt;
  }
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

std::optional<boost::json::value> vectors(std::string_view file) {
  auto text = read(file);
  if (!text) return std::nullopt;
  return boost::json::parse(*text);
}

std::vector<std::string> vectorLines(std::string_view file) {
  std::vector<std::string> out;
  std::stringstream text(read(file).value_or(""));
  for (std::string line; std::getline(text, line);) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    out.push_back(line);
  }
  return out;
}

}  // namespace sallyport::bitcoin
