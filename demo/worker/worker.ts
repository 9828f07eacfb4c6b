import { EXAMPLES } from "../model/example-keys.ts";
import { readKeys } from "../model/key-list.ts";
import type { KeySummary } from "../model/key-summary.ts";
import { KeyIndex } from "./key-index.ts";
import type { Answer, Ask, KeySource } from "./protocol.ts";
import { race } from "./race.ts";

/** A text of more bytes has no place in a string. */
const LARGEST_FILE = 256 * 1024 * 1024;

/** The part of DedicatedWorkerGlobalScope that is used; its library excludes the page's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Ask>) => void) | null;
  postMessage(message: Answer): void;
}

const scope = self as unknown as WorkerScope;
let index = new KeyIndex([], 0);

/** Questions are answered one after another: a file still being read must not overwrite the keys of a later paste. */
let last: Promise<void> = Promise.resolve();
scope.onmessage = ({ data }) => {
  last = last.then(() => answer(data));
};

async function answer(asked: Ask): Promise<void> {
  try {
    scope.postMessage({ id: asked.id, answer: await run(asked) });
  } catch (error) {
    scope.postMessage({ id: asked.id, error: error instanceof Error ? error.message : String(error) });
  }
}

async function run({ job, ask }: Ask): Promise<unknown> {
  if (job === "load") return load(ask as KeySource);
  if (job === "slot") return index.inSlot(ask as number);
  return race(ask as string);
}

async function load(source: KeySource): Promise<KeySummary> {
  const start = performance.now();
  const keys = await keysOf(source);
  index = new KeyIndex(keys, performance.now() - start);
  return index.summary();
}

async function keysOf(source: KeySource): Promise<readonly string[]> {
  if (source.from === "text") return readKeys(source.text);
  if (source.from === "example") return EXAMPLES[source.name]?.keys() ?? [];
  if (source.from === "more") return [source.key, ...index.keys];
  if (source.file.size > LARGEST_FILE)
    throw new Error("A file of more than 256 MB is too large for this page.");
  return readKeys(await source.file.text());
}
