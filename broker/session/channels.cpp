// A channel is announced, opened, taken from, ended; in this order the functions below. Runs in the
// broker.
#include "broker/session/channels.h"

#include <kj/debug.h>

#include <iterator>
#include <utility>

#include "broker/session/incident.h"

namespace sallyport::session {
namespace {

// Beside each item in memory and on the wire, roughly.
constexpr std::size_t ITEM_BYTES = 32;

}  // namespace

Channels::Channels(Parts parts, const std::string& window) : m_parts(parts), m_window(window) {}

std::optional<EndReason> Channels::announce(std::uint64_t number) {
  if (number <= m_last) return EndReason::BAD_CHANNEL;
  m_last = number;
  return std::nullopt;
}

kj::Promise<Settled> Channels::open(std::uint64_t number,
                                    std::string_view command,
                                    std::string_view arguments,
                                    std::optional<commands::Attachments> uploads) {
  if (m_channels.size() >= proto::MAX_CHANNELS) {
    m_parts.journal.refused(m_window, "", commands::Code::RATE_LIMITED);
    return Settled{{},
                   Refusal{commands::Code::RATE_LIMITED, "Too many channels are open.", {}, {}}};
  }
  // Its place is taken now, so that many openings at once are bounded too.
  auto channel = kj::heap<Channel>();
  channel->command = m_parts.dispatcher.find(command);
  if (channel->command != nullptr) channel->scope = m_parts.dispatcher.scopeOf(*channel->command);
  m_channels.emplace(number, kj::mv(channel));
  // Unless it opens, it is taken out again; also when the opening is dropped.
  auto place = kj::heap(kj::defer([this, number] {
    const auto found = m_channels.find(number);
    if (found != m_channels.end() && !found->second->opened) close(number);
  }));
  return m_parts.dispatcher
      .dispatch(command, arguments, std::move(uploads), Dispatcher::Wants::CHANNEL)
      .then([this, number](Settled settled) {
        const auto found = m_channels.find(number);
        if (settled.refusal || found == m_channels.end()) return settled;  // else closed meanwhile
        Channel& opened = *found->second;
        if (!isStillGranted(opened)) {
          return Settled{{}, m_parts.dispatcher.denied(*opened.command)};
        }
        opened.opened = true;
        opened.items = kj::mv(settled.items);
        fill(opened);
        return settled;
      })
      .attach(kj::mv(place));
}

bool Channels::isStillGranted(const Channel& channel) const {
  return m_parts.dispatcher.stillReaches(*channel.command, channel.scope);
}

bool Channels::isFull(const Channel& channel) {
  return channel.readyBytes >= proto::CHANNEL_WINDOW_BYTES ||
         channel.ready.size() >= proto::CHANNEL_WINDOW_ITEMS;
}

void Channels::fill(Channel& channel) {
  if (channel.pulling || channel.ended || isFull(channel)) return;
  channel.pulling = true;
  // Later: who takes goes on first, and no source runs inside a call.
  channel.pull = kj::evalLater([this, &channel] {
                   return pull(channel);
                 }).eagerlyEvaluate([this](kj::Exception&& exception) {
    // step() does not reject, so this is our bug.
    m_parts.journal.incident(m_window, "", newIncident(), describe(exception));
    m_parts.guard.end(EndReason::INTERNAL);
  });
}

kj::Promise<void> Channels::pull(Channel& channel) {
  if (channel.ended || isFull(channel)) {
    channel.pulling = false;
    return kj::READY_NOW;
  }
  return m_parts.dispatcher.step(*channel.command, *channel.items)
      .then([this, &channel](Step step) -> kj::Promise<void> {
        if (!step.item) {
          end(channel, std::move(step.refusal));
          channel.pulling = false;
          return kj::READY_NOW;
        }
        channel.readyBytes += step.item->size() + ITEM_BYTES;
        channel.ready.push_back(std::move(*step.item));
        wake(channel);
        return kj::evalLater([this, &channel] { return pull(channel); });
      });
}

void Channels::end(Channel& channel, std::optional<Refusal> why) {
  channel.ended = true;
  channel.items = nullptr;
  channel.refusal = std::move(why);
  wake(channel);
}

void Channels::wake(Channel& channel) {
  KJ_IF_MAYBE (waiting, channel.waiting) {
    (*waiting)->fulfill();
  }
  channel.waiting = nullptr;
}

std::optional<EndReason> Channels::mayTake(std::uint64_t number) const {
  if (number == 0 || number > m_last) return EndReason::BAD_CHANNEL;
  const auto found = m_channels.find(number);
  if (found != m_channels.end() && found->second->taking) return EndReason::BAD_CHANNEL;
  return std::nullopt;
}

kj::Promise<Channels::Answer> Channels::take(std::uint64_t number) {
  const auto found = m_channels.find(number);
  if (found == m_channels.end()) return Answer{cancelled(), {}};
  Channel& channel = *found->second;
  channel.taking = true;
  kj::Promise<void> something = kj::READY_NOW;
  if (channel.ready.empty() && !channel.ended) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    channel.waiting = kj::mv(paf.fulfiller);
    something = kj::mv(paf.promise);
  }
  auto done = kj::defer([this, number] {
    const auto open = m_channels.find(number);
    if (open != m_channels.end()) open->second->taking = false;
  });
  return something
      .then([this, number]() -> kj::Promise<Answer> {
        const auto open = m_channels.find(number);
        const std::size_t bytes = open == m_channels.end() ? 0 : open->second->readyBytes;
        if (bytes < Guard::LARGE_REPLY_BYTES) return Answer{takeReady(number), {}};
        // By then there may be more than now, up to a window and one item.
        return m_parts.guard.room(proto::CHANNEL_WINDOW_BYTES + proto::MAX_CHANNEL_ITEM_BYTES, 0)
            .then([this, number](kj::Own<Guard::Room> room) {
              return Answer{takeReady(number), kj::mv(room)};
            });
      })
      .attach(kj::mv(done));
}

