import { expect, test } from "vitest";
import { describeWithReference } from "../differential.ts";
import { Arena, type Shape } from "./arena.ts";
import { ACL } from "./families/acl.ts";
import { ALONE, DISABLED, LOOKS, OPEN_SLOTS, REFUSALS } from "./families/cluster.ts";
import { COMMAND } from "./families/command.ts";
import { CONFIG, PASSWORD } from "./families/config.ts";
import { CLIENT, CONNECTION } from "./families/connection.ts";
import { DEBUG } from "./families/debug.ts";
import { FUNCTIONS } from "./families/functions.ts";
import { KEYSPACE, SCAN, SELDOM } from "./families/keyspace.ts";
import { MIGRATE } from "./families/migrate.ts";
import { OBSERVE } from "./families/observe.ts";
import { EVENTS, PUBSUB } from "./families/pubsub.ts";
import { REDIRECTED, TRACKING } from "./families/tracking.ts";
import { TRANSACTION } from "./families/transaction.ts";
import { Difference } from "./place.ts";
import { runSequence } from "./sequence.ts";
import type { Family } from "./world.ts";

/** More of them in a long run: RANDOM_COMMANDS=1000000 RANDOM_SEED=7. */
const COMMANDS = Number(process.env.RANDOM_COMMANDS ?? 20_000);
const SEED = Number(process.env.RANDOM_SEED ?? 20_261_121);
/** One sequence alone, as a failure names it. */
const ONLY = process.env.RANDOM_SEQUENCE;
/** So many differences are shown before the run ends. */
const SHOWN = Number(process.env.RANDOM_DIFFERENCES ?? 1);
/** Of one sequence; longer in a long run. */
const LENGTH = COMMANDS > 100_000 ? 400 : 120;

const EVERYWHERE: readonly Family[] = [
  CONNECTION,
  CLIENT,
  KEYSPACE,
  SELDOM,
  SCAN,
  TRANSACTION,
  PUBSUB,
  EVENTS,
  TRACKING,
  REDIRECTED,
  ACL,
  COMMAND,
  CONFIG,
  PASSWORD,
  OBSERVE,
  FUNCTIONS,
  DEBUG,
  MIGRATE,
];
const SHAPES: readonly (readonly [shape: Shape, share: number, families: readonly Family[]])[] = [
  ["standalone", 0.7, [...EVERYWHERE, DISABLED]],
  ["cluster", 0.18, [...EVERYWHERE, LOOKS, OPEN_SLOTS, REFUSALS]],
  ["alone", 0.12, [...EVERYWHERE, LOOKS, ALONE]],
];

/** Without a slot the real node stays down for half a second. */
const FINALE: readonly (readonly string[])[] = [
  ["DISCARD"],
  ["CLUSTER", "FLUSHSLOTS"],
  ["FLUSHALL"],
  ["CLUSTER", "FLUSHSLOTS"],
  ["CLUSTER", "FLUSHSLOTS", "x"],
  ["CLUSTER", "SLOTS"],
  ["CLUSTER", "SHARDS"],
  ["CLUSTER", "NODES"],
  ["GET", "a"],
  ["CLUSTER", "RESET", "soft"],
  ["CLUSTER", "RESET", "HARD"],
  ["CLUSTER", "SET-CONFIG-EPOCH", "3"],
  ["CLUSTER", "SET-CONFIG-EPOCH", "4"],
  ["CLUSTER", "INFO"],
  ["CLUSTER", "RESET", "HARD"],
];

/** Implemented and in no sequence, each for a reason. */
const APART: Readonly<Record<string, string>> = {
  "function|help": "tells what is here: there is no LOAD",
  "function|stats": "the real server names the engine that it has",
};

describeWithReference("random sequences over every command", () => {
  const seen = new Map<string, number>();
  let commands: ReadonlySet<string> = new Set();

  for (const [shape, share, families] of SHAPES) {
    test(
      `are answered as the real server answers them (${shape})`,
      async () => {
        const arena = await Arena.start(shape);
        commands = arena.commands;
        const differences: string[] = [];
        let [sent, sent3, sequences] = [0, 0, 0];
        try {
          for (let seed = ONLY === undefined ? SEED : Number(ONLY); sent < COMMANDS * share; seed += 1) {
            await arena.clean();
            const duel = arena.duel();
            sequences += 1;
            try {
              await runSequence(
                duel,
                {
                  seed,
                  length: LENGTH,
                  families,
                  cluster: shape !== "standalone",
                  nodes: shape === "cluster" ? 2 : 1,
                  finale: shape === "alone" && (seed - SEED) % 25 === 0 ? FINALE : undefined,
                  parameters: arena.parameters,
                },
                (name) => seen.set(name, (seen.get(name) ?? 0) + 1),
              );
            } catch (error) {
              const kind = error instanceof Difference ? error.message : ((error as Error).stack ?? "");
              differences.push(
                `RANDOM_SEQUENCE=${seed} (${shape}): ${kind}\nthe last commands:\n  ${duel.history.join("\n  ")}`,
              );
              if (!(error instanceof Difference)) break;
            } finally {
              duel.close();
              sent += duel.sent;
              sent3 += duel.sent3;
            }
            if (ONLY !== undefined || differences.length >= SHOWN) break;
          }
        } finally {
          await arena.close();
        }
        console.log(
          `${shape}: ${sent} commands, ${sent3} of them over RESP3, in ${sequences} sequences from seed ${SEED} on`,
        );
        expect(differences.join("\n\n")).toBe("");
      },
      120_000 + COMMANDS * 10,
    );
  }

  test.skipIf(ONLY !== undefined)("leave no command and no subcommand out", () => {
    const missing = [...commands].filter((name) => !seen.has(name) && APART[name] === undefined);
    expect(missing).toEqual([]);
    expect(Object.keys(APART).filter((name) => seen.has(name) || !commands.has(name))).toEqual([]);
  });
});
