import type { Cluster, Redis } from "ioredis";
import type { Contestant, LoadClient, LoadCommand } from "./contestant.ts";

type Pipelines = Pick<Cluster, "pipeline" | "disconnect">;

/**
 * Plain ioredis with its defaults. A cluster pipeline must not leave its slot group, so that a batch is one pipeline per hash
 * tag, all at once, with the results put back at the caller's index.
 */
export function ioredisContestant(version: "6.0.0" | "5.4.2"): Contestant {
  // The alias has the same shape as far as it is used here.
  const load = () =>
    version === "6.0.0"
      ? import("ioredis")
      : (import("ioredis-5") as unknown as Promise<typeof import("ioredis")>);
  return {
    name: `ioredis ${version}`,
    async connectCluster(nodes) {
      const { Cluster } = await load();
      const cluster = new Cluster([...nodes]);
      return loadClient(await ready(cluster));
    },
    async connectServer({ host, port }) {
      const { Redis } = await load();
      return loadClient(await ready(new Redis(port, host)));
    },
  };
}

async function ready<T extends Redis | Cluster>(client: T): Promise<T> {
  // Without a listener every lost connection is printed.
  client.on("error", () => {});
  await new Promise<void>((resolve) => client.once("ready", resolve));
  return client;
}

function loadClient(client: Pipelines): LoadClient {
  return {
    async run(commands) {
      const outcomes: PromiseSettledResult<unknown>[] = new Array(commands.length);
      await Promise.all(
        [...byTag(commands).values()].map((indexes) => runPipeline(client, commands, indexes, outcomes)),
      );
      return outcomes;
    },
    close: async () => client.disconnect(),
  };
}

async function runPipeline(
  client: Pipelines,
  commands: readonly LoadCommand[],
  indexes: readonly number[],
  outcomes: PromiseSettledResult<unknown>[],
): Promise<void> {
  const pipeline = client.pipeline();
  for (const index of indexes) {
    const [name, ...args] = commands[index] as LoadCommand;
    // In lower case: 5.4.2 finds no key in `call("GET", …)` and would send it to any node.
    pipeline.call(name.toLowerCase(), ...args);
  }
  try {
    const results = (await pipeline.exec()) ?? [];
    indexes.forEach((index, i) => {
      const [error, value] = results[i] ?? [new Error("no result"), undefined];
      outcomes[index] = error ? { status: "rejected", reason: error } : { status: "fulfilled", value };
    });
  } catch (reason) {
    for (const index of indexes) outcomes[index] = { status: "rejected", reason };
  }
}

function byTag(commands: readonly LoadCommand[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  commands.forEach(([, key], index) => {
    const tag = key.slice(0, key.indexOf("}") + 1);
    const group = groups.get(tag);
    if (group === undefined) groups.set(tag, [index]);
    else group.push(index);
  });
  return groups;
}
