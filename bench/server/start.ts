import { execFileSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** How long the embedded server takes to start: the first time in a process, and then again and again in the same. */

const USAGE = `npm run bench:start -- [options]
  --rounds N  starts in one process, default 20
  --cold N    processes whose first start is measured, default 5`;

/** What issue 6 asks for a cluster of six nodes. */
const TARGET_MS = 250;

const FORMS = {
  "one server": { worker: false, cluster: false },
  "six nodes": { worker: false, cluster: true },
  "one server in a worker": { worker: true, cluster: false },
  "six nodes in a worker": { worker: true, cluster: true },
} as const;
type Form = keyof typeof FORMS;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    cold: { type: "string", default: "5" },
    /** Of a process that this one starts. */
    form: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

async function startOf(form: Form): Promise<() => Promise<{ close(): Promise<void> }>> {
  const { startCluster, startServer } = await import("../../src/server/index.ts");
  const { cluster, worker } = FORMS[form];
  if (!cluster) return () => (worker ? startServer({ worker }) : startServer());
  const shape = { primaries: 3, replicas: 1 };
  return () => (worker ? startCluster({ ...shape, workers: 1 }) : startCluster(shape));
}

/** Milliseconds of so many starts, one after another. */
async function measure(start: () => Promise<{ close(): Promise<void> }>, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const from = performance.now();
    const running = await start();
    times.push(performance.now() - from);
    await running.close();
  }
  return times;
}

interface Cold {
  readonly importMs: number;
  readonly startMs: number;
}

async function measureCold(form: Form): Promise<Cold> {
  const from = performance.now();
  const start = await startOf(form);
  const importMs = performance.now() - from;
  const [startMs = 0] = await measure(start, 1);
  return { importMs, startMs };
}

function coldInProcess(form: Form): Cold {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), "--form", form]);
  return JSON.parse(String(output)) as Cold;
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  return `${(sorted[sorted.length >> 1] ?? 0).toFixed(0)} | ${(sorted.at(-1) ?? 0).toFixed(0)}`;
}

async function report(rounds: number, processes: number): Promise<void> {
  const load = loadavg()[0]?.toFixed(1);
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, load ${load}; milliseconds\n`,
  );
  console.log(
    `| start of | median of ${rounds} | worst | first in a process: median of ${processes} | worst | loading the modules | worst |`,
  );
  console.log("| --- | --: | --: | --: | --: | --: | --: |");
  for (const form of Object.keys(FORMS) as Form[]) {
    const cold = Array.from({ length: processes }, () => coldInProcess(form));
    const start = await startOf(form);
    await measure(start, 1);
    const times = await measure(start, rounds);
    const first = summary(cold.map(({ startMs }) => startMs));
    console.log(
      `| ${form} | ${summary(times)} | ${first} | ${summary(cold.map(({ importMs }) => importMs))} |`,
    );
    if (form === "six nodes" && Math.max(...times) > TARGET_MS) process.exitCode = 1;
  }
}

if (values.help) console.log(USAGE);
else if (values.form !== undefined) console.log(JSON.stringify(await measureCold(values.form as Form)));
else await report(Number(values.rounds), Number(values.cold));
