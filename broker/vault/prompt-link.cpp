#include "broker/vault/prompt-link.h"

#include <capnp/message.h>

#include <algorithm>

namespace sallyport::vault {
namespace {

// The prompt is trusted, but its answers are small whatever happens.
constexpr std::uint64_t TRAVERSAL_LIMIT_WORDS = 64UL * 1024;
// Larger than what glibc's thread cache keeps, so that freeing it overwrites it (main.cpp).
constexpr capnp::MessageSize SECRET_MESSAGE{512, 0};
constexpr std::size_t MAX_WORDS = 24;
constexpr std::size_t MAX_WORD_BYTES = 16;

capnp::ReaderOptions readerOptions() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = TRAVERSAL_LIMIT_WORDS;
  options.nestingLimit = 8;
  return options;
}

capnp::RpcSystem<capnp::rpc::twoparty::VatId> startRpc(capnp::TwoPartyVatNetwork& network) {
  return capnp::makeRpcClient(network);
}

proto::Prompt::Client bootstrap(capnp::RpcSystem<capnp::rpc::twoparty::VatId>& rpc) {
  capnp::MallocMessageBuilder message;
  auto vat = message.getRoot<capnp::rpc::twoparty::VatId>();
  vat.setSide(capnp::rpc::twoparty::Side::SERVER);
  return rpc.bootstrap(vat).castAs<proto::Prompt>();
}

kj::StringPtr textOf(const std::string& text) { return {text.c_str(), text.size()}; }

// The message that brought a secret is heap memory of ours, only lent out as const.
void wipeMessage(capnp::Data::Reader data) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  wipe({const_cast<std::uint8_t*>(data.begin()), data.size()});
}

Outcome<SecretBuffer> readSecret(proto::Secret::Reader answer) {
  switch (answer.which()) {
    case proto::Secret::TEXT: {
      const auto text = answer.getText();
      if (text.size() == 0 || text.size() > proto::MAX_PASSPHRASE_BYTES) {
        wipeMessage(text);
        return Failure::WRONG_PASSPHRASE;
      }
      auto secret = SecretBuffer::copyOf({text.begin(), text.size()});
      wipeMessage(text);
      return secret;
    }
    case proto::Secret::BUSY:
      return Failure::BUSY;
    case proto::Secret::DECLINED:
      break;
  }
  return Failure::DECLINED;
}

Outcome<Done> readAnswer(proto::Answer::Reader answer) {
  switch (answer.which()) {
    case proto::Answer::ACCEPTED:
      return Done{};
    case proto::Answer::BUSY:
      return Failure::BUSY;
    case proto::Answer::DECLINED:
      break;
  }
  return Failure::DECLINED;
}

// Lower case, single spaces. Null for more or longer words than there are.
Outcome<SecretBuffer> joinWords(capnp::List<capnp::Text>::Reader words) {
  std::size_t size = 0;
  bool sane = words.size() >= 1 && words.size() <= MAX_WORDS;
  for (auto word : words) {
    sane = sane && word.size() >= 1 && word.size() <= MAX_WORD_BYTES;
    size += word.size() + 1;
  }
  Outcome<SecretBuffer> joined(Failure::INVALID_MNEMONIC);
  if (sane) {
    SecretBuffer buffer(size - 1);
    auto out = buffer.bytes().begin();
    bool first = true;
    for (auto word : words) {
      if (!first) *out++ = ' ';
      first = false;
      out = std::ranges::transform(word, out, [](char c) {
              return static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
            }).out;
    }
    joined = kj::mv(buffer);
  }
  for (auto word : words) wipeMessage(word.asBytes());
  return joined;
}

Outcome<SecretBuffer> readWords(proto::Words::Reader answer) {
  switch (answer.which()) {
    case proto::Words::WORDS:
      return joinWords(answer.getWords());
    case proto::Words::BUSY:
      return Failure::BUSY;
    case proto::Words::DECLINED:
      break;
  }
  return Failure::DECLINED;
}

}  // namespace

PromptLink::PromptLink(kj::Own<kj::AsyncIoStream> stream)
    : m_stream(kj::mv(stream)),
      m_messages(*m_stream),
      m_network(m_messages, 0u, capnp::rpc::twoparty::Side::CLIENT, readerOptions()),
      m_rpc(startRpc(m_network)),
      m_prompt(bootstrap(m_rpc)),
      m_disconnect(m_network.onDisconnect()
                       .then([state = m_state] { state->attached = false; })
                       .eagerlyEvaluate([](kj::Exception&&) {})) {}

PromptLink::~PromptLink() noexcept { declineOpen(); }

bool PromptLink::attached() const { return m_state->attached; }

void PromptLink::declineOpen() {
  ++m_state->declines;
  m_open.cancel("declined");
}

void PromptLink::close() {
  m_state->attached = false;
  declineOpen();
}

