// Esplora's JSON of transactions, blocks, outputs and statistics. Part of `devnet`.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "tests/devnet/node.h"

namespace sallyport::devnet {

// A transaction with what is known around it, from a block or from the mempool.
struct KnownTransaction {
  const Transaction* tx = nullptr;
  const std::vector<Coin>* spent = nullptr;  // empty for a coinbase
  std::optional<Place> place;
};

std::optional<KnownTransaction> findTransaction(const Node& node, const Txid& txid);
KnownTransaction transactionAt(const Node& node, Place place);

boost::json::object statusJson(const Node& node, std::optional<Place> place);
boost::json::object transactionJson(const Node& node, const KnownTransaction& known);
boost::json::object blockJson(const Node& node, std::uint32_t height);
boost::json::object merkleProofJson(const Node& node, Place place);
boost::json::object outspendJson(const Node& node, const OutPoint& outpoint);
boost::json::object mempoolJson(const Node& node);
boost::json::object feeEstimatesJson();

// All about one script, newest first, the mempool before the chain.
struct ScriptHistory {
  std::vector<KnownTransaction> unconfirmed;
  std::vector<KnownTransaction> confirmed;
};
ScriptHistory historyOf(const Node& node, const ScriptKey& script);
boost::json::object statsJson(const ScriptHistory& history, const ScriptKey& script);
boost::json::array utxoJson(const Node& node,
                            const ScriptHistory& history,
                            const ScriptKey& script);

}  // namespace sallyport::devnet
