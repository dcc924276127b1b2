// Builders of RPC messages for the tests.
#include "tests/broker/session/rpc-messages.h"

#include <capnp/any.h>
#include <capnp/serialize.h>

#include <algorithm>
#include <cstring>

namespace sallyport::session::tests {

kj::Array<kj::byte> Wire::bytes() {
  auto words = capnp::messageToFlatArray(m_builder);
  return kj::heapArray<kj::byte>(words.asBytes());
}

std::size_t Wire::size() {
  std::size_t words = 0;
  for (auto segment : m_builder.getSegmentsForOutput()) words += segment.size();
  return words * sizeof(capnp::word);
}

kj::Own<Wire> wire(const Build& build) {
  auto made = kj::heap<Wire>();
  build(made->m_builder.initRoot<Message>());
  return made;
}

kj::Own<Wire> bootstrap(std::uint32_t question) {
  return wire([&](Message::Builder m) { m.initBootstrap().setQuestionId(question); });
}

kj::Own<Wire> call(std::uint32_t question,
                   std::uint32_t target,
                   std::uint16_t method,
                   const std::function<void(capnp::rpc::Call::Builder)>& more) {
  return wire([&](Message::Builder m) {
    auto call = m.initCall();
    call.setQuestionId(question);
    if (target == VIA_BOOTSTRAP) {
      call.initTarget().initPromisedAnswer().setQuestionId(0);
    } else {
      call.initTarget().setImportedCap(target);
    }
    call.setInterfaceId(SESSION);
    call.setMethodId(method);
    call.getSendResultsTo().setCaller();
    call.initParams();
    if (more) more(call);
  });
}

kj::Own<Wire> pipelined(std::uint32_t question,
                        std::uint32_t on,
                        std::uint16_t method,
                        unsigned transformSteps) {
  return call(question, 0, method, [&](capnp::rpc::Call::Builder call) {
    auto answer = call.initTarget().initPromisedAnswer();
    answer.setQuestionId(on);
    auto steps = answer.initTransform(transformSteps);
    for (auto step : steps) step.setNoop();
  });
}

kj::Own<Wire> invoke(std::uint32_t question,
                     std::uint32_t target,
                     const std::string& command,
                     const std::string& arguments) {
  return call(question, target, INVOKE, [&](capnp::rpc::Call::Builder call) {
    auto params = call.getParams().getContent().initAs<proto::Session::InvokeParams>().initCall();
    params.setCommand(command);
    params.setArguments(arguments);
    params.setId(question);
  });
}

kj::Own<Wire> invokeMany(std::uint32_t question,
                         std::uint32_t target,
                         std::uint64_t first,
                         const std::vector<std::pair<std::string, std::string>>& calls) {
  return call(question, target, INVOKE_MANY, [&](capnp::rpc::Call::Builder call) {
    auto list = call.getParams().getContent().initAs<proto::Session::InvokeManyParams>().initCalls(
        static_cast<unsigned>(calls.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      list[i].setCommand(calls[i].first);
      list[i].setArguments(calls[i].second);
      list[i].setId(first + i);
    }
  });
}

kj::Own<Wire> cancel(std::uint32_t question,
                     std::uint32_t target,
                     std::uint64_t first,
                     unsigned count) {
  return call(question, target, CANCEL, [&](capnp::rpc::Call::Builder call) {
    auto ids = call.getParams().getContent().initAs<proto::Session::CancelParams>().initIds(count);
    for (unsigned i = 0; i < count; ++i) ids.set(i, first + i);
  });
}

kj::Own<Wire> open(std::uint32_t question,
                   std::uint32_t target,
                   std::uint64_t channel,
                   const std::string& command,
                   const std::string& arguments) {
  return call(question, target, OPEN, [&](capnp::rpc::Call::Builder call) {
    auto params = call.getParams().getContent().initAs<proto::Session::OpenParams>();
    params.initCall().setCommand(command);
    params.getCall().setArguments(arguments);
    params.setChannel(channel);
  });
}

kj::Own<Wire> next(std::uint32_t question, std::uint32_t target, std::uint64_t channel) {
  return call(question, target, NEXT, [&](capnp::rpc::Call::Builder call) {
    call.getParams().getContent().initAs<proto::Session::NextParams>().setChannel(channel);
  });
}

kj::Own<Wire> close(std::uint32_t question, std::uint32_t target, std::uint64_t channel) {
  return call(question, target, CLOSE, [&](capnp::rpc::Call::Builder call) {
    call.getParams().getContent().initAs<proto::Session::CloseParams>().initChannels(1).set(
        0, channel);
  });
}

kj::Own<Wire> listen(std::uint32_t question,
                     std::uint32_t target,
                     const std::vector<std::string>& names,
                     bool ready) {
  return call(question, target, LISTEN, [&](capnp::rpc::Call::Builder call) {
    auto params = call.getParams().getContent().initAs<proto::Session::ListenParams>();
    auto list = params.initNames(static_cast<unsigned>(names.size()));
    for (unsigned i = 0; i < list.size(); ++i) list.set(i, names[i]);
    params.setFresh(true);
    params.setReady(ready);
  });
}

kj::Own<Wire> attach(std::uint32_t question,
                     std::uint32_t target,
                     std::uint32_t control,
                     std::uint32_t index) {
  return call(question, target, ATTACH, [&](capnp::rpc::Call::Builder call) {
    hostCapabilities(call, control, 1);
    // The parameter struct with its pointer to capability 0 of the table, laid out by hand: without
    // an RPC system behind it the typed builder would not write one.
    auto params = call.getParams().getContent().initAsAnyStruct(1, 2);
    params.getDataSection()[0] = 1;  // protocol
    const std::uint64_t capability = 3 | std::uint64_t{index} << 32;
    std::memcpy(params.getDataSection().end(), &capability, sizeof(capability));
  });
}

kj::Own<Wire> finish(std::uint32_t question, bool releaseResults) {
  return wire([&](Message::Builder m) {
    auto finish = m.initFinish();
    finish.setQuestionId(question);
    finish.setReleaseResultCaps(releaseResults);
  });
}

kj::Own<Wire> release(std::uint32_t id, std::uint32_t count) {
  return wire([&](Message::Builder m) {
    auto release = m.initRelease();
    release.setId(id);
    release.setReferenceCount(count);
  });
}

kj::Own<Wire> returned(std::uint32_t answer) {
  return wire([&](Message::Builder m) {
    auto ret = m.initReturn();
    ret.setAnswerId(answer);
    ret.initResults();
  });
}

kj::Own<Wire> invokeWithUpload(std::uint32_t question,
                               std::uint32_t target,
                               const std::string& command,
                               std::uint64_t number,
                               std::uint64_t bytes) {
  return call(question, target, INVOKE, [&](capnp::rpc::Call::Builder call) {
    auto sent = call.getParams().getContent().initAs<proto::Session::InvokeParams>().initCall();
    sent.setCommand(command);
    sent.setArguments("{\"data\":0}");
    auto upload = sent.initUploads(1)[0];
    upload.setNumber(number);
    upload.setBytes(bytes);
  });
}

kj::Own<Wire> read(std::uint32_t question, std::uint32_t target, std::uint64_t download) {
  return call(question, target, READ, [&](capnp::rpc::Call::Builder call) {
    call.getParams().getContent().initAs<proto::Session::ReadParams>().setDownload(download);
  });
}

kj::Own<Wire> discard(std::uint32_t question, std::uint32_t target, std::uint64_t download) {
  return call(question, target, DISCARD, [&](capnp::rpc::Call::Builder call) {
    call.getParams().getContent().initAs<proto::Session::DiscardParams>().initDownloads(1).set(
        0, download);
  });
}

kj::Own<Wire> returnedPiece(std::uint32_t answer, std::size_t bytes) {
  return wire([&](Message::Builder m) {
    auto ret = m.initReturn();
    ret.setAnswerId(answer);
    auto piece =
        ret.initResults().getContent().initAs<proto::RendererControl::ReadResults>().initBytes(
            static_cast<kj::uint>(bytes));
    std::fill(piece.begin(), piece.end(), static_cast<kj::byte>('p'));
  });
}

kj::Own<Wire> tagged(std::uint16_t tag) {
  auto made = kj::heap<Wire>();
  auto any = made->m_builder.getRoot<capnp::AnyPointer>().initAsAnyStruct(1, 1);
  std::memcpy(any.getDataSection().begin(), &tag, sizeof(tag));
  return made;
}

void hostCapabilities(capnp::rpc::Call::Builder call, std::uint32_t first, unsigned count) {
  auto table = call.getParams().initCapTable(count);
  for (unsigned i = 0; i < count; ++i) table[i].setSenderHosted(first + i);
}

}  // namespace sallyport::session::tests
