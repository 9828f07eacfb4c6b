import { afterEach, describe, expect, test } from "vitest";
import { ManualClock, type Server, startServer } from "../../src/server/index.ts";
import { RespClient } from "./resp-client.ts";

let server: Server;
const clients: RespClient[] = [];
async function connect(): Promise<RespClient> {
  const client = await RespClient.connect(server.port);
  clients.push(client);
  return client;
}
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

describe("EXEC", () => {
  test("answers nil when a watched key has expired meanwhile, by the server's own clock", async () => {
    const clock = new ManualClock();
    server = await startServer({ clock });
    const client = await connect();
    await client.call("SET", "k", "v", "PX", "1000");
    await client.call("WATCH", "k");
    await clock.advance(1000);
    expect(await client.pipeline([["MULTI"], ["PING"], ["EXEC"]])).toEqual([
      "+OK",
      "+QUEUED",
      ["*", "+PONG"],
    ]);
    await client.call("SET", "k", "v", "PX", "1000");
    await client.call("WATCH", "k");
    await clock.advance(1001);
    expect(await client.pipeline([["MULTI"], ["PING"], ["EXEC"]])).toEqual(["+OK", "+QUEUED", "*-1"]);
  });

  test("sees one time from its first command to its last", async () => {
    const clock = new ManualClock();
    server = await startServer({ clock });
    const client = await connect();
    await client.call("SET", "k", "v", "PX", "10");
    server.node.hooks.executed.push((_, entry) => {
      if (entry.name === "get") clock.skip(50);
    });
    const replies = await client.pipeline([["MULTI"], ["GET", "k"], ["GET", "k"], ["EXEC"], ["GET", "k"]]);
    expect(replies.slice(3)).toEqual([["*", "$v", "$v"], "$-1"]);
  });

  test("runs without anybody else in between", async () => {
    server = await startServer();
    const [one, two] = [await connect(), await connect()];
    const increments = Array.from({ length: 200 }, () => ["INCR", "n"]);
    const [mine] = await Promise.all([
      one.pipeline([["MULTI"], ...increments, ["EXEC"]]),
      two.pipeline(increments),
    ]);
    const results = (mine.at(-1) as string[]).slice(1).map((reply) => Number(reply.slice(1)));
    expect(results).toEqual(results.map((_, index) => (results[0] as number) + index));
    expect(await one.call("GET", "n")).toBe("$400");
  });

  test("propagates what it changed as one group, and a watch of what nobody changed does not abort", async () => {
    server = await startServer();
    const groups: string[][] = [];
    server.node.hooks.propagated.push((commands) => {
      groups.push(commands.map(({ argv }) => argv.map(String).join(" ")));
    });
    const client = await connect();
    await client.pipeline([
      ["WATCH", "a"],
      ["MULTI"],
      ["SET", "a", "1"],
      ["GET", "a"],
      ["INCR", "a"],
      ["EXEC"],
      ["GET", "a"],
    ]);
    expect(groups).toEqual([["SET a 1", "INCR a"]]);
  });
});
