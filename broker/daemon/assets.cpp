#include "broker/daemon/assets.h"

#include <kj/debug.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>

namespace sallyport::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t MAX_FILE_BYTES = 16 << 20;
constexpr std::uint64_t MAX_TOTAL_BYTES = 64 << 20;
constexpr std::uint64_t MAX_DOCUMENT_BYTES =
    128 << 10;  // with its policy it fits into one piece, so one nonce

std::string_view mimeOf(const fs::path& path) {
  static constexpr std::pair<std::string_view, std::string_view> TYPES[] = {
      {".html", "text/html"},
      {".js", "text/javascript"},
      {".css", "text/css"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain"},
      {".webp", "image/webp"},
      {".jpg", "image/jpeg"},
  };
  const std::string extension = path.extension().string();
  for (const auto& [name, mime] : TYPES)
    if (name == extension) return mime;
  return {};
}

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string freshNonce() {
  std::array<unsigned char, 16> bytes{};
  KJ_REQUIRE(getrandom(bytes.data(), bytes.size(), 0) == ssize_t(bytes.size()), "getrandom");
  std::string text;
  for (unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string escapedAttribute(std::string text) {
  replaceAll(text, "&", "&amp;");
  replaceAll(text, "\"", "&quot;");
  return text;
}

}  // namespace

std::variant<Assets, std::string> Assets::load(const fs::path& folder, std::string policy) {
  Assets assets;
  assets.m_policy = std::move(policy);
  std::error_code error;
  std::uint64_t total = 0;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const auto& entry = *it;
    const std::string name = entry.path().string();
    if (entry.is_symlink()) return name + ": is a link; an app's files are regular files";
    if (entry.is_directory()) continue;
    if (!entry.is_regular_file()) return name + ": is not a regular file";
    File file;
    file.mime = mimeOf(entry.path());
    if (file.mime.empty())
      return name +
             ": has an ending without a known type. Fix: leave it out of the app's web folder";
    file.document = file.mime == "text/html";
    const std::uint64_t size = entry.file_size();
    total += size;
    if (size > MAX_FILE_BYTES || total > MAX_TOTAL_BYTES)
      return name + ": too large for an app's page";
    if (file.document && size > MAX_DOCUMENT_BYTES)
      return name + ": a document may have at most 128 KiB";
    std::ifstream in(entry.path(), std::ios::binary);
    file.bytes.assign(std::istreambuf_iterator<char>(in), {});
    if (file.bytes.size() != size) return name + ": cannot be read";
    if (file.document && file.bytes.find("<head>") == std::string::npos)
      return name + ": has no <head>, so its policy has no place";
    assets.m_files.emplace("/" + fs::relative(entry.path(), folder).generic_string(),
                           std::move(file));
  }
  if (error) return folder.string() + ": cannot be read: " + error.message();
  if (assets.m_files.find("/index.html") == assets.m_files.end())
    return folder.string() + ": has no index.html. Fix: build the page first";
  return assets;
}

void Assets::addScript(std::string text) {
  m_files["/__script.js"] = File{"text/javascript", std::move(text), false};
  for (auto& [path, file] : m_files)
    if (file.document)
      replaceAll(file.bytes, "</head>", "<script defer src=\"/__script.js\"></script></head>");
}

std::optional<session::AssetPiece> Assets::read(std::string_view path,
                                                std::uint64_t offset,
                                                std::size_t maxBytes) {
  const auto found = m_files.find(path == "/" ? std::string_view("/index.html") : path);
  if (found == m_files.end()) return std::nullopt;
  const File& file = found->second;
  session::AssetPiece piece;
  piece.mime = file.mime;
  piece.headers = {{"X-Content-Type-Options", "nosniff"}};
  std::string_view bytes = file.bytes;
  if (file.document) {
    // A document fits into one piece, so its nonce is made once for each load.
    const std::string nonce = freshNonce();
    std::string policy = m_policy;
    replaceAll(policy, "{nonce}", nonce);
    m_document = file.bytes;
    replaceAll(m_document, "{nonce}", nonce);
    m_document.insert(m_document.find("<head>") + 6,
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
                          escapedAttribute(policy) + "\">");
    piece.headers.emplace_back("Content-Security-Policy", policy);
    bytes = m_document;
  }
  piece.totalBytes = bytes.size();
  piece.body = std::as_bytes(
      std::span(bytes.substr(std::min<std::uint64_t>(offset, bytes.size()), maxBytes)));
  return piece;
}

}  // namespace sallyport::daemon
