import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SlotpackError } from "../../src/errors.ts";
import { SlotMap } from "../../src/slots/index.ts";

const ID = "a".repeat(40);
const entry = (first: unknown, last: unknown, port: unknown = 6379, host: unknown = "h"): unknown[] => [
  [first, last, [host, port, ID]],
];
const shard = (slots: unknown, fields: unknown[] = []): unknown[] => [
  ["slots", slots, "nodes", [["id", ID, "port", 6379, "endpoint", "h", "role", "master", ...fields]]],
];
const line = (slots: string, address = "h:6379@16379", epoch = "1"): string =>
  `${ID} ${address} master - 0 0 ${epoch} connected ${slots}`;

const fromSlots = (reply: unknown): SlotMap => SlotMap.fromClusterSlots(reply, "asked");
const fromShards = (reply: unknown): SlotMap => SlotMap.fromClusterShards(reply, "asked");
const fromNodes = (reply: unknown): SlotMap => SlotMap.fromClusterNodes(reply as string, "asked");

describe("a reply that no server sends", () => {
  test.each<[string, (reply: unknown) => SlotMap, unknown, RegExp]>([
    ["slot -1", fromSlots, entry(-1, 5), /range 0: expected a slot from 0 to 16383, got -1/],
    ["slot 16384", fromSlots, entry(0, 16384), /expected a slot .* got 16384/],
    ["slot 1e9", fromSlots, entry(0, 1e9), /expected a slot/],
    ["slot __proto__", fromSlots, entry("__proto__", 5), /expected a slot .* got "__proto__"/],
    ["half a slot", fromSlots, entry(0.5, 5), /expected a slot/],
    ["a backward range", fromSlots, entry(9, 5), /range that ends behind its start/],
    ["port 0", fromSlots, entry(0, 5, 0), /port: expected a port from 1 to 65535, got 0/],
    ["port 65536", fromSlots, entry(0, 5, 65536), /expected a port/],
    ["a port in words", fromSlots, entry(0, 5, "six"), /expected a port/],
    ["a number as host", fromSlots, entry(0, 5, 1, 42), /host: expected text, got 42/],
    ["a host with a line break", fromSlots, entry(0, 5, 1, "h\r\nFLUSHALL"), /expected a host name/],
    ["no primary", fromSlots, [[0, 5]], /node: expected an array, got undefined/],
    ["a text", fromSlots, "OK", /CLUSTER SLOTS: expected an array, got "OK"/],
    ["null", fromSlots, null, /got null/],
    ["an entry of null", fromSlots, [null], /range 0: expected an array/],
    ["shard slots of odd number", fromShards, shard([0, 5, 7]), /firsts and lasts/],
    ["a shard slot 99999", fromShards, shard([0, 99999]), /expected a slot/],
    ["a shard without nodes", fromShards, [["slots", [0, 1]]], /nodes: expected an array/],
    ["a shard that is a number", fromShards, [7], /shard 0: expected a map, got 7/],
    ["a shard of odd length", fromShards, [["slots"]], /names and values/],
    [
      "a node without id",
      fromShards,
      [["slots", [], "nodes", [["port", 1, "role", "master"]]]],
      /id: expected text/,
    ],
    ["no text", fromNodes, ["x"], /CLUSTER NODES: expected text, got an array of 1/],
    ["an empty text", fromNodes, "\n", /a line per node/],
    ["a line of words", fromNodes, "ERR unknown command", /line 1: expected eight fields/],
    [
      "a line's slot __proto__",
      fromNodes,
      line("__proto__"),
      /line 1, slots: expected a slot .* "__proto__"/,
    ],
    ["a line's slot 16384", fromNodes, line("0-16384"), /expected a slot/],
    ["a line's negative slot", fromNodes, line("-5"), /expected a slot/],
    ["a line's port 0", fromNodes, line("0", "h:0@1"), /expected a port/],
    ["a line's junk port", fromNodes, line("0", "h:x@1"), /expected a port/],
    ["a line without a port", fromNodes, line("0", "h"), /host:port@busPort/],
  ])("with %s is refused with its place", (_, read, reply, message) => {
    let error: unknown;
    try {
      read(reply);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SlotpackError);
    expect((error as SlotpackError).code).toBe("BAD_TOPOLOGY");
    expect((error as SlotpackError).message).toMatch(message);
  });

  test("never gets anything but a map or BAD_TOPOLOGY out of a reader", () => {
    const junk = fc.anything({
      withMap: true,
      withBigInt: true,
      withTypedArray: true,
      withNullPrototype: true,
    });
    const bent = fc.array(
      fc.tuple(junk, fc.oneof(fc.nat(16383), junk), fc.oneof(fc.tuple(junk, fc.integer(), junk), junk)),
      { maxLength: 3 },
    );
    for (const read of [fromSlots, fromShards, fromNodes]) {
      fc.assert(
        fc.property(fc.oneof(junk, bent, fc.string()), (reply) => {
          try {
            expect(read(reply)).toBeInstanceOf(SlotMap);
          } catch (error) {
            expect((error as SlotpackError).code).toBe("BAD_TOPOLOGY");
          }
        }),
        { numRuns: 300 },
      );
    }
  });

  test("pollutes no prototype", () => {
    const fields = ["__proto__", { polluted: true }, "constructor", { prototype: { polluted: true } }];
    const shards = [JSON.parse(`{"__proto__":{"polluted":true},"slots":[0,1],"nodes":[]}`)];
    fromShards(shard([0, 1], fields));
    fromShards(shards);
    fromSlots([[0, 1, ["__proto__", 1, "__proto__"]]]).assign(0, { host: "constructor", port: 1 });
    fromNodes(line("0", "__proto__:1@2"));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
