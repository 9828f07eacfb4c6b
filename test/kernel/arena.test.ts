import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Arena, ArenaFull, MAX_ARENA_LENGTH } from "../../src/wasm/arena.ts";
import type { PackedBatch, PackRequest } from "../../src/wasm/kernel.ts";
import { KeyTransport } from "../../src/wasm/key-transport.ts";
import { ARENA_START, NODE_OF_SLOT, REGION_PAD, TAIL_MASK } from "../../src/wasm/layout.ts";
import { kernelBinary } from "../../src/wasm/load.ts";
import { PackCall } from "../../src/wasm/pack-call.ts";
import { ReferenceKernel } from "../../src/wasm/reference-kernel.ts";
import { compileTemplate } from "../../src/wasm/template.ts";
import { templateImage } from "../../src/wasm/template-image.ts";
import { type KernelExports, WasmKernel } from "../../src/wasm/wasm-kernel.ts";
import { webAssembly } from "../../src/wasm/web-assembly.ts";
import { packRequest } from "./batches.ts";

const CANARY = 0xa5;

function instantiate(): KernelExports {
  const { Module, Instance } = webAssembly()!;
  return new Instance(new Module(kernelBinary())).exports as KernelExports;
}

interface Region {
  readonly address: number;
  byteLength: number;
}

/** Keeps a list of the regions that it hands out. */
class WatchedArena extends Arena {
  regions: Region[] = [];

  override reserve(byteLength: number): number {
    const address = super.reserve(byteLength);
    // The newest region may have been extended before.
    this.regions.push({ address, byteLength });
    return address;
  }

  override extend(address: number, byteLength: number): void {
    super.extend(address, byteLength);
    const region = this.regions.find((candidate) => candidate.address === address);
    if (region !== undefined) region.byteLength = byteLength;
  }
}

function expectDisjoint(arena: WatchedArena): void {
  const sorted = arena.regions.toSorted((a, b) => a.address - b.address);
  let end = ARENA_START;
  for (const { address, byteLength } of sorted) {
    expect(address % 16).toBe(0);
    expect(address).toBeGreaterThanOrEqual(end);
    end = address + byteLength + REGION_PAD;
  }
  expect(end).toBeLessThanOrEqual(arena.memory.buffer.byteLength);
}

describe("the layout of kernel memory", () => {
  test("keeps the call block, the tail mask, the slot table and the arena apart", () => {
    const lastCallWord = 68;
    expect(TAIL_MASK).toBeGreaterThanOrEqual(lastCallWord + 4);
    expect(NODE_OF_SLOT).toBeGreaterThanOrEqual(TAIL_MASK + 32);
    expect(ARENA_START).toBeGreaterThanOrEqual(NODE_OF_SLOT + 16384 * 2);
    expect(ARENA_START % 16).toBe(0);
  });
});

