#include "broker/daemon/app-file.h"

#include <algorithm>
#include <fstream>
#include <optional>

#include "capabilities/link.h"
#include "capabilities/located-json.h"
#include "capabilities/permission-sets.h"

namespace sallyport::daemon {
namespace {

namespace fs = std::filesystem;
using capabilities::Checked;
using capabilities::Diagnostics;
using capabilities::FieldReader;
using capabilities::LocatedJson;
using capabilities::Presence;
using capabilities::Source;

constexpr std::uint64_t MAX_SIDE = 8192, MIN_SIDE = 200;  // proto/frame.capnp
constexpr std::size_t MAX_LABEL = 32, MAX_TITLE = 128, MAX_VERSION = 32, MAX_OPENS = 16;

Source startOf(const fs::path& file) { return {file.string(), 0, 0}; }

std::optional<std::string> readText(const fs::path& path, Diagnostics& diagnostics) {
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (!fs::is_regular_file(status)) {
    diagnostics.add(startOf(path), fs::exists(status) ? "is not a regular file" : "is missing");
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in.good() && !in.eof()) {
    diagnostics.add(startOf(path), "cannot be read");
    return std::nullopt;
  }
  return text;
}

bool isLabel(std::string_view label) {
  return !label.empty() && label.size() <= MAX_LABEL &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool isVersion(std::string_view version) {
  return !version.empty() && version.size() <= MAX_VERSION &&
         std::all_of(version.begin(), version.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '+' || c == '-' || c == '~';
         });
}

std::uint16_t side(FieldReader& fields,
                   std::string_view name,
                   std::uint16_t fallback,
                   const Source& at,
                   Diagnostics& diagnostics) {
  const auto value = fields.count(name, MAX_SIDE);
  if (!value) return fallback;
  if (*value < MIN_SIDE) diagnostics.add(at, std::string(name) + " must be 200 to 8192 pixels");
  return static_cast<std::uint16_t>(*value);
}

void readOpening(FieldReader& fields,
                 const Source& at,
                 WindowSpec& window,
                 const AppFile& app,
                 Diagnostics& diagnostics) {
  if (const auto open = fields.string("open", Presence::OPTIONAL)) {
    if (open->text == "demand")
      window.open = WindowSpec::Open::DEMAND;
    else if (open->text != "start")
      diagnostics.add(open->at, "`open` is `start` or `demand`");
    if (app.windows.empty() && window.open == WindowSpec::Open::DEMAND)
      diagnostics.add(open->at, "the first window is opened at start");
  }
  if (const auto parent = fields.string("parent", Presence::OPTIONAL)) {
    window.parent = parent->text;
    const bool known = std::any_of(app.windows.begin(), app.windows.end(), [&](const auto& other) {
      return other.label == parent->text;
    });
    if (!known)
      diagnostics.add(parent->at, "`" + parent->text + "` is no window that is declared before");
  } else if (window.open == WindowSpec::Open::DEMAND) {
    diagnostics.add(at, "a window that is opened on demand needs a `parent`, who opens it");
  }
}

void readWindow(const LocatedJson& document,
                const boost::json::value& value,
                AppFile& app,
                Diagnostics& diagnostics) {
  FieldReader fields(document,
                     value,
                     "a window",
                     {"label", "title", "width", "height", "open", "parent"},
                     diagnostics);
  const auto label = fields.string("label", Presence::REQUIRED);
  const auto title = fields.string("title", Presence::REQUIRED);
  const auto at = document.at(value);
  WindowSpec window{{},
                    {},
                    side(fields, "width", 1000, at, diagnostics),
                    side(fields, "height", 700, at, diagnostics)};
  if (title) {
    window.title = title->text;
    if (title->text.empty() || title->text.size() > MAX_TITLE)
      diagnostics.add(title->at, "a title has 1 to 128 bytes");
  }
  if (label) {
    window.label = label->text;
    if (!isLabel(label->text))
      diagnostics.add(
          label->at, "`" + label->text + "` is no window label", "use 1 to 32 of a-z, 0-9 and -");
    for (const auto& other : app.windows)
      if (other.label == label->text)
        diagnostics.add(label->at, "the label `" + label->text + "` is given twice");
  }
  readOpening(fields, at, window, app, diagnostics);
  app.windows.push_back(std::move(window));
}

void readOpens(const LocatedJson& document,
               const boost::json::array& schemes,
               AppFile& app,
               Diagnostics& diagnostics) {
  for (const auto& value : schemes) {
    const auto at = document.at(value);
    const std::string scheme = value.is_string() ? std::string(value.as_string().c_str()) : "";
    if (scheme == "https" || scheme == "mailto")
      diagnostics.add(at, "`" + scheme + "` needs no naming", "remove it");
    else if (!capabilities::isNameableScheme(scheme))
      diagnostics.add(at,
                      "`" + scheme + "` is no scheme that an app may open",
                      "name one such as `bitcoin`: 2 to 32 of a-z, 0-9, +, - and ., none of files, "
                      "scripts or terminals");
    else if (std::find(app.opens.begin(), app.opens.end(), scheme) != app.opens.end())
      diagnostics.add(at, "the scheme `" + scheme + "` is given twice");
    app.opens.push_back(scheme);
  }
  if (app.opens.size() > MAX_OPENS)
    diagnostics.add(document.at(document.root()), "`opens` names at most 16 schemes");
}

}  // namespace

Checked<AppFile> parseAppFile(std::string_view file, std::string_view text) {
  auto document = LocatedJson::read(file, text);
  if (!document) return document.error();
  Diagnostics diagnostics;
  FieldReader fields(*document,
                     document->root(),
                     "an app",
                     {"$schema",
                      "identifier",
                      "title",
                      "version",
                      "windows",
                      "opens",
                      "spareRenderer",
                      "contentSecurityPolicy",
                      "permissionSets"},
                     diagnostics);
  AppFile app;
  fields.string("$schema", Presence::OPTIONAL);
  if (const auto identifier = fields.string("identifier", Presence::REQUIRED)) {
    app.identifier = identifier->text;
    if (!isLabel(identifier->text))
      diagnostics.add(identifier->at,
                      "`" + identifier->text + "` is no identifier",
                      "use 1 to 32 of a-z, 0-9 and -");
  }
  if (const auto title = fields.string("title", Presence::REQUIRED)) app.title = title->text;
  if (const auto version = fields.string("version", Presence::OPTIONAL)) {
    app.version = version->text;
    if (!isVersion(version->text))
      diagnostics.add(version->at,
                      "`" + version->text + "` is no version",
                      "use 1 to 32 of letters, digits and .+-~");
  }
  if (const auto policy = fields.string("contentSecurityPolicy", Presence::REQUIRED)) {
    app.contentSecurityPolicy = policy->text;
    // With a source beside it, 'none' means nothing.
    constexpr std::string_view NOTHING = "default-src 'none'";
    if (policy->text != NOTHING && policy->text.rfind(std::string(NOTHING) + ";", 0) != 0)
      diagnostics.add(policy->at,
                      "the policy does not start from nothing",
                      "begin it with `default-src 'none';`");
  }
  if (const auto* sets = fields.array("permissionSets", Presence::OPTIONAL))
    app.permissionSets = capabilities::readPermissionSets(*document, *sets, diagnostics);
  if (const auto* opens = fields.array("opens", Presence::OPTIONAL))
    readOpens(*document, *opens, app, diagnostics);
  app.spareRenderer = fields.flag("spareRenderer").value_or(app.spareRenderer);
  if (const auto* windows = fields.array("windows", Presence::REQUIRED)) {
    if (windows->empty())
      diagnostics.add(document->at(document->root()), "an app has at least one window");
    for (const auto& window : *windows) readWindow(*document, window, app, diagnostics);
  }
  if (!diagnostics.empty()) return diagnostics;
  return app;
}

Checked<AppFile> readAppFile(const fs::path& folder) {
  Diagnostics diagnostics;
  const auto path = folder / "app.json";
  const auto text = readText(path, diagnostics);
  if (!text) return diagnostics;
  return parseAppFile(path.string(), *text);
}

}  // namespace sallyport::daemon
