import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../../src/server/index.ts";
import type { ServerNode } from "../../../src/server/server-node.ts";
import { startCluster } from "../../../src/server/start-cluster.ts";
import { startServer as startReal, startCluster as startRealCluster, until } from "../../rig/index.ts";
import { RespClient } from "../resp-client.ts";
import { texts } from "../resp-reply.ts";
import { Duel } from "./duel.ts";
import type { Place } from "./place.ts";

export type Shape = "standalone" | "cluster" | "alone";

const CONFIG = {
  "enable-debug-command": "yes",
  // What is slow is chance; sequences log everything or nothing.
  "slowlog-log-slower-than": -1,
} as const;
/** A real node that is alone does not know its own address. */
const OWN_ADDRESS = { "cluster-announce-ip": "127.0.0.1" } as const;
const SHAPES: Readonly<
  Record<Shape, { readonly nodes: number; readonly config: Readonly<Record<string, string | number>> }>
> = {
  standalone: { nodes: 1, config: {} },
  // However slow the machine is, no node takes the other one for dead.
  cluster: { nodes: 2, config: { ...OWN_ADDRESS, "cluster-node-timeout": 600_000 } },
  // The sooner a node that had no slots is up again.
  alone: { nodes: 1, config: { ...OWN_ADDRESS, "cluster-node-timeout": 500 } },
};

interface Side {
  place: Place;
  readonly controls: readonly RespClient[];
}

/** Both servers (or clusters), and what makes them as new between two sequences. */
export class Arena {
  readonly shape: Shape;
  /** Names and values that both have at the start, alike. */
  readonly parameters: Map<string, string> = new Map();
  /** Names whose values tell where and how a server was started. */
  readonly places: Set<string> = new Set();
  readonly commands: ReadonlySet<string>;
  readonly #sides: readonly [Side, Side];
  readonly #stop: () => Promise<unknown>;

  private constructor(
    shape: Shape,
    sides: readonly [Side, Side],
    commands: ReadonlySet<string>,
    stop: () => Promise<unknown>,
  ) {
    this.shape = shape;
    this.#sides = sides;
    this.commands = commands;
    this.#stop = stop;
  }

  static async start(shape: Shape): Promise<Arena> {
    const { nodes, config: shaped } = SHAPES[shape];
    const clustered = shape !== "standalone";
    const config = { ...CONFIG, ...shaped };
    // CONFIG REWRITE writes it.
    const folder = mkdtempSync(join(tmpdir(), "slotpack-random-"));
    const configFile = join(folder, "redis.conf");
    writeFileSync(configFile, "");
    const [ours, real, target, realTarget] = await Promise.all([
      clustered ? startCluster({ primaries: nodes, config }) : startServer({ config, configFile, port: 0 }),
      clustered ? startRealCluster({ primaries: nodes, config }) : startReal({ config }),
      startServer({ config: CONFIG }),
      startReal({ config: CONFIG }),
    ]);
    const ourNodes: readonly { port: number; node: ServerNode }[] =
      "nodes" in ours
        ? ours.nodes.map(({ port, node }) => ({ port, node }))
        : [{ port: ours.port, node: ours.node }];
    const sides = await Promise.all([
      side(
        ourNodes.map(({ port }) => port),
        target.port,
      ),
      side(
        real.nodes.map(({ port }) => port),
        realTarget.node.port,
      ),
    ]);
    const stop = async () => {
      await Promise.all([ours.close(), real.stop(), target.close(), realTarget.stop()]);
      rmSync(folder, { recursive: true, force: true });
    };
    const arena = new Arena(shape, sides, commandNames(ourNodes[0]?.node as ServerNode), stop);
    await arena.#readParameters();
    // The servers number connections alike from here on.
    const duel = arena.duel();
    for (const node of ourNodes.keys()) await duel.open(`first ${node}`, 2, node);
    duel.close();
    return arena;
  }

  duel(): Duel {
    const [ours, real] = this.#sides;
    return new Duel(ours.place, real.place, this.commands, this.places);
  }

