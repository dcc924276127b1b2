// What a command answers with when its answer is many items that come one after the other: a
// channel in the page. Nothing is made before the page has room for it, so a source never has to
// hold back. Runs in the broker.
#pragma once

#include <kj/async.h>
#include <kj/function.h>

#include <optional>
#include <type_traits>
#include <utility>

#include "broker/commands/error.h"

namespace sallyport::commands {

template <typename T>
class Stream {
 public:
  // Asked for the next item when there is room for it, never twice at once. An absent item is the
  // end; an error ends the stream too and reaches the page. Destroyed, with what it captured, at
  // the end and when the page, its window or a lost grant cancels: also while a promise is open.
  using Next = kj::Function<kj::Promise<Result<std::optional<T>>>()>;

  // Of what can be called and of nothing else, so that a handler returns an Error as it is.
  template <typename Function,
            typename = std::enable_if_t<!std::is_same_v<std::decay_t<Function>, Stream> &&
                                        std::is_invocable_v<std::decay_t<Function>&>>>
  explicit Stream(Function&& next) : m_next(kj::fwd<Function>(next)) {}

  kj::Promise<Result<std::optional<T>>> next() { return m_next(); }

 private:
  Next m_next;
};

template <typename T>
struct IsStream : std::false_type {};
template <typename T>
struct IsStream<Stream<T>> : std::true_type {};

}  // namespace sallyport::commands
