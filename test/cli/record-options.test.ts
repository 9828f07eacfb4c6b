import { describe, expect, test } from "vitest";
import { run } from "./memory-terminal.ts";

describe("records on the command line, mistyped", () => {
  const target = ["--target", "redis://h"];
  test.each([
    [["get", "k"], "--target"],
    [["ls"], "SLOTPACK_URL"],
    [["get", "k", ...target, "--layout", "bogus"], "--layout"],
    [["get", "k", ...target, "--codec", "json"], "--codec"],
    [["get", "k", ...target, "--raw", "--json"], "--json"],
    [["get", "k", ...target, "--raw", "--out", "f"], "--out"],
    [["get", "k", "l", ...target, "--out", "f"], "--out"],
    [["get", "k", ...target, "--preview", "-1"], "--preview"],
    [["get", "k", ...target, "--timeout", "0"], "--timeout"],
    [["put", ...target], "KEY"],
    [["put", "k", ...target], "FILE"],
    [["put", "k", "-", "extra", ...target], "extra"],
    [["put", "k", "-", ...target, "--layout", "any"], "--layout"],
    [["put", "k", "-", ...target, "--metadata", "{a:1}"], "--metadata"],
    [["put", "k", "-", ...target, "--metadata", '{"fmt":"X","dtypes":[null],"shapes":[[1]]}'], "--metadata"],
    [["put", "k", "-", ...target, "--metadata", "{}", "--codec", "lmcache"], "--metadata"],
    [["put", "k", "-", ...target, "--metadata", "{}", "--layout", "value-only"], "--metadata"],
    [["put", "k", "-", ...target, "--ttl", "0"], "--ttl"],
    [["ls", "a", "b", ...target], "b"],
    [["rm", ...target], "KEY"],
    [["rm", "k", "--prefix", "p", ...target], "--prefix"],
    [["rm", "--prefix", "", "--yes", ...target], "--prefix"],
    [["rm", "k", "--dry-run", ...target], "--dry-run"],
  ] as const)("answers %j with exit code 2", async (args, mention) => {
    const outcome = await run(args);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toMatch(/^slotpack: error \[BAD_OPTION\] .+\n$/);
    expect(outcome.stderr).toContain(mention);
  });

  test("names a file that cannot be read before it connects", async () => {
    const outcome = await run(["put", "k", "/no/such/file", "--target", "redis://127.0.0.1:1"]);
    expect(outcome).toEqual({
      code: 1,
      stdout: "",
      stderr: "slotpack: error [FILE_UNREADABLE] cannot read /no/such/file: there is no such file\n",
    });
  });

  test.each(["get", "ls", "rm", "plan", "put"])(
    "%s shows no password of a target that does not answer",
    async (name) => {
      const args = { get: ["k"], ls: [], rm: ["k"], plan: ["k"], put: ["k", "-"] }[name]!;
      const target = "redis://user:sesame@127.0.0.1:1";
      const outcome = await run([name, ...args, "--timeout", "0.5"], "", { SLOTPACK_URL: target });
      expect(outcome).toMatchObject({ code: 1, stdout: "" });
      expect(outcome.stderr).toMatch(
        /^slotpack: error \[CONNECT_FAILED\] .+; is a server running there\?\n$/,
      );
      expect(outcome.stderr).not.toContain("sesame");
    },
    30_000,
  );
});
