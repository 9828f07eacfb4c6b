export { type Clock, type ClockTimer, SystemClock } from "./clock.ts";
export type { ClusterNode } from "./cluster/cluster-node.ts";
export type { ClusterOptions } from "./cluster/cluster-options.ts";
export type { MigrateSlotOptions, SlotMove } from "./cluster/slot-mover.ts";
export type {
  CommandFaultOptions,
  ConnectionFaultOptions,
  Direction,
  Fault,
  FaultConnection,
  Latency,
  Split,
} from "./faults/fault-options.ts";
export type { Faults, StreamFaultOptions } from "./faults/faults.ts";
export type { Journal } from "./journal.ts";
export type { JournalEntry } from "./journal-entry.ts";
export { ManualClock } from "./manual-clock.ts";
export type { ServerNode } from "./server-node.ts";
export type { ConfigSettings, ServerOptions } from "./server-options.ts";
export { type Cluster, startCluster } from "./start-cluster.ts";
export { type Server, startServer } from "./start-server.ts";
