import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CliRun, CONTESTANTS, runOnPipe } from "./contestant.ts";
import { SHAPES, writeKeys } from "./key-file.ts";

const USAGE = `npm run bench:cli -- [options]
  --keys N     keys in the pipe, default 1000000
  --rounds N   runs of each contestant, in turns, default 7`;

/** What `slotpack slot` may take: 0.6 s where readline alone takes 0.23, and 150 MB. */
const MAX_RATIO = 0.6 / 0.23;
const MAX_RSS = 150e6;

const { values } = parseArgs({
  options: {
    keys: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "7" },
    help: { type: "boolean", default: false },
  },
});

function above0(name: "keys" | "rounds"): number {
  const number = Number(values[name]);
  if (number >= 1 && Number.isSafeInteger(number)) return number;
  throw new Error(`--${name} must be a whole number above 0, got ${values[name]}`);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

async function measure(file: string, rounds: number): Promise<Map<string, CliRun[]>> {
  const runs = new Map(CONTESTANTS.map(({ name }) => [name, [] as CliRun[]]));
  for (let round = 0; round < rounds; round++) {
    const shift = round % CONTESTANTS.length;
    for (const contestant of [...CONTESTANTS.slice(shift), ...CONTESTANTS.slice(0, shift)])
      runs.get(contestant.name)!.push(await runOnPipe(contestant, file));
  }
  return runs;
}

/** Whether `slotpack slot` stays within what it may take. */
function report(runs: ReadonlyMap<string, readonly CliRun[]>): boolean {
  const floor = median(runs.get("readline alone")!.map(({ seconds }) => seconds));
  process.stdout.write("| | s | times readline | CPU s | most memory, MB |\n|---|--:|--:|--:|--:|\n");
  let kept = true;
  for (const [name, list] of runs) {
    const seconds = median(list.map((run) => run.seconds));
    const cpu = median(list.map((run) => run.cpuSeconds));
    const rss = Math.max(...list.map(({ maxRss }) => maxRss));
    if (name === "slotpack slot" && (seconds / floor > MAX_RATIO || rss > MAX_RSS)) kept = false;
    const cells = [seconds.toFixed(2), (seconds / floor).toFixed(2), cpu.toFixed(2), (rss / 1e6).toFixed(0)];
    process.stdout.write(`| ${name} | ${cells.join(" | ")} |\n`);
  }
  return kept;
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const [count, rounds] = [above0("keys"), above0("rounds")];
  const folder = mkdtempSync(join(tmpdir(), "slotpack-bench-cli-"));
  const load = loadavg()[0]!.toFixed(2);
  process.stdout.write(
    `node ${process.version}, ${cpus().length} cores, load average at the start ${load}; medians of ${rounds} rounds\n`,
  );
  try {
    for (const shape of SHAPES) {
      const file = join(folder, "keys.txt");
      const mean = writeKeys(file, shape, count);
      process.stdout.write(
        `\n${count.toLocaleString("en-US")} keys ${shape.name} of ${mean.toFixed(0)} bytes\n\n`,
      );
      if (!report(await measure(file, rounds))) process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
