import { describe } from "../bytes/describe.ts";
import { ConfigError, type SlotpackError } from "../errors.ts";

/**
 * Where a caller wants the bytes of record `index` (`byteLength` bytes): a buffer at least that long, or undefined for one of slotpack's own. An
 * array has one buffer per key.
 */
export type RecordPlaces =
  | readonly (Uint8Array | undefined)[]
  | ((index: number, byteLength: number) => Uint8Array | undefined);

/** Where the bytes of a batch's items go; see PlaceList. */
export interface Places {
  find(item: number, byteLength: number): Buffer | undefined;
  settle(item: number, bytes: Uint8Array): Uint8Array;
}

/** The caller's buffers during one call. */
export class PlaceList implements Places {
  readonly #places: RecordPlaces;
  readonly #given = new Map<number, Uint8Array>();

  constructor(places: RecordPlaces) {
    if (typeof places !== "function" && !Array.isArray(places)) {
      throw new ConfigError("BAD_OPTION", "into: expected an array of buffers or a function", {
        option: "into",
      });
    }
    if (typeof places !== "function") places.forEach(checkPlace);
    this.#places = places;
  }

  /**
   * The part of the caller's buffer that the bytes go to; undefined when there is none, it is too short or the caller's
   * function fails: `settle` then tells.
   */
  find(index: number, byteLength: number): Buffer | undefined {
    try {
      return partOf(this.#ask(index, byteLength), byteLength);
    } catch {
      return undefined;
    }
  }

  /**
   * `bytes` in the caller's buffer, to which they are copied unless they were received there. Throws ConfigError
   * `BUFFER_TOO_SMALL`, or `BAD_OPTION` when the caller's function fails.
   */
  settle(index: number, bytes: Uint8Array): Uint8Array {
    const place = this.#ask(index, bytes.length);
    if (place === undefined) return bytes;
    const target = partOf(place, bytes.length);
    if (target === undefined) throw tooSmall(index, bytes.length, place.length);
    const there = bytes.buffer === target.buffer && bytes.byteOffset === target.byteOffset;
    if (!there) target.set(bytes);
    return target;
  }

  /** The places of a batch whose items are those of the caller's `indexes`. */
  of(indexes: readonly number[]): Places {
    return {
      find: (item, byteLength) => this.find(indexes[item]!, byteLength),
      settle: (item, bytes) => this.settle(indexes[item]!, bytes),
    };
  }

  #ask(index: number, byteLength: number): Uint8Array | undefined {
    const places = this.#places;
    if (typeof places !== "function") return places[index];
    let place = this.#given.get(index);
    if (place === undefined || place.length < byteLength) {
      try {
        place = places(index, byteLength);
      } catch (cause) {
        throw badPlace(index, `the function failed: ${(cause as Error)?.message}`, cause);
      }
      checkPlace(place, index);
      if (place !== undefined) this.#given.set(index, place);
    }
    return place;
  }
}

function partOf(place: Uint8Array | undefined, byteLength: number): Buffer | undefined {
  return place === undefined || place.length < byteLength
    ? undefined
    : Buffer.from(place.buffer, place.byteOffset, byteLength);
}

function checkPlace(place: unknown, index: number): void {
  if (place !== undefined && !(place instanceof Uint8Array))
    throw badPlace(index, `expected a Uint8Array or undefined, got ${describe(place)}`);
}

function badPlace(index: number, why: string, cause?: unknown): ConfigError {
  return new ConfigError("BAD_OPTION", `into[${index}]: ${why}`, { keyIndex: index, option: "into", cause });
}

function tooSmall(index: number, needed: number, got: number): SlotpackError {
  return new ConfigError(
    "BUFFER_TOO_SMALL",
    `into[${index}]: expected room for ${needed} bytes, got ${got}`,
    { keyIndex: index, option: "into" },
  );
}
