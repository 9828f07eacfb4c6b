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
export { startCluster, startServer } from "./start.ts";
export type { Cluster } from "./start-cluster.ts";
export type { Server } from "./start-server.ts";
export type { WorkerCluster } from "./worker/worker-cluster.ts";
export type {
  WorkerCommandFaultOptions,
  WorkerFault,
  WorkerFaults,
  WorkerStreamFaultOptions,
} from "./worker/worker-faults.ts";
export type { WorkerJournal } from "./worker/worker-journal.ts";
export type { WorkerNode } from "./worker/worker-node.ts";
export type { WorkerServer } from "./worker/worker-server.ts";
export type { WorkerServerNode } from "./worker/worker-server-node.ts";
export type { WorkerSlotMove } from "./worker/worker-slot-move.ts";
