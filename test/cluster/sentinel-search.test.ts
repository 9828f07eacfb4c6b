import { once } from "node:events";
import { expect, test } from "vitest";
import { connect, type SlotClient } from "../../src/index.ts";
import { until } from "../rig/index.ts";
import {
  NAME,
  type ScriptedSentinel,
  sentinelUrl,
  startScriptedNode,
  startScriptedSentinel,
} from "./scripted-sentinel.ts";

const NOBODY = { host: "127.0.0.1", port: 1 };
/** Nothing but what the test does makes the client ask again. */
const QUIET = { topologyRefreshMs: 600_000, deadNodeTimeoutMs: 10_000 };

/** Once this Sentinel has answered. */
function answered(sentinel: ScriptedSentinel): Promise<void> {
  return until(
    "it was asked",
    () => sentinel.server.commands.some(({ text }) => text[0] === "SENTINELS"),
    60_000,
  );
}

async function whoAnswers(client: SlotClient): Promise<string> {
  return String((await client.mget(["k"]))[0]);
}

test("a Sentinel that names a node which is a replica by now is passed over for one that knows better", async () => {
  await using old = await startScriptedNode("old", "slave");
  await using primary = await startScriptedNode("new", "master");
  await using stale = await startScriptedSentinel({ primary: old.server });
  await using fresh = await startScriptedSentinel({ primary: primary.server });
  await using client = await connect(sentinelUrl(stale.server, fresh.server), QUIET);
  expect(await whoAnswers(client)).toBe("new");
  expect(old.server.names).not.toContain("GET");
});

test("of two that both claim to be primaries the one of the newer configuration counts", async () => {
  await using old = await startScriptedNode("old", "master");
  await using primary = await startScriptedNode("new", "master");
  await using stale = await startScriptedSentinel({ primary: old.server, epoch: 3 });
  await using fresh = await startScriptedSentinel({ primary: primary.server, epoch: 4 });
  old.roleAfter = answered(fresh);
  await using client = await connect(sentinelUrl(stale.server, fresh.server), QUIET);
  expect(await whoAnswers(client)).toBe("new");
});

test("an older configuration is not gone back to when only its Sentinel is left, until a majority has it", async () => {
  await using old = await startScriptedNode("old", "master");
  await using primary = await startScriptedNode("new", "master");
  await using fresh = await startScriptedSentinel({ primary: primary.server, epoch: 4 });
  await using stale = await startScriptedSentinel({ primary: old.server, epoch: 3 });
  old.roleAfter = answered(fresh);
  await using client = await connect(sentinelUrl(fresh.server, stale.server), {
    topologyRefreshMs: 500,
    timeoutMs: 60_000,
  });
  await fresh.server.stop();
  await primary.server.stop();
  const asked = stale.questions;
  const call = whoAnswers(client);
  await until("the one that is left was asked some more", () => stale.questions > asked + 2, 60_000);
  expect(old.server.names).not.toContain("GET");
  await using another = await startScriptedSentinel({ primary: old.server, epoch: 3 });
  stale.state.others = [another.server];
  expect(await call).toBe("old");
});

test("Sentinels that are out of reach or speak of something else do not keep from the one that knows", async () => {
  await using primary = await startScriptedNode("new", "master");
  await using ignorant = await startScriptedSentinel({ primary: null });
  await using broken = await startScriptedSentinel({ primary: { host: "no host", port: 99_999 } });
  await using fresh = await startScriptedSentinel({ primary: primary.server });
  const url = sentinelUrl({ address: "127.0.0.1:1" }, ignorant.server, broken.server, fresh.server);
  await using client = await connect(url, QUIET);
  expect(await whoAnswers(client)).toBe("new");
});

