#include "broker/daemon/assets.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <set>

#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

constexpr const char* POLICY = "default-src 'none'; style-src 'nonce-{nonce}'; img-src \"&\"";
constexpr const char* DOCUMENT =
    "<!doctype html><html><head><title>T</title></head><style nonce={nonce}></style></html>";

struct AssetsFixture : TestFolder {
  AssetsFixture() {
    write("web/index.html", DOCUMENT);
    write("web/assets/app.js", "0123456789");
  }

  Assets load() {
    auto loaded = Assets::load(path() / "web", POLICY);
    if (const auto* wrong = std::get_if<std::string>(&loaded)) FAIL(*wrong);
    return std::move(std::get<Assets>(loaded));
  }
  void refused(std::string_view why) {
    const auto loaded = Assets::load(path() / "web", POLICY);
    REQUIRE(std::holds_alternative<std::string>(loaded));
    const auto& wrong = std::get<std::string>(loaded);
    CHECK_MESSAGE(wrong.find(why) != std::string::npos, wrong);
    CHECK_MESSAGE(wrong.rfind(path().string(), 0) == 0, wrong);
  }
};

std::string text(const session::AssetPiece& piece) {
  return {reinterpret_cast<const char*>(piece.body.data()), piece.body.size()};
}
std::string header(const session::AssetPiece& piece, const std::string& name) {
  for (const auto& [key, value] : piece.headers)
    if (key == name) return value;
  return "(none)";
}
std::string nonceOf(const session::AssetPiece& piece) {
  const auto policy = header(piece, "Content-Security-Policy");
  const auto at = policy.find("'nonce-") + 7;
  return policy.substr(at, policy.find('\'', at) - at);
}

TEST_CASE_FIXTURE(AssetsFixture, "a file of the app is found by its exact path, with its type") {
  auto assets = load();
  CHECK(assets.size() == 2);
  const auto script = assets.read("/assets/app.js", 0, 1000);
  REQUIRE(script.has_value());
  CHECK(text(*script) == "0123456789");
  CHECK(script->mime == "text/javascript");
  CHECK(script->totalBytes == 10);
  CHECK(header(*script, "X-Content-Type-Options") == "nosniff");
  CHECK(header(*script, "Content-Security-Policy") == "(none)");
}

TEST_CASE_FIXTURE(AssetsFixture,
                  "any other path is not found, whatever the file system has there") {
  write("secret.txt", "secret");
  write("web/..hidden.txt", "x");
  auto assets = load();
  for (const std::string& path : {std::string(),
                                  std::string("index.html"),
                                  std::string("/nothing.js"),
                                  std::string("/../secret.txt"),
                                  std::string("/assets/../index.html"),
                                  std::string("/assets/../../secret.txt"),
                                  std::string("/./index.html"),
                                  std::string("//index.html"),
                                  std::string("/assets"),
                                  std::string("/assets/"),
                                  std::string("/index.html/"),
                                  std::string("/INDEX.HTML"),
                                  std::string("/%69ndex.html"),
                                  std::string("/assets\\app.js"),
                                  std::string("/index.html?x"),
                                  std::string("/index.html\0", 12),
                                  (path() / "secret.txt").string(),
                                  std::string("/etc/passwd")})
    CHECK_MESSAGE(!assets.read(path, 0, 1000).has_value(), path);
}

TEST_CASE_FIXTURE(AssetsFixture, "a file that comes after the start is not there") {
  auto assets = load();
  write("web/late.js", "x");
  CHECK_FALSE(assets.read("/late.js", 0, 1000).has_value());
  write("web/assets/app.js", "changed");
  CHECK(text(*assets.read("/assets/app.js", 0, 1000)) == "0123456789");
}

TEST_CASE_FIXTURE(AssetsFixture, "a file is read in pieces, and behind its end is nothing") {
  auto assets = load();
  CHECK(text(*assets.read("/assets/app.js", 0, 4)) == "0123");
  CHECK(text(*assets.read("/assets/app.js", 4, 4)) == "4567");
  CHECK(text(*assets.read("/assets/app.js", 8, 4)) == "89");
  CHECK(text(*assets.read("/assets/app.js", 10, 4)).empty());
  CHECK(text(*assets.read("/assets/app.js", UINT64_MAX, 4)).empty());
  CHECK(assets.read("/assets/app.js", UINT64_MAX, 4)->totalBytes == 10);
  CHECK(text(*assets.read("/assets/app.js", 0, 0)).empty());
}

