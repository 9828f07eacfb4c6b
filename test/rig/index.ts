export { describeUnless, describeWith, describeWithServer, type Requirement } from "./gate.ts";
export { RigNode } from "./node.ts";
export { countPromises } from "./promise-count.ts";
export {
  type ClusterProxies,
  type Direction,
  type ProxyOptions,
  startClusterProxies,
  startProxy,
  WireProxy,
} from "./proxy.ts";
export {
  type ScriptedAnswer,
  type ScriptedCommand,
  type ScriptedConnection,
  type ScriptedHandler,
  ScriptedServer,
  startScripted,
  startScriptedCluster,
} from "./scripted.ts";
export { type RespValue, resp, type ScriptedRange } from "./scripted-answers.ts";
export { RigSentinels, type SentinelOptions, startSentinels } from "./sentinels.ts";
export { RigCluster, RigServers, startCluster, startServer } from "./servers.ts";
export { abandonMigration, keysInSlot, type MigrateOptions, type MigrationState } from "./slot-migration.ts";
export { countSocketWrites, type SocketWrites } from "./socket-writes.ts";
export { until } from "./until.ts";
