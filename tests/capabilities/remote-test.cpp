// Remote origins: which address belongs to which class of which window, what may not be written
// together, and that one class's rights are nobody else's.
#include <doctest/doctest.h>

#include "capabilities/explain.h"
#include "capabilities/policy.h"

namespace sallyport::capabilities {

namespace {

Catalogue catalogue() {
  return Catalogue::create({{"cmd_read", "demo"}, {"cmd_write", "demo"}}, {}).value();
}

Capability capability(const std::string& identifier, const std::string& rest) {
  const auto read = parseCapability(identifier + ".json",
                                    "{\"identifier\": \"" + identifier + "\", " + rest + "}");
  const std::string wrong = read.has_value() ? "" : format(read.error());
  CAPTURE(wrong);
  REQUIRE(read.has_value());
  return *read;
}

Checked<Policy> policyOf(const std::vector<Capability>& capabilities) {
  return resolve(catalogue(), {"main", "side"}, capabilities);
}

std::string classOf(const Policy& policy, const char* window, const char* address) {
  std::string problem;
  const auto url = parseUrl(address, problem);
  REQUIRE_MESSAGE(url.has_value(), problem);
  const RemoteOrigin* remote = policy.remoteOf(window, *url);
  return remote == nullptr ? "" : remote->name;
}

const std::string DOCS =
    R"("windows": ["main"], "permissions": ["demo:allow-read"],
       "remote": {"origin": "docs", "urls": ["https://docs.example.org", "https://*.cdn.example:8443"]})";

bool allows(const Policy& policy, const char* window, const char* origin, std::uint32_t command) {
  return decide(policy.grants(window, origin), static_cast<CommandId>(command)).verdict ==
         Verdict::ALLOWED;
}

}  // namespace

TEST_CASE("an address belongs to the class that names its scheme, host and port, in that window") {
  const auto policy = policyOf({capability("docs", DOCS)});
  REQUIRE(policy.has_value());
  CHECK(classOf(*policy, "main", "https://docs.example.org/any/path?query") == "docs");
  CHECK(classOf(*policy, "main", "https://DOCS.example.org:443/") == "docs");
  CHECK(classOf(*policy, "main", "https://a.cdn.example:8443/") == "docs");
  for (const auto* address : {"http://docs.example.org/",
                              "wss://docs.example.org/",
                              "https://docs.example.org:8443/",
                              "https://example.org/",
                              "https://x.docs.example.org/",
                              "https://docs.example.org.evil.example/",
                              "https://cdn.example:8443/",
                              "https://a.b.cdn.example:8443/",
                              "https://a.cdn.example/"}) {
    CAPTURE(address);
    CHECK(classOf(*policy, "main", address).empty());
  }
  CHECK(classOf(*policy, "side", "https://docs.example.org/").empty());
}

TEST_CASE("a class has its own rights, and neither the app nor another class has them") {
  const auto policy =
      policyOf({capability("docs", DOCS),
                capability("app", R"("windows": ["main"], "permissions": ["demo:allow-write"])"),
                capability("bare", R"("windows": ["main"], "permissions": [],
                             "remote": {"origin": "bare", "urls": ["https://b.example"]})")});
  REQUIRE(policy.has_value());
  CHECK(allows(*policy, "main", "docs", 0));
  CHECK_FALSE(allows(*policy, "main", "docs", 1));
  CHECK_FALSE(allows(*policy, "main", "app", 0));
  CHECK(allows(*policy, "main", "app", 1));
  CHECK_FALSE(allows(*policy, "main", "bare", 0));
  CHECK_FALSE(allows(*policy, "main", "bare", 1));
  CHECK_FALSE(allows(*policy, "side", "docs", 0));
}

TEST_CASE("hosts of one class add up over capabilities") {
  const auto policy =
      policyOf({capability("docs", DOCS),
                capability("more", R"("windows": ["main"], "permissions": ["demo:allow-write"],
                             "remote": {"origin": "docs", "urls": ["https://more.example"]})")});
  REQUIRE(policy.has_value());
  REQUIRE(policy->remotes("main").size() == 1);
  CHECK(policy->remotes("main")[0].hosts.size() == 3);
  CHECK(policy->remotes("side").empty());
  CHECK(allows(*policy, "main", "docs", 0));
  CHECK(allows(*policy, "main", "docs", 1));
}

TEST_CASE("two classes of a window do not overlap, so an address has one class") {
  const auto refusal = [](const char* first, const char* second) {
    const auto one = [](const char* name, const char* url, const char* window) {
      return capability(name,
                        std::string("\"windows\": [\"") + window +
                            "\"], \"permissions\": [], \"remote\": {\"origin\": \"" + name +
                            "\", \"urls\": [\"" + url + "\"]}");
    };
    const auto apart = policyOf({one("a", first, "main"), one("b", second, "side")});
    CHECK(apart.has_value());
    const auto together = policyOf({one("a", first, "main"), one("b", second, "main")});
    return together ? std::string() : format(together.error());
  };
  CHECK(
      refusal("https://*.example.org", "https://docs.example.org")
          .find("`https://docs.example.org` overlaps `https://*.example.org` of the remote origin "
                "`a` in the same window. Fix: give each host to one of them") != std::string::npos);
  for (const auto& [first, second] :
       {std::pair("https://docs.example.org", "https://**.example.org"),
        std::pair("https://**.example.org", "https://**.docs.example.org"),
        std::pair("https://a.example.org", "https://a.example.org:443")}) {
    const std::string tried(first);
    CAPTURE(tried);
    CHECK_FALSE(refusal(first, second).empty());
  }
  for (const auto& [first, second] :
       {std::pair("https://docs.example.org", "https://docs.example.org:8443"),
        std::pair("https://*.example.org", "https://example.org"),
        std::pair("https://*.example.org", "https://a.b.example.org")}) {
    const std::string tried(first);
    CAPTURE(tried);
    CHECK(refusal(first, second).empty());
  }
}

TEST_CASE("one class has one range of addresses") {
  const auto policy = policyOf(
      {capability("docs", DOCS), capability("more", R"("windows": ["main"], "permissions": [],
                             "remote": {"origin": "docs", "urls": ["https://more.example"], "addresses": "private"})")});
  REQUIRE_FALSE(policy.has_value());
  CHECK(format(policy.error()).find("has other `addresses` elsewhere") != std::string::npos);
}

TEST_CASE("explain, list and diff speak of remote origins") {
  const auto before = policyOf({});
  const auto after = policyOf({capability("docs", DOCS)});
  REQUIRE(before.has_value());
  REQUIRE(after.has_value());
  const auto names = catalogue();
  const auto explained = explain(names, *after, "main", "cmd_read");
  REQUIRE(explained.has_value());
  CHECK_FALSE(explained->allowed);  // for the app's own page
  CHECK(explained->text.find("cmd_read in window main, origin docs: allowed") != std::string::npos);
  const auto listed = list(names, *after, "main");
  REQUIRE(listed.has_value());
  CHECK(listed->find("window main, origin docs\n  shows https://docs.example.org at public "
                     "addresses, docs.json:") != std::string::npos);
  const auto changed = difference({names, *before}, {names, *after});
  CHECK(changed.find("+ main docs https://*.cdn.example:8443: shown at public addresses\n") !=
        std::string::npos);
  CHECK(changed.find("+ main docs cmd_read: allowed\n") != std::string::npos);
}

}  // namespace sallyport::capabilities
