// Client of an Esplora REST server, over net (wallet.md, section 2). Runs in the broker. The server
// is not believed: what it says about a transaction is checked against the transaction's own bytes,
// its place in a block against the header's merkle root and work.
#pragma once

#include <kj/async.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/bitcoin/transaction.h"
#include "broker/commands/error.h"
#include "broker/wallet/types.h"
#include "proto/net.capnp.h"

namespace sallyport::wallet {

using commands::Result;

struct Tip {
  std::int64_t height;
  bitcoin::BlockHash hash;

  bool operator==(const Tip&) const = default;
};

// Where a transaction is, as the server claims.
struct Placement {
  std::int64_t height;
  bitcoin::BlockHash block;
  std::int64_t time;  // of the block, unix seconds

  bool operator==(const Placement&) const = default;
};

struct Listed {
  bitcoin::Txid txid;
  std::optional<Placement> placement;  // absent: in the mempool
};

class Esplora {
 public:
  // net: the process that is running now. baseUrl: without a slash at the end. network: how much
  // work its blocks must show.
  Esplora(std::function<proto::Net::Client()> net, std::string baseUrl, Network network);

  kj::Promise<Result<Tip>> tip();

  // Everything that touches this output script, newest first; at most MAX_LISTED.
  kj::Promise<Result<std::vector<Listed>>> transactionsOf(bitcoin::ByteView script);

  // Refuses bytes whose hash is not the txid.
  kj::Promise<Result<bitcoin::Transaction>> transaction(bitcoin::Txid txid);

  // Proves that the transaction is in that block: merkle path against the header, header against
  // its hash and work.
  kj::Promise<Result<bool>> provePlacement(bitcoin::Txid txid, Placement placement);

  kj::Promise<Result<FeeEstimates>> feeEstimates();

  // CONFLICT when the network refuses the transaction; UNAVAILABLE when nobody knows whether it got
  // out.
  kj::Promise<Result<bool>> broadcast(const bitcoin::Transaction& transaction);

  static constexpr std::size_t MAX_LISTED = 5'000;

 private:
  struct Answer {
    unsigned status;
    std::string body;
  };

  kj::Promise<Result<Answer>> request(proto::HttpMethod method, std::string path, std::string body);
  kj::Promise<Result<std::string>> get(std::string path);
  kj::Promise<Result<std::vector<Listed>>> listPage(std::string path,
                                                    std::string after,
                                                    std::vector<Listed> former);

  std::function<proto::Net::Client()> m_net;
  const std::string m_baseUrl;
  const std::uint32_t m_easiestTarget;  // compact
};

}  // namespace sallyport::wallet
