import fc from "fast-check";
import type { Key } from "../../src/bytes/key.ts";
import { type CommandTemplate, NO_NODE, type PackRequest, type TemplatePart } from "../../src/wasm/kernel.ts";

/*
 * Arbitrary batches for the kernels: every shape of key, of name and of value that takes a path of its own.
 */

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Braces, the separator, one to four bytes of UTF-8, halves of a surrogate pair. */
const nastyText = fc
  .array(fc.constantFrom("a", "b", "7", "{", "}", "{}", "\0", "é", "漢", "💀", "\ud800", "\udc00"), {
    maxLength: 40,
  })
  .map((units) => units.join(""));
const plainText = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789:_-@"),
  maxLength: 140,
});
const taggedText = fc.tuple(plainText, plainText).map(([tag, rest]) => `{${tag}}${rest}`);
const binary = fc.uint8Array({ maxLength: 150 });
const bracedBinary = fc
  .array(fc.constantFrom(0x7b, 0x7d, 0, 0x61, 0xff), { maxLength: 50 })
  .map((bytes) => Uint8Array.from(bytes));

/** A text or a binary key of at most some 150 bytes; empty ones too. */
export const key: fc.Arbitrary<Key> = fc.oneof(
  plainText,
  taggedText,
  nastyText,
  binary,
  bracedBinary,
  fc.constant(""),
);

/** Keys of one kind, or mixed. */
export const keys: fc.Arbitrary<Key[]> = fc.oneof(
  fc.array(key, { maxLength: 40 }),
  fc.array(plainText, { maxLength: 200 }),
  fc.array(binary, { maxLength: 40 }),
);

const affix = fc
  .constantFrom("", "{", "}", "{}", "{x}", "a{", "{{", "app:", "}:metadata", "}{", ":kv{", "k".repeat(40))
  .map(bytesOf);

const namePart: fc.Arbitrary<TemplatePart> = fc.record({
  kind: fc.constant("name" as const),
  prefix: affix,
  suffix: affix,
});
const literalPart: fc.Arbitrary<TemplatePart> = fc.record({
  kind: fc.constant("literal" as const),
  bytes: fc.uint8Array({ maxLength: 40 }),
});
const COLUMNS = 2;
const valuePart: fc.Arbitrary<TemplatePart> = fc.record({
  kind: fc.constant("value" as const),
  column: fc.nat(COLUMNS - 1),
});
const recordPart: fc.Arbitrary<TemplatePart> = fc.record({
  kind: fc.constant("record" as const),
  metadata: fc.nat(COLUMNS - 1),
  bytes: fc.nat(COLUMNS - 1),
});

function template(...parts: fc.Arbitrary<TemplatePart>[]): fc.Arbitrary<CommandTemplate> {
  return fc.record({
    parts: fc.array(fc.oneof(...parts), { maxLength: 6 }),
    routePrefix: affix,
    routeSuffix: affix,
    columns: fc.constant(COLUMNS),
  });
}

/** Around the lengths at which a value gets a gap, is spliced in or is gathered. */
const value = fc
  .tuple(fc.constantFrom(0, 1, 8, 40, 41, 1000, 4095, 4096, 9000), fc.nat(255))
  .map(([length, byte]) => new Uint8Array(length).fill(byte));

const nodeTable = (nodeCount: number): fc.Arbitrary<Uint16Array | undefined> =>
  fc.option(
    fc.nat().map((seed) => Uint16Array.from({ length: 16384 }, (_, slot) => spread(slot ^ seed, nodeCount))),
    { nil: undefined },
  );

/** A node for every slot; about one slot in eight has none. */
function spread(slot: number, nodeCount: number): number {
  const mixed = Math.imul(slot + 1, 0x9e3779b1) >>> 16;
  return mixed % 8 === 0 ? NO_NODE : mixed % nodeCount;
}

/** A whole request; reads and writes, all keys or some of them in any order. */
export const packRequest: fc.Arbitrary<PackRequest> = fc
  .record({ keys, nodeCount: fc.integer({ min: 1, max: 5 }), writes: fc.boolean() })
  .chain(({ keys: batch, nodeCount, writes }) =>
    fc.record({
      keys: fc.constant(batch),
      nodeCount: fc.constant(nodeCount),
      nodeOfSlot: nodeTable(nodeCount),
      tableVersion: fc.option(fc.nat(3), { nil: undefined }),
      template: writes
        ? template(literalPart, namePart, valuePart, recordPart)
        : template(literalPart, namePart),
      items: fc.option(
        fc.shuffledSubarray([...batch.keys()]).map((indexes) => Uint32Array.from(indexes)),
        { nil: undefined },
      ),
      values: writes
        ? fc.record({
            columns: fc.tuple(
              fc.array(value, { minLength: batch.length, maxLength: batch.length }),
              fc.array(value, { minLength: batch.length, maxLength: batch.length }),
            ),
            gatherFrom: fc.constantFrom(0, 1, 41, 4096, 5000, Number.POSITIVE_INFINITY),
          })
        : fc.constant(undefined),
    }),
  );