describe("the arena", () => {
  test("never lays one region over another, however they are reserved, extended and forgotten", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("reserve" as const), byteLength: fc.nat(200_000) }),
      fc.record({ kind: fc.constant("extend" as const), byteLength: fc.nat(400_000) }),
      fc.record({ kind: fc.constant("reset" as const), byteLength: fc.nat(5000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const arena = new WatchedArena(instantiate().memory);
        for (const { kind, byteLength } of steps) {
          const newest = arena.regions.at(-1);
          if (kind === "reset") {
            arena.reset(ARENA_START + byteLength);
            arena.regions = [];
          } else if (kind === "reserve") arena.reserve(byteLength);
          else if (newest !== undefined) arena.extend(newest.address, newest.byteLength + byteLength);
          expectDisjoint(arena);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("keeps what is in a region while it grows, and has views of the new memory", () => {
    const arena = new Arena(instantiate().memory);
    const before = arena.memory.buffer;
    const address = arena.reserve(1000);
    arena.u8.fill(7, address, address + 1000);
    arena.extend(address, 10 * 65536);
    expect(arena.memory.buffer).not.toBe(before);
    for (const view of [arena.u8, arena.u16, arena.u32]) expect(view.buffer).toBe(arena.memory.buffer);
    expect(arena.u8.subarray(address, address + 1000).every((byte) => byte === 7)).toBe(true);
  });

  test("refuses to grow past its limit and where the host refuses", () => {
    const arena = new Arena(instantiate().memory);
    expect(() => arena.reserve(MAX_ARENA_LENGTH)).toThrow(ArenaFull);
    const { buffer } = instantiate().memory;
    const grow = (): number => {
      throw new RangeError("no memory");
    };
    expect(() => new Arena({ buffer, grow }).reserve(buffer.byteLength)).toThrow(ArenaFull);
  });
});

describe("the kernel in its memory", () => {
  test("writes to the regions of its results only", () => {
    fc.assert(fc.property(packRequest, checkCanaries), { numRuns: 150 });
  });

  test("grows its memory in the middle of a run of batches without losing anything", () => {
    const exports = instantiate();
    const kernel = new WasmKernel(exports);
    const reference = new ReferenceKernel();
    const template = {
      parts: [{ kind: "name" as const, prefix: Uint8Array.of(0x7b), suffix: Uint8Array.of(0x7d) }],
      routePrefix: Uint8Array.of(0x7b),
      routeSuffix: Uint8Array.of(0x7d),
      columns: 0,
    };
    const nodeOfSlot = Uint16Array.from({ length: 16384 }, (_, slot) => slot % 3);
    let growths = 0;
    for (const length of [3, 50, 300, 20, 900, 7, 20_000, 4]) {
      for (const unit of ["a", "é", "漢", "\0"]) {
        const keys = Array.from({ length: 50 }, (_, i) => `${i}${unit.repeat(length)}`);
        const { byteLength } = exports.memory.buffer;
        const request = { template, keys, nodeOfSlot, nodeCount: 3, tableVersion: 1 };
        expectSame(kernel.pack(request), reference.pack(request));
        if (exports.memory.buffer.byteLength > byteLength) growths++;
      }
    }
    expect(growths).toBeGreaterThan(2);
  });

  test("leaves to plain JavaScript what its memory has no room for", () => {
    const exports = instantiate();
    let refusals = 0;
    const memory = {
      get buffer() {
        return exports.memory.buffer;
      },
      grow() {
        refusals++;
        throw new RangeError("no memory");
      },
    };
    const kernel = new WasmKernel({ ...exports, memory });
    const reference = new ReferenceKernel();
    const template = {
      parts: [{ kind: "name" as const, prefix: new Uint8Array(0), suffix: new Uint8Array(0) }],
      routePrefix: new Uint8Array(0),
      routeSuffix: new Uint8Array(0),
      columns: 0,
    };
    const keys = Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(20_000, "k"));
    const request = { template, keys, nodeCount: 1 };
    expectSame(kernel.pack(request), reference.pack(request));
    const slots = [new Uint16Array(50), new Uint16Array(50)] as const;
    kernel.keySlots(keys, slots[0]);
    reference.keySlots(keys, slots[1]);
    expect(slots[0]).toEqual(slots[1]);
    const bytes = new Uint8Array(1 << 20).fill(3);
    expect(kernel.crc16(bytes)).toBe(reference.crc16(bytes));
    expect(refusals).toBeGreaterThanOrEqual(3);
    const small = { template, keys: ["a", "b", "c", "d"], nodeCount: 1 };
    expect(kernel.pack(small)).toEqual(reference.pack(small));
  });
});

/** `toEqual` takes a second for a megabyte. */
function expectSame(batch: PackedBatch, expected: PackedBatch): void {
  expect(Buffer.from(batch.bytes).equals(expected.bytes)).toBe(true);
  const { bytes: _, ...plan } = batch;
  const { bytes: __, ...expectedPlan } = expected;
  expect(plan).toEqual(expectedPlan);
}

/** Packs in memory full of canaries: inputs stay as they are, and so does everything outside the regions. */
function checkCanaries(request: PackRequest): void {
  const exports = instantiate();
  exports.prepare();
  const arena = new WatchedArena(exports.memory);
  const template = compileTemplate(request.template);
  const image = templateImage(template);
  // Grown beforehand, so that no canary is missing.
  arena.reserve(2_000_000);
  arena.regions = [];
  arena.u8.fill(CANARY, ARENA_START);
  arena.reset();
  const imageAt = arena.reserve(image.length);
  arena.u8.set(image, imageAt);
  arena.u16.set(request.nodeOfSlot ?? [], NODE_OF_SLOT >> 1);
  const transport = new KeyTransport(arena);
  transport.load(request.keys, request.items);
  const call = new PackCall(arena, request, template);
  call.prepare(transport);
  expectDisjoint(arena);
  // In order: template, keys, starts, slots by item, cursors, (lengths, places,) plan, output.
  const [, keys, starts] = arena.regions;
  const hasValues = template.valueColumns.length > 0;
  const lengths = hasValues ? arena.regions[5] : undefined;
  const inputs = [
    arena.regions[0]!,
    keys!,
    ...(transport.joined ? [] : [starts!]),
    ...(lengths ? [lengths] : []),
  ];
  const before = arena.u8.slice();
  exports.pack();
  const after = arena.u8;
  expect(after.byteLength).toBe(before.byteLength);
  for (const { address, byteLength } of inputs) {
    expect(Buffer.from(after.subarray(address, address + byteLength))).toEqual(
      Buffer.from(before.subarray(address, address + byteLength)),
    );
  }
  const output = arena.regions.at(-1)!;
  let at = ARENA_START;
  for (const region of [...arena.regions, { address: after.length, byteLength: 0 }]) {
    // Only the last region, the packed bytes, may be overrun: by less than one vector, into its padding.
    for (; at < region.address; at++) if (after[at] !== CANARY) expect.fail(`byte ${at} was overwritten`);
    at = region.address + region.byteLength + (region === output ? REGION_PAD : 0);
  }
}
