import { binaryString } from "../protocol/short-string.ts";
import { giveBack } from "./given-back.ts";

/** Bytes of a page: room for eight of the longest values, and small enough that an empty page is soon given back. */
const PAGE_BYTES = 1 << 18;
/** References count in steps of eight bytes, so that they stay small integers for 8 GB of values. */
const STEP_BITS = 3;
const PAGE_BITS = 18 - STEP_BITS;
const PAGE_STEPS = PAGE_BYTES >> STEP_BITS;
const HEADER_BYTES = 2;
const NONE = -1;

/** Longest value that the slab takes. */
export const SLAB_MAX_BYTES: number = 32 * 1024 - 1;

/** Slot sizes: every 8 bytes up to 128, then four to a doubling, so that at most a fifth of a long slot is lost. */
const SLOT_BYTES: readonly number[] = slotSizes();
/** Which slot size holds so many steps of eight bytes. */
const CLASS_OF_STEPS: Uint8Array = classTable();

interface Page {
  readonly memory: Buffer;
  /** Reference of the page's first byte. */
  readonly base: number;
  slotClass: number;
  used: number;
  /** Offset of the first slot that was never used. */
  fresh: number;
  /** Offset of the first slot given back, or -1; its first four bytes lead to the next. */
  free: number;
  /** Index among the class' pages with room, or -1. */
  listed: number;
}

/**
 * Short values outside the heap of V8: two bytes of length and the bytes, in slots of a few sizes. A million values of 100 bytes take 104 MB
 * here and nothing to collect; as strings they took 120 MB, and 300 MB after each was overwritten once (measured, Node 20).
 */
export class Slab {
  readonly #pages: (Page | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #withRoom: Page[][] = SLOT_BYTES.map(() => []);
  #spare: Page | undefined;

  /** Bytes of all pages, used or not. */
  get pageBytes(): number {
    return (this.#pages.length - this.#freeNumbers.length + (this.#spare === undefined ? 0 : 1)) * PAGE_BYTES;
  }

  /** Keeps a binary string of at most `SLAB_MAX_BYTES`; the reference stays valid until `release` or `replace`. */
  store(value: string): number {
    const page = this.#pageFor(classOf(value.length));
    const offset = take(page);
    if (isFull(page)) this.#unlist(page);
    write(page.memory, offset, value);
    return page.base + (offset >> STEP_BITS);
  }

  /** Stores in the same slot where the new value fits it. */
  replace(reference: number, value: string): number {
    const page = this.#page(reference);
    if (page.slotClass !== classOf(value.length)) {
      this.release(reference);
      return this.store(value);
    }
    write(page.memory, offsetOf(reference), value);
    return reference;
  }

  release(reference: number): void {
    const page = this.#page(reference);
    const offset = offsetOf(reference);
    page.memory.writeInt32LE(page.free, offset);
    page.free = offset;
    page.used -= 1;
    if (page.used === 0) this.#giveBack(page);
    else if (page.listed === NONE) this.#list(page);
  }

  length(reference: number): number {
    return lengthAt(this.#page(reference).memory, offsetOf(reference));
  }

  read(reference: number): string {
    const { memory } = this.#page(reference);
    const offset = offsetOf(reference);
    return binaryString(memory, offset + HEADER_BYTES, lengthAt(memory, offset));
  }

  #page(reference: number): Page {
    return this.#pages[reference >> PAGE_BITS] as Page;
  }

  #pageFor(slotClass: number): Page {
    const pages = this.#withRoom[slotClass] as Page[];
    const page = pages[pages.length - 1];
    if (page !== undefined) return page;
    const number = this.#freeNumbers.pop() ?? this.#pages.length;
    const spare = this.#spare;
    this.#spare = undefined;
    const fresh: Page = {
      memory: spare?.memory ?? Buffer.allocUnsafeSlow(PAGE_BYTES),
      base: number * PAGE_STEPS,
      slotClass,
      used: 0,
      fresh: 0,
      free: NONE,
      listed: NONE,
    };
    this.#pages[number] = fresh;
    this.#list(fresh);
    return fresh;
  }

  #giveBack(page: Page): void {
    if (page.listed !== NONE) this.#unlist(page);
    const number = page.base >> PAGE_BITS;
    this.#pages[number] = undefined;
    this.#freeNumbers.push(number);
    if (this.#spare !== undefined) giveBack(PAGE_BYTES);
    this.#spare = page;
  }

  #list(page: Page): void {
    const pages = this.#withRoom[page.slotClass] as Page[];
    page.listed = pages.length;
    pages.push(page);
  }

  #unlist(page: Page): void {
    const pages = this.#withRoom[page.slotClass] as Page[];
    const last = pages.pop() as Page;
    if (last !== page) {
      pages[page.listed] = last;
      last.listed = page.listed;
    }
    page.listed = NONE;
  }
}

function slotSizes(): number[] {
  const sizes: number[] = [];
  for (let size = 8; size <= 128; size += 8) sizes.push(size);
  for (let step = 32; step <= 4096; step *= 2) {
    for (let quarter = 5; quarter <= 8; quarter += 1) sizes.push(quarter * step);
  }
  // The longest value with its header takes two bytes more than the last doubling.
  sizes.push(SLAB_MAX_BYTES + HEADER_BYTES + 7);
  return sizes.map((size) => size & ~7);
}

function classTable(): Uint8Array {
  const table = new Uint8Array(((SLAB_MAX_BYTES + HEADER_BYTES + 7) >> STEP_BITS) + 1);
  let slotClass = 0;
  for (let steps = 0; steps < table.length; steps += 1) {
    while ((SLOT_BYTES[slotClass] as number) < steps << STEP_BITS) slotClass += 1;
    table[steps] = slotClass;
  }
  return table;
}

function classOf(length: number): number {
  return CLASS_OF_STEPS[(length + HEADER_BYTES + 7) >> STEP_BITS] as number;
}

function offsetOf(reference: number): number {
  return (reference & (PAGE_STEPS - 1)) << STEP_BITS;
}

function isFull(page: Page): boolean {
  return page.free === NONE && page.fresh + (SLOT_BYTES[page.slotClass] as number) > PAGE_BYTES;
}

/** Offset of a slot of a page that is not full. */
function take(page: Page): number {
  page.used += 1;
  const offset = page.free;
  if (offset !== NONE) {
    page.free = page.memory.readInt32LE(offset);
    return offset;
  }
  const fresh = page.fresh;
  page.fresh += SLOT_BYTES[page.slotClass] as number;
  return fresh;
}

function lengthAt(memory: Buffer, offset: number): number {
  return (memory[offset] as number) | ((memory[offset + 1] as number) << 8);
}

function write(memory: Buffer, offset: number, value: string): void {
  const { length } = value;
  memory[offset] = length & 255;
  memory[offset + 1] = length >> 8;
  // Crossing into native code costs what writing two dozen characters here does.
  if (length > 24) memory.write(value, offset + HEADER_BYTES, "latin1");
  else
    for (let index = 0; index < length; index += 1)
      memory[offset + HEADER_BYTES + index] = value.charCodeAt(index);
}
