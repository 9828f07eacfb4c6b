import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type Cluster, type Server, startCluster, startServer } from "../../../src/server/index.ts";
import { findPython } from "../../connector/python/python-client.ts";
import { describeUnless, until } from "../../rig/index.ts";
import { Tool } from "./tool.ts";

const python = findPython();
const missing =
  python === undefined ? "needs a python3 with redis-py (apt-get install python3-redis)" : undefined;
const PATIENCE_MS = 45_000;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const item of open.splice(0)) await item.close();
});

/** A script of Python that says `step <name>` where something is to happen, and goes on when it is told to. */
class Script extends Tool {
  constructor(name: string, ...args: readonly (string | number)[]) {
    const file = fileURLToPath(new URL(`python/${name}`, import.meta.url));
    super(python as string, [file, ...args.map(String)]);
  }

  async step(name: string): Promise<void> {
    const said = () => this.stdout.includes(`step ${name}\n`);
    await until(`Python comes to step ${name}`, () => said() || this.ended, PATIENCE_MS);
    if (!said()) throw new Error(`Python ended before step ${name}: ${this.stderr}`);
  }

  go(): void {
    this.write("go\n");
  }
}

describeUnless("python", missing, "redis-py", () => {
  test("does on one node what its users do", async () => {
    let server: Server = await startServer({
      password: "s e/cret",
      users: { app: "on >pw ~public:* +@all" },
    });
    open.push({ close: () => server.close() });
    const { port } = server;
    await using script = new Script("one_node.py", port);
    await script.step("kill");
    await server.kill();
    server = await startServer({ port, password: "s e/cret" });
    script.go();
    const { code, stderr } = await script.end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("follows a cluster through a slot migration and a failover", async () => {
    const cluster: Cluster = await startCluster({ replicas: 1, nodeTimeoutMs: 500 });
    open.push(cluster);
    const [first, , third, , , sixth] = cluster.nodes;
    await using script = new Script("cluster.py", first!.port);
    await script.step("migrate");
    const move = await cluster.migrateSlot(12182, first!, { keysPerStep: 10, hold: 1 });
    script.go();
    await script.step("finish");
    await move.finish();
    script.go();
    await script.step("failover");
    await cluster.migrateSlot(12182, third!);
    await cluster.failover(sixth!);
    script.go();
    await script.step("kill");
    await sixth!.kill();
    await until("another takes over", () => cluster.ownerOf(12182) === third, PATIENCE_MS);
    script.go();
    const { code, stderr } = await script.end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
