export type { Key } from "./bytes/key.ts";
export type { Reply } from "./bytes/reply.ts";
export type { ClientEvents } from "./cluster/client-events.ts";
export type { CommandBatch } from "./cluster/command-batch.ts";
export { connect } from "./cluster/connect.ts";
export type { ConnectOptions } from "./cluster/connect-plan.ts";
export type { Credentials } from "./cluster/connection.ts";
export type { CommandArgument } from "./cluster/encode-command.ts";
export type { CallOptions, ClientOptions } from "./cluster/options.ts";
export type { RetryMode } from "./cluster/retry-policy.ts";
export type { ScanOptions } from "./cluster/scan.ts";
export type { SetOptions, SlotClient } from "./cluster/slot-client.ts";
export type { ClientStats } from "./cluster/stats.ts";
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
  lmcacheMetadata,
} from "./records/lmcache-metadata.ts";
export type { MetadataCodec } from "./records/metadata-codec.ts";
export { msgpackMetadata } from "./records/msgpack-metadata.ts";
export type { KvRecord, RecordStats } from "./records/record.ts";
export type { LayoutName } from "./records/record-layout.ts";
export type { RecordPlaces } from "./records/record-places.ts";
export { type GetRecordsOptions, RecordStore, type RecordStoreOptions } from "./records/record-store.ts";
export type { NodeAddress, PrimaryNode, ReplicaNode, SlotMap } from "./slots/index.ts";
