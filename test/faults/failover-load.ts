import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { SlotClient } from "../../src/index.ts";
import type { RigNode } from "../rig/index.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

const WORKERS = 4;
const KEYS_PER_CALL = 8;
const CALL_TIMEOUT_MS = 3_000;

interface Token {
  readonly text: string;
  readonly worker: number;
  readonly outcome: Outcome;
  /** RPUSH of the token, beside the SET of a key named after it. */
  readonly push: Outcome;
  readonly beganAt: number;
  readonly endedAt: number;
}

/** Writes that are never made twice with the same value, and reads of them, until it is told to stop. */
export class FailoverLoad implements AsyncDisposable {
  /** In each worker's order. */
  readonly tokens: Token[] = [];
  /** Values that no key could have. */
  readonly wrongReads: string[] = [];
  longestCallMs = 0;
  readonly #client: SlotClient;
  readonly #label: string;
  readonly #workers: Promise<void>[];
  #running = true;

  constructor(client: SlotClient, label: string) {
    this.#client = client;
    this.#label = label;
    this.#workers = Array.from({ length: WORKERS }, (_, worker) => this.#work(worker));
  }

  /** Whether a write was acknowledged that began after `time`. */
  acknowledgedSince(time: number): boolean {
    return this.tokens.some(({ beganAt, outcome }) => beganAt > time && outcome === "value");
  }

  /** Resolves when every call has ended. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Compares what was told with what `primary` holds. What a failover loses are writes that the old primary acknowledged and had not passed
   * on: the last ones before `lostAt`, when the client noticed. Without `lostAt` nothing may be missing. Where two nodes were primaries at
   * once (`overlapping`) what is lost lies between what both have.
   */
  async verify(
    primary: RigNode,
    {
      lostAt = Number.NEGATIVE_INFINITY,
      overlapping = false,
    }: { lostAt?: number; overlapping?: boolean } = {},
  ): Promise<void> {
    expect(this.wrongReads).toEqual([]);
    expect(this.longestCallMs).toBeLessThan(CALL_TIMEOUT_MS + 20_000);
    const values = await this.#values(primary);
    for (let worker = 0; worker < WORKERS; worker++) {
      const own = this.tokens.filter((token) => token.worker === worker);
      const list = (await primary.command("LRANGE", this.#list(worker), 0, -1)) as string[];
      const pushed = new Set(list);
      expect(pushed.size, "something was pushed twice").toBe(list.length);
      checkKept(
        own,
        overlapping ? undefined : lostAt,
        ({ outcome }) => outcome,
        ({ text }) => values.get(text) === text,
      );
      checkKept(
        own,
        overlapping ? undefined : lostAt,
        ({ push }) => push,
        ({ text }) => pushed.has(text),
      );
    }
  }

  async #values(primary: RigNode): Promise<Map<string, string | null>> {
    const texts = this.tokens.map(({ text }) => text);
    const values = new Map<string, string | null>();
    for (let i = 0; i < texts.length; i += 1000) {
      const slice = texts.slice(i, i + 1000);
      const found = (await primary.command("MGET", ...slice)) as (string | null)[];
      slice.forEach((text, at) => {
        values.set(text, found[at] ?? null);
      });
    }
    return values;
  }

  #list(worker: number): string {
    return `${this.#label}:list:${worker}`;
  }

  async #work(worker: number): Promise<void> {
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    for (let round = 0; this.#running; round++) {
      const texts = Array.from({ length: KEYS_PER_CALL }, (_, i) => `${this.#label}:${worker}.${round}.${i}`);
      const beganAt = performance.now();
      const batch = this.#client.batch();
      for (const text of texts) batch.call("RPUSH", this.#list(worker), text);
      const [sets, pushes] = await Promise.all([
        this.#client.msetSettled(
          texts.map((text) => [text, text]),
          options,
        ),
        batch.exec(options),
      ]);
      const endedAt = performance.now();
      texts.forEach((text, i) => {
        const [outcome, push] = [outcomeOf(sets[i]!), outcomeOf(pushes[i]!)];
        this.tokens.push({ text, worker, outcome, push, beganAt, endedAt });
      });
      const reads = await this.#client.mgetSettled(texts, options);
      this.longestCallMs = Math.max(this.longestCallMs, endedAt - beganAt, performance.now() - endedAt);
      reads.forEach((read, i) => {
        const value = read.status === "fulfilled" && read.value !== null ? String(read.value) : undefined;
        if (value !== undefined && value !== texts[i]) this.wrongReads.push(value);
        outcomeOf(read);
      });
      await sleep(20);
    }
  }
}

/** Acknowledged: there; of those before `lostAt` the last ones may be missing, and none before one that is there. Not applied: not there. */
function checkKept(
  tokens: readonly Token[],
  lostAt: number | undefined,
  outcomeOfToken: (token: Token) => Outcome,
  isThere: (token: Token) => boolean,
): void {
  let missing: Token | undefined;
  for (const token of tokens) {
    const outcome = outcomeOfToken(token);
    const there = isThere(token);
    if (outcome === "not-applied") expect(there, `${token.text} was applied after all`).toBe(false);
    expect(outcome, token.text).not.toBe("server");
    if (outcome !== "value" || lostAt === undefined) continue;
    if (token.endedAt > lostAt)
      expect(there, `${token.text} is lost, acknowledged after the failover`).toBe(true);
    else if (!there) missing ??= token;
    else expect(missing?.text, `lost, although ${token.text} behind it is there`).toBeUndefined();
  }
}
