// An app of its own whose page gives and takes large bytes: their content is a function of their
// place, so each end can say what it got.
#include <algorithm>
#include <boost/describe.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/daemon/app.h"

namespace {

using namespace sallyport;
using commands::ByteSource;
using commands::LargeBytes;
using commands::Result;
using Piece = Result<kj::Array<kj::byte>>;

constexpr std::size_t PIECE_BYTES = 300'000;  // no multiple of anything

kj::byte byteAt(std::uint64_t place) { return static_cast<kj::byte>(place * 31 % 251); }

struct Given {
  std::string name;
  LargeBytes data;
};
BOOST_DESCRIBE_STRUCT(Given, (), (name, data))

struct Wanted {
  std::int64_t bytes = 0;
  std::int64_t breaksAt = 0;
};
BOOST_DESCRIBE_STRUCT(Wanted, (), (bytes, breaksAt))

struct Taken {
  std::int64_t bytes = 0;
  bool isRight = true;
};
BOOST_DESCRIBE_STRUCT(Taken, (), (bytes, isRight))

struct Answer {
  std::string name;
  LargeBytes data;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (name, data))

class Maker final : public ByteSource {
 public:
  explicit Maker(Wanted wanted) : m_wanted(wanted) {}

  kj::Promise<Piece> read() override {
    if (m_wanted.breaksAt > 0 && m_made >= m_wanted.breaksAt) {
      return Piece(commands::Error{commands::Code::NOT_FOUND, "It broke."});
    }
    auto piece = kj::heapArray<kj::byte>(
        static_cast<std::size_t>(std::min<std::int64_t>(m_wanted.bytes - m_made, PIECE_BYTES)));
    for (kj::byte& byte : piece) byte = byteAt(static_cast<std::uint64_t>(m_made++));
    return Piece(kj::mv(piece));
  }

 private:
  const Wanted m_wanted;
  std::int64_t m_made = 0;
};

kj::Promise<Result<Taken>> takeAll(std::shared_ptr<ByteSource> source, Taken taken) {
  ByteSource& from = *source;
  return from.read().then(
      [source = std::move(source), taken](Piece piece) mutable -> kj::Promise<Result<Taken>> {
        if (piece.has_error()) return Result<Taken>(piece.error());
        if (piece->size() == 0) return Result<Taken>(taken);
        for (const kj::byte byte : *piece) {
          taken.isRight = taken.isRight && byte == byteAt(static_cast<std::uint64_t>(taken.bytes));
          ++taken.bytes;
        }
        return takeAll(std::move(source), taken);
      });
}

class TransferringApp final : public App {
 public:
  std::vector<commands::Module> modules() override {
    commands::Module module{"transfer", "Large bytes."};
    module.add("cmd_up", "Takes bytes.", [](const commands::Caller&, Given given) {
      return takeAll(std::move(given.data.source), {});
    });
    module.add("cmd_hold",
               "Takes bytes and never reads them.",
               [](const commands::Caller&, Given) -> kj::Promise<Result<Taken>> {
                 return kj::NEVER_DONE;
               });
    module.add(
        "cmd_down", "Gives bytes.", [](const commands::Caller&, Wanted wanted) -> Result<Answer> {
          return Answer{
              "made", {static_cast<std::uint64_t>(wanted.bytes), std::make_shared<Maker>(wanted)}};
        });
    std::vector<commands::Module> all;
    all.push_back(std::move(module));
    return all;
  }
};

}  // namespace

int main(int argc, char** argv) {
  return runApp(
      argc,
      argv,
      {"transferring", {}, [](const AppHost&) { return std::make_unique<TransferringApp>(); }},
      SALLYPORT_BINARY_DIR "/bin");
}
