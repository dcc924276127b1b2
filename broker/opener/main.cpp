// The opener process: sallyport-open --programs DIR [--scheme NAME]…, the broker's socket at 3.
#include <string_view>

#include "broker/opener/run-opener.h"

int main(int argc, char** argv) {
  sallyport::opener::OpenerConfig config;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--programs")
      config.programs = argv[i + 1];
    else if (option == "--scheme")
      config.schemes.emplace_back(argv[i + 1]);
    else
      return 2;
  }
  return config.programs.is_absolute() ? sallyport::opener::runOpener(3, config) : 2;
}
