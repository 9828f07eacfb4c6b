import { keySlot } from "../../src/slots/index.ts";
import type { RigCluster } from "../../test/rig/servers.ts";
import { errorName, type LoadClient, type LoadCommand } from "./contestant.ts";
import { SlotShuttle } from "./slot-shuttle.ts";

export interface MigratingLoadOptions {
  readonly client: LoadClient;
  /** Hash tags of keys whose slots move meanwhile. */
  readonly moving: readonly string[];
  /** Hash tags of keys that stay where they are. */
  readonly resting: readonly string[];
  readonly batches: number;
  /** Batches under way at a time. */
  readonly concurrency: number;
  /** Stops early after so many milliseconds. */
  readonly limitMs?: number;
}

export interface MigratingLoadResult {
  readonly batches: number;
  readonly commands: number;
  /** Replies that were not what the model says: a stored value, a null, a position in a list, a count. */
  readonly wrong: number;
  /** Errors that reached the caller, by name. */
  readonly errors: ReadonlyMap<string, number>;
  /** Elements of one caller on one list that stand before an earlier one of the same caller. */
  readonly reordered: number;
  /** RPUSH and INCR that ran more than once. */
  readonly duplicates: number;
  /** RPUSH and INCR that were acknowledged and are not there. */
  readonly lost: number;
  readonly elapsedMs: number;
  /** Slots that were handed over meanwhile. */
  readonly moves: number;
  /** The first three deviations, for a test's message. */
  readonly examples: readonly string[];
}

const VALUES = 12;
const LISTS = 6;
const COUNTERS = 2;
const LEAST = 2;
const MOST = 20;

const valueKey = (tag: string, i: number) => `{${tag}}:v:${i}`;
const listKey = (tag: string, i: number) => `{${tag}}:l:${i}`;
const counterKey = (tag: string, i: number) => `{${tag}}:c:${i}`;

/** What was acknowledged and what failed on one list or counter. */
interface Log {
  readonly acknowledged: { readonly token: string; readonly reply: number }[];
  readonly failed: Set<string>;
}

/** Random batches against a model: every reply checked at its index, lists and counters read back at the end. */
export async function runMigratingLoad(
  cluster: RigCluster,
  options: MigratingLoadOptions,
): Promise<MigratingLoadResult> {
  const { client, moving } = options;
  const tags = [...moving, ...options.resting];
  const logs = new Map<string, Log>();
  const errors = new Map<string, number>();
  const examples: string[] = [];
  let wrong = 0;
  let commands = 0;
  let batches = 0;

  const example = (text: string): void => {
    if (examples.length < 3) examples.push(text);
  };
  const check = ([name, key, token = ""]: LoadCommand, outcome: PromiseSettledResult<unknown>): void => {
    if (outcome.status === "rejected") {
      const error = errorName(outcome.reason);
      errors.set(error, (errors.get(error) ?? 0) + 1);
      example(`${name} ${key}: ${(outcome.reason as Error).message}`);
      if (name !== "GET") logOf(logs, key).failed.add(token);
      return;
    }
    const { value } = outcome;
    if (name === "GET") {
      const expected = key.includes(":none:") ? null : `value of ${key}`;
      if (value === expected) return;
      wrong++;
      example(`GET ${key}: ${String(value)} instead of ${String(expected)}`);
    } else if (typeof value === "number") logOf(logs, key).acknowledged.push({ token, reply: value });
    else {
      wrong++;
      example(`${name} ${key}: ${String(value)} instead of a number`);
      logOf(logs, key).failed.add(token);
    }
  };

  await store(cluster, tags);
  const shuttle = new SlotShuttle(cluster, moving.map(keySlot));
  const began = performance.now();
  const until = began + (options.limitMs ?? Number.POSITIVE_INFINITY);
  const worker = async (id: number): Promise<void> => {
    let sequence = 0;
    while (batches < options.batches && performance.now() < until) {
      batches++;
      const batch = randomBatch(tags, () => `${id}.${sequence++}`);
      const outcomes = await client.run(batch);
      commands += batch.length;
      batch.forEach((command, i) => {
        check(command, outcomes[i] as PromiseSettledResult<unknown>);
      });
    }
  };
  const workers = Array.from({ length: options.concurrency }, (_, id) => worker(id));
  await Promise.all(workers).finally(() => shuttle.stop());
  const elapsedMs = performance.now() - began;
  const { moves } = shuttle;

  const audit = { wrong: 0, reordered: 0, duplicates: 0, lost: 0, example };
  for (const tag of tags) await auditTag(cluster, tag, logs, audit);
  const { reordered, duplicates, lost } = audit;
  return {
    batches,
    commands,
    wrong: wrong + audit.wrong,
    errors,
    reordered,
    duplicates,
    lost,
    elapsedMs,
    moves,
    examples,
  };
}

