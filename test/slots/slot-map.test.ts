import { describe, expect, test } from "vitest";
import { NO_NODE, SlotMap } from "../../src/slots/index.ts";

const ID = { a: "a".repeat(40), b: "b".repeat(40), c: "c".repeat(40), d: "d".repeat(40) };

const slotsReply = [
  [0, 8191, ["10.0.0.1", 6379, ID.a, []], ["10.0.0.2", 6379, ID.c, ["hostname", "c.example"]]],
  [8192, 16000, ["10.0.0.3", 6380, ID.b, []]],
  [16002, 16002, ["10.0.0.3", 6380, ID.b, []]],
];

const shardsReply = [
  [
    "slots",
    [0, 8191],
    "nodes",
    [
      [
        "id",
        ID.a,
        "port",
        6379,
        "ip",
        "10.0.0.1",
        "endpoint",
        "10.0.0.1",
        "role",
        "master",
        "health",
        "online",
      ],
      [
        "id",
        ID.c,
        "port",
        6379,
        "ip",
        "10.0.0.2",
        "endpoint",
        "10.0.0.2",
        "role",
        "replica",
        "health",
        "online",
      ],
    ],
  ],
  [
    "slots",
    [8192, 16000, 16002, 16002],
    "nodes",
    [
      [
        "id",
        ID.b,
        "port",
        6380,
        "ip",
        "10.0.0.3",
        "endpoint",
        "10.0.0.3",
        "role",
        "master",
        "health",
        "online",
      ],
    ],
  ],
];

const nodesReply = [
  `${ID.c} 10.0.0.2:6379@16379,c.example slave ${ID.a} 0 1700000000 1 connected`,
  `${ID.a} 10.0.0.1:6379@16379,,shard-id=69bc myself,master - 0 0 1 connected 0-8191 [93-<-${ID.b}]`,
  `${ID.b} 10.0.0.3:6380@16380 master - 0 1700000000 2 connected 8192-16000 16002 [77->-${ID.a}]`,
  `${ID.d} :0@0 master,noaddr - 0 0 3 disconnected 16001`,
].join("\n");

function toBytes(value: unknown): unknown {
  if (typeof value === "string") return Buffer.from(value);
  return Array.isArray(value) ? value.map(toBytes) : value;
}

const readers: [string, () => SlotMap][] = [
  ["CLUSTER SLOTS", () => SlotMap.fromClusterSlots(slotsReply, "asked")],
  ["CLUSTER SLOTS in bytes", () => SlotMap.fromClusterSlots(toBytes(slotsReply), "asked")],
  ["CLUSTER SHARDS", () => SlotMap.fromClusterShards(shardsReply, "asked")],
  ["CLUSTER SHARDS in bytes", () => SlotMap.fromClusterShards(toBytes(shardsReply), "asked")],
  ["CLUSTER SHARDS of RESP3 as objects", () => SlotMap.fromClusterShards(shardsReply.map(toObject), "asked")],
  ["CLUSTER SHARDS of RESP3 as Maps", () => SlotMap.fromClusterShards(shardsReply.map(toMap), "asked")],
  ["CLUSTER NODES", () => SlotMap.fromClusterNodes(nodesReply, "asked")],
  [
    "CLUSTER NODES in bytes, with CRLF",
    () => SlotMap.fromClusterNodes(Buffer.from(`${nodesReply.replaceAll("\n", "\r\n")}\r\n`), "asked"),
  ],
];

function toMap(shard: unknown[]): Map<unknown, unknown> {
  const nodes = shard[3] as unknown[][];
  return new Map<unknown, unknown>([
    ["slots", shard[1]],
    ["nodes", nodes.map((node) => new Map(pairs(node)))],
  ]);
}

function toObject(shard: unknown[]): unknown {
  const nodes = shard[3] as unknown[][];
  return {
    slots: shard[1],
    nodes: nodes.map((node) => Object.fromEntries(pairs(node) as [string, unknown][])),
  };
}

