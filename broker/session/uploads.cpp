// Runs in the broker; what a renderer answers to a read is held to what it announced.
#include "broker/session/uploads.h"

#include <algorithm>
#include <utility>

namespace sallyport::session {
namespace {

using commands::Code;
using commands::Error;
using Piece = commands::Result<kj::Array<kj::byte>>;

constexpr std::size_t MESSAGE_OVERHEAD_BYTES = 256;  // of the Return around a piece

Piece tookBack() { return Error{Code::CANCELLED, "The page took the bytes of its call back."}; }

}  // namespace

// The sources' way to the renderer, as long as its session holds.
struct Uploads::Window {
  Guard* guard;
  kj::Timer* timer;
  kj::Maybe<proto::RendererControl::Client> control;
  std::size_t open = 0;
};

class Uploads::Source final : public commands::ByteSource {
 public:
  Source(std::shared_ptr<Window> window, const Announced& announced)
      : m_window(std::move(window)),
        m_state(std::make_shared<State>(State{announced.number, announced.bytes})) {
    ++m_window->open;
  }
  ~Source() noexcept(false) override { --m_window->open; }

  kj::Promise<Piece> read() override {
    if (m_state->left == 0) return m_state->failed ? tookBack() : Piece(kj::Array<kj::byte>());
    KJ_IF_MAYBE (control, m_window->control) {
      m_window->guard->expect(MESSAGE_OVERHEAD_BYTES +
                              std::min<std::uint64_t>(m_state->left, proto::PIECE_BYTES));
      auto request = control->readRequest();
      request.setUpload(m_state->number);
      auto late = m_window->timer->afterDelay(proto::TRANSFER_IDLE_MS * kj::MILLISECONDS).then([] {
        return tookBack();
      });
      return request.send()
          .then([window = m_window,
                 state = m_state](auto&& response) { return take(*window, *state, response); },
                [](kj::Exception&&) { return tookBack(); })
          .exclusiveJoin(kj::mv(late))
          .then([state = m_state](Piece piece) {
            if (piece.has_error()) *state = {state->number, 0, true};
            return piece;
          });
    }
    return tookBack();
  }

 private:
  struct State {
    std::uint64_t number;
    std::uint64_t left;
    bool failed = false;
  };

  template <typename Response>
  static Piece take(const Window& window, State& state, const Response& response) {
    if (window.control == nullptr) return tookBack();
    kj::Array<kj::byte> bytes;
    std::optional<EndReason> breach;
    KJ_IF_MAYBE (broken, kj::runCatchingExceptions([&] {
                   const capnp::Data::Reader sent = response.getBytes();
                   if (sent.size() > std::min<std::uint64_t>(state.left, proto::PIECE_BYTES)) {
                     breach = EndReason::BAD_TRANSFER;
                   } else {
                     bytes = kj::heapArray<kj::byte>(sent);
                   }
                 })) {
      (void)broken;  // speaks of the renderer's bytes; the reason is enough
      breach = EndReason::MALFORMED;
    }
    if (breach) window.guard->end(*breach);
    if (breach || bytes.size() == 0) return tookBack();
    state.left -= bytes.size();
    return Piece(kj::mv(bytes));
  }

  std::shared_ptr<Window> m_window;
  std::shared_ptr<State> m_state;  // also of a read that is under way when this goes
};

Uploads::Uploads(Guard& guard, kj::Timer& timer)
    : m_window(std::make_shared<Window>(Window{&guard, &timer, nullptr})) {}

void Uploads::attach(proto::RendererControl::Client control) {
  m_window->control = kj::mv(control);
}

std::optional<EndReason> Uploads::open(const std::vector<Announced>& announced, Opened& opened) {
  for (const Announced& one : announced) {
    if (one.number <= m_last) return EndReason::BAD_TRANSFER;
    m_last = one.number;
  }
  opened.reset();
  if (m_window->open + announced.size() > proto::MAX_OPEN_UPLOADS) return std::nullopt;
  opened.emplace();
  for (const Announced& one : announced) {
    opened->push_back({one.bytes, std::make_shared<Source>(m_window, one)});
  }
  return std::nullopt;
}

void Uploads::stop() {
  m_window->control = nullptr;
  m_window->guard = nullptr;
  m_window->timer = nullptr;
}

std::size_t Uploads::open() const { return m_window->open; }

}  // namespace sallyport::session
