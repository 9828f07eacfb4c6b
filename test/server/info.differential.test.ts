import { expect, test } from "vitest";
import { describeWithReference, ServerPair } from "./differential.ts";

/** `name:value` lines of one section. */
function fields(text: string): Map<string, string> {
  const lines = text.split("\r\n").filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}

/** What depends on how long it took aside. */
function counted(info: Map<string, string>): Record<string, string> {
  const shown = [...info].map(([name, value]) => [name, value.replace(/usec=\d+,usec_per_call=[\d.]+,/, "")]);
  return Object.fromEntries(shown.sort());
}

describeWithReference("INFO", () => {
  test("counts calls, refusals, failures and errors of every command alike", async () => {
    const pair = await ServerPair.start();
    try {
      await pair.clients();
      for (const client of await pair.clients()) await client.call("CONFIG", "RESETSTAT");
      await pair.same([
        ["SET", "a", "1"],
        ["GET", "a"],
        ["GET"],
        ["INCR", "a"],
        ["SET", "a", "x"],
        ["INCR", "a"],
        ["SET", "a", "1", "NOSUCH"],
        ["NOSUCH"],
        ["CONFIG", "GET", "hz"],
        ["CONFIG", "NOSUCH"],
        ["MULTI"],
        ["INCR", "a"],
        ["GET", "a"],
        ["EXEC"],
        ["MULTI"],
        ["GET"],
        ["EXEC"],
        ["WATCH", "a"],
        ["SET", "a", "3"],
        ["MULTI"],
        ["EXEC"],
        ["AUTH", "x", "y"],
        ["ACL", "SETUSER", "u", "on", "nopass", "+get"],
        { on: "user", args: ["AUTH", "u", ""] },
        { on: "user", args: ["SET", "a", "1"] },
        { on: "user", args: ["GET", "a"] },
      ]);
      for (const section of ["commandstats", "errorstats"]) {
        const [ours, real] = await Promise.all(
          (await pair.clients()).map(async (client) =>
            counted(fields(String(await client.call("INFO", section)))),
          ),
        );
        expect(ours).toEqual(real);
      }
    } finally {
      await pair.close();
    }
  });

  test("has the fields that the real one has, but for those of scripts and of how the program was built", async () => {
    const missing =
      /^(atomicvar_api|gcc_version|monotonic_clock)$|script|function|librar|used_memory_(vm|lua)|repl|sync|cluster_links|^rdb_|^aof_/;
    const pair = await ServerPair.start();
    try {
      const [ours, real] = (await Promise.all(
        (await pair.clients()).map(async (client) => [...fields(String(await client.call("INFO"))).keys()]),
      )) as [string[], string[]];
      expect(real.filter((name) => !ours.includes(name) && !missing.test(name))).toEqual([]);
      expect(ours.filter((name) => !real.includes(name))).toEqual([]);
      expect(ours).toHaveLength(new Set(ours).size);
    } finally {
      await pair.close();
    }
  });
});
