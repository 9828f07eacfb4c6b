import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startLocalCluster } from "../../src/cli/local-servers.ts";
import { connect, RecordStore } from "../../src/index.ts";
import { RecordTraffic } from "./record-traffic.ts";
import { RssSampler } from "./rss-sampler.ts";

const MiB = 1024 ** 2;
const WINDOW = 64 * MiB;
/** What the process may grow by: the window of bytes in flight, and 150 MB for everything else. */
const ALLOWED = WINDOW + 150e6;

const USAGE = `npm run bench:memory -- [options]
  --gb N       10^9 bytes through putMany, and as many again through getMany, default 10
  --batch N    records of 1 MiB in a call, default 16
  --calls N    calls in flight, default 2
  --mode M     plain (getMany allocates) or into (the caller's own buffers); default: both, a process for each`;

const { values } = parseArgs({
  options: {
    gb: { type: "string", default: "10" },
    batch: { type: "string", default: "16" },
    calls: { type: "string", default: "2" },
    mode: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

function above0(name: "gb" | "batch" | "calls"): number {
  const value = Number(values[name]);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name} must be a number above 0, got ${values[name]}`);
}

async function measure(into: boolean): Promise<void> {
  const shape = {
    recordBytes: MiB,
    batch: Math.ceil(above0("batch")),
    calls: Math.ceil(above0("calls")),
    bytesEachWay: above0("gb") * 1e9,
    into,
  };
  await using servers = await startLocalCluster({ primaries: 3 });
  await using client = await connect(servers.url, { maxInFlightBytes: WINDOW, timeoutMs: 30_000 });
  const store = new RecordStore<{ source: number }>(client);
  const traffic = new RecordTraffic(shape);
  const sampler = new RssSampler();
  const tally = await traffic.run(store);
  const { start, peak, samples } = sampler.stop();
  const seconds = tally.elapsedMs / 1000;
  const moved = tally.putBytes + tally.gotBytes;
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const gb = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  const verdict = peak - start < ALLOWED ? "met" : "MISSED";
  const lines = [
    `getMany ${into ? "into the caller's own buffers" : "with results of its own"}`,
    `  shape    batches of ${shape.batch} records of 1 MiB, ${shape.calls} calls in flight, maxInFlightBytes 64 MiB`,
    `  moved    ${gb(tally.putBytes)} through putMany and ${gb(tally.gotBytes)} through getMany, every byte compared`,
    `  rate     ${(moved / 1e9 / seconds).toFixed(2)} GB/s, ${seconds.toFixed(1)} s`,
    `  RSS      ${mb(start)} at the start, the callers' own buffers included; peak ${mb(peak)}`,
    `           (${samples} samples 20 ms apart, and the kernel's high-water mark)`,
    `  growth   ${mb(peak - start)}, allowed ${mb(ALLOWED)}: ${verdict}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n\n`);
  if (verdict !== "met") process.exitCode = 1;
}

/** What one way leaves behind in a process would hide what the other one needs. */
function measureApart(modes: readonly string[]): void {
  for (const mode of modes) {
    const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    const { status } = spawnSync(process.execPath, [...args, "--mode", mode], { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}

if (values.help) process.stdout.write(`${USAGE}\n`);
else if (values.mode === undefined) measureApart(["plain", "into"]);
else if (values.mode === "plain" || values.mode === "into") await measure(values.mode === "into");
else throw new Error(`--mode ${values.mode}: plain or into`);
