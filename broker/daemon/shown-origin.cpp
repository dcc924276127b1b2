// See the header.
#include "broker/daemon/shown-origin.h"

#include <utility>

namespace sallyport::daemon {

ShownOrigin::ShownOrigin(std::string label,
                         const AppFile& app,
                         const std::shared_ptr<const capabilities::Policy>& policy)
    : m_label(std::move(label)), m_app(app), m_policy(policy), m_place(appStart()) {}

const capabilities::RemoteOrigin* ShownOrigin::remote() const {
  for (const auto& origin : m_policy->remotes(m_label))
    if (origin.name == name()) return &origin;
  return nullptr;
}

std::shared_ptr<const capabilities::Grants> ShownOrigin::grants() const {
  return {m_policy, &m_policy->grants(m_label, name())};
}

session::WindowStart ShownOrigin::start() const {
  session::WindowStart start{};
  start.window = m_label;
  start.url = m_place.url;
  if (const auto* origin = remote()) {
    start.hosts = origin->hosts;
    start.authorities = origin->authorities;
  } else {
    start.contentSecurityPolicy = m_app.contentSecurityPolicy;
  }
  return start;
}

std::string ShownOrigin::title(const std::string& window) const {
  std::string problem;
  const auto address = capabilities::parseUrl(m_place.url, problem);
  return address ? address->host + " - " + window : window;
}

ShownOrigin::Place ShownOrigin::appStart() const {
  return {std::string(capabilities::APP_ORIGIN), "app://" + m_app.identifier + "/index.html"};
}

std::optional<ShownOrigin::Place> ShownOrigin::leadsTo(std::string_view url) const {
  std::string problem;
  const auto address = capabilities::parseUrl(url, problem);
  if (const auto* target = address ? m_policy->remoteOf(m_label, *address) : nullptr)
    return Place{target->name, address->text()};
  if (url.substr(0, url.find('/', 6)) == "app://" + m_app.identifier) return appStart();
  return std::nullopt;
}

std::optional<ShownOrigin::Host> ShownOrigin::reach(std::string_view host,
                                                    std::uint16_t port) const {
  std::string problem;
  const auto url = capabilities::parseUrl(
      "https://" + std::string(host) + ":" + std::to_string(port) + "/", problem);
  const auto* origin = remote();
  if (origin == nullptr || !url || url->host != host || !capabilities::belongsTo(*origin, *url))
    return std::nullopt;
  return Host{*url, origin->addresses};
}

}  // namespace sallyport::daemon
