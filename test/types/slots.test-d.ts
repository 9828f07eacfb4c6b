import {
  type crc16,
  createKernel,
  hashTag,
  type Key,
  keySlot,
  keySlots,
  type SLOT_COUNT,
  type SlotMap,
  type tagForSlot,
} from "../../src/slots/index.ts";
import { type Equal, same } from "./equal.ts";

same<Equal<Key, string | Uint8Array>>();
same<Equal<typeof SLOT_COUNT, 16384>>();
same<Equal<ReturnType<typeof crc16>, number>>();
same<Equal<ReturnType<typeof keySlot>, number>>();
same<Equal<ReturnType<typeof tagForSlot>, string>>();
same<Equal<Parameters<typeof createKernel>[0], "wasm" | "js">>();

// Buffers are bytes, and a caller's target comes back.
keySlot(Buffer.from("key"));
hashTag(new Uint8Array(2));
const slots: Uint16Array = keySlots(["a", new Uint8Array(1)] as const, new Uint16Array(2));
slots.set([1]);

// @ts-expect-error a number is no key
keySlot(7);
// @ts-expect-error slots are 16 bits wide
keySlots(["a"], new Uint8Array(1));
// @ts-expect-error there are two kernels
createKernel("native");

declare const map: SlotMap;
same<Equal<typeof map, SlotMap>>();
