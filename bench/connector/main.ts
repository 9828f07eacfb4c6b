import { isDeepStrictEqual, parseArgs } from "node:util";
import { startLocalCluster } from "../../src/cli/local-servers.ts";
import { connect, KvConnector, type LmcacheMetadata, lmcacheMetadata, RecordStore } from "../../src/index.ts";
import { median, type Turn, takeTurn } from "../peers/measure.ts";
import { ROWS } from "../peers/row.ts";
import { createWorkload, type KeyShape } from "../peers/workload.ts";

/** What the connector may cost the client, beside the store that it works with. */
const ALLOWED = 1.15;
const WARM_UP = { leadInMs: 0, durationMs: 500, minBatches: 3 };

const USAGE = `npm run bench:connector -- [options]
  --rounds N   interleaved rounds, default 21
  --turn MS    one contestant's turn in a round, default 250
  --keys K     short (19 characters) or lmcache (111), default short`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "21" },
    turn: { type: "string", default: "250" },
    keys: { type: "string", default: "short" },
    help: { type: "boolean", default: false },
  },
});

function above0(name: "rounds" | "turn"): number {
  const value = Number(values[name]);
  if (value > 0 && Number.isFinite(value)) return Math.ceil(value);
  throw new Error(`--${name} must be a number above 0, got ${values[name]}`);
}

function keyShape(): KeyShape {
  if (values.keys === "short" || values.keys === "lmcache") return values.keys;
  throw new Error(`--keys ${values.keys}: short or lmcache`);
}

/** 128 records of 2 KB: RecordStore.getMany against KvConnector.batchedGet, one client, one process. */
async function measure(): Promise<void> {
  const rounds = above0("rounds");
  const limits = { leadInMs: 100, durationMs: above0("turn"), minBatches: 3 };
  const row = ROWS.find(({ name }) => name === "read-128x2KB-lmcache")!;
  const { keys, values: bytes } = createWorkload(row, keyShape());
  await using servers = await startLocalCluster({ primaries: 3 });
  await using client = await connect(servers.url);
  const store = new RecordStore(client, { metadata: lmcacheMetadata() });
  await using connector = new KvConnector(client);
  const metadata: LmcacheMetadata = {
    fmt: "KV_2LTD",
    dtypes: ["uint8"],
    shapes: [[2, 1, row.byteLength / 2, 1]],
  };
  const records = keys.map((key, i) => ({ key, metadata, bytes: bytes[i]! }));
  await connector.batchedPut(keys, records);
  const contestants = [
    { name: "RecordStore.getMany", run: () => store.getMany(keys), turns: [] as Turn[] },
    { name: "KvConnector.batchedGet", run: () => connector.batchedGet(keys), turns: [] as Turn[] },
  ];
  for (const { name, run } of contestants)
    if (!isDeepStrictEqual(await run(), records)) throw new Error(`${name} read something else`);
  for (const { run } of contestants) await takeTurn(run, row.records, WARM_UP, null);
  for (let round = 0; round < rounds; round++) {
    for (const { run, turns } of round % 2 === 0 ? contestants : contestants.toReversed()) {
      turns.push(await takeTurn(run, row.records, limits, null));
    }
  }
  const cpu = contestants.map(({ turns }) => median(turns.map(({ cpuUsPerRecord }) => cpuUsPerRecord)));
  const ratios = contestants[1]!.turns.map(
    (turn, i) => turn.cpuUsPerRecord / contestants[0]!.turns[i]!.cpuUsPerRecord,
  );
  const ratio = cpu[1]! / cpu[0]!;
  const lines = [
    `${row.records} records of ${row.byteLength} bytes with LMCache's metadata, three primaries on loopback, ${values.keys} keys,`,
    `${rounds} interleaved rounds of ${limits.durationMs} ms; client CPU (user and system), medians; every byte compared before`,
    "",
    ...contestants.map(({ name }, i) => `  ${name.padEnd(24)}${cpu[i]!.toFixed(3)} µs a record`),
    `  ratio                   ${ratio.toFixed(3)} of the medians, ${median(ratios).toFixed(3)} as the median of the rounds' ratios`,
    `  allowed                 ${ALLOWED}: ${ratio <= ALLOWED ? "met" : "MISSED"}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (ratio > ALLOWED) process.exitCode = 1;
}

if (values.help) process.stdout.write(`${USAGE}\n`);
else await measure();
