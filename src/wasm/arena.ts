import { ARENA_START, REGION_PAD } from "./layout.ts";
import type { WasmMemory } from "./web-assembly.ts";

const PAGE = 65536;

/**
 * The arena never shrinks, since WebAssembly memory does not. A batch that needs more than this is left to plain
 * JavaScript, whose memory is given back.
 */
export const MAX_ARENA_LENGTH: number = 256 * 1024 * 1024;

/** Thrown when a call needs more memory than the arena may take. */
export class ArenaFull extends Error {}

/**
 * Regions of kernel memory for one call, laid behind one another and so never over one another. Growing detaches every
 * view: read `u8`, `u16` and `u32` again after each `reserve` and `extend`.
 */
export class Arena {
  readonly memory: WasmMemory;
  u8: Uint8Array<ArrayBuffer>;
  u16: Uint16Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
  #top: number = ARENA_START;

  constructor(memory: WasmMemory) {
    this.memory = memory;
    const { buffer } = memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
  }

  /** Where the next region begins. */
  get top(): number {
    return this.#top;
  }

  /** Forgets all regions; the next one begins at `base` or a little behind it. */
  reset(base: number = ARENA_START): void {
    this.#top = (base + 15) & -16;
  }

  /** Address of a new region of `byteLength` bytes and its padding, a multiple of 16. */
  reserve(byteLength: number): number {
    const address = this.#top;
    this.extend(address, byteLength);
    return address;
  }

  /** Makes the newest region, the one at `address`, `byteLength` bytes long; its content stays. */
  extend(address: number, byteLength: number): void {
    const top = address + byteLength + REGION_PAD;
    if (top > this.u8.length) this.#grow(top);
    this.#top = (top + 15) & -16;
  }

  #grow(needed: number): void {
    if (needed > MAX_ARENA_LENGTH) throw new ArenaFull();
    const wanted = Math.min(MAX_ARENA_LENGTH, Math.max(needed, this.u8.length * 2));
    try {
      this.memory.grow(Math.ceil((wanted - this.u8.length) / PAGE));
    } catch {
      throw new ArenaFull();
    }
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
  }
}
