// How the vault's parts report what was foreseen: a value or the schema's Failure. What is not
// foreseen (disk, SQLite, our own bugs) is an exception, turned into STORAGE at the session's edge.
#pragma once

#include <kj/async.h>
#include <proto/vault.capnp.h>

#include <boost/system/result.hpp>
#include <utility>

namespace sallyport::proto {
// Outcome<T>::value() on a failure is a bug of ours; found by argument-dependent look-up.
[[noreturn]] void throw_exception_from_error(Failure failure, const boost::source_location& where);
}  // namespace sallyport::proto

namespace sallyport::vault {

using proto::Failure;

template <typename T>
using Outcome = boost::system::result<T, Failure>;

template <typename T>
using Promised = kj::Promise<Outcome<T>>;

struct Done {};

template <typename T>
Promised<T> ready(Outcome<T> outcome) {
  return Promised<T>(kj::mv(outcome));
}

// Goes on with the value, or carries the failure to the end of the chain. `next` takes the value
// and returns Promised<U>.
template <typename U, typename T, typename Next>
Promised<U> andThen(Promised<T> step, Next next) {
  return step.then([next = kj::mv(next)](Outcome<T> outcome) mutable -> Promised<U> {
    if (!outcome) return ready<U>(outcome.error());
    return next(kj::mv(*outcome));
  });
}

}  // namespace sallyport::vault
