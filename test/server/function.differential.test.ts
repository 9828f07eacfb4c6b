import { expect, test } from "vitest";
import { startServer } from "../../src/server/index.ts";
import { describeWithReference, expectSame, ServerPair } from "./differential.ts";
import { RespClient } from "./resp-client.ts";

describeWithReference("FUNCTION without any library", () => {
  for (const resp of [2, 3] as const) {
    test(`answers in RESP${resp} what a server answers that was given none`, async () => {
      await expectSame(
        [
          ["FUNCTION", "FLUSH"],
          ["FUNCTION", "FLUSH", "ASYNC"],
          ["FUNCTION", "FLUSH", "sync"],
          ["FUNCTION", "FLUSH", "X"],
          ["FUNCTION", "FLUSH", "SYNC", "X"],
          ["FUNCTION", "LIST"],
          ["FUNCTION", "LIST", "WITHCODE"],
          ["FUNCTION", "LIST", "LIBRARYNAME", "x*", "WITHCODE"],
          ["FUNCTION", "LIST", "LIBRARYNAME"],
          ["FUNCTION", "LIST", "LIBRARYNAME", "a", "LIBRARYNAME", "b"],
          ["FUNCTION", "LIST", "WITHCODE", "WITHCODE"],
          ["FUNCTION", "LIST", "nosuch"],
          ["FUNCTION", "DUMP"],
          ["FUNCTION", "DELETE", "x"],
          ["FUNCTION", "DELETE"],
          ["FUNCTION", "KILL"],
          ["FUNCTION", "RESTORE", "x"],
          ["FUNCTION", "RESTORE", "x", "BAD"],
          ["FUNCTION", "RESTORE", "x", "FLUSH", "APPEND"],
          ["FUNCTION", "nosuch"],
          ["FUNCTION"],
        ],
        { resp },
      );
    });
  }

  test("carries the dump of no libraries from one server to the other, and refuses that of one", async () => {
    const pair = await ServerPair.start();
    try {
      const [ours, real] = await pair.clients();
      const empty = async (client: RespClient) =>
        Buffer.from(String(await client.call("FUNCTION", "DUMP")).slice(1), "latin1");
      for (const policy of [[], ["FLUSH"], ["append"], ["REPLACE"]]) {
        expect(await real.call("FUNCTION", "RESTORE", await empty(ours), ...policy)).toBe("+OK");
        expect(await ours.call("FUNCTION", "RESTORE", await empty(real), ...policy)).toBe("+OK");
      }
      await real.call(
        "FUNCTION",
        "LOAD",
        "#!lua name=lib\nredis.register_function('f', function() return 1 end)",
      );
      expect(await ours.call("FUNCTION", "RESTORE", await empty(real))).toMatch(
        /^-ERR libraries of functions/,
      );
    } finally {
      await pair.close();
    }
  });
});

test("no library can be loaded, no function called, and nothing claims to have done it", async () => {
  await using server = await startServer();
  const client = await RespClient.connect(server.port);
  expect(await client.call("FUNCTION", "LOAD", "#!lua name=x")).toMatch(/^-ERR unknown subcommand 'LOAD'/);
  expect(await client.call("FCALL", "f", 0)).toMatch(/^-ERR unknown command 'FCALL'/);
  client.close();
});
