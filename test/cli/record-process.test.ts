import { expect, test } from "vitest";
import { startServer } from "../rig/index.ts";
import { describeBuiltCli } from "./built-cli.ts";

const BYTES = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256));

describeBuiltCli("records through the built command line", startServer, (on) => {
  test("ls | head ends quietly", async () => {
    for (let from = 0; from < 20_000; from += 1000) {
      const names = Array.from({ length: 1000 }, (_, i) => [`${"long".repeat(20)}${from + i}:packed`, "x"]);
      await on.servers.node.command("MSET", ...names.flat());
    }
    const running = on.cli.start(["ls"], { SLOTPACK_URL: on.servers.url });
    running.child.stdout!.once("data", () => running.child.stdout!.destroy());
    const { code, stderr } = await running.exit;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("put and get pass bytes through unchanged", async () => {
    const env = { SLOTPACK_URL: on.servers.url };
    const put = on.cli.start(["put", "blob", "-"], env);
    put.child.stdin!.end(BYTES);
    expect((await put.exit).code).toBe(0);
    const get = on.cli.start(["get", "blob", "--raw"], env);
    const parts: Buffer[] = [];
    get.child.stdout!.on("data", (part) => parts.push(part));
    expect(await get.exit).toMatchObject({ code: 0, stderr: "" });
    expect(Buffer.concat(parts).equals(BYTES)).toBe(true);
  });

  test("put ends on SIGINT while it waits for its input, and has written nothing", async () => {
    const running = on.cli.start(["put", "half", "-"], { SLOTPACK_URL: on.servers.url });
    running.child.stdin!.write("some bytes");
    // It listens to signals as soon as it has loaded; until then the signal ends it as well.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    running.child.kill("SIGINT");
    const { code, stdout } = await running.exit;
    expect([130, null]).toContain(code);
    expect(stdout).toBe("");
    expect(await on.servers.node.command("EXISTS", "{half}:kv_bytes", "{half}:metadata")).toBe(0);
  });
});
