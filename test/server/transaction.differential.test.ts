import { afterAll, beforeAll, describe, test } from "vitest";
import { describeWithReference, ServerPair, type Step } from "./differential.ts";

const other = (...args: string[]): Step => ({ on: "other", args });

describeWithReference("transactions", () => {
  for (const resp of [2, 3] as const) {
    describe(`in RESP${resp}`, () => {
      let pair: ServerPair;
      beforeAll(async () => {
        pair = await ServerPair.start({ resp });
      });
      afterAll(() => pair.close());

      test("queue commands and run them together", async () => {
        await pair.same([
          ["MULTI"],
          ["SET", "k", "1"],
          ["INCR", "k"],
          ["GET", "k"],
          ["SELECT", "1"],
          ["GET", "k"],
          ["PING", "x"],
          ["EXEC"],
          ["GET", "k"],
          ["SELECT", "0"],
        ]);
      });

      test("refuse what cannot be queued, and abort then", async () => {
        await pair.same([
          ["EXEC"],
          ["DISCARD"],
          ["MULTI"],
          ["MULTI"],
          ["WATCH", "k"],
          ["EXEC"],
          ["MULTI"],
          ["SET", "k"],
          ["GET", "k"],
          ["EXEC"],
          ["MULTI"],
          ["NOSUCH", "a"],
          ["DISCARD"],
          ["MULTI"],
          ["SHUTDOWN"],
          ["EXEC"],
          ["MULTI"],
          ["EXEC", "x"],
          ["EXEC"],
          ["MULTI", "x"],
          ["UNWATCH", "x"],
        ]);
      });

      test("are refused where replicas are wanted and there are none, though there were enough when they began", async () => {
        await pair.same([
          ["SET", "k", "1"],
          ["MULTI"],
          ["INCR", "k"],
          other("CONFIG", "SET", "min-replicas-to-write", "2"),
          ["EXEC"],
          ["SET", "k", "2"],
          ["GET", "k"],
          ["MULTI"],
          ["GET", "k"],
          ["EXEC"],
          ["MULTI"],
          ["INCR", "k"],
          ["EXEC"],
          ["CONFIG", "SET", "min-replicas-max-lag", "0"],
          ["INCR", "k"],
          ["CONFIG", "SET", "min-replicas-max-lag", "10", "min-replicas-to-write", "0"],
          ["INCR", "k"],
        ]);
      });

      test("go on behind a command that fails", async () => {
        await pair.same([
          ["SET", "text", "abc"],
          ["MULTI"],
          ["INCR", "text"],
          ["SET", "after", "1"],
          ["EXEC"],
          ["GET", "after"],
        ]);
      });

      test("see that a watched key was touched by another connection", async () => {
        await pair.same([
          ["SET", "w", "1"],
          ["WATCH", "w", "w", "v"],
          other("SET", "w", "1"),
          ["MULTI"],
          ["SET", "w", "2"],
          ["EXEC"],
          ["GET", "w"],
          ["WATCH", "w"],
          ["SET", "w", "3"],
          ["MULTI"],
          ["EXEC"],
          ["WATCH", "w"],
          other("GET", "w"),
          ["MULTI"],
          ["GET", "w"],
          ["EXEC"],
        ]);
      });

      test("watch keys that do not exist, and stop on UNWATCH, DISCARD and EXEC", async () => {
        await pair.same([
          ["WATCH", "none"],
          other("SET", "none", "x"),
          ["MULTI"],
          ["EXEC"],
          ["WATCH", "none"],
          other("SET", "none", "y"),
          ["UNWATCH"],
          ["MULTI"],
          ["EXEC"],
          ["WATCH", "none"],
          other("SET", "none", "z"),
          ["MULTI"],
          ["DISCARD"],
          ["MULTI"],
          ["EXEC"],
          ["WATCH", "none"],
          ["MULTI"],
          ["EXEC"],
          other("SET", "none", "z"),
          ["MULTI"],
          ["PING"],
          ["EXEC"],
        ]);
      });

      test("watch a key in the database that was selected then", async () => {
        await pair.same([
          ["SELECT", "5"],
          ["WATCH", "w"],
          other("SET", "w", "in database 0"),
          ["SELECT", "0"],
          ["MULTI"],
          ["EXEC"],
        ]);
      });

      test("answer a pipeline of everything in order", async () => {
        await pair.samePipeline([
          ["MULTI"],
          ["SET", "p", "1"],
          ["INCRBY", "p", "41"],
          ["EXEC"],
          ["WATCH", "p"],
          ["SET", "p", "0"],
          ["MULTI"],
          ["GET", "p"],
          ["EXEC"],
          ["GET", "p"],
        ]);
      });
    });
  }
});