function pairs(flat: unknown[]): [unknown, unknown][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

describe.each(readers)("a map from %s", (_, read) => {
  test("knows every owner, its address and its replicas, and leaves holes", () => {
    const map = read();
    expect(map.nodes.length).toBe(2);
    const first = { id: ID.a, host: "10.0.0.1", port: 6379, role: "primary" };
    const second = { id: ID.b, host: "10.0.0.3", port: 6380, role: "primary" };
    expect(map.owner(0)).toMatchObject(first);
    expect(map.owner(8191)).toMatchObject(first);
    expect(map.owner(8192)).toMatchObject(second);
    expect(map.owner(16000)).toMatchObject(second);
    expect(map.owner(16001)).toBeUndefined();
    expect(map.nodeOfSlot[16001]).toBe(NO_NODE);
    expect(map.owner(16002)).toMatchObject(second);
    expect(map.owner(16003)).toBeUndefined();
    expect(map.coverage).toBe(16002);
    expect(map.owner(0)?.replicas).toEqual([{ id: ID.c, host: "10.0.0.2", port: 6379, role: "replica" }]);
    expect(map.owner(8192)?.replicas).toEqual([]);
  });
});

describe("hosts", () => {
  test.each([null, "", "?", Buffer.from("")])("that are %j mean the node that answered", (host) => {
    const slots = SlotMap.fromClusterSlots([[0, 1, [host, 7000, ID.a], [host, 7001, ID.b]]], "asked.example");
    expect(slots.owner(0)).toMatchObject({ host: "asked.example", port: 7000 });
    expect(slots.owner(0)?.replicas[0]).toMatchObject({ host: "asked.example", port: 7001 });
    const node = [
      "id",
      ID.a,
      "port",
      7000,
      "ip",
      "10.9.9.9",
      "endpoint",
      host,
      "role",
      "master",
      "health",
      "online",
    ];
    const shards = SlotMap.fromClusterShards([["slots", [0, 1], "nodes", [node]]], "asked.example");
    expect(shards.owner(0)).toMatchObject({ host: "asked.example", port: 7000 });
  });

  test("that CLUSTER NODES leaves empty mean the node that answered", () => {
    const map = SlotMap.fromClusterNodes(
      `${ID.a} :7000@17000 myself,master - 0 0 1 connected 0-16383`,
      "::1",
    );
    expect(map.nodes).toEqual([{ id: ID.a, host: "::1", port: 7000, role: "primary", replicas: [] }]);
  });

  test("may be IPv6 addresses, host names, or in brackets", () => {
    const nodes = SlotMap.fromClusterNodes(
      `${ID.a} 2001:db8::5:7000@17000 master - 0 0 1 connected 0`,
      "asked",
    );
    expect(nodes.owner(0)).toMatchObject({ host: "2001:db8::5", port: 7000 });
    const slots = SlotMap.fromClusterSlots(
      [
        [0, 0, ["fe80::1%eth0", 1]],
        [1, 1, ["[::1]", 2]],
        [2, 2, ["node-1.example", 3]],
      ],
      "asked",
    );
    expect(slots.nodes.map(({ host }) => host)).toEqual(["fe80::1%eth0", "::1", "node-1.example"]);
  });

  test("are taken as the server prefers them: the endpoint, not the address", () => {
    const node = [
      "id",
      ID.a,
      "port",
      7000,
      "ip",
      "10.0.0.9",
      "endpoint",
      "a.example",
      "hostname",
      "a.example",
      "role",
      "master",
    ];
    expect(SlotMap.fromClusterShards([["slots", [0, 0], "nodes", [node]]], "asked").owner(0)?.host).toBe(
      "a.example",
    );
  });
});

describe("CLUSTER SHARDS", () => {
  const shard = (...nodes: unknown[]): unknown => ["slots", [0, 0], "nodes", nodes];
  const node = (id: string, role: string, health: string, port = 7000): unknown[] => [
    ...["id", id, "port", port, "ip", "10.0.0.1", "endpoint", "10.0.0.1"],
    ...["role", role, "health", health],
  ];

  test("gives the slots to the primary that is online when a failed one is still listed", () => {
    const reply = [shard(node(ID.a, "master", "fail"), node(ID.b, "master", "online", 7001))];
    expect(SlotMap.fromClusterShards(reply, "asked").owner(0)?.id).toBe(ID.b);
  });

  test("leaves slots without a primary uncovered", () => {
    const map = SlotMap.fromClusterShards([shard(node(ID.a, "replica", "online"))], "asked");
    expect([map.coverage, map.nodes.length]).toEqual([0, 0]);
  });

  test("takes the TLS port when asked to, and when there is no other", () => {
    const both = ["id", ID.a, "port", 7000, "tls-port", 7443, "endpoint", "h", "role", "master"];
    const tlsOnly = ["id", ID.a, "tls-port", 7443, "endpoint", "h", "role", "master"];
    expect(SlotMap.fromClusterShards([shard(both)], "asked").owner(0)?.port).toBe(7000);
    expect(SlotMap.fromClusterShards([shard(both)], "asked", { tls: true }).owner(0)?.port).toBe(7443);
    expect(SlotMap.fromClusterShards([shard(tlsOnly)], "asked").owner(0)?.port).toBe(7443);
  });
});

test("CLUSTER NODES gives a slot that two claim to the higher config epoch", () => {
  const lines = [
    `${ID.a} 10.0.0.1:1@2 master - 0 0 9 connected 0-10`,
    `${ID.b} 10.0.0.2:1@2 master - 0 0 3 connected 5-20`,
  ];
  for (const text of [lines.join("\n"), lines.toReversed().join("\n")]) {
    const map = SlotMap.fromClusterNodes(text, "asked");
    expect([map.owner(5)?.id, map.owner(11)?.id]).toEqual([ID.a, ID.b]);
  }
});

describe("assign", () => {
  test("gives exactly one slot away, and the version goes up", () => {
    const map = SlotMap.fromClusterSlots(slotsReply, "asked");
    const before = map.nodeOfSlot.slice();
    const { version } = map;
    expect(map.assign(100, 1)).toBe(1);
    expect(map.version).toBe(version + 1);
    const changed = Array.from(before.keys()).filter((slot) => before[slot] !== map.nodeOfSlot[slot]);
    expect(changed).toEqual([100]);
    map.assign(100, 1);
    expect(map.version).toBe(version + 1);
  });

  test("takes an address, of a node that is known or new", () => {
    const map = SlotMap.fromClusterSlots(slotsReply, "asked");
    expect(map.assign(5, { host: "10.0.0.3", port: 6380 })).toBe(1);
    expect(map.assign(6, { host: "10.0.0.4", port: 6381 })).toBe(2);
    expect(map.owner(6)).toEqual({
      id: "10.0.0.4:6381",
      host: "10.0.0.4",
      port: 6381,
      role: "primary",
      replicas: [],
    });
    expect(map.nodes.length).toBe(3);
  });

  test("lets a replica that was promoted in under its id", () => {
    const map = SlotMap.fromClusterSlots(slotsReply, "asked");
    const index = map.addNode({ host: "10.0.0.2", port: 6379 });
    expect(map.nodes[index]).toMatchObject({ id: ID.c, role: "primary", replicas: [] });
    expect(map.addNode({ host: "10.0.0.2", port: 6379 })).toBe(index);
    expect(map.indexOf({ host: "10.0.0.2", port: 6379 })).toBe(index);
    expect(map.indexOf({ host: "10.0.0.9", port: 1 })).toBe(-1);
  });

  test("rejects junk and changes nothing", () => {
    const map = SlotMap.fromClusterSlots(slotsReply, "asked");
    const before = map.nodeOfSlot.slice();
    for (const slot of [-1, 16384, 1e9, 1.5, Number.NaN, "__proto__", "7"]) {
      expect(() => map.assign(slot as number, 0)).toThrow(expect.objectContaining({ code: "BAD_SLOT" }));
    }
    for (const node of [2, -1, 0.5, NO_NODE]) {
      expect(() => map.assign(0, node)).toThrow(expect.objectContaining({ code: "BAD_NODE" }));
    }
    expect(map.nodeOfSlot).toEqual(before);
    expect(map.version).toBe(0);
  });
});

test("a map without shards covers nothing", () => {
  const map = new SlotMap();
  expect([map.coverage, map.nodes.length, map.version]).toEqual([0, 0, 0]);
  expect(map.owner(-1)).toBeUndefined();
  expect(map.owner(16384)).toBeUndefined();
});
