// The typed client of a Sallyport page. React users find a hook in "@sallyport/api/react", tests a fake
// broker in "@sallyport/api/testing".
export {
  type Bridge,
  type CallBytes,
  type ChannelStep,
  getBridge,
  type RawChannel,
  type Subscription,
} from "./bridge";
export { type Channel, type ChannelOptions, openChannel } from "./channel";
export { ERROR_CODES, type ErrorCode, type ErrorDetail, SallyportError } from "./error";
export { type EventSource, listen, type Listener, type ListenOptions, ready } from "./events";
export { type CallOptions, invoke } from "./invoke";
export { fromBase64, largeBytes, type WithBlobs } from "./json";
export { expectShapes, isDevelopment, type NamedShape, type Shape } from "./shapes";
export { borrowBridge, lendBridge, type WorkerLike, type WorkerScopeLike } from "./worker";
export { loadState, MAX_STATE_BYTES, saveState } from "./state";
