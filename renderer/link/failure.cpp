// See failure.h.
#include "renderer/link/failure.h"

namespace sallyport::renderer {

Failure madeHere(CallId id, const char* code, const char* message) {
  Failure failure;
  failure.code = code;
  failure.message = message;
  failure.id = id;
  return failure;
}

Failure disconnected(CallId id) {
  return madeHere(id, "disconnected", "The connection to the app is gone.");
}

Failure broken(CallId id) {
  return madeHere(id, "internal", "The app could not process the call.");
}

Failure cancelled(CallId id) { return madeHere(id, "cancelled", "The page cancelled the call."); }

Failure tooLarge(CallId id) {
  return madeHere(id, "too-large", "The name or the arguments of the call are too large.");
}

Failure readFailure(proto::CallFailure::Reader wire, CallId id) {
  Failure failure;
  failure.code = wire.getCode().cStr();
  failure.message = wire.getMessage().cStr();
  failure.command = wire.getCommand().cStr();
  failure.window = wire.getWindow().cStr();
  failure.id = id;
  failure.incident = wire.getIncident().cStr();
  return failure;
}

bool tooLarge(std::string_view command, std::string_view arguments) {
  return arguments.size() > proto::MAX_ARGUMENT_BYTES ||
         command.size() > proto::MAX_COMMAND_NAME_BYTES;
}

}  // namespace sallyport::renderer
