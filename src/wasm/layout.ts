/*
 * Numbers shared by assembly/ and src/wasm/. This file compiles as AssemblyScript and as TypeScript: numeric
 * constants only.
 *
 * Kernel memory, in bytes:
 *
 *   0            128         160      1,024           33,792
 *   ┌────────────┬───────────┬────────┬───────────────┬─────────────────────────────────────────────── ─ ─
 *   │ call block │ tail mask │ (free) │ nodeOfSlot    │ arena: template, keys, slots, order, ends,
 *   │ u32 words  │ 2 × 16    │        │ 16,384 × u16  │ packed bytes, … (laid out by each call)
 *   └────────────┴───────────┴────────┴───────────────┴─────────────────────────────────────────────── ─ ─
 */
/** 16 bytes 00 and 16 bytes FF: loaded at offset r, a mask that keeps the last r bytes of a vector. */
export const TAIL_MASK = 128;
export const NODE_OF_SLOT = 1024;
export const ARENA_START = 33792;

/** Behind every region: vector loads and stores run up to 15 bytes past the end of what they were asked for. */
export const REGION_PAD = 16;

/*
 * One step of a compiled template, four u32 words:
 *
 *   0               4               8               12              16
 *   ┌───────────────┬───────────────┬───────────────┬───────────────┐
 *   │ literalOffset │ literalLength │ action        │ argument      │   offset from the template's start
 *   └───────────────┴───────────────┴───────────────┴───────────────┘   argument: a length, a column, or
 *                                                                        metadata column | bytes column << 16
 */
export const STEP_LENGTH = 16;

/** The template's last step: nothing follows its literal. */
export const ACTION_END = 0;
/** Decimal length of prefix + key + suffix; argument: length of prefix + suffix. */
export const ACTION_NAME_LENGTH = 1;
/** The key's bytes. */
export const ACTION_KEY = 2;
/** Decimal length of a value; argument: its column. */
export const ACTION_VALUE_LENGTH = 3;
/** The value itself, or the place where it goes; argument: its column. */
export const ACTION_VALUE = 4;
/** Decimal length of a packed record; argument: its two columns. */
export const ACTION_RECORD_LENGTH = 5;
/** The 16 bytes in front of a packed record's metadata; argument: its two columns. */
export const ACTION_RECORD_HEADER = 6;

/*
 * A compiled template: routing, then its steps, then the literals and the suffix.
 *
 *   0           4           8           12          16          20            24            28            32
 *   ┌───────────┬───────────┬───────────┬───────────┬───────────┬─────────────┬─────────────┬─────────────┐
 *   │ routeKind │ fixedSlot │ prefixCrc │ tagCrc    │ tagLength │ suffixOffset│ suffixLength│ suffixClose │ …
 *   └───────────┴───────────┴───────────┴───────────┴───────────┴─────────────┴─────────────┴─────────────┘
 *   32           36          48
 *   ┌────────────┬───────────┬───────────────────────┬──────────────┐
 *   │ suffixSlot │ (free)    │ steps, 16 bytes each  │ literal bytes│   i32; -1: no such thing
 *   └────────────┴───────────┴───────────────────────┴──────────────┘
 */
export const TEMPLATE_ROUTE_KIND = 0;
export const TEMPLATE_FIXED_SLOT = 4;
export const TEMPLATE_PREFIX_CRC = 8;
export const TEMPLATE_TAG_CRC = 12;
export const TEMPLATE_TAG_LENGTH = 16;
export const TEMPLATE_SUFFIX_OFFSET = 20;
export const TEMPLATE_SUFFIX_LENGTH = 24;
export const TEMPLATE_SUFFIX_CLOSE = 28;
export const TEMPLATE_SUFFIX_SLOT = 32;
export const TEMPLATE_STEPS = 48;

/** The name is the key. */
export const ROUTE_BARE = 0;
/** Every name has the same whole tag. */
export const ROUTE_FIXED = 1;
/** The prefix holds `{}`: names are hashed whole. */
export const ROUTE_WHOLE = 2;
/** The tag begins in the prefix. */
export const ROUTE_PREFIX_TAG = 3;
/** The tag begins in the key or behind it. */
export const ROUTE_SEARCH = 4;

/*
 * The call block: what one call of pack() works on. u32 words at address 0; addresses from the
 * start of memory.
 */
export const CALL_TEMPLATE = 0;
export const CALL_KEYS = 4;
/** End of the key bytes when the kernel is to find the separators, 0 when starts[] is filled already. */
export const CALL_SPLIT_END = 8;
/** count + 1 u32; key i is [starts[i], starts[i + 1] - 1): one byte, the separator, lies between two keys. */
export const CALL_STARTS = 12;
export const CALL_COUNT = 16;
export const CALL_NODE_COUNT = 20;
/** 1: group by NODE_OF_SLOT; 0: all items belong to node 0. */
export const CALL_GROUPED = 24;
/** u16 by item. */
export const CALL_ITEM_SLOTS = 28;
/** u32 per group: count, then cursor. */
export const CALL_CURSORS = 32;
/** u32, nodeCount + 2. */
export const CALL_GROUP_START = 36;
/** u32 by position. */
export const CALL_ORDER = 40;
/** u32 by position. */
export const CALL_ENDS = 44;
/** u16 by position. */
export const CALL_SLOTS = 48;
/** Lengths of values, u32 by column × count + item. */
export const CALL_LENGTHS = 52;
/** Out: for each value step of each position the offset, in the packed bytes as the kernel holds them, of its value. */
export const CALL_PLACES = 56;
/** A shorter value gets a gap of its length in the packed bytes; a longer one gets none. */
export const CALL_GAP_BELOW = 60;
/** A value of this length or more does not count in ends[]. */
export const CALL_GATHER_FROM = 64;
export const CALL_OUTPUT = 68;
/** What divides two keys in one string: a byte that keys seldom hold. Keys that do hold it are written one by one. */
export const SEPARATOR = 0;

/** pack() and keySlots() answer with this when the separators do not match the number of keys. */
export const MISMATCH = -1;
