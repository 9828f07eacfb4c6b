import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { CLIENT_NAMES } from "../../src/cli/block-store.ts";
import { run } from "./memory-terminal.ts";
import { SAMPLE } from "./trace-file.ts";

describe("the command line", () => {
  test("prints the version of the manifest", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("prints its help, and that of a command, on stdout in lines that fit a terminal", async () => {
    for (const args of [["--help"], ["replay", "--help"], ["replay", SAMPLE, "-h"]]) {
      const outcome = await run(args);
      expect(outcome.code).toBe(0);
      expect(outcome.stderr).toBe("");
      expect(outcome.stdout).toContain("Usage: slotpack");
      expect(Math.max(...outcome.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(101);
    }
    const { stdout } = await run(["replay", "--help"]);
    for (const option of [
      "target",
      "client",
      "value-bytes",
      "requests",
      "concurrency",
      "ttl",
      "json",
      "strict",
    ]) {
      expect(stdout).toContain(`--${option}`);
    }
  });

  test("prints the same help on `help`, and that of a command on `help COMMAND`", async () => {
    expect(await run(["help"])).toEqual(await run(["--help"]));
    expect(await run(["help", "slot"])).toEqual(await run(["slot", "--help"]));
    expect(await run(["help", "slto"])).toMatchObject({ code: 2, stdout: "" });
  });

  test.each([
    ["redis://u:sesame@host:1"],
    ["sweep", "redis://u:sesame@host:1"],
    ["ls", "a", "redis://:sesame@host"],
    ["tag", "redis://u:sesame@host"],
    ["plan", "--primaries", "redis://u:sesame@host", "k"],
    ["replay", SAMPLE, "--client", "redis://u:sesame@host"],
    ["ls", "--layout", "redis://u:sesame@host", "--target", "redis://h"],
  ])("does not repeat the password of a URL that stands in the wrong place: %j", async (...args) => {
    const outcome = await run(args);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain("redis://***@host");
    expect(outcome.stderr).not.toContain("sesame");
  });

  test("without a command prints the help to stderr and exits with 2", async () => {
    const outcome = await run([]);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain("Usage: slotpack COMMAND");
  });

  test.each([
    [["reply"], "[BAD_COMMAND]", "reply"],
    [["--frobnicate"], "[BAD_COMMAND]", "--frobnicate"],
    [["toString"], "[BAD_COMMAND]", "toString"],
    [["replay"], "[BAD_OPTION]", "FILE; see slotpack replay --help"],
    [["replay", "--file", SAMPLE], "[BAD_OPTION]", "--file"],
    [["slot", "--key", "k"], "[BAD_OPTION]", "--key"],
    [["tag", "-5"], "[BAD_OPTION]", "see slotpack tag --help"],
    [["replay", ""], "[BAD_OPTION]", "FILE"],
    [["replay", SAMPLE, "extra"], "[BAD_OPTION]", "extra"],
    [["replay", SAMPLE, "--concurency", "4"], "[BAD_OPTION]", "--concurency"],
    [["replay", SAMPLE, "-x"], "[BAD_OPTION]", "-x"],
    [
      ["replay", SAMPLE, "--client", "redis"],
      "[BAD_OPTION]",
      "slotpack, ioredis-pipeline, ioredis-sequential",
    ],
    [["replay", SAMPLE, "--target", ""], "[BAD_OPTION]", "--target"],
    ...["0", "-1", "NaN", "1.5", "1e3", "", "536870913"].map(
      (value) => [["replay", SAMPLE, `--value-bytes=${value}`], "[BAD_OPTION]", `--value-bytes`] as const,
    ),
    [["replay", SAMPLE, "--requests", "0"], "[BAD_OPTION]", "--requests"],
    [["replay", SAMPLE, "--requests"], "[BAD_OPTION]", "--requests"],
    [["replay", SAMPLE, "--concurrency", "0"], "[BAD_OPTION]", "--concurrency"],
    [["replay", SAMPLE, "--concurrency", "1025"], "[BAD_OPTION]", "--concurrency"],
    [["replay", SAMPLE, "--ttl", "0"], "[BAD_OPTION]", "--ttl"],
  ] as const)(
    "answers %j with exit code 2 and one line that says what is wrong",
    async (args, code, mention) => {
      const outcome = await run(args);
      expect(outcome).toMatchObject({ code: 2, stdout: "" });
      expect(outcome.stderr).toMatch(/^slotpack: error \[[A-Z_]+\] .+\n$/);
      expect(outcome.stderr).toContain(code);
      expect(outcome.stderr).toContain(mention);
    },
  );

  test("names a file that is not there, or is a folder", async () => {
    const missing = await run(["replay", "/no/such/trace.jsonl"]);
    expect(missing).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "slotpack: error [TRACE_UNREADABLE] cannot read the trace /no/such/trace.jsonl: there is no such file\n",
    });
    const folder = await run(["replay", "/"]);
    expect(folder.code).toBe(1);
    expect(folder.stderr).toContain("[TRACE_UNREADABLE]");
  });

  test.each(CLIENT_NAMES)(
    "with %s says in one line that a target does not answer, without its password",
    async (client) => {
      const port = await closedPort();
      for (const target of [
        `redis://:sesame@127.0.0.1:${port}`,
        `redis-cluster://u:sesame@127.0.0.1:${port}`,
      ]) {
        const outcome = await run(["replay", SAMPLE, "--client", client, "--target", target, "--json"]);
        expect(outcome).toMatchObject({ code: 1, stdout: "" });
        expect(outcome.stderr).toMatch(/^slotpack: error \[[A-Z_]+\] .+\n$/);
        expect(outcome.stderr).not.toContain("sesame");
      }
    },
  );

  test("refuses a target that is no URL, without its password, as a command line that is wrong", async () => {
    const outcome = await run(["replay", SAMPLE, "--target", "ftp://u:sesame@example.com", "--json"]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain("[BAD_URL]");
    expect(outcome.stderr).not.toContain("sesame");
  });

  test("shows the stack of an error under DEBUG only", async () => {
    const args = ["replay", "/no/such/trace.jsonl"];
    expect((await run(args)).stderr).not.toContain("\n    at ");
    expect((await run(args, "", { DEBUG: "1" })).stderr).toContain("\n    at ");
  });
});

describe("the help of each command", () => {
  test.each(["slot", "tag", "plan", "get", "put", "ls", "rm", "replay", "sweep"])(
    "%s has examples and fits a terminal",
    async (name) => {
      const { code, stdout, stderr } = await run([name, "--help"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(`Usage: slotpack ${name}`);
      expect(stdout).toContain("--json");
      const examples = stdout.slice(stdout.indexOf("Examples:"));
      expect(examples.split("\n").filter((line) => line.includes(`slotpack ${name}`)).length).toBeGreaterThan(
        1,
      );
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(101);
      expect(stdout).not.toContain("\u001b");
    },
  );

  test("the main help tells the exit codes", async () => {
    const { stdout } = await run(["--help"]);
    for (const text of ["Exit codes:", "130, 143, 129", "SLOTPACK_URL", "NO_COLOR"])
      expect(stdout).toContain(text);
  });
});

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
