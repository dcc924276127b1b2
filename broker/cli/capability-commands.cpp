#include "broker/cli/capability-commands.h"

#include <kj/async-io.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "broker/daemon/admin-link.h"
#include "broker/daemon/places.h"
#include "capabilities/catalogue-file.h"
#include "capabilities/explain.h"
#include "capabilities/tauri-import.h"

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;
using capabilities::Checked;
using capabilities::Diagnostics;

constexpr int GOOD = 0, NO = 1, NO_ANSWER = 2;

fs::path installedApp(const std::string& app) {
  const fs::path self = fs::read_symlink("/proc/self/exe").parent_path();
  return self.parent_path() / "share" / "sallyport" / "apps" / app;
}

int wrong(const std::string& lines, int code = NO_ANSWER) {
  std::cerr << lines << (lines.empty() || lines.back() == '\n' ? "" : "\n");
  return code;
}
int wrong(const Diagnostics& diagnostics, int code = NO_ANSWER) {
  return wrong(capabilities::format(diagnostics), code);
}

std::string text(capnp::Text::Reader reader) { return {reader.begin(), reader.size()}; }

}  // namespace

CapabilityCommands::CapabilityCommands(CLI::App& cli) {
  m_group = cli.add_subcommand("capability", "What windows may do, and why");
  m_group->require_subcommand(1);
  m_group->fallthrough();
  m_group->add_option("--catalogue",
                      m_catalogue,
                      "The commands there are (default: catalogue.json beside the app)");
  m_group->add_option(
      "--policy-dir", m_policy, "The admin's policy (default: /etc/sallyport/policy.d)");
  const auto fromFiles = [this](CLI::App* verb) {
    verb->add_option("--app-dir", m_folder, "Answer from this app's files, not from the broker");
  };
  m_check = m_group->add_subcommand("check", "Reads an app's files as a start would");
  m_check->add_option("dir", m_folder, "The app's folder (default: as installed)");
  m_explain = m_group->add_subcommand("explain", "Which lines allow or deny one command");
  m_explain->add_option("--window", m_window, "Label of the window")->required();
  m_explain->add_option("--command", m_command, "cmd_…")->required();
  fromFiles(m_explain);
  m_list = m_group->add_subcommand("list", "Every command, window by window");
  m_list->add_option("--window", m_window, "Only this window");
  fromFiles(m_list);
  m_diff = m_group->add_subcommand("diff", "What an app's other version may do more or less");
  m_diff->add_option("before", m_folder, "The app's folder")->required();
  m_diff->add_option("after", m_other, "The other's folder")->required();
  m_reload = m_group->add_subcommand("reload", "Lets the files hold as they are now");
  m_revoke = m_group->add_subcommand("revoke", "Takes a permission away until the broker ends");
  m_revoke->add_option("--window", m_window, "Label of the window")->required();
  m_revoke->add_option("--permission", m_permission, "module:allow-…, or a set")->required();
  m_import = m_group->add_subcommand("import", "Writes a capability of Tauri 2 as one of ours");
  m_import->add_option("file", m_imported, "Its JSON file")->required();
  m_import->add_option("--identifier", m_identifier, "Which one, of a file with several");
  m_import->add_option("--window", m_windows, "Label instead of the file's own; can be repeated");
}

Checked<capabilities::Catalogue> CapabilityCommands::readCatalogueFor(
    const fs::path& folder, const std::string& app) const {
  fs::path file = m_catalogue;
  if (file.empty()) file = folder / "catalogue.json";
  if (m_catalogue.empty() && !fs::exists(file)) file = installedApp(app) / "catalogue.json";
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    Diagnostics diagnostics;
    diagnostics.add(
        {file.string(), 0, 0},
        "cannot be read",
        "name a catalogue with --catalogue FILE; sallyportd --emit-catalogue writes it");
    return diagnostics;
  }
  return capabilities::readCatalogue(file.string(),
                                     std::string(std::istreambuf_iterator<char>(in), {}));
}

Checked<CapabilityCommands::Loaded> CapabilityCommands::load(const fs::path& folder,
                                                             const fs::path& policyFolder) const {
  auto app = daemon::readAppFile(folder);
  if (!app) return app.error();
  const auto modules = readCatalogueFor(folder, app->identifier);
  if (!modules) return modules.error();
  auto catalogue = modules->with(app->permissionSets);
  if (!catalogue) return catalogue.error();
  const auto missing = m_policy.empty() ? daemon::IfMissing::FINE : daemon::IfMissing::WRONG;
  auto policy = daemon::readPolicy({folder, policyFolder, missing}, *app, *catalogue);
  if (!policy) return policy.error();
  return Loaded{std::move(*app), std::move(*catalogue), std::move(*policy)};
}

int CapabilityCommands::check(const fs::path& folder) const {
  const auto loaded =
      load(folder, m_policy.empty() ? fs::path(daemon::ADMIN_POLICY_DIRECTORY) : m_policy);
  if (!loaded) return wrong(loaded.error(), NO);
  std::size_t granted = 0;
  const auto& commands = loaded->catalogue.commands();
  for (std::size_t row = 0; row < commands.size(); ++row) {
    const auto& windows = loaded->policy.windows();
    granted += std::any_of(windows.begin(), windows.end(), [&](const std::string& window) {
      const auto& grants = loaded->policy.grants(window, capabilities::APP_ORIGIN);
      return capabilities::decide(grants, static_cast<capabilities::CommandId>(row)).verdict ==
             capabilities::Verdict::ALLOWED;
    });
  }
  std::cout << folder.string() << ": good; " << granted << " of " << commands.size()
            << " commands are granted to its windows\n";
  return GOOD;
}

