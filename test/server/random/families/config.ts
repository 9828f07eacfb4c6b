import type { Args, Family, Turn, World } from "../world.ts";

/** Parameters that CONFIG SET leaves alone here, and why. */
export const HELD_PARAMETERS: Readonly<Record<string, string>> = {
  "active-defrag-*": "the real server's allocator",
  activedefrag: "the real server's allocator",
  appendonly: "would write files",
  bind: "where the server listens",
  "bind-source-addr": "where the server listens",
  "client-output-buffer-limit": "would close connections by buffer sizes, which are each server's own",
  "client-query-buffer-limit": "would close connections by buffer sizes, which are each server's own",
  "cluster-announce-*": "who the node says it is",
  "cluster-node-timeout": "times of the real cluster",
  "cluster-require-full-coverage": "takes effect at the next tick of the real cluster",
  "cluster-allow-replica-migration": "as above",
  "cluster-port": "where the server listens",
  dbfilename: "files",
  dir: "files",
  hz: "dynamic-hz changes it by itself",
  "jemalloc-bg-thread": "the real server's allocator",
  "key-load-delay": "would stop the real server",
  logfile: "files",
  loglevel: "the real server's log",
  maxclients: "the process's limits",
  maxmemory: "what is evicted is chance",
  "maxmemory-clients": "would close connections by memory, which is each server's own",
  "latency-monitor-threshold": "what is slow is chance",
  "oom-score-adj": "the real server's process",
  "oom-score-adj-values": "the real server's process",
  port: "where the server listens",
  "rdb-key-save-delay": "would stop the real server",
  "replica-announce-*": "who the node says it is",
  requirepass: "has a family of its own",
  save: "would write files",
  "slave-announce-*": "who the node says it is",
  "slowlog-log-slower-than": "has a family of its own",
  timeout: "would close connections after a time",
  "tls-*": "the real server needs certificates",
  "tracking-table-max-keys": "which keys are forgotten is chance",
  "watchdog-period": "the real server's signals",
};

export function isHeld(name: string): boolean {
  return Object.keys(HELD_PARAMETERS).some((held) =>
    held.endsWith("*") ? name.startsWith(held.slice(0, -1)) : held === name,
  );
}

const VALUES = [
  "yes",
  "no",
  "YES",
  "0",
  "1",
  "-1",
  "2",
  "10",
  "100",
  "101",
  "512",
  "65536",
  "2147483647",
  "2147483648",
  "9223372036854775807",
  "9223372036854775808",
  "18446744073709551615",
  "18446744073709551616",
  "99999999999999999999",
  "1k",
  "1kb",
  "10mb",
  "1GB",
  "1g",
  "-1mb",
  "1.5mb",
  "50%",
  "101%",
  "",
  " ",
  "x",
  "abc def",
  "1 2 3",
  "50 99 99.9",
  "50 101",
  "everysec",
  "always",
  "allkeys-lru",
  "Volatile-TTL",
  "volatile-lfu",
  "noeviction",
  "disabled",
  "swapdb",
  "ip",
  "hostname",
  "ignore",
  "now",
  "nosave now",
  "default",
  "allchannels",
  "resetchannels",
  "clients",
  "local",
  "0x10",
  "01",
  "+1",
] as const;

function config(world: World): Turn | Args {
  const { draw, parameters } = world;
  const names = [...parameters.keys()];
  const name = () => {
    const drawn = draw.pick(names);
    return draw.chance(0.1) ? drawn.toUpperCase() : drawn;
  };
  switch (draw.integer(7)) {
    case 0:
    case 1:
      return [
        "CONFIG",
        world.word("get"),
        ...world.some(
          () =>
            draw.chance(0.6) ? name() : draw.pick(["slow*", "*-max-*", "nosuch", "[mn]*e*", "hz", "?z", ""]),
          1,
          3,
        ),
      ];
    case 2:
    case 3:
    case 4: {
      const count = draw.chance(0.8) ? 1 : 2 + draw.integer(2);
      const pairs = Array.from({ length: count }, () => {
        const drawn = name();
        const free = !isHeld(drawn.toLowerCase());
        const value = draw.chance(0.3) ? (parameters.get(drawn) ?? "yes") : draw.pick(VALUES);
        return free ? [drawn, value] : [draw.pick(["nosuch", "Hash-Max-Listpack-Entries", "port2"]), value];
      });
      const args = pairs.flat();
      return {
        steps: [
          ["CONFIG", world.word("set"), ...args],
          ["CONFIG", "GET", ...pairs.map(([each]) => each as string)],
        ],
        mutation: "words",
      };
    }
    case 5:
      return ["CONFIG", world.word("resetstat")];
    default:
      return draw.chance(0.5)
        ? ["CONFIG", draw.pick(["HELP", "NOSUCH", "SET", "GET"]), ...draw.some(["x"], 0, 1)]
        : world.cluster
          ? ["CONFIG", "RESETSTAT"]
          : ["CONFIG", "REWRITE"];
  }
}

/** A password of the default user, and what follows for those who come then. */
function password(world: World): Turn {
  const { draw } = world;
  return {
    steps: [
      ["CONFIG", "SET", "requirepass", draw.pick(["", "secret"])],
      ["CONFIG", "GET", "requirepass"],
      ["AUTH", draw.pick(["secret", "x", ""])],
    ],
    mutation: "none",
  };
}

export const CONFIG: Family = { name: "config", weight: 5, turn: config };
export const PASSWORD: Family = { name: "password", weight: 0.5, turn: password };
