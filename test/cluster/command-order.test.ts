import { expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { describeWithServer, startServer } from "../rig/index.ts";
import { describeInBothPlaces } from "./both-places.ts";

const values = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? String(outcome.value) : outcome.reason.code));

describeInBothPlaces("commands on one key", (place) => {
  test("run in the batch's order, whatever stands between them", async () => {
    const batch = place.client.batch();
    const model = new Map<string, number>();
    const expected: string[] = [];
    for (let i = 0; i < 2000; i++) {
      const key = `counter${(i * i) % 37}`;
      if (i % 5 === 4) {
        batch.call("GET", key);
        expected.push(model.has(key) ? String(model.get(key)) : "null");
      } else if (i % 11 === 10) {
        batch.call("DEL", key);
        expected.push(model.delete(key) ? "1" : "0");
      } else {
        batch.call("INCR", key);
        model.set(key, (model.get(key) ?? 0) + 1);
        expected.push(String(model.get(key)));
      }
    }
    expect(values(await batch.exec())).toEqual(expected);
  });

  test("run in order also when a command names several of them", async () => {
    const outcomes = await place.client
      .batch()
      .call("SET", "{o}a", "1")
      .call("SET", "{o}b", "2")
      .call("MGET", "{o}a", "{o}b")
      .call("RENAME", "{o}a", "{o}c")
      .call("MGET", "{o}a", Buffer.from("{o}b"), "{o}c")
      .call("DEL", "{o}b")
      .call("EXISTS", "{o}a", "{o}b", "{o}c")
      .exec();
    expect(values(outcomes)).toEqual(["OK", "OK", "1,2", "OK", ",2,1", "1", "1"]);
  });

  test("a chain is one transaction: nobody sees its middle", async () => {
    let seen = 0;
    let running = true;
    await using watcher = await connect(place.servers.url);
    const watching = (async () => {
      while (running) if ((await watcher.mget(["balance"])).map(String)[0] === "half done") seen++;
    })();
    for (let round = 0; round < 200; round++)
      await place.client.batch().call("SET", "balance", "half done").call("SET", "balance", "done").exec();
    running = false;
    await watching;
    expect(seen).toBe(0);
  });

  test("a command that can never run fails alone: its chain runs without it, and its neighbours keep their replies", async () => {
    const outcomes = await place.client
      .batch()
      .call("SET", "{c}chain", "1")
      .call("INCR", "{c}chain", "too", "many")
      .call("INCR", "{c}chain")
      .call("NOSUCHCOMMAND", "{c}chain")
      .call("GET", "{c}chain")
      .call("SET", "{c}neighbour", "n")
      .call("GET", "{c}other")
      .call("STRLEN", "{c}neighbour")
      .exec();
    expect(values(outcomes)).toEqual(["OK", "ERR", "2", "ERR", "2", "OK", "null", "1"]);
    expect(await place.stored("{c}chain")).toEqual(Buffer.from("2"));
  });

  test("a command of a chain that fails while it runs leaves the others in place", async () => {
    const outcomes = await place.client
      .batch()
      .call("SET", "w", "text")
      .call("LPUSH", "w", "x")
      .call("INCR", "w")
      .call("APPEND", "w", "!")
      .call("GET", "w")
      .exec();
    expect(values(outcomes)).toEqual(["OK", "WRONGTYPE", "ERR", "5", "text!"]);
  });

  test("a chain of nothing but commands that can never run settles, too", async () => {
    expect(values(await place.client.batch().call("SET", "z").call("SET", "z").exec())).toEqual([
      "ERR",
      "ERR",
    ]);
  });

  test("1,000 commands on one key are one chain", async () => {
    const batch = place.client.batch();
    for (let i = 0; i < 1000; i++) batch.call("RPUSH", "list", i);
    expect(values(await batch.exec())).toEqual(Array.from({ length: 1000 }, (_, i) => String(i + 1)));
  });
});

describeWithServer("chains where the server takes no transaction", () => {
  test("an ACL without MULTI: every command runs once, in order, and has its own outcome", async () => {
    await using server = await startServer({ config: { user: ["plain on >pw ~* &* +@all -multi -del"] } });
    await using client = await connect(server.url, { username: "plain", password: "pw" });
    const outcomes = await client
      .batch()
      .call("INCR", "n")
      .call("DEL", "n")
      .call("INCR", "n")
      .call("GET", "n")
      .call("SET", "apart", "v")
      .exec();
    expect(values(outcomes)).toEqual(["1", "NOPERM", "2", "2", "OK"]);
    expect(await server.node.command("GET", "n")).toBe("2");
  });

  test("a full memory: reads and deletes of a chain run, in order, and only its writes are refused", async () => {
    await using server = await startServer({ config: { "maxmemory-policy": "noeviction" } });
    await using client = await connect(server.url);
    await client.mset([
      ["k", "old"],
      ["l", "old"],
    ]);
    await server.node.command("CONFIG", "SET", "maxmemory", "1");
    const outcomes = await client
      .batch()
      .call("GET", "k")
      .call("SET", "k", "new")
      .call("GET", "k")
      .call("DEL", "k")
      .call("EXISTS", "k")
      .call("DEL", "l")
      .call("EXISTS", "l")
      .exec();
    expect(values(outcomes)).toEqual(["old", "OOM", "old", "1", "0", "1", "0"]);
  });
});