  async close(): Promise<void> {
    for (const { controls } of this.#sides) for (const control of controls) control.close();
    await this.#stop();
  }

  /** As new: no keys, users, changed parameters, logs and counters. */
  async clean(): Promise<void> {
    await Promise.all(this.#sides.map((each) => this.#cleanSide(each)));
  }

  async #cleanSide(each: Side): Promise<void> {
    for (const control of each.controls.slice(0, -1)) {
      const users = texts(await control.call("ACL", "USERS")).slice(0);
      const others = users.filter((name) => name !== "default" && name !== "control");
      if (others.length > 0) await control.call("ACL", "DELUSER", ...others);
      await control.call("ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all");
      await control.call("CONFIG", "SET", "requirepass", "");
      await this.#restore(control);
    }
    for (const control of each.controls) await control.call("FLUSHALL");
    if (this.shape !== "standalone") await this.#cleanCluster(each);
    for (const control of each.controls) {
      await control.pipeline([
        ["CLIENT", "UNPAUSE"],
        ["DEBUG", "SET-ACTIVE-EXPIRE", "0"],
        ["ACL", "LOG", "RESET"],
        ["SLOWLOG", "RESET"],
        ["LATENCY", "RESET"],
        ["CONFIG", "RESETSTAT"],
      ]);
    }
  }

  async #restore(control: RespClient): Promise<void> {
    const now = texts(await control.call("CONFIG", "GET", "*"));
    const changed: string[] = [];
    for (let index = 0; index < now.length; index += 2) {
      const [name, value] = [now[index] as string, now[index + 1] as string];
      const before = this.parameters.get(name);
      if (before !== undefined && before !== value && !changed.includes(name)) changed.push(name, before);
    }
    for (let index = 0; index < changed.length; index += 2) {
      const reply = await control.call(
        "CONFIG",
        "SET",
        changed[index] as string,
        changed[index + 1] as string,
      );
      if (reply !== "+OK")
        throw new Error(`${changed[index]} does not go back to ${changed[index + 1]}: ${reply}`);
    }
  }

  async #cleanCluster(each: Side): Promise<void> {
    const nodes = each.controls.slice(0, -1);
    if (this.shape === "alone") {
      const control = nodes[0] as RespClient;
      await control.pipeline([
        ["CLUSTER", "FLUSHSLOTS"],
        ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"],
      ]);
      each.place = { ...each.place, ids: await ids(nodes) };
    }
    for (const node of nodes) {
      const open = String(await node.call("CLUSTER", "NODES")).matchAll(/\[(\d+)-/g);
      for (const [, slot] of open) await node.call("CLUSTER", "SETSLOT", slot as string, "STABLE");
    }
    await until("the cluster is whole again", async () => {
      const states = await Promise.all(nodes.map((node) => node.call("CLUSTER", "INFO")));
      return states.every((state) => String(state).includes("cluster_state:ok"));
    });
  }

  async #readParameters(): Promise<void> {
    const [ours, real] = await Promise.all(
      this.#sides.map(async ({ controls }) =>
        texts(await (controls[0] as RespClient).call("CONFIG", "GET", "*")),
      ),
    );
    const map = (list: string[]) =>
      new Map(
        Array.from({ length: list.length / 2 }, (_, index) => [
          list[2 * index] as string,
          list[2 * index + 1] as string,
        ]),
      );
    const [mine, theirs] = [map(ours as string[]), map(real as string[])];
    for (const [name, value] of theirs) {
      if (mine.get(name) === value) this.parameters.set(name, value);
      else this.places.add(name);
    }
  }
}

async function side(ports: readonly number[], target: number): Promise<Side> {
  const controls = await Promise.all([...ports, target].map((port) => RespClient.connect(port)));
  for (const control of controls) {
    await control.call("ACL", "SETUSER", "control", "on", ">control", "~*", "&*", "+@all");
    await control.call("AUTH", "control", "control");
  }
  return { place: { ports, target, ids: await ids(controls.slice(0, -1)) }, controls };
}

function ids(controls: readonly RespClient[]): Promise<string[]> {
  return Promise.all(controls.map(async (control) => String(await control.call("CLUSTER", "MYID")).slice(1)));
}

function commandNames(node: ServerNode): Set<string> {
  const names = new Set<string>();
  for (const entry of node.commands.entries()) {
    names.add(entry.name);
    for (const sub of entry.subcommands?.values() ?? []) names.add(sub.name);
  }
  return names;
}