template <typename T, typename Response, typename Read>
Promised<T> PromptLink::ask(kj::Promise<Response> question, Read read) {
  if (m_state->open) return ready<T>(Failure::BUSY);
  if (!m_state->attached) return ready<T>(Failure::NO_PROMPT);
  m_state->open = true;
  return m_open.wrap(kj::mv(question))
      .then([read = kj::mv(read)](Response response) -> Outcome<T> { return read(response); },
            [state = m_state, declines = m_state->declines](kj::Exception&&) -> Outcome<T> {
              if (state->declines != declines) return Failure::DECLINED;
              return Failure::NO_PROMPT;
            })
      .attach(kj::defer([state = m_state] { state->open = false; }));
}

Promised<SecretBuffer> PromptLink::askPassphrase(std::string_view reason, bool wrongBefore) {
  auto request = m_prompt.askPassphraseRequest();
  request.setReason(textOf(std::string(reason)));
  request.setWrongBefore(wrongBefore);
  using Response = capnp::Response<proto::Prompt::AskPassphraseResults>;
  return ask<SecretBuffer, Response>(
      request.send(), [](Response& response) { return readSecret(response.getAnswer()); });
}

Promised<SecretBuffer> PromptLink::choosePassphrase(std::string_view reason) {
  auto request = m_prompt.choosePassphraseRequest();
  request.setReason(textOf(std::string(reason)));
  using Response = capnp::Response<proto::Prompt::ChoosePassphraseResults>;
  return ask<SecretBuffer, Response>(
      request.send(), [](Response& response) { return readSecret(response.getAnswer()); });
}

Promised<Done> PromptLink::showSeed(std::string_view walletName, const SecretBuffer& words) {
  auto request = m_prompt.showSeedRequest(SECRET_MESSAGE);
  request.setWalletName(textOf(std::string(walletName)));
  const auto sentence = words.bytes();
  auto list =
      request.initWords(static_cast<unsigned>(1 + std::ranges::count(sentence, std::uint8_t{' '})));
  auto begin = sentence.begin();
  for (unsigned i = 0; i < list.size(); ++i) {
    const auto end = std::find(begin, sentence.end(), std::uint8_t{' '});
    auto word = list.init(i, static_cast<unsigned>(end - begin));
    std::copy(begin, end, word.begin());
    begin = end == sentence.end() ? end : end + 1;
  }
  using Response = capnp::Response<proto::Prompt::ShowSeedResults>;
  return ask<Done, Response>(request.send(),
                             [](Response& response) { return readAnswer(response.getAnswer()); });
}

Promised<SecretBuffer> PromptLink::askWords(std::string_view walletName,
                                            const std::vector<std::uint8_t>& positions) {
  auto request = m_prompt.askWordsRequest();
  request.setWalletName(textOf(std::string(walletName)));
  auto list = request.initPositions(static_cast<unsigned>(positions.size()));
  for (unsigned i = 0; i < list.size(); ++i) list.set(i, positions[i]);
  using Response = capnp::Response<proto::Prompt::AskWordsResults>;
  return ask<SecretBuffer, Response>(
      request.send(), [](Response& response) { return readWords(response.getAnswer()); });
}

Promised<SecretBuffer> PromptLink::enterSeed(std::string_view walletName) {
  auto request = m_prompt.enterSeedRequest();
  request.setWalletName(textOf(std::string(walletName)));
  using Response = capnp::Response<proto::Prompt::EnterSeedResults>;
  return ask<SecretBuffer, Response>(
      request.send(), [](Response& response) { return readWords(response.getAnswer()); });
}

Promised<Approval> PromptLink::confirmTransaction(const Summary& summary, const Digest& digest) {
  auto request = m_prompt.confirmTransactionRequest();
  auto out = request.initSummary();
  out.setWalletName(textOf(summary.walletName));
  out.setNetwork(textOf(summary.network));
  auto payments = out.initPayments(static_cast<unsigned>(summary.payments.size()));
  for (unsigned i = 0; i < payments.size(); ++i) {
    payments[i].setAddress(textOf(summary.payments[i].address));
    payments[i].setAmountSat(summary.payments[i].amountSat);
    payments[i].setOwn(summary.payments[i].own);
  }
  out.setChangeSat(summary.changeSat);
  out.setFeeSat(summary.feeSat);
  out.setFeeRateMilliSatPerVbyte(summary.feeRateMilliSatPerVbyte);
  out.setInputSat(summary.inputSat);
  out.setInputs(summary.inputs);
  out.setTypeFee(summary.typeFee);
  using Response = capnp::Response<proto::Prompt::ConfirmTransactionResults>;
  return ask<Approval, Response>(request.send(), [digest](Response& response) -> Outcome<Approval> {
    const auto answer = readAnswer(response.getAnswer());
    if (!answer) return answer.error();
    return Approval(digest);
  });
}

}  // namespace sallyport::vault
