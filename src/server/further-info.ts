import { totalmem } from "node:os";
import { humanSize } from "./human-size.ts";
import type { InfoField } from "./info-sections.ts";
import type { ServerNode } from "./server-node.ts";

/** As many as the real server averages. */
const SAMPLES = 16;
const SAMPLE_MS = 100;

/** INFO's fields about the process, about rates, and about work that this server never does and tools still read. */
export function addFurtherInfo(node: ServerNode): void {
  const { info } = node;
  const input = new Rate(node, () => node.stats.netInputBytes);
  const output = new Rate(node, () => node.stats.netOutputBytes);
  info.add("Memory", () => allocatorFields());
  info.add("Persistence", () => [
    ...zeros(["current_cow_peak", "current_cow_size", "current_cow_size_age"]),
    ["current_fork_perc", "0.00"] as const,
    ...zeros(["current_save_keys_processed", "current_save_keys_total"]),
    ...zeros(["rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded"]),
    ...zeros(["aof_rewrite_scheduled", "aof_last_cow_size"]),
    ...zeros(["module_fork_in_progress", "module_fork_last_cow_size"]),
  ]);
  info.add("Stats", () => [
    ["instantaneous_input_kbps", input.kilobytes],
    ["instantaneous_output_kbps", output.kilobytes],
    ...zeros(["total_eviction_exceeded_time", "current_eviction_exceeded_time"]),
    ...zeros(["latest_fork_usec", "total_forks", "slave_expires_tracked_keys"]),
    ...zeros(["active_defrag_hits", "active_defrag_misses"]),
    ...zeros(["active_defrag_key_hits", "active_defrag_key_misses"]),
    ...zeros(["total_active_defrag_time", "current_active_defrag_time", "dump_payload_sanitizations"]),
    ...zeros(["io_threaded_reads_processed", "io_threaded_writes_processed"]),
    ...zeros(["reply_buffer_shrinks", "reply_buffer_expands"]),
  ]);
  info.add("CPU", () => {
    const { system, user } = process.cpuUsage();
    return [
      ["used_cpu_sys_main_thread", (system / 1e6).toFixed(6)],
      ["used_cpu_user_main_thread", (user / 1e6).toFixed(6)],
    ];
  });
}

/** Of the JavaScript engine: there is no allocator of one's own. */
function allocatorFields(): InfoField[] {
  const { heapTotal, heapUsed, rss } = process.memoryUsage();
  const total = totalmem();
  return [
    ["allocator_allocated", heapUsed],
    ["allocator_active", heapTotal],
    ["allocator_resident", rss],
    ["total_system_memory", total],
    ["total_system_memory_human", humanSize(total)],
    ["allocator_frag_ratio", (heapTotal / heapUsed).toFixed(2)],
    ["allocator_frag_bytes", heapTotal - heapUsed],
    ["allocator_rss_ratio", (rss / heapTotal).toFixed(2)],
    ["allocator_rss_bytes", rss - heapTotal],
    ["rss_overhead_ratio", "1.00"],
    ["rss_overhead_bytes", 0],
    ["mem_aof_buffer", 0],
  ];
}

function zeros(names: readonly string[]): InfoField[] {
  return names.map((name) => [name, 0]);
}

/** How fast a counter of bytes grows: the mean of the last samples. */
class Rate {
  readonly #samples: number[] = [];
  #bytes = 0;
  #at: number;

  constructor(node: ServerNode, read: () => number) {
    this.#at = node.clock.nowMs();
    node.hooks.cron.push(() => {
      const passed = node.clock.nowMs() - this.#at;
      if (passed < SAMPLE_MS) return;
      const bytes = read();
      this.#samples.push((Math.max(0, bytes - this.#bytes) * 1000) / passed);
      if (this.#samples.length > SAMPLES) this.#samples.shift();
      this.#at += passed;
      this.#bytes = bytes;
    });
  }

  /** Per second. */
  get kilobytes(): string {
    const sum = this.#samples.reduce((total, sample) => total + sample, 0);
    return (sum / SAMPLES / 1024).toFixed(2);
  }
}
