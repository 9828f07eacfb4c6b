import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type SlotClient, SlotpackError } from "../../src/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
  until,
} from "../rig/index.ts";

const SECRET = "s3cret-of-the-test";
const WRONG = "wr0ng-of-the-test";
const EVERYTHING = { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null };

async function refusal(connecting: Promise<SlotClient>): Promise<SlotpackError> {
  const error = await connecting.then(
    async (client) => {
      await client.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SlotpackError);
  return error as SlotpackError;
}

/** What of an error or a client could land in a log. */
function everythingShown(value: object): string {
  const plain = inspect(value, { ...EVERYTHING, customInspect: false });
  return [inspect(value, EVERYTHING), plain, String(value), JSON.stringify(value)].join("\n");
}

describeWithServer("credentials of one server", () => {
  let servers: RigServers;
  beforeAll(async () => {
    servers = await startServer({
      config: {
        requirepass: SECRET,
        user: [`app on >${SECRET} ~app:* &* +@all`, `bare on >${SECRET} ~* +get +set`],
      },
    });
  });
  afterAll(() => servers.stop());

  test("a password alone is the default user's, a name and a password an ACL user's", async () => {
    await using byDefault = await connect(servers.url, { password: SECRET });
    await byDefault.mset([["anything", "v"]]);
    await using byName = await connect(servers.url, { username: "app", password: SECRET });
    await byName.mset([["app:1", "v"]]);
    const results = await byName.mgetSettled(["app:1", "anything"]);
    expect(results[0]).toMatchObject({ status: "fulfilled" });
    expect(results[1]).toMatchObject({ status: "rejected", reason: { code: "NOPERM", keyIndex: 1 } });
  });

  test.each([
    ["a wrong password in the URL", (address: string) => connect(`redis://:${WRONG}@${address}`)],
    ["a wrong password of an ACL user", (address: string) => connect(`redis://app:${WRONG}@${address}`)],
    [
      "a wrong password as an option",
      (address: string) => connect(`redis://${address}`, { password: WRONG }),
    ],
    [
      "a wrong password of the credentials function",
      (address: string) => connect(`redis://${address}`, { credentials: () => ({ password: WRONG }) }),
    ],
    ["an unknown user", (address: string) => connect(`redis://nobody:${WRONG}@${address}`)],
  ])("%s fails at once, and no error shows the password", async (_, open) => {
    const begun = performance.now();
    const error = await refusal(open(servers.node.address));
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(error.code).toBe("CONNECT_FAILED");
    expect(error.message).toMatch(/WRONGPASS/);
    expect(error.message).toContain(servers.node.address);
    expect(everythingShown(error)).not.toContain(WRONG);
  });

  test("a user name of the URL goes with a password of the options", async () => {
    await using client = await connect(`redis://app@${servers.node.address}`, { password: SECRET });
    expect(await client.mgetSettled(["anything"])).toMatchObject([{ reason: { code: "NOPERM" } }]);
  });

  test("a user name without a password is refused: it would silently be the default user's connection", async () => {
    for (const connecting of [
      connect(`redis://app@${servers.node.address}`),
      connect(servers.url, { username: "app" }),
      connect({ port: servers.node.port, username: "app", password: "" }),
    ]) {
      expect(await refusal(connecting)).toMatchObject({ code: "BAD_OPTION", option: "username" });
    }
  });

  test("no password where one is needed fails at once and says so", async () => {
    const begun = performance.now();
    const error = await refusal(connect(servers.url));
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(error).toMatchObject({ code: "CONNECT_FAILED", message: expect.stringMatching(/NOAUTH/) });
  });

  test("a client shows neither its address nor its password, and no event does", async () => {
    await using client = await connect(`redis://app:${SECRET}@${servers.node.address}`);
    const events: unknown[] = [];
    for (const name of ["nodeDown", "nodeUp", "reconnect", "refresh"] as const)
      client.on(name, (event: object) => events.push(event));
    await servers.node.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await until("the connection is back", async () => {
      await client.mget(["app:1"]);
      return client.stats().reconnects > 0;
    });
    expect(events.length).toBeGreaterThan(0);
    expect(everythingShown(client)).not.toContain(SECRET);
    expect(everythingShown(events)).not.toContain(SECRET);
  });

  test("a user who may not ask for a nonce works without it, after one warning", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    await using client = await connect(`redis://bare:${SECRET}@${servers.node.address}`, { cluster: false });
    await client.mset([["w", "1"]]);
    expect(String((await client.mget(["w"]))[0])).toBe("1");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listen);
    expect(warnings).toMatchObject([{ code: "INTEGRITY_OFF" }]);
    expect(client.stats().desyncs).toBe(0);
  });

  test("the credentials function is asked again at every connect, so that a rotated password is found", async () => {
    const passwords = ["first-pw", "second-pw"];
    let asked = 0;
    await servers.node.command("ACL", "SETUSER", "rotating", "on", ">first-pw", "~*", "&*", "+@all");
    await using client = await connect(servers.url, {
      credentials: async () => ({ username: "rotating", password: passwords[asked++]! }),
    });
    await client.mset([["rotated", "v"]]);
    expect(asked).toBe(1);
    await servers.node.command("ACL", "SETUSER", "rotating", "resetpass", ">second-pw");
    const gone = new Promise((resolve) => client.once("nodeDown", resolve));
    await servers.node.command("CLIENT", "KILL", "USER", "rotating");
    await gone;
    expect(String((await client.mget(["rotated"]))[0])).toBe("v");
    expect(asked).toBe(2);
  });

  test.each([
    ["nothing", () => undefined],
    ["a password that is a number", () => ({ password: 5 })],
  ])("a credentials function that gives %s is refused at once", async (_, credentials) => {
    const error = await refusal(connect(servers.url, { credentials: credentials as never }));
    expect(error).toMatchObject({ code: "CONNECT_FAILED", message: expect.stringMatching(/credentials/) });
  });

  test("a credentials function that never answers or throws ends with the time to connect", async () => {
    for (const credentials of [
      () => new Promise<never>(() => {}),
      () => Promise.reject(new Error("no vault")),
    ]) {
      const begun = performance.now();
      const error = await refusal(connect(servers.url, { credentials, connectTimeoutMs: 300 }));
      expect(performance.now() - begun).toBeLessThan(4000);
      expect(error.code).toBe("CONNECT_FAILED");
    }
  });
});

describeWithServer("credentials of a cluster", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster({ config: { requirepass: SECRET } });
  });
  afterAll(() => cluster.stop());

  test("every node is given them", async () => {
    const target = cluster.url.replace("://", `://default:${SECRET}@`);
    await using client = await connect(target);
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    await client.mset(keys.map((key) => [key, key]));
    expect((await client.mget(keys)).map(String)).toEqual(keys);
    expect(client.stats().openConnections).toBe(3);
  });

  test("a wrong password fails at once, and no error shows it", async () => {
    const begun = performance.now();
    const error = await refusal(connect(cluster.url, { password: WRONG }));
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(error).toMatchObject({ code: "CONNECT_FAILED", message: expect.stringMatching(/WRONGPASS/) });
    expect(everythingShown(error)).not.toContain(WRONG);
  });
});
