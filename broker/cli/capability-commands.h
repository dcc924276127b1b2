// `sallyport capability …`: what windows may do, from the running broker's tables or, without one,
// from an app's files. Runs in the CLI.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "broker/daemon/app-file.h"
#include "broker/daemon/policy-files.h"
#include "capabilities/catalogue.h"

namespace sallyport::cli {

class CapabilityCommands {
 public:
  // Adds the verbs. The object must outlive the parsing.
  explicit CapabilityCommands(CLI::App& cli);

  bool parsed() const { return m_group->parsed(); }

  // The exit code: 0 good, allowed or the same; 1 wrong, not allowed or different; 2 when there is
  // no answer. runtime: the broker's folder, or empty.
  int run(const std::string& app, const std::filesystem::path& runtime);

 private:
  struct Loaded {
    daemon::AppFile app;
    capabilities::Catalogue catalogue;
    capabilities::Policy policy;
  };

  capabilities::Checked<capabilities::Catalogue> readCatalogueFor(
      const std::filesystem::path& folder, const std::string& app) const;
  capabilities::Checked<Loaded> load(const std::filesystem::path& folder,
                                     const std::filesystem::path& policyFolder) const;

  int import(const std::string& app) const;
  int check(const std::filesystem::path& folder) const;
  int difference() const;
  int answerFromFiles(const std::filesystem::path& folder) const;
  int answerFromBroker(const std::filesystem::path& runtime) const;
  int askBroker(const std::filesystem::path& runtime) const;

  CLI::App* m_group;
  CLI::App* m_check;
  CLI::App* m_explain;
  CLI::App* m_list;
  CLI::App* m_diff;
  CLI::App* m_reload;
  CLI::App* m_revoke;
  CLI::App* m_import;
  std::filesystem::path m_folder, m_other, m_catalogue;
  std::filesystem::path m_policy;
  std::filesystem::path m_imported;
  std::string m_window, m_command, m_permission, m_identifier;
  std::vector<std::string> m_windows;
};

}  // namespace sallyport::cli