int CapabilityCommands::import(const std::string& app) const {
  const auto catalogue = readCatalogueFor(installedApp(app), app);
  if (!catalogue) return wrong(catalogue.error());
  std::ifstream in(m_imported, std::ios::binary);
  if (!in) return wrong(m_imported.string() + ": cannot be read");
  const auto imported =
      capabilities::importTauri(m_imported.string(),
                                std::string(std::istreambuf_iterator<char>(in), {}),
                                *catalogue,
                                {m_identifier, m_windows});
  if (!imported) return wrong(imported.error());
  for (const auto& note : imported->notes.list)
    std::cerr << "note: " << capabilities::format(note) << '\n';
  for (const auto& gone : imported->leftOut.list)
    std::cerr << "left out: " << capabilities::format(gone) << '\n';
  std::cout << imported->capability;
  return imported->leftOut.empty() ? GOOD : NO;
}

int CapabilityCommands::difference() const {
  // An admin's policy belongs to a machine, so it counts only where it is named.
  const auto before = load(m_folder, m_policy);
  const auto after = load(m_other, m_policy);
  if (!before) wrong(before.error());
  if (!after) wrong(after.error());
  if (!before || !after) return NO_ANSWER;
  const std::string lines = capabilities::difference({before->catalogue, before->policy},
                                                     {after->catalogue, after->policy});
  std::cout << lines;
  return lines.empty() ? GOOD : NO;
}

int CapabilityCommands::answerFromFiles(const fs::path& folder) const {
  const auto loaded =
      load(folder, m_policy.empty() ? fs::path(daemon::ADMIN_POLICY_DIRECTORY) : m_policy);
  if (!loaded) return wrong(loaded.error());
  if (m_list->parsed()) {
    const auto lines = capabilities::list(loaded->catalogue, loaded->policy, m_window);
    if (!lines) return wrong(lines.error());
    std::cout << *lines;
    return GOOD;
  }
  const auto why = capabilities::explain(loaded->catalogue, loaded->policy, m_window, m_command);
  if (!why) return wrong(why.error());
  std::cout << why->text;
  return why->allowed ? GOOD : NO;
}

int CapabilityCommands::answerFromBroker(const fs::path& runtime) const {
  auto io = kj::setupAsyncIo();
  daemon::AdminLink link(io, daemon::adminSocket(runtime));
  if (m_list->parsed()) {
    auto request = link.admin().capabilityListRequest();
    request.setWindow(m_window.c_str());
    const auto answer = request.send().wait(io.waitScope);
    if (answer.getWrong().size() > 0) return wrong(text(answer.getWrong()));
    std::cout << text(answer.getText());
    return GOOD;
  }
  auto request = link.admin().capabilityExplainRequest();
  request.setWindow(m_window.c_str());
  request.setCommand(m_command.c_str());
  const auto answer = request.send().wait(io.waitScope);
  if (answer.getWrong().size() > 0) return wrong(text(answer.getWrong()));
  std::cout << text(answer.getText());
  return answer.getAllowed() ? GOOD : NO;
}

int CapabilityCommands::askBroker(const fs::path& runtime) const {
  auto io = kj::setupAsyncIo();
  daemon::AdminLink link(io, daemon::adminSocket(runtime));
  std::string refused;
  if (m_reload->parsed()) {
    refused = text(link.admin().capabilityReloadRequest().send().wait(io.waitScope).getWrong());
  } else {
    auto request = link.admin().capabilityRevokeRequest();
    request.setWindow(m_window.c_str());
    request.setPermission(m_permission.c_str());
    refused = text(request.send().wait(io.waitScope).getWrong());
  }
  if (!refused.empty()) return wrong(refused, NO);
  std::cout << (m_reload->parsed() ? "The files hold as they are now.\n" : "Revoked.\n");
  return GOOD;
}

int CapabilityCommands::run(const std::string& app, const fs::path& runtime) {
  const bool fromFiles = !m_folder.empty();
  const fs::path folder = fromFiles ? m_folder : installedApp(app);
  if (m_check->parsed()) return check(folder);
  if (m_diff->parsed()) return difference();
  if (m_import->parsed()) return import(app);
  if (m_reload->parsed() || m_revoke->parsed()) {
    if (runtime.empty())
      throw std::runtime_error(
          "XDG_RUNTIME_DIR is not set. Fix: name the broker's folder with --runtime DIR");
    return askBroker(runtime);
  }
  if (!fromFiles && !runtime.empty()) try {
      return answerFromBroker(runtime);
    } catch (const std::runtime_error&) {  // that nobody listens there
    }
  if (!fromFiles)
    std::cerr << "sallyport: no broker runs; the answer is from the files in " << folder.string()
              << '\n';
  return answerFromFiles(folder);
}

}  // namespace sallyport::cli
