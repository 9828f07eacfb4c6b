import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { ManualClock, type Server, startServer } from "../../src/server/index.ts";
import { until } from "../rig/index.ts";
import { RespClient } from "./resp-client.ts";

let clock: ManualClock;
let server: Server;
beforeEach(async () => {
  clock = new ManualClock();
  server = await startServer({ clock });
});
afterEach(() => server.close());

const open = () => RespClient.connect(server.port);

test("the same seed on the same server strikes again as before, though the connections are new", async () => {
  const { faults } = server.node;
  const run = async (seed: number) => {
    faults.seed(seed);
    const fault = faults.error("ERR no", { probability: 0.4, times: Number.POSITIVE_INFINITY });
    const [one, other] = [await open(), await open()];
    const pings = Array.from({ length: 60 }, () => ["PING"]);
    const replies = [...(await one.pipeline(pings)), ...(await other.pipeline(pings))];
    fault.remove();
    one.close();
    other.close();
    return replies.map((reply) => (reply === "+PONG" ? "." : "x")).join("");
  };
  const first = await run(7);
  expect(await run(7)).toBe(first);
  expect(await run(8)).not.toBe(first);
  expect(first.slice(0, 60)).not.toBe(first.slice(60));
});

test("an error in a transaction spoils it, and one in the place of EXEC ends it", async () => {
  const client = await open();
  server.node.faults.error("LOADING wait", { command: "incr" });
  expect(await client.pipeline([["MULTI"], ["INCR", "a"], ["INCR", "a"], ["EXEC"], ["GET", "a"]])).toEqual([
    "+OK",
    "-LOADING wait",
    "+QUEUED",
    "-EXECABORT Transaction discarded because of previous errors.",
    "$-1",
  ]);
  server.node.faults.error("READONLY no", { command: "exec" });
  expect(await client.pipeline([["MULTI"], ["INCR", "a"], ["EXEC"], ["INCR", "a"]])).toEqual([
    "+OK",
    "+QUEUED",
    "-READONLY no",
    ":1",
  ]);
});

test("a subcommand is named as the journal names it", async () => {
  const client = await open();
  server.node.faults.error("ERR no", { command: "CONFIG|GET" });
  expect(await client.call("CONFIG", "RESETSTAT")).toBe("+OK");
  expect(await client.call("config", "get", "port")).toBe("-ERR no");
});

test("what latency holds back leaves when the fault is removed", async () => {
  const client = await open();
  const fault = server.node.faults.latency(60_000);
  const reply = client.call("PING");
  await until("it ran", () => server.node.stats.totalCommands === 1);
  fault.remove();
  expect(await reply).toBe("+PONG");
});

test("slotpack's client connects though every byte comes by itself, in both directions", async () => {
  server.node.faults.split({ every: 1 });
  server.node.faults.split({ every: 1 }, { direction: "requests" });
  await using client = await connect(server.url);
  await client.mset([["a", "1"]]);
  expect(String(await client.mget(["a"]))).toBe("1");
});
