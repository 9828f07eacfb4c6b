import { INT_MAX, integer, LONG_MAX, memory, memoryOrPercent, octal, UINT_MAX, ULONG_MAX } from "./kinds.ts";
import type { Parameter } from "./parameter.ts";

const INT_MIN = -INT_MAX - 1n;

/** The parameters that are numbers; names, defaults and bounds of 7.0.15. */
export const NUMBERS: readonly Parameter[] = [
  integer("databases", 16, 1n, INT_MAX, { immutable: true }),
  integer("port", 6379, 0n, 65535n),
  integer("io-threads", 1, 1n, 128n, { immutable: true }),
  integer("auto-aof-rewrite-percentage", 100, 0n, INT_MAX),
  integer("cluster-replica-validity-factor", 10, 0n, INT_MAX, { alias: "cluster-slave-validity-factor" }),
  integer("list-max-listpack-size", -2, INT_MIN, INT_MAX, { alias: "list-max-ziplist-size" }),
  integer("tcp-keepalive", 300, 0n, INT_MAX),
  integer("cluster-migration-barrier", 1, 0n, INT_MAX),
  integer("active-defrag-cycle-min", 1, 1n, 99n),
  integer("active-defrag-cycle-max", 25, 1n, 99n),
  integer("active-defrag-threshold-lower", 10, 0n, 1000n),
  integer("active-defrag-threshold-upper", 100, 0n, 1000n),
  integer("lfu-log-factor", 10, 0n, INT_MAX),
  integer("lfu-decay-time", 1, 0n, INT_MAX),
  integer("replica-priority", 100, 0n, INT_MAX, { alias: "slave-priority" }),
  integer("repl-diskless-sync-delay", 5, 0n, INT_MAX),
  integer("maxmemory-samples", 5, 1n, INT_MAX),
  integer("maxmemory-eviction-tenacity", 10, 0n, 100n),
  integer("timeout", 0, 0n, INT_MAX),
  integer("replica-announce-port", 0, 0n, 65535n, { alias: "slave-announce-port" }),
  integer("tcp-backlog", 511, 0n, INT_MAX, { immutable: true }),
  integer("cluster-port", 0, 0n, 65535n, { immutable: true }),
  integer("cluster-announce-bus-port", 0, 0n, 65535n),
  integer("cluster-announce-port", 0, 0n, 65535n),
  integer("cluster-announce-tls-port", 0, 0n, 65535n),
  integer("repl-timeout", 60, 1n, INT_MAX),
  integer("repl-ping-replica-period", 10, 1n, INT_MAX, { alias: "repl-ping-slave-period" }),
  integer("list-compress-depth", 0, 0n, INT_MAX),
  integer("rdb-key-save-delay", 0, INT_MIN, INT_MAX, { hidden: true }),
  integer("key-load-delay", 0, INT_MIN, INT_MAX, { hidden: true }),
  integer("active-expire-effort", 1, 1n, 10n),
  clamped(integer("hz", 10, 0n, INT_MAX), 1, 500),
  integer("min-replicas-to-write", 0, 0n, INT_MAX, { alias: "min-slaves-to-write" }),
  integer("min-replicas-max-lag", 10, 0n, INT_MAX, { alias: "min-slaves-max-lag" }),
  integer("watchdog-period", 0, 0n, INT_MAX, { hidden: true }),
  integer("shutdown-timeout", 10, 0n, INT_MAX),
  integer("repl-diskless-sync-max-replicas", 0, 0n, INT_MAX),
  integer("maxclients", 10000, 1n, UINT_MAX),
  octal("unixsocketperm", 0, 0n, 511n, { immutable: true }),
  integer("socket-mark-id", 0, 0n, UINT_MAX, { immutable: true }),
  integer("active-defrag-max-scan-fields", 1000, 1n, LONG_MAX),
  integer("slowlog-max-len", 128, 0n, LONG_MAX),
  integer("acllog-max-len", 128, 0n, LONG_MAX),
  integer("busy-reply-threshold", 5000, 0n, LONG_MAX, { alias: "lua-time-limit" }),
  integer("cluster-node-timeout", 15000, 0n, LONG_MAX),
  integer("slowlog-log-slower-than", 10000, -1n, LONG_MAX),
  integer("latency-monitor-threshold", 0, 0n, LONG_MAX),
  memory("proto-max-bulk-len", 536870912, 1048576n, LONG_MAX),
  integer("stream-node-max-entries", 100, 0n, LONG_MAX),
  clamped(memory("repl-backlog-size", 1048576, 1n, LONG_MAX), 16384, Number.POSITIVE_INFINITY),
  memory("maxmemory", 0, 0n, ULONG_MAX),
  memory("cluster-link-sendbuf-limit", 0, 0n, ULONG_MAX),
  integer("hash-max-listpack-entries", 512, 0n, LONG_MAX, { alias: "hash-max-ziplist-entries" }),
  integer("set-max-intset-entries", 512, 0n, LONG_MAX),
  integer("zset-max-listpack-entries", 128, 0n, LONG_MAX, { alias: "zset-max-ziplist-entries" }),
  memory("active-defrag-ignore-bytes", 104857600, 1n, LONG_MAX),
  memory("hash-max-listpack-value", 64, 0n, LONG_MAX, { alias: "hash-max-ziplist-value" }),
  memory("stream-node-max-bytes", 4096, 0n, LONG_MAX),
  memory("zset-max-listpack-value", 64, 0n, LONG_MAX, { alias: "zset-max-ziplist-value" }),
  memory("hll-sparse-max-bytes", 3000, 0n, LONG_MAX),
  integer("tracking-table-max-keys", 1000000, 0n, LONG_MAX),
  memory("client-query-buffer-limit", 1073741824, 1048576n, LONG_MAX),
  memoryOrPercent("maxmemory-clients", 0, -100n, LONG_MAX),
  integer("repl-backlog-ttl", 3600, 0n, LONG_MAX),
  memory("auto-aof-rewrite-min-size", 67108864, 0n, LONG_MAX),
  integer("loading-process-events-interval-bytes", 2097152, 1024n, INT_MAX, { hidden: true }),
  integer("tls-port", 0, 0n, 65535n),
  integer("tls-session-cache-size", 20480, 0n, INT_MAX),
  integer("tls-session-cache-timeout", 300, 0n, INT_MAX),
];

/** Values beyond the limits are taken, and the limit is meant. */
function clamped(parameter: Parameter, low: number, high: number): Parameter {
  return {
    ...parameter,
    parse(text, before) {
      const parsed = parameter.parse(text, before);
      const number = Math.min(high, Math.max(low, parsed.number));
      return number === parsed.number ? parsed : { text: String(number), number };
    },
  };
}
