import { expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { describeInBothPlaces, type Place } from "./both-places.ts";

const PREFIX = "app[*]:";

async function keysIn(place: Place): Promise<string[]> {
  const lists = await Promise.all(place.servers.nodes.map((node) => node.command("KEYS", "*")));
  return (lists.flat() as string[]).toSorted();
}

describeInBothPlaces(
  "keyPrefix",
  (place) => {
    test("is put in front of text and bytes in every call", async () => {
      const { client } = place;
      await client.mset([
        ["text", "1"],
        [Buffer.from("bytes"), "2"],
        [new Uint8Array([0xff]), "3"],
      ]);
      const stored = Buffer.concat([Buffer.from(PREFIX), Buffer.from([0xff])]);
      expect(await place.stored(stored)).toEqual(Buffer.from("3"));
      expect(await place.stored(`${PREFIX}text`)).toEqual(Buffer.from("1"));
      expect(
        (await client.mget(["bytes", "text", `${PREFIX}text`])).map((value) => value && String(value)),
      ).toEqual(["2", "1", null]);
      expect(await client.exists(["text", "bytes"])).toBe(2);
      expect(await client.expire(["text"], 100_000)).toBe(1);
      expect(await client.touch(["text"])).toBe(1);
      expect(await client.unlink(["text"])).toBe(1);
      expect(await client.del(["bytes"])).toBe(1);
      expect(await place.size()).toBe(1);
    });

    test("is put in front of every key of a command, and of nothing else", async () => {
      const outcomes = await place.client
        .batch()
        .call("MSET", "{k}1", "{k}1", "{k}2", "{k}2")
        .call("ZADD", "{k}z", 1, "member")
        .call("EVAL", "return {KEYS[1], KEYS[2], ARGV[1]}", 2, "{e}1", Buffer.from("{e}2"), "argument")
        .call("SET", Buffer.from("{b}bytes"), "v")
        .exec();
      expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill("fulfilled"));
      const { value } = outcomes[2] as PromiseFulfilledResult<Buffer[]>;
      expect(value.map(String)).toEqual([`${PREFIX}{e}1`, `${PREFIX}{e}2`, "argument"]);
      expect(await keysIn(place)).toEqual(["{b}bytes", "{k}1", "{k}2", "{k}z"].map((key) => PREFIX + key));
    });

    test("scan finds what has the prefix, taken literally, and gives keys without it", async () => {
      const { client } = place;
      await client.mset([
        ["a:1", "v"],
        ["a:2", "v"],
        ["b:1", "v"],
      ]);
      await using other = await connect(place.servers.url);
      await other.mset([
        ["appa:1", "v"],
        ["app*:a:3", "v"],
      ]);
      const found: string[] = [];
      for await (const key of client.scan("a:*")) found.push(String(key));
      expect(found.toSorted()).toEqual(["a:1", "a:2"]);
      const all: string[] = [];
      for await (const key of client.scan()) all.push(String(key));
      expect(all.toSorted()).toEqual(["a:1", "a:2", "b:1"]);
    });
  },
  { keyPrefix: PREFIX },
);

describeInBothPlaces(
  "a keyPrefix with a hash tag",
  (place) => {
    test("puts all keys into one slot, so that commands over several keys run", async () => {
      const outcomes = await place.client
        .batch()
        .call("MSET", "a", "1", "b", "2", "c", "3")
        .call("MGET", "a", "b", "c")
        .exec();
      expect(outcomes).toMatchObject([
        { value: "OK" },
        { value: [Buffer.from("1"), Buffer.from("2"), Buffer.from("3")] },
      ]);
      expect(await place.stored("{one}b")).toEqual(Buffer.from("2"));
    });
  },
  { keyPrefix: "{one}" },
);
