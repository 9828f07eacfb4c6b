export type {
  CacheBackend,
  CacheCallOptions,
  CacheEntry,
  CacheMetadata,
  CacheSetOneOptions,
  CacheSetOptions,
  CacheWrapOptions,
} from "./cache-backend.ts";
export { CacheConnectionError, CacheError, CacheOperationError } from "./cache-error.ts";
export { type CacheLatency, type CacheOperation, CacheStats, type CacheStatsFields } from "./cache-stats.ts";
export type { CircuitChange, CircuitState } from "./circuit-breaker.ts";
export type { CompressionAlgorithm } from "./compression.ts";
export {
  type CacheConfig,
  createCache,
  type MemoryCacheConfig,
  type RedisCacheConfig,
} from "./create-cache.ts";
export { FallbackBackend, type FallbackEvents } from "./fallback-backend.ts";
export type { FallbackOptions } from "./fallback-options.ts";
export { type FallbackFields, FallbackStats } from "./fallback-stats.ts";
export type { FallbackPrimary } from "./fallback-wrap.ts";
export { MemoryBackend } from "./memory-backend.ts";
export type { MemoryBackendOptions } from "./memory-options.ts";
export type { EvictionPolicy } from "./memory-wishes.ts";
export { NearCache } from "./near-cache.ts";
export type { NearCacheEvents } from "./near-events.ts";
export type { NearCacheOptions, NearInvalidationMode } from "./near-options.ts";
export { RedisBackend } from "./redis-backend.ts";
export type { RedisBackendConfig } from "./redis-config.ts";
export type { CacheTarget, RedisSourceConfig } from "./redis-source.ts";
export {
  bytesCodec,
  type CodecName,
  jsonCodec,
  msgpackCodec,
  textCodec,
  type ValueCodec,
} from "./value-codec.ts";
export type { WrapLockOptions } from "./wrap-lock-options.ts";