Channels::Taken Channels::takeReady(std::uint64_t number) {
  const auto found = m_channels.find(number);
  if (found == m_channels.end()) return cancelled();
  Channel& channel = *found->second;
  Taken taken;
  taken.items.assign(std::make_move_iterator(channel.ready.begin()),
                     std::make_move_iterator(channel.ready.end()));
  channel.ready.clear();
  channel.readyBytes = 0;
  if (channel.ended) {
    taken.ended = true;
    taken.refusal = std::move(channel.refusal);
    m_channels.erase(found);
  } else {
    fill(channel);
  }
  return taken;
}

Channels::Taken Channels::cancelled() {
  Taken taken;
  taken.ended = true;
  taken.refusal = Refusal{commands::Code::CANCELLED, "The channel is closed.", {}, {}};
  return taken;
}

std::size_t Channels::Taken::bytes() const {
  std::size_t bytes = refusal ? refusal->message.size() : 0;
  for (const std::string& item : items) bytes += item.size() + ITEM_BYTES;
  return bytes;
}

void Channels::close(std::uint64_t number) {
  const auto found = m_channels.find(number);
  if (found == m_channels.end()) return;
  wake(*found->second);
  m_channels.erase(found);
}

void Channels::grantsChanged() {
  m_regrant = kj::evalLater([this] {
                for (auto& [number, channel] : m_channels) {
                  if (channel->items.get() == nullptr || channel->ended) continue;
                  if (isStillGranted(*channel)) continue;
                  channel->pull = nullptr;
                  channel->pulling = false;
                  channel->ready.clear();
                  channel->readyBytes = 0;
                  end(*channel, m_parts.dispatcher.denied(*channel->command));
                }
              }).eagerlyEvaluate(nullptr);
}

void Channels::stop() {
  m_regrant = nullptr;
  m_channels.clear();
}

std::size_t Channels::bufferedBytes() const {
  std::size_t bytes = 0;
  for (const auto& [number, channel] : m_channels) bytes += channel->readyBytes;
  return bytes;
}

}  // namespace sallyport::session