test("a primary that nobody confirms is waited for until connectTimeoutMs, and every cause is told", async () => {
  await using replica = await startScriptedNode("replica", "slave");
  await using one = await startScriptedSentinel({ primary: replica.server });
  await using two = await startScriptedSentinel({ primary: NOBODY });
  const url = sentinelUrl(one.server, two.server, { address: "127.0.0.1:2" });
  const error = await connect(url, { connectTimeoutMs: 3000 }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "NotAppliedError", code: "CONNECT_FAILED" });
  const { message } = error as Error;
  expect(message).toContain("within 3000 ms");
  expect(message).toContain(`${replica.server.address}: it is no primary, its role is slave`);
  expect(message).toContain("ECONNREFUSED 127.0.0.1:1");
  expect(message).toContain("Sentinel 127.0.0.1:2: connect ECONNREFUSED");
  expect(one.questions).toBeGreaterThan(1);
});

test("a name that no Sentinel knows is refused without waiting", async () => {
  await using one = await startScriptedSentinel({ primary: null });
  await using two = await startScriptedSentinel({ primary: null });
  const error = await connect(sentinelUrl(one.server, two.server)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "CONNECT_FAILED" });
  expect((error as Error).message).toContain(`it monitors no primary of the name "${NAME}"`);
  expect((error as Error).message).not.toContain("within 10000 ms");
});

test("a server that is no Sentinel is refused without waiting", async () => {
  await using node = await startScriptedNode("node", "master");
  const error = await connect(sentinelUrl(node.server)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "CONNECT_FAILED",
    message: expect.stringMatching(/it is no Sentinel \(ERR unknown command/),
  });
  expect((error as Error).message).not.toContain("within 10000 ms");
});

test("a failover that a Sentinel tells of is followed at once, without any call and any poll", async () => {
  await using first = await startScriptedNode("first", "master");
  await using second = await startScriptedNode("second", "master");
  await using sentinel = await startScriptedSentinel({ primary: first.server, epoch: 1 });
  await using client = await connect(sentinelUrl(sentinel.server), QUIET);
  expect(await whoAnswers(client)).toBe("first");
  await until("it is subscribed", () => sentinel.subscribers === 1);
  const up = once(client, "nodeUp");
  sentinel.switchTo(second.server, 2);
  expect(await up).toEqual([{ node: second.server.address }]);
  expect(client.topology()?.nodes).toMatchObject([{ port: second.server.port }]);
  expect(await whoAnswers(client)).toBe("second");
  await until("the old connection is closed", () => first.server.connections.length === 0);
});

test("news of another primary changes nothing", async () => {
  await using first = await startScriptedNode("first", "master");
  await using sentinel = await startScriptedSentinel({ primary: first.server });
  await using client = await connect(sentinelUrl(sentinel.server), QUIET);
  await until(
    "it is subscribed and was asked again",
    () => sentinel.subscribers === 1 && sentinel.questions >= 2,
  );
  const asked = sentinel.questions;
  for (const connection of sentinel.server.connections)
    connection.write("*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n$19\r\nother 1.1.1.1 1 2 3\r\n");
  expect(await whoAnswers(client)).toBe("first");
  expect(sentinel.questions).toBe(asked);
});

test("READONLY makes it ask the Sentinels, and the write goes on at the new primary", async () => {
  await using demoted = await startScriptedNode("demoted", "master");
  await using second = await startScriptedNode("second", "master");
  await using sentinel = await startScriptedSentinel({ primary: demoted.server, epoch: 1 });
  await using client = await connect(sentinelUrl(sentinel.server), { ...QUIET, timeoutMs: 60_000 });
  await until(
    "it is subscribed and was asked again",
    () => sentinel.subscribers === 1 && sentinel.questions >= 2,
  );
  // A failover of which no news comes.
  sentinel.state.primary = second.server;
  demoted.role = "slave";
  await client.mset([["k", "v"]]);
  expect(demoted.server.names.filter((name) => name === "SET").length).toBeGreaterThanOrEqual(1);
  expect(second.server.names.filter((name) => name === "SET").length).toBe(1);
  expect(client.stats()).toMatchObject({ unknown: 0, openConnections: 1 });
});