TEST_CASE_FIXTURE(AssetsFixture, "a document carries the policy in a header and in its head") {
  auto assets = load();
  const auto document = assets.read("/index.html", 0, 100'000);
  REQUIRE(document.has_value());
  CHECK(document->mime == "text/html");
  const auto body = text(*document);
  CHECK(body.size() == document->totalBytes);
  const auto nonce = nonceOf(*document);
  CHECK(nonce.size() == 32);
  const auto policy = header(*document, "Content-Security-Policy");
  CHECK(policy == "default-src 'none'; style-src 'nonce-" + nonce + "'; img-src \"&\"");
  // First in the head, so that nothing comes before it.
  CHECK(
      body.find("<head><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'nonce-" +
                nonce + "'; img-src &quot;&amp;&quot;\"><title>") != std::string::npos);
  CHECK(body.find("<style nonce=" + nonce + ">") != std::string::npos);
  CHECK(body.find("{nonce}") == std::string::npos);
  CHECK(text(*assets.read("/", 0, 100'000)).find("<title>T</title>") != std::string::npos);
}

TEST_CASE_FIXTURE(AssetsFixture, "no two loads of a document have the same nonce") {
  auto assets = load();
  std::set<std::string> nonces;
  for (int i = 0; i < 100; ++i) nonces.insert(nonceOf(*assets.read("/index.html", 0, 100'000)));
  CHECK(nonces.size() == 100);
}

TEST_CASE_FIXTURE(AssetsFixture,
                  "a link among the files is refused, to a file, a folder or nothing") {
  write("secret.txt", "secret");
  std::filesystem::create_symlink(path() / "secret.txt", path() / "web" / "a.txt");
  refused("a.txt: is a link");
  std::filesystem::remove(path() / "web" / "a.txt");
  std::filesystem::create_directory_symlink(path(), path() / "web" / "folder");
  refused("folder: is a link");
  std::filesystem::remove(path() / "web" / "folder");
  std::filesystem::create_symlink(path() / "nowhere", path() / "web" / "b.js");
  refused("b.js: is a link");
}

TEST_CASE_FIXTURE(AssetsFixture, "what is no regular file, or of no known type, is refused") {
  REQUIRE(mkfifo((path() / "web" / "pipe.js").c_str(), 0600) == 0);
  refused("pipe.js: is not a regular file");
  std::filesystem::remove(path() / "web" / "pipe.js");
  write("web/run.sh", "x");
  refused("run.sh: has an ending without a known type");
}

TEST_CASE_FIXTURE(AssetsFixture,
                  "an app without a page, or with one that has no head, is refused") {
  write("web/other.html", "<html><body></body></html>");
  refused("other.html: has no <head>");
  std::filesystem::remove(path() / "web" / "other.html");
  std::filesystem::remove(path() / "web" / "index.html");
  refused("has no index.html. Fix: build the page first");
  std::filesystem::remove_all(path() / "web");
  refused("web: cannot be read");
}

TEST_CASE_FIXTURE(AssetsFixture, "files have their limits") {
  write("web/index.html", "<head></head>" + std::string(128 << 10, 'x'));
  refused("index.html: a document may have at most 128 KiB");
  write("web/index.html", DOCUMENT);
  write("web/large.txt", "");
  std::filesystem::resize_file(path() / "web" / "large.txt", (16 << 20) + 1);
  refused("large.txt: too large");
}

TEST_CASE_FIXTURE(AssetsFixture, "a script of a test is loaded by every document") {
  auto assets = load();
  assets.addScript("go()");
  CHECK(text(*assets.read("/__script.js", 0, 100)) == "go()");
  CHECK(text(*assets.read("/", 0, 100'000))
            .find("<script defer src=\"/__script.js\"></script></head>") != std::string::npos);
}

}  // namespace
}  // namespace sallyport::daemon
