import { Arena, ArenaFull } from "./arena.ts";
import { groupBySlotOwner } from "./grouping.ts";
import type { Kernel, Key, PackedBatch, PackRequest } from "./kernel.ts";
import { KeyTransport } from "./key-transport.ts";
import { ARENA_START, MISMATCH, NODE_OF_SLOT } from "./layout.ts";
import { PackCall } from "./pack-call.ts";
import { plainPackIsFaster, plainSlotsAreFaster } from "./plain-choice.ts";
import { ReferenceKernel } from "./reference-kernel.ts";
import { type CompiledTemplate, compileTemplate } from "./template.ts";
import { templateImage } from "./template-image.ts";
import type { WasmMemory } from "./web-assembly.ts";

/** What assembly/index.ts exports. */
export interface KernelExports {
  readonly memory: WasmMemory;
  prepare(): void;
  crc16From(crc: number, from: number, length: number): number;
  keySlots(keys: number, splitEnd: number, starts: number, count: number, slots: number): number;
  pack(): number;
}

/** Below this many bytes plain JavaScript has the CRC before the bytes are copied. */
const CRC_FROM = 256;

/** Up to this many slots a loop beats a call of `set`. */
const LOOP_UP_TO = 64;

/** The kernel in WebAssembly. An instance serves one thread; its calls are synchronous and never nest. */
export class WasmKernel implements Kernel {
  readonly backend = "wasm" as const;
  readonly #exports: KernelExports;
  readonly #arena: Arena;
  readonly #transport: KeyTransport;
  readonly #plain: ReferenceKernel = new ReferenceKernel();
  #template: CompiledTemplate | undefined;
  /** The regions of a call begin here, behind the template. */
  #base: number = ARENA_START;
  #table: Uint16Array | undefined;
  #tableVersion: number | undefined;

  constructor(exports: KernelExports) {
    exports.prepare();
    this.#exports = exports;
    this.#arena = new Arena(exports.memory);
    this.#transport = new KeyTransport(this.#arena);
  }

  crc16(data: Key): number {
    if (!(data instanceof Uint8Array) || data.length < CRC_FROM) return this.#plain.crc16(data);
    try {
      this.#arena.reset(this.#base);
      const address = this.#arena.reserve(data.length);
      this.#arena.u8.set(data, address);
      return this.#exports.crc16From(0, address, data.length);
    } catch (error) {
      if (error instanceof ArenaFull) return this.#plain.crc16(data);
      throw error;
    }
  }

  keySlots(keys: readonly Key[], target: Uint16Array): void {
    if (plainSlotsAreFaster(keys)) {
      this.#plain.keySlots(keys, target);
      return;
    }
    try {
      this.#keySlots(keys, target);
    } catch (error) {
      if (error instanceof ArenaFull) this.#plain.keySlots(keys, target);
      else throw error;
    }
  }

  group(
    slots: Uint16Array,
    count: number,
    nodeOfSlot: Uint16Array,
    nodeCount: number,
    order: Uint32Array,
  ): Uint32Array {
    // The sort takes 7 ns a key; copying slots in and order out would add to it.
    return groupBySlotOwner(slots, count, nodeOfSlot, nodeCount, order);
  }

  pack(request: PackRequest): PackedBatch {
    const { keys, items } = request;
    const first = items === undefined ? keys[0] : keys[items[0] ?? 0];
    if (plainPackIsFaster(items === undefined ? keys.length : items.length, first))
      return this.#plain.pack(request);
    try {
      return this.#pack(request);
    } catch (error) {
      if (error instanceof ArenaFull) return this.#plain.pack(request);
      throw error;
    }
  }

  #keySlots(keys: readonly Key[], target: Uint16Array): void {
    const count = keys.length;
    const arena = this.#arena;
    const transport = this.#transport;
    arena.reset(this.#base);
    transport.load(keys, undefined);
    let slots = arena.reserve(count * 2);
    const splitEnd = transport.joined ? transport.end : 0;
    if (this.#exports.keySlots(transport.keys, splitEnd, transport.starts, count, slots) === MISMATCH) {
      arena.reset(this.#base);
      transport.loadAgain(keys, undefined);
      slots = arena.reserve(count * 2);
      this.#exports.keySlots(transport.keys, 0, transport.starts, count, slots);
    }
    const { u16 } = arena;
    const from = slots >> 1;
    if (count > LOOP_UP_TO) target.set(u16.subarray(from, from + count));
    else for (let i = 0; i < count; i++) target[i] = u16[from + i]!;
  }

  #pack(request: PackRequest): PackedBatch {
    const { keys, items, nodeOfSlot } = request;
    const template = compileTemplate(request.template);
    const transport = this.#transport;
    this.#useTemplate(template);
    if (nodeOfSlot !== undefined) this.#useTable(nodeOfSlot, request.tableVersion);
    this.#arena.reset(this.#base);
    transport.load(keys, items);
    const call = new PackCall(this.#arena, request, template);
    call.prepare(transport);
    let packedLength = this.#exports.pack();
    if (packedLength === MISMATCH) {
      this.#arena.reset(this.#base);
      transport.loadAgain(keys, items);
      call.prepare(transport);
      packedLength = this.#exports.pack();
    }
    return call.take(packedLength);
  }

  #useTemplate(template: CompiledTemplate): void {
    if (this.#template === template) return;
    const image = templateImage(template);
    this.#template = undefined;
    this.#arena.reset();
    const address = this.#arena.reserve(image.length);
    this.#arena.u8.set(image, address);
    this.#base = this.#arena.top;
    this.#template = template;
  }

  #useTable(table: Uint16Array, version: number | undefined): void {
    if (version !== undefined && this.#table === table && this.#tableVersion === version) return;
    this.#arena.u16.set(table, NODE_OF_SLOT >> 1);
    this.#table = table;
    this.#tableVersion = version;
  }
}