test("a lost connection makes it ask the Sentinels, and the read goes on at the new primary", async () => {
  await using lost = await startScriptedNode("lost", "master");
  await using second = await startScriptedNode("second", "master");
  await using sentinel = await startScriptedSentinel({ primary: lost.server });
  await using client = await connect(sentinelUrl(sentinel.server), { ...QUIET, timeoutMs: 60_000 });
  sentinel.state.primary = second.server;
  await lost.server.stop();
  expect(await whoAnswers(client)).toBe("second");
});

test("Sentinels that others tell of are asked too, and subscribed to when the first is gone", async () => {
  await using first = await startScriptedNode("first", "master");
  await using second = await startScriptedNode("second", "master");
  await using learned = await startScriptedSentinel({ primary: first.server });
  await using sentinel = await startScriptedSentinel({ primary: first.server, others: [learned.server] });
  await using client = await connect(sentinelUrl(sentinel.server), QUIET);
  await until("it is subscribed", () => sentinel.subscribers === 1);
  await sentinel.server.stop();
  await until("it is subscribed to the other one", () => learned.subscribers === 1);
  learned.switchTo(second.server, 1);
  await until("it has gone over", () => client.topology()?.nodes[0]?.port === second.server.port);
  expect(await whoAnswers(client)).toBe("second");
});

test("a subscription that is refused keeps nothing from working", async () => {
  await using first = await startScriptedNode("first", "master");
  await using sentinel = await startScriptedSentinel({ primary: first.server });
  await using client = await connect(sentinelUrl(sentinel.server), { topologyRefreshMs: 500 });
  await until("it is subscribed", () => sentinel.subscribers === 1);
  const accepted = sentinel.server.accepted;
  for (const { write } of sentinel.server.connections) write("-NOPERM no\r\n");
  await until("it was asked again", () => sentinel.server.accepted > accepted + 2);
  expect(await whoAnswers(client)).toBe("first");
});

test("a subscription on which nothing comes any more is replaced", async () => {
  await using first = await startScriptedNode("first", "master");
  await using sentinel = await startScriptedSentinel({ primary: first.server });
  await using client = await connect(sentinelUrl(sentinel.server), { topologyRefreshMs: 500 });
  const subscriptions = () => sentinel.server.names.filter((name) => name === "SUBSCRIBE").length;
  await until("it is subscribed", () => subscriptions() === 1);
  sentinel.state.mute = true;
  await until("it is subscribed anew", () => subscriptions() > 1, 60_000);
  expect(await whoAnswers(client)).toBe("first");
});

test("natMap holds for what Sentinels announce, of nodes and of Sentinels", async () => {
  await using first = await startScriptedNode("first", "master");
  await using learned = await startScriptedSentinel({ primary: { host: "10.1.1.1", port: 7000 } });
  await using sentinel = await startScriptedSentinel({
    primary: { host: "10.1.1.1", port: 7000 },
    others: [{ host: "10.1.1.2", port: 26_379 }],
  });
  const natMap = {
    "10.1.1.1:7000": { host: "127.0.0.1", port: first.server.port },
    "10.1.1.2:26379": { host: "127.0.0.1", port: learned.server.port },
  };
  await using client = await connect(sentinelUrl(sentinel.server), { natMap, topologyRefreshMs: 500 });
  expect(await whoAnswers(client)).toBe("first");
  expect(client.topology()?.nodes).toMatchObject([{ host: "10.1.1.1", port: 7000 }]);
  await until("the other one was asked", () => learned.questions > 0);
});

test("one connection is enough for the nodes, over a failover too", async () => {
  await using first = await startScriptedNode("first", "master");
  await using second = await startScriptedNode("second", "master");
  await using sentinel = await startScriptedSentinel({ primary: first.server });
  await using client = await connect(sentinelUrl(sentinel.server), { ...QUIET, maxConnections: 1 });
  await until("it is subscribed", () => sentinel.subscribers === 1);
  sentinel.switchTo(second.server, 1);
  await until("it has gone over", () => client.topology()?.nodes[0]?.port === second.server.port);
  expect(await whoAnswers(client)).toBe("second");
});
