// Cancelling a call when its caller drops the promise: up to Cap'n Proto 0.10 a method asks for it
// at run time, from 0.11 on the schema says so (cmake/schema.cmake adds the annotation to each
// file). One call for both. What must run to its end is owned by the server, never by the call.
#pragma once

#include <capnp/common.h>

namespace sallyport::proto {

template <typename Context>
void allowCancellation(Context& context) {
#if CAPNP_VERSION < 11000
  context.allowCancellation();
#else
  (void)context;
#endif
}

}  // namespace sallyport::proto
