// See channel-reads.h.
#include "renderer/link/channel-reads.h"

#include <utility>

#include "renderer/link/failure.h"
#include "renderer/link/paced.h"

namespace sallyport::renderer {

namespace {

Failure gone(CallId id, const kj::Exception& exception) {
  return exception.getType() == kj::Exception::Type::DISCONNECTED ? disconnected(id) : broken(id);
}

}  // namespace

ChannelReads::ChannelReads(proto::Session::Client session, Pace& pace, kj::Timer& timer)
    : m_session(kj::mv(session)), m_pace(pace), m_timer(timer), m_tasks(*this) {}

// A page that asks faster than the guard lets it waits here, and finds more items in one answer.
kj::Promise<void> ChannelReads::paced(std::size_t bytes) {
  return renderer::paced(
      m_pace, m_timer, {MESSAGES_OF_CALL, static_cast<double>(MESSAGE_OVERHEAD_BYTES + bytes), 1});
}

void ChannelReads::open(CallId id,
                        std::string_view command,
                        std::string_view arguments,
                        Opened opened) {
  if (m_lost) {
    opened(disconnected(id));
    return;
  }
  if (tooLarge(command, arguments)) {
    opened(tooLarge(id));
    return;
  }
  // The broker refuses one more too; here it keeps the questions at the broker within the guard's.
  if (m_channels.size() >= proto::MAX_CHANNELS || m_channels.count(id) != 0) {
    opened(madeHere(id, "rate-limited", "Too many channels are open."));
    return;
  }
  Channel& channel = m_channels[id];
  channel.number = ++m_lastNumber;
  channel.opened = std::move(opened);
  const std::size_t bytes = command.size() + arguments.size();
  channel.running = paced(bytes)
                        .then([this,
                               id,
                               number = channel.number,
                               command = std::string(command),
                               arguments = std::string(arguments)] {
                          auto request = m_session.openRequest();
                          auto call = request.initCall();
                          call.setCommand(command);
                          call.setArguments(arguments);
                          call.setId(id);
                          request.setChannel(number);
                          return request.send();
                        })
                        .then(
                            [this, id](capnp::Response<proto::Session::OpenResults>&& response) {
                              auto outcome = response.getOutcome();
                              if (outcome.isFailure()) {
                                end(id, readFailure(outcome.getFailure(), id));
                                return;
                              }
                              std::exchange(m_channels.at(id).opened, nullptr)(std::nullopt);
                            },
                            [this, id](kj::Exception&& exception) { end(id, gone(id, exception)); })
                        .eagerlyEvaluate(nullptr);
}

void ChannelReads::next(CallId id, Came came) {
  const auto found = m_channels.find(id);
  if (found == m_channels.end() || found->second.opened || found->second.came) {
    came({{}, false, madeHere(id, "conflict", "The channel is closed or is read already.")});
    return;
  }
  Channel& channel = found->second;
  channel.came = std::move(came);
  channel.running = paced(0)
                        .then([this, number = channel.number] {
                          auto request = m_session.nextRequest();
                          request.setChannel(number);
                          return request.send();
                        })
                        .then(
                            [this, id](capnp::Response<proto::Session::NextResults>&& response) {
                              auto wire = response.getItems();
                              ChannelStep step;
                              for (auto item : wire.getItems()) {
                                step.items.emplace_back(item.begin(), item.size());
                              }
                              step.more = wire.isMore();
                              if (wire.isFailed()) {
                                step.failure = readFailure(wire.getFailed(), id);
                              }
                              const auto entry = m_channels.find(id);
                              auto taken = std::exchange(entry->second.came, nullptr);
                              if (!step.more) {
                                m_retired.push_back(kj::mv(entry->second.running));
                                m_channels.erase(entry);
                              }
                              taken(std::move(step));
                            },
                            [this, id](kj::Exception&& exception) { end(id, gone(id, exception)); })
                        .eagerlyEvaluate(nullptr);
}

void ChannelReads::end(CallId id, const Failure& failure) {
  const auto found = m_channels.find(id);
  if (found == m_channels.end()) {
    return;
  }
  Channel channel = std::move(found->second);
  m_channels.erase(found);
  m_retired.push_back(kj::mv(channel.running));
  if (channel.opened) {
    channel.opened(failure);
  }
  if (channel.came) {
    channel.came({{}, false, failure});
  }
}

void ChannelReads::close(CallId id) {
  const auto found = m_channels.find(id);
  if (found == m_channels.end()) {
    return;
  }
  tellBroker(found->second.number);
  end(id, cancelled(id));
}

void ChannelReads::tellBroker(std::uint64_t number) {
  if (m_lost) {
    return;
  }
  m_pace.owe(MESSAGES_OF_CALL, Pace::Clock::now());
  auto request = m_session.closeRequest();
  request.initChannels(1).set(0, number);
  m_tasks.add(request.send().ignoreResult());
}

void ChannelReads::closeAll() {
  while (!m_channels.empty()) {
    close(m_channels.begin()->first);
  }
}

void ChannelReads::lost() {
  m_lost = true;
  while (!m_channels.empty()) {
    const CallId id = m_channels.begin()->first;
    end(id, disconnected(id));
  }
}

}  // namespace sallyport::renderer
