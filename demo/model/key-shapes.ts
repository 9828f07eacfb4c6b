import type { Key } from "../../src/slots/index.ts";

/** Keys of one kind for the race. */
export interface KeyShape {
  readonly id: string;
  readonly title: string;
  readonly example: string;
  /** The keys; `lead` stands first, see race.ts. */
  readonly keys: (lead: Key | undefined) => Key[];
}

export const KEYS_A_CALL = 1000;
const hash = (i: number): string => ((i + 1) * 2654435761).toString(16).padStart(16, "0").slice(-16);

const TEXTS: readonly [id: string, title: string, make: (i: number) => string][] = [
  ["short", "short keys", (i) => `k:${100000 + i}`],
  ["tagged", "a short tag in front", (i) => `{u${100 + i}}:settings:notifications:email`],
  ["session", "session ids", (i) => `session:${hash(i)}${hash(i + 7)}`],
  [
    "chunk",
    "LMCache chunk names",
    (i) =>
      `vllm@meta-llama/Llama-3.1-8B-Instruct@8@${i % 8}@${hash(i)}${hash(i + 3)}${hash(i + 5)}${hash(i + 9)}:kv`,
  ],
];

const shape = (id: string, title: string, make: (i: number) => Key, example: string): KeyShape => ({
  id,
  title,
  example,
  keys: (lead) => {
    const keys = Array.from({ length: KEYS_A_CALL }, (_, i) => make(i));
    if (lead !== undefined) keys[0] = lead;
    return keys;
  },
});

/** As text from a network or a file is: not put together from pieces. */
const flat = (text: string): string => JSON.parse(JSON.stringify(text)) as string;

export const KEY_SHAPES: readonly KeyShape[] = [
  ...TEXTS.map(([id, title, make]) =>
    shape(id, `${title}, ${make(0).length} characters`, (i) => flat(make(i)), make(0)),
  ),
  shape(
    "bytes",
    "the same names as bytes",
    (i) => new TextEncoder().encode(TEXTS[3]![2](i)),
    `Uint8Array(${TEXTS[3]![2](0).length})`,
  ),
];
