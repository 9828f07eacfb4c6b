import { describe, expect, test } from "vitest";
import { hashTag, keySlot, tagForSlot } from "../../src/slots/index.ts";
import { startCluster } from "../rig/index.ts";
import { describeBuiltCli } from "./built-cli.ts";
import { run } from "./memory-terminal.ts";

const ESCAPE = "\u001b";

describe("slotpack slot", () => {
  test("prints slot, tab and key for every key in their order", async () => {
    const keys = ["user:1", "{user:1}:cart", "foo{}{bar}", "ключ", ""];
    const { code, stdout, stderr } = await run(["slot", ...keys]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(keys.map((key) => `${keySlot(key)}\t${key}\n`).join(""));
  });

  test("reads keys from the standard input where none is given", async () => {
    const short = Array.from({ length: 5000 }, (_, i) => `k${i}`);
    const long = Array.from({ length: 5000 }, (_, i) => `${"x".repeat(100)}{${i % 7}}${i}`);
    for (const keys of [short, long]) {
      const { stdout } = await run(["slot"], `${keys.join("\n")}\n`);
      expect(stdout).toBe(keys.map((key) => `${keySlot(key)}\t${key}\n`).join(""));
    }
    expect(await run(["slot"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("adds what is hashed with --tag", async () => {
    const { stdout } = await run(["slot", "--tag", "{user:1}:cart", "plain"]);
    expect(stdout).toBe(`${keySlot("user:1")}\t{user:1}:cart\tuser:1\n${keySlot("plain")}\tplain\tplain\n`);
  });

  test("prints one JSON object per line with --json, and hex digits of what is no UTF-8", async () => {
    const { stdout } = await run(["slot", "--json", "--escapes", "{a}b", "\\xff\\n"]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { slot: keySlot("a"), key: "{a}b", hashed: "a" },
      { slot: keySlot(Buffer.from([0xff, 10])), keyHex: "ff0a", hashedHex: "ff0a" },
    ]);
  });

  test("reads and prints escapes alike with --escapes", async () => {
    const { stdout } = await run(["slot", "--escapes"], "a\\x00b\\n\nplain\n");
    expect(stdout).toBe(`${keySlot("a\0b\n")}\ta\\0b\\n\n${keySlot("plain")}\tplain\n`);
  });

  test("colours slots on a terminal only, never under NO_COLOR, and lets no key drive the terminal", async () => {
    const nasty = `${ESCAPE}[31mred`;
    const shown = await run(["slot", nasty], "", {}, true);
    expect(shown.stdout).toBe(`${ESCAPE}[36m${keySlot(nasty)}${ESCAPE}[39m\t\\x1b[31mred\n`);
    const plain = await run(["slot", nasty], "", { NO_COLOR: "1" }, true);
    expect(plain.stdout).toBe(`${keySlot(nasty)}\t\\x1b[31mred\n`);
    expect((await run(["slot", "a"])).stdout).not.toContain(ESCAPE);
  });

  test("names the key of an escape that is none", async () => {
    const outcome = await run(["slot", "--escapes", "fine", "\\q"]);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/^slotpack: error \[BAD_ESCAPE\] key 2: .+\n$/);
  });

  test("takes what begins with a dash behind --", async () => {
    expect((await run(["slot", "--", "--json", "-h"])).stdout).toBe(
      `${keySlot("--json")}\t--json\n${keySlot("-h")}\t-h\n`,
    );
    expect((await run(["slot", "--jsn"])).stderr).toContain("[BAD_OPTION] unknown option --jsn");
  });
});

describe("slotpack tag", () => {
  test("prints a tag for every slot and range", async () => {
    const { code, stdout } = await run(["tag", "866", "0-2"]);
    expect(code).toBe(0);
    expect(stdout).toBe([866, 0, 1, 2].map((slot) => `${slot}\t${tagForSlot(slot)}\n`).join(""));
    const all = (await run(["tag", "0-16383"])).stdout.trimEnd().split("\n");
    expect(all).toHaveLength(16_384);
    for (const line of all) {
      const [slot, tag] = line.split("\t");
      if (keySlot(`{${tag}}x`) !== Number(slot) || hashTag(`{${tag}}x`) !== tag) expect(line).toBe("right");
    }
  });

  test("prints one JSON object per line with --json", async () => {
    const { stdout } = await run(["tag", "866", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ slot: 866, tag: tagForSlot(866) });
  });

  test.each(["16384", "abc", "1.5", "5-1", "0-16384", "", "1-2-3"])(
    "answers %j with exit code 2",
    async (slot) => {
      const outcome = await run(["tag", slot]);
      expect(outcome).toMatchObject({ code: 2, stdout: "" });
      expect(outcome.stderr).toMatch(/^slotpack: error \[BAD_SLOT\] .+ 0 to 16383.+\n$/);
    },
  );

  test("wants a slot", async () => {
    const outcome = await run(["tag"]);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain("[BAD_OPTION]");
    expect(outcome.stderr).toContain("SLOT");
  });
});

describeBuiltCli("slotpack slot as a process", startCluster, (on) => {
  test("agrees with a server on keys from a pipe", async () => {
    const keys = Array.from(
      { length: 200 },
      (_, i) => `${"{".repeat(i % 3)}key${i}${"}".repeat(i % 2)}:${i * i}`,
    );
    const running = on.cli.start(["slot"]);
    running.child.stdin!.end(`${keys.join("\n")}\n`);
    const { code, stdout, stderr } = await running.exit;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const slots = await Promise.all(keys.map((key) => on.servers.node.command("CLUSTER", "KEYSLOT", key)));
    expect(stdout).toBe(keys.map((key, i) => `${slots[i]}\t${key}\n`).join(""));
  });

  test("ends quietly when the reader of its output goes away", async () => {
    const running = on.cli.start(["slot"]);
    const { stdin, stdout } = running.child;
    stdin!.on("error", () => {});
    // More than the pipes hold: the process has to notice by itself.
    const feed = setInterval(() => {
      if (!stdin!.writableNeedDrain) stdin!.write("some:key\n".repeat(10_000));
    }, 5);
    stdout!.once("data", () => stdout!.destroy());
    const { code, stderr } = await running.exit;
    clearInterval(feed);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("holds the keys of one chunk, not a million", async () => {
    const running = on.cli.start(["slot"], {
      NODE_OPTIONS: "--max-old-space-size=32 --max-semi-space-size=4",
    });
    let lines = 0;
    running.child.stdout!.removeAllListeners("data");
    running.child.stdout!.on("data", (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) lines++;
    });
    const portion = Array.from({ length: 10_000 }, (_, i) => `user:${i}:profile:${i}\n`).join("");
    for (let i = 0; i < 100; i++)
      if (!running.child.stdin!.write(portion))
        await new Promise((resolve) => running.child.stdin!.once("drain", resolve));
    running.child.stdin!.end();
    const { code, stderr } = await running.exit;
    expect({ code, stderr, lines }).toEqual({ code: 0, stderr: "", lines: 1_000_000 });
  });

  test("ends on SIGINT while it waits for keys", async () => {
    const running = on.cli.start(["slot"]);
    running.child.stdin!.write("a\n");
    await new Promise((resolve) => running.child.stdout!.once("data", resolve));
    running.child.kill("SIGINT");
    const { code, stdout, stderr } = await running.exit;
    expect(stdout).toBe(`${keySlot("a")}\ta\n`);
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: "slotpack: interrupted: printed the slots of 1 keys\n",
    });
  });

  test("says in one line that its output cannot be written", async () => {
    const { spawn } = await import("node:child_process");
    const { openSync, closeSync, existsSync } = await import("node:fs");
    if (!existsSync("/dev/full")) return;
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [on.cli.main, "slot", "a"], { stdio: ["ignore", full, "pipe"] });
    closeSync(full);
    let stderr = "";
    child.stderr!.on("data", (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^slotpack: error \[ENOSPC\] .+\n$/);
  });
});
