// What a renderer asks of the app's files: a path on the first line, then an offset. Found is what
// is in the list by exactly this name, and a piece is a piece of that file.
#include <kj/debug.h>
#include <stdlib.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "broker/daemon/assets.h"
#include "tests/fuzz/bytes.h"

using namespace sallyport;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t PIECE = 64;

// Read once and gone: the list is in memory.
struct Files {
  Files() {
    std::string name = fs::temp_directory_path() / "sallyport-fuzz-XXXXXX";
    KJ_REQUIRE(mkdtemp(name.data()) != nullptr);
    const fs::path folder = name;
    fs::create_directory(folder / "web");
    fs::create_directory(folder / "web/sub");
    add(folder, "/index.html", "<!doctype html><html><head></head></html>");
    add(folder, "/a.js", std::string(200, 'a'));
    add(folder, "/sub/b.css", "body{}");
    std::ofstream(folder / "app.json") << "secret";
    auto loaded = daemon::Assets::load(folder / "web", "default-src 'none'");
    fs::remove_all(folder);
    assets.emplace(std::move(std::get<daemon::Assets>(loaded)));
  }
  void add(const fs::path& folder, const std::string& path, const std::string& text) {
    std::ofstream(folder / "web" / path.substr(1)) << text;
    sizes[path] = text.size();
  }
  std::optional<daemon::Assets> assets;
  std::map<std::string, std::size_t, std::less<>> sizes;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Files files;
  fuzz::Bytes bytes(data, size);
  const auto shift = bytes.below(64);
  const std::uint64_t offset = std::uint64_t{bytes.byte()} << shift;
  const std::string path(bytes.rest());
  const auto piece = files.assets->read(path, offset, PIECE);
  const bool isListed = path == "/" || files.sizes.count(path) > 0;
  KJ_ASSERT(piece.has_value() == isListed, "found what is not in the list");
  if (!piece) return 0;
  KJ_ASSERT(piece->body.size() <= PIECE);
  KJ_ASSERT(offset >= piece->totalBytes ? piece->body.empty()
                                        : piece->body.size() <= piece->totalBytes - offset);
  return 0;
}
