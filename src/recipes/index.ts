export { EmbeddingCache } from "./embedding-cache.ts";
export type {
  EmbeddingCacheOptions,
  EmbeddingCacheStats,
  EmbedOptions,
  EmbedTexts,
} from "./embedding-cache-options.ts";
export { EmbeddingError } from "./embedding-error.ts";
export { QueryCache } from "./query-cache.ts";
export type {
  QueryCacheOptions,
  QueryCacheStats,
  QueryReadOptions,
  QuerySetOptions,
  QueryWrapOptions,
} from "./query-cache-options.ts";
export type { ClientSource } from "./recipe-options.ts";
export { SessionError } from "./session-error.ts";
export type {
  CreateSessionOptions,
  DestroySessionsOptions,
  ReadSessionOptions,
  Session,
  SessionStoreOptions,
  UpdateSessionOptions,
} from "./session-options.ts";
export { SessionStore } from "./session-store.ts";
export type { TagSnapshot } from "./tag-ledger.ts";
export {
  type Take,
  type TakeOptions,
  type TakeResult,
  TokenBucket,
  type TokenBucketOptions,
} from "./token-bucket.ts";
export { UpdateBus } from "./update-bus.ts";
export type { UpdateBusEvents, UpdateBusOptions, UpdateIteratorOptions } from "./update-bus-options.ts";
export type { UpdateMessage, UpdateQueue } from "./update-queue.ts";
