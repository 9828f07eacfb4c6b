export type { Key } from "./bytes/key.ts";
export type { Reply } from "./bytes/reply.ts";
export type { ChannelKind, ChannelName, SubscribeRequest } from "./cluster/channel-name.ts";
export type { ClientEvents } from "./cluster/client-events.ts";
export type { CommandBatch } from "./cluster/command-batch.ts";
export { connect } from "./cluster/connect.ts";
export type { ConnectOptions } from "./cluster/connect-plan.ts";
export type { Credentials } from "./cluster/connection.ts";
export type { CommandArgument } from "./cluster/encode-command.ts";
export type { CallOptions, ClientOptions, Lane, TelemetryOptions } from "./cluster/options.ts";
export type { RetryMode } from "./cluster/retry-policy.ts";
export type { ScanOptions } from "./cluster/scan.ts";
export type { SetOptions, SlotClient } from "./cluster/slot-client.ts";
export type { ClientStats } from "./cluster/stats.ts";
export type { Subscription } from "./cluster/subscription.ts";
export type {
  SubscriptionChange,
  SubscriptionEvents,
  SubscriptionMessage,
} from "./cluster/subscription-events.ts";
export type { SubscribeOptions } from "./cluster/subscription-host.ts";
export type { BatchMessage, BatchOutcomes, NodeMessage, TelemetryError } from "./cluster/telemetry.ts";
export {
  type CacheDtype,
  CacheEngineKey,
  type CacheEngineKeyFields,
  type CacheKeyGeneration,
  type CacheTag,
  LayerCacheEngineKey,
  type LayerCacheEngineKeyFields,
} from "./connector/cache-engine-key.ts";
export {
  type ConfiguredOptions,
  type ConnectorConfig,
  type ConnectorSettings,
  type ConnectorTarget,
  readConnectorConfig,
} from "./connector/connector-config.ts";
export type {
  ConnectorConnectOptions,
  ConnectorStats,
  GetOptions,
  KvObject,
  PutOptions,
} from "./connector/connector-contract.ts";
export type { ConnectorKey } from "./connector/connector-keys.ts";
export type { ConnectorOptions } from "./connector/connector-options.ts";
export { KvConnector } from "./connector/kv-connector.ts";
export {
  type LmcacheYamlConfig,
  type LmcacheYamlOptions,
  readLmcacheYaml,
} from "./connector/lmcache-yaml.ts";
export { computeKvRank, type KvRankFields, ObjectKey, type ObjectKeyFields } from "./connector/object-key.ts";
export { PingCode } from "./connector/ping-code.ts";
export {
  Priority,
  PriorityExecutor,
  type PriorityExecutorOptions,
  type SubmitOptions,
} from "./connector/priority-executor.ts";
export type { SweepOptions, SweepReport } from "./connector/sweep-options.ts";
export {
  AbortError,
  BatchError,
  ConfigError,
  type ErrorPlace,
  NotAppliedError,
  OutcomeUnknownError,
  ServerError,
  SlotpackError,
  TimeoutError,
} from "./errors.ts";
export {
  type LmcacheDtype,
  type LmcacheFormat,
  type LmcacheMetadata,
  type LmcacheMetadataOptions,
  lmcacheMetadata,
} from "./records/lmcache-metadata.ts";
export type { MetadataCodec } from "./records/metadata-codec.ts";
export { msgpackMetadata } from "./records/msgpack-metadata.ts";
export type { KvRecord, RecordStats } from "./records/record.ts";
export type { LayoutName } from "./records/record-layout.ts";
export { parseRecordName, type RecordName } from "./records/record-name.ts";
export type { RecordPlaces } from "./records/record-places.ts";
export type { ValueMetadata } from "./records/record-reader.ts";
export { type GetRecordsOptions, RecordStore, type RecordStoreOptions } from "./records/record-store.ts";
export type { NodeAddress, PrimaryNode, ReplicaNode, SlotMap } from "./slots/index.ts";
