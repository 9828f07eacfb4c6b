import { arch, release, type } from "node:os";
import { humanSize } from "./human-size.ts";
import type { InfoField } from "./info-sections.ts";
import type { ServerNode } from "./server-node.ts";
import { SERVER_VERSION } from "./server-version.ts";

/** INFO's sections with the fields that every node has; later parts add theirs. */
export function addBaseInfo(node: ServerNode): void {
  const { info } = node;
  info.add("Server", () => serverFields(node));
  info.add("Clients", () => clientFields(node));
  info.add("Memory", () => memoryFields(node));
  info.add("Persistence", () => [
    ["loading", 0],
    ["async_loading", 0],
    ["rdb_changes_since_last_save", node.dirty],
    ["rdb_bgsave_in_progress", 0],
    ["rdb_last_save_time", Math.floor(node.startedAt / 1000)],
    ["rdb_last_bgsave_status", "ok"],
    ["rdb_last_bgsave_time_sec", -1],
    ["aof_enabled", 0],
    ["aof_rewrite_in_progress", 0],
    ["aof_last_bgrewrite_status", "ok"],
    ["aof_last_write_status", "ok"],
  ]);
  info.add("Stats", () => statsFields(node));
  info.add("Replication", () => []);
  info.add("CPU", () => cpuFields());
  info.add("Modules", () => []);
  info.add("Commandstats", () => commandFields(node), false);
  info.add("Errorstats", () =>
    [...node.stats.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  );
  info.add("Latencystats", () => [], false);
  info.add("Cluster", () => [["cluster_enabled", node.clusterEnabled ? 1 : 0]]);
  info.add("Keyspace", () => keyspaceFields(node));
}

function serverFields(node: ServerNode): InfoField[] {
  const us = node.clock.nowUs();
  const seconds = Math.floor((us / 1000 - node.startedAt) / 1000);
  return [
    ["redis_version", SERVER_VERSION],
    ["redis_git_sha1", "00000000"],
    ["redis_git_dirty", 0],
    ["redis_build_id", "0"],
    ["redis_mode", node.clusterEnabled ? "cluster" : "standalone"],
    ["os", `${type()} ${release()} ${arch()}`],
    ["arch_bits", 64],
    ["multiplexing_api", "node"],
    ["process_id", process.pid],
    ["process_supervised", "no"],
    ["run_id", node.runId],
    ["tcp_port", node.port],
    ["server_time_usec", us],
    ["uptime_in_seconds", seconds],
    ["uptime_in_days", Math.floor(seconds / 86_400)],
    ["hz", node.config.text("hz")],
    ["configured_hz", node.config.text("hz")],
    ["lru_clock", Math.floor(us / 1_000_000) & 0xffffff],
    ["executable", process.execPath],
    ["config_file", node.config.file ?? ""],
    ["io_threads_active", 0],
  ];
}

function clientFields(node: ServerNode): InfoField[] {
  const clients = [...node.clients];
  return [
    ["connected_clients", clients.filter((client) => !client.replica).length],
    ["cluster_connections", 0],
    ["maxclients", node.config.text("maxclients")],
    ["client_recent_max_input_buffer", 0],
    ["client_recent_max_output_buffer", Math.max(0, ...clients.map((client) => client.outputBytes))],
    [
      "blocked_clients",
      clients.filter(({ blocked, postponed }) => blocked !== undefined || postponed).length,
    ],
    ["tracking_clients", clients.filter((client) => client.tracking !== undefined).length],
    ["clients_in_timeout_table", 0],
  ];
}

function memoryFields({ config, memory }: ServerNode): InfoField[] {
  const { rss } = process.memoryUsage();
  const { used, peak, startup, dataset, other } = memory;
  const limit = config.number("maxmemory");
  return [
    ["used_memory", used],
    ["used_memory_human", humanSize(used)],
    ["used_memory_rss", rss],
    ["used_memory_rss_human", humanSize(rss)],
    ["used_memory_peak", peak],
    ["used_memory_peak_human", humanSize(peak)],
    ["used_memory_peak_perc", `${((used / peak) * 100).toFixed(2)}%`],
    ["used_memory_overhead", startup + other],
    ["used_memory_startup", startup],
    ["used_memory_dataset", dataset],
    ["used_memory_dataset_perc", `${((dataset / Math.max(1, used - startup)) * 100).toFixed(2)}%`],
    ["used_memory_lua", 0],
    ["used_memory_scripts", 0],
    ["maxmemory", limit],
    ["maxmemory_human", humanSize(limit)],
    ["maxmemory_policy", config.text("maxmemory-policy")],
    ["mem_fragmentation_ratio", (rss / used).toFixed(2)],
    ["mem_fragmentation_bytes", rss - used],
    ["mem_not_counted_for_evict", 0],
    ["mem_clients_slaves", 0],
    ["mem_clients_normal", 0],
    ["mem_allocator", "v8"],
    ["active_defrag_running", 0],
    ["lazyfree_pending_objects", 0],
    ["lazyfreed_objects", 0],
  ];
}

function statsFields({ stats }: ServerNode): InfoField[] {
  return [
    ["total_connections_received", stats.totalConnections],
    ["total_commands_processed", stats.totalCommands],
    ["instantaneous_ops_per_sec", stats.opsPerSecond],
    ["total_net_input_bytes", stats.netInputBytes],
    ["total_net_output_bytes", stats.netOutputBytes],
    ["rejected_connections", stats.rejectedConnections],
    ["expired_keys", stats.expiredKeys],
    ["expired_stale_perc", (stats.expiredStaleRatio * 100).toFixed(2)],
    ["expired_time_cap_reached_count", stats.expiredTimeCapReached],
    ["expire_cycle_cpu_milliseconds", Math.floor(stats.expireCycleUs / 1000)],
    ["evicted_keys", stats.evictedKeys],
    ["evicted_clients", stats.evictedClients],
    ["keyspace_hits", stats.keyspaceHits],
    ["keyspace_misses", stats.keyspaceMisses],
    ["unexpected_error_replies", 0],
    ["total_error_replies", stats.totalErrorReplies],
    ["total_reads_processed", stats.totalReads],
    ["total_writes_processed", stats.totalWrites],
  ];
}

function cpuFields(): InfoField[] {
  const { system, user } = process.cpuUsage();
  return [
    ["used_cpu_sys", (system / 1e6).toFixed(6)],
    ["used_cpu_user", (user / 1e6).toFixed(6)],
    ["used_cpu_sys_children", "0.000000"],
    ["used_cpu_user_children", "0.000000"],
  ];
}

function commandFields({ commands }: ServerNode): InfoField[] {
  return [...commands.entries()]
    .flatMap((entry) => [entry, ...(entry.subcommands?.values() ?? [])])
    .filter(({ calls, rejectedCalls, failedCalls }) => calls + rejectedCalls + failedCalls > 0)
    .map(({ name, calls, usec, rejectedCalls, failedCalls }) => [
      `cmdstat_${name}`,
      `calls=${calls},usec=${usec},usec_per_call=${(calls === 0 ? 0 : usec / calls).toFixed(2)},` +
        `rejected_calls=${rejectedCalls},failed_calls=${failedCalls}`,
    ]);
}

function keyspaceFields({ databases }: ServerNode): InfoField[] {
  return databases
    .filter((db) => db.size > 0)
    .map((db) => [
      `db${db.id}`,
      `keys=${db.size},expires=${db.volatileSize},avg_ttl=${Math.round(db.avgTtlMs)}`,
    ]);
}
