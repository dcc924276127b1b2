// The vault's end of the wire to what the user sees: the prompt process, or the CLI on a terminal.
// The broker holds no end of it. One question at a time; every way that a question can fail is a
// Failure, never an exception's text.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <capnp/serialize-async.h>
#include <kj/async-io.h>
#include <proto/prompt.capnp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/vault/approval.h"
#include "broker/vault/outcome.h"
#include "broker/vault/secret-buffer.h"

namespace sallyport::vault {

class PromptLink {
 public:
  explicit PromptLink(kj::Own<kj::AsyncIoStream> stream);
  // Declines the open question.
  ~PromptLink() noexcept;
  PromptLink(const PromptLink&) = delete;
  PromptLink& operator=(const PromptLink&) = delete;

  bool attached() const;  // false once the other end has gone

  Promised<SecretBuffer> askPassphrase(std::string_view reason, bool wrongBefore);
  Promised<SecretBuffer> choosePassphrase(std::string_view reason);
  // Words are one SecretBuffer: lower-case words separated by single spaces.
  Promised<Done> showSeed(std::string_view walletName, const SecretBuffer& words);
  Promised<SecretBuffer> askWords(std::string_view walletName,
                                  const std::vector<std::uint8_t>& positions);
  Promised<SecretBuffer> enterSeed(std::string_view walletName);
  // `digest` is that of the bytes that the summary was read from.
  Promised<Approval> confirmTransaction(const Summary& summary, const Digest& digest);

  void declineOpen();
  // The same, and nothing is asked here any more.
  void close();

 private:
  struct State {
    bool open = false;
    bool attached = true;
    std::uint64_t declines = 0;
  };

  template <typename T, typename Response, typename Read>
  Promised<T> ask(kj::Promise<Response> question, Read read);

  kj::Own<kj::AsyncIoStream> m_stream;
  // Each message in an array of its own: the network's own choice from Cap'n Proto 1.0 on reads
  // into one buffer, where the words would stay.
  capnp::AsyncIoMessageStream m_messages;
  capnp::TwoPartyVatNetwork m_network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> m_rpc;
  proto::Prompt::Client m_prompt;
  std::shared_ptr<State> m_state = std::make_shared<State>();
  kj::Canceler m_open;
  kj::Promise<void> m_disconnect;
};

}  // namespace sallyport::vault
