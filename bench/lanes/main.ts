import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { startLocalCluster } from "../../src/cli/local-servers.ts";
import { connect } from "../../src/index.ts";
import { contender, type LaneFigures, runLane } from "./lane-run.ts";
import { type LaneRow, laneTable, verdict } from "./report.ts";

const USAGE = `npm run bench:lanes -- [options]
  --value-bytes N[,N]  bytes of one value, default 1000000,8000000
  --total-bytes N      bytes that are queued at once, default 2000000000
  --batch N            records in one put, default 64
  --every-ms N         milliseconds between the begins of two lookups, default 5
  --rounds N           runs with lanes and without, in turns, default 3
  --through WAY        connector (KvConnector, default) or store (RecordStore with all puts in the client's own queue)
  --lanes on|off       one of the two only`;

const { values } = parseArgs({
  options: {
    "value-bytes": { type: "string", default: "1000000,8000000" },
    "total-bytes": { type: "string", default: "2000000000" },
    batch: { type: "string", default: "64" },
    "every-ms": { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    through: { type: "string", default: "connector" },
    lanes: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

function above0(name: "total-bytes" | "batch" | "every-ms" | "rounds", value = values[name]): number {
  const number = Number(value);
  if (number >= 1 && Number.isSafeInteger(number)) return number;
  throw new Error(`--${name} must be a whole number above 0, got ${value}`);
}

async function measure(
  through: "connector" | "store",
  modes: readonly boolean[],
  valueBytes: number,
): Promise<void> {
  const load = {
    valueBytes,
    totalBytes: above0("total-bytes"),
    batch: above0("batch"),
    everyMs: above0("every-ms"),
  };
  const rows: LaneRow[] = modes.map((lanes) => ({ lanes, runs: [] as LaneFigures[] }));
  for (let round = 0; round < above0("rounds"); round++) {
    for (const { lanes, runs } of round % 2 === 0 ? rows : rows.toReversed()) {
      await using servers = await startLocalCluster({ primaries: 3 });
      await using client = await connect(servers.url, {
        maxQueuedBytes: 2 * load.totalBytes,
        timeoutMs: 300_000,
      });
      const target = contender(through, client, lanes);
      runs.push(await runLane(target, load));
      await target.close();
    }
  }
  const { kept, text } = verdict(rows);
  process.stdout.write(`${laneTable(rows, load)}\n\n${text}\n\n`);
  if (!kept) process.exitCode = 1;
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const { through, lanes } = values;
  if (through !== "connector" && through !== "store")
    throw new Error(`--through ${through}: connector or store`);
  if (lanes !== undefined && lanes !== "on" && lanes !== "off")
    throw new Error(`--lanes ${lanes}: on or off`);
  const modes = lanes === undefined ? [true, false] : [lanes === "on"];
  const sizes = values["value-bytes"].split(",").map((size) => above0("total-bytes", size));
  const load = loadavg()[0]!.toFixed(2);
  process.stdout.write(
    `through ${through === "connector" ? "KvConnector" : "RecordStore"}; node ${process.version}, three primaries on loopback, ` +
      `${cpus().length} cores, load average at the start ${load}\n\n`,
  );
  for (const size of sizes) await measure(through, modes, size);
}

await main();
