// What of the disk the broker's own cage opens for a policy: what its path scopes write, and no
// more.
#include "broker/daemon/page-files.h"

#include <doctest/doctest.h>

#include "capabilities/capability.h"
#include "capabilities/catalogue.h"

namespace sallyport::daemon {
namespace {

using capabilities::ScopeKind;

sandbox::BrokerPaths reached(const std::string& permissions) {
  const auto catalogue =
      capabilities::Catalogue::create({{"cmd_read_text_file", "fs", ScopeKind::PATH},
                                       {"cmd_write_text_file", "fs", ScopeKind::PATH},
                                       {"cmd_fetch_url", "http", ScopeKind::URL}},
                                      {});
  const auto capability = capabilities::parseCapability(
      "one.json", R"({"identifier":"one","windows":["main"],"permissions":[)" + permissions + "]}");
  const auto policy = capabilities::resolve(*catalogue, {"main"}, {*capability});
  REQUIRE(policy.has_value());
  return reachedFolders(*policy, *catalogue, {{"$APPDATA", "/home/anna/data"}});
}

TEST_CASE(
    "the cage opens what a scope writes: to write its folder, to read no more than one file") {
  const auto paths = reached(
      R"({"identifier":"fs:allow-read-text-file","allow":["$APPDATA/a/**","/etc/hosts","/etc","$DOCUMENT/x"]},)"
      R"({"identifier":"fs:allow-write-text-file","allow":["$APPDATA/b/*.txt","/srv/one/file"]},)"
      R"({"identifier":"http:allow-fetch-url","allow":["https://a.example"]})");
  CHECK(paths.readable == sandbox::Paths{"/home/anna/data/a", "/etc/hosts", "/etc"});
  CHECK(paths.writable == sandbox::Paths{"/home/anna/data/b", "/srv/one"});
}

TEST_CASE("what is denied or not granted opens nothing") {
  const auto paths = reached(
      R"({"identifier":"fs:allow-write-text-file","allow":["/srv/**"]},"fs:deny-write-text-file")");
  CHECK(paths.readable.empty());
  CHECK(paths.writable.empty());
}

}  // namespace
}  // namespace sallyport::daemon
