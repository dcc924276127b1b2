#include "broker/daemon/kept-pages.h"

#include <unistd.h>

#include <utility>

#include "broker/commands/modules/core/core-module.h"
#include "broker/daemon/own-file.h"
#include "broker/daemon/private-directory.h"
#include "capabilities/utf8.h"

namespace sallyport::daemon {
namespace {

// As a page may have saved it.
bool isState(const std::string& text) {
  return capabilities::isUtf8(text) && text.find('\0') == std::string::npos;
}

}  // namespace

KeptPages::KeptPages(std::filesystem::path folder, kj::Timer& timer, Journal& journal)
    : m_folder(std::move(folder)), m_timer(timer), m_journal(journal) {
  const auto wrong = preparePrivateDirectory(m_folder);
  if (!wrong) return;
  m_usable = false;
  m_journal.write(
      Level::WARNING, "broker", *wrong + "; windows do not come back after a crash of the app");
}

std::map<std::string, std::string> KeptPages::read(const std::vector<std::string>& labels) {
  std::map<std::string, std::string> found;
  if (!m_usable) return found;
  for (const auto& label : labels) {
    const auto file = m_folder / label;
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::symlink_status(file, error))) continue;
    auto state = readOwnFile(file, commands::core::MAX_PAGE_STATE_BYTES);
    if (state && isState(*state)) {
      found.emplace(label, std::move(*state));
      continue;
    }
    m_journal.write(Level::WARNING, "broker", file.string() + " is no page's state; left out");
    if (state) drop(label);  // what could not be read may be next time
  }
  return found;
}

void KeptPages::put(const std::string& label, std::string state) {
  if (!m_usable) return;
  const bool isFirst = m_due.empty();
  m_due.insert_or_assign(label, std::move(state));
  if (isFirst)
    m_writing =
        m_timer.afterDelay(WRITE_DELAY).then([this] { writeNow(); }).eagerlyEvaluate(nullptr);
}

// At once: what the user closed does not come back, however the broker ends.
void KeptPages::drop(const std::string& label) {
  m_due.erase(label);
  if (m_usable) unlink((m_folder / label).c_str());
}

void KeptPages::writeNow() {
  for (const auto& [label, state] : std::exchange(m_due, {}))
    if (!replaceOwnFile(m_folder / label, state))
      m_journal.write(Level::WARNING, "broker", (m_folder / label).string() + " cannot be written");
}

}  // namespace sallyport::daemon
