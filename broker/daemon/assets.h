// The files of the app's page, read once at start: what is not in this list does not exist for a
// renderer, so no path of its ever reaches the file system. Runs in the broker.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "broker/session/asset-source.h"

namespace sallyport::daemon {

class Assets final : public session::AssetSource {
 public:
  // Reads every regular file beneath the folder; links are refused. policy: the
  // Content-Security-Policy of documents, in which {nonce} stands for a value that is fresh at each
  // load; it is sent as a header and written into the document, because Qt before 6.6 cannot set
  // headers. Gives the sentence for the user when something is wrong.
  static std::variant<Assets, std::string> load(const std::filesystem::path& folder,
                                                std::string policy);

  // Testing builds: one more file, and a reference to it in every document.
  void addScript(std::string text);

  // path: "/index.html"; "/" is the index.
  std::optional<session::AssetPiece> read(std::string_view path,
                                          std::uint64_t offset,
                                          std::size_t maxBytes) override;

  std::size_t size() const { return m_files.size(); }

 private:
  struct File {
    std::string_view mime;
    std::string bytes;
    bool document = false;
  };

  std::map<std::string, File, std::less<>> m_files;
  std::string m_policy;
  std::string m_document;  // the one that was read last, with its nonce
};

}  // namespace sallyport::daemon
