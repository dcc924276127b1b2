// Runs a fuzz target without libFuzzer: every file of the folders given, whole, cut short and with
// single bytes changed, always the same ones.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int VARIANTS = 100;

void replay(const std::vector<std::uint8_t>& seed, std::uint32_t& state) {
  LLVMFuzzerTestOneInput(seed.data(), seed.size());
  const auto random = [&state](std::size_t below) {
    state = state * 1664525U + 1013904223U;
    return static_cast<std::size_t>(state >> 8) % below;
  };
  for (int i = 0; i < VARIANTS && seed.size() > 1; ++i) {
    std::vector<std::uint8_t> variant = seed;
    for (std::size_t changes = 1 + random(3); changes > 0; --changes) {
      variant[1 + random(variant.size() - 1)] = static_cast<std::uint8_t>(random(256));
    }
    if (random(4) == 0) variant.resize(1 + random(variant.size()));
    LLVMFuzzerTestOneInput(variant.data(), variant.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint32_t state = 1;
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
      replay(std::vector<std::uint8_t>(bytes.begin(), bytes.end()), state);
      ++files;
    }
  }
  std::printf("%d seeds, %d variants of each\n", files, VARIANTS);
  return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