function randomBatch(tags: readonly string[], nextToken: () => string): LoadCommand[] {
  const length = LEAST + random(MOST - LEAST + 1);
  // Few tags in a batch, so that many of its keys share the slot that is on the move.
  const chosen = Array.from({ length: 1 + random(3) }, () => pick(tags));
  // Of two lists only, so that a batch has several commands on one key.
  const lists = [random(LISTS), random(LISTS)];
  // Three of ten batches only read.
  const kinds = random(10) < 3 ? 6 : 10;
  return Array.from({ length }, (): LoadCommand => {
    const tag = pick(chosen);
    const kind = random(kinds);
    if (kind < 5) return ["GET", valueKey(tag, random(VALUES))];
    if (kind < 6) return ["GET", `{${tag}}:none:${random(VALUES)}`];
    if (kind < 9) return ["RPUSH", listKey(tag, pick(lists)), nextToken()];
    return ["INCRBY", counterKey(tag, random(COUNTERS)), "1"];
  });
}

async function store(cluster: RigCluster, tags: readonly string[]): Promise<void> {
  for (const node of cluster.primaries) await node.command("FLUSHALL");
  for (const tag of tags) {
    const owner = await cluster.ownerOf(keySlot(tag));
    for (let i = 0; i < VALUES; i++)
      await owner.command("SET", valueKey(tag, i), `value of ${valueKey(tag, i)}`);
  }
}

interface Audit {
  wrong: number;
  reordered: number;
  duplicates: number;
  lost: number;
  example(text: string): void;
}

async function auditTag(
  cluster: RigCluster,
  tag: string,
  logs: ReadonlyMap<string, Log>,
  audit: Audit,
): Promise<void> {
  const owner = await cluster.ownerOf(keySlot(tag));
  for (let i = 0; i < LISTS; i++) {
    const key = listKey(tag, i);
    const list = (await owner.command("LRANGE", key, 0, -1)) as string[];
    auditList(key, list, logs.get(key) ?? { acknowledged: [], failed: new Set() }, audit);
  }
  for (let i = 0; i < COUNTERS; i++) {
    const key = counterKey(tag, i);
    const counted = Number((await owner.command("GET", key)) ?? 0);
    const { acknowledged, failed } = logs.get(key) ?? { acknowledged: [], failed: new Set() };
    const replies = new Set(acknowledged.map(({ reply }) => reply));
    // Two callers with one count: one of them was told somebody else's.
    audit.wrong += acknowledged.length - replies.size;
    if (counted < acknowledged.length) audit.lost += acknowledged.length - counted;
    if (failed.size === 0 && counted > acknowledged.length) {
      audit.duplicates += counted - acknowledged.length;
      audit.example(`${key} is ${counted} after ${acknowledged.length} acknowledged INCRBY`);
    }
  }
}

function auditList(key: string, list: readonly string[], { acknowledged, failed }: Log, audit: Audit): void {
  const places = new Map<string, number>();
  const lastOf = new Map<string, number>();
  list.forEach((token, index) => {
    if (places.has(token)) {
      audit.duplicates++;
      audit.example(`${key} holds ${token} twice${failed.has(token) ? ", reported as failed" : ""}`);
    } else places.set(token, index);
    const [worker = "", sequence = ""] = token.split(".");
    const last = lastOf.get(worker) ?? -1;
    if (Number(sequence) < last) {
      audit.reordered++;
      audit.example(`${key} holds ${token} behind ${worker}.${last}`);
    }
    lastOf.set(worker, Math.max(last, Number(sequence)));
  });
  for (const { token, reply } of acknowledged) {
    const index = places.get(token);
    if (index === undefined) {
      audit.lost++;
      audit.example(`${key} lacks ${token}, which was acknowledged`);
    } else if (list[reply - 1] !== token) {
      audit.wrong++;
      audit.example(`${key}: ${token} was answered ${reply} and stands at ${index + 1}`);
    }
  }
}

function logOf(logs: Map<string, Log>, key: string): Log {
  let log = logs.get(key);
  if (log === undefined) {
    log = { acknowledged: [], failed: new Set() };
    logs.set(key, log);
  }
  return log;
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

function pick<T>(list: readonly T[]): T {
  return list[random(list.length)] as T;
}
