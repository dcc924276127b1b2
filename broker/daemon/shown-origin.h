// Which origin class a window shows, what a page of it gets, and where it may go from there
// (design.md, section 4). The renderer is hostile: it names an address, and everything else is
// known here. Runs in the broker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/daemon/app-file.h"
#include "broker/session/window-session.h"
#include "capabilities/policy.h"
#include "capabilities/url.h"

namespace sallyport::daemon {

class ShownOrigin {
 public:
  struct Place {
    std::string origin;
    std::string url;
  };

  // policy: as it is at each call, so it must outlive this object.
  ShownOrigin(std::string label,
              const AppFile& app,
              const std::shared_ptr<const capabilities::Policy>& policy);

  const std::string& name() const { return m_place.origin; }
  bool isApp() const { return name() == capabilities::APP_ORIGIN; }
  bool exists() const { return isApp() || remote() != nullptr; }  // in the policy of now
  // They live as long as the policy that they are a table of.
  std::shared_ptr<const capabilities::Grants> grants() const;
  // url, and what depends on the class; not the window's own.
  session::WindowStart start() const;
  std::string title(const std::string& window) const;  // for the frame: whose page it is

  Place appStart() const;
  // Where an address leads, this very class too. Of the app it is the start page, whatever stands
  // behind it. Nothing: no page of this window goes there.
  std::optional<Place> leadsTo(std::string_view url) const;
  void go(Place place) { m_place = std::move(place); }

  // Of a remote class: where its pages connect to, canonical, and at which addresses that may be.
  // host: as in a URL. Nothing: not theirs.
  struct Host {
    capabilities::Url url;
    capabilities::AddressRange addresses;
  };
  std::optional<Host> reach(std::string_view host, std::uint16_t port) const;

 private:
  const capabilities::RemoteOrigin* remote() const;  // null: the app's, or gone

  const std::string m_label;
  const AppFile& m_app;
  const std::shared_ptr<const capabilities::Policy>& m_policy;
  Place m_place;
};

}  // namespace sallyport::daemon
