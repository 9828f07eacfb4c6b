/** What redis-benchmark sends in one row. */
export interface Row {
  readonly name: string;
  readonly pipeline: number;
  /** Commands are drawn from so many keys, all of which exist before. */
  readonly keys: number;
  readonly valueBytes: number;
  /** Behind `-P` and `-r`. */
  readonly args: readonly string[];
  /** Connections that have subscribed to the channel `news`. */
  readonly listeners?: number;
  /** What `ours / redis-server` of the throughput has to be at least. */
  readonly bound?: number;
}

const BOUND = 0.3;
const MANY = Array.from({ length: 100 }, () => "key:__rand_int__");

function plain(test: string, valueBytes: number, pipeline: number): Row {
  const size = valueBytes === 3 ? "3 B" : `${valueBytes / 1024} KB`;
  return {
    name: `${test.toUpperCase()} ${size}, -P ${pipeline}`,
    pipeline,
    keys: valueBytes > 100 ? 20_000 : 100_000,
    valueBytes,
    args: ["-t", test, "-d", `${valueBytes}`],
    ...(pipeline > 1 ? { bound: BOUND } : {}),
  };
}

export const ROWS: readonly Row[] = [
  plain("set", 3, 16),
  plain("get", 3, 16),
  plain("set", 2048, 16),
  plain("get", 2048, 16),
  plain("set", 3, 1),
  plain("get", 3, 1),
  {
    name: "INCR, -P 16",
    pipeline: 16,
    keys: 100_000,
    valueBytes: 3,
    args: ["-t", "incr"],
  },
  {
    name: "MSET of 100 keys, -P 1",
    pipeline: 1,
    keys: 100_000,
    valueBytes: 3,
    args: ["MSET", ...MANY.flatMap((key) => [key, "xxx"])],
  },
  {
    name: "MGET of 100 keys, -P 1",
    pipeline: 1,
    keys: 100_000,
    valueBytes: 3,
    args: ["MGET", ...MANY],
  },
  {
    name: "PUBLISH to 10 listeners, -P 16",
    pipeline: 16,
    keys: 1,
    valueBytes: 3,
    args: ["PUBLISH", "news", "xxx"],
    listeners: 10,
  },
];
