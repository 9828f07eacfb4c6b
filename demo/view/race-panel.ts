import { KEY_SHAPES, type KeyShape } from "../model/key-shapes.ts";
import { KeyWorker } from "../worker/key-worker.ts";
import type { RaceResult } from "../worker/protocol.ts";
import { byId, make, say } from "./element.ts";

interface RaceRow {
  readonly shape: KeyShape;
  readonly js: Track;
  readonly wasm: Track;
  readonly note: HTMLElement;
}

interface Track {
  readonly bar: HTMLElement;
  readonly figure: HTMLElement;
}

/** Below this ratio nobody has won. */
const CLEAR = 1.1;

export function showRace(): void {
  const rows = KEY_SHAPES.map(makeRow);
  const button = byId<HTMLButtonElement>("race-run");
  button.addEventListener("click", () => {
    void run(rows, button);
  });
  // The first time that somebody looks at it, it runs by itself.
  const seen = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      seen.disconnect();
      void run(rows, button);
    },
    { threshold: 0.6 },
  );
  seen.observe(byId("race-rows"));
}

async function run(rows: readonly RaceRow[], button: HTMLButtonElement): Promise<void> {
  if (button.disabled) return;
  button.disabled = true;
  const said = byId("race-said");
  say(said, "Running …");
  // A worker of its own: the page's keys stay answerable.
  const worker = new KeyWorker();
  const results: RaceResult[] = [];
  try {
    for (const { shape } of rows) {
      results.push(await worker.ask("race", shape.id));
      show(rows, results);
    }
    say(said, verdict(rows, results));
  } catch (error) {
    say(said, `Stopped: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    worker.stop();
    button.disabled = false;
    button.textContent = "Run again";
  }
}

function show(rows: readonly RaceRow[], results: readonly RaceResult[]): void {
  const fastest = Math.max(...results.flatMap(({ js, wasm = 0 }) => [js, wasm]));
  results.forEach(({ js, wasm }, i) => {
    const row = rows[i]!;
    set(row.js, js, fastest);
    set(row.wasm, wasm, fastest);
    const ratio = wasm === undefined ? 0 : wasm / js;
    const winner =
      wasm === undefined
        ? "WebAssembly is refused here"
        : ratio > CLEAR
          ? "WebAssembly"
          : ratio < 1 / CLEAR
            ? "JavaScript"
            : "even";
    row.note.textContent =
      wasm === undefined || winner === "even"
        ? winner
        : `${winner} ×${(ratio > 1 ? ratio : 1 / ratio).toFixed(1)}`;
    row.note.dataset.winner = winner === "JavaScript" ? "js" : winner === "WebAssembly" ? "wasm" : "";
  });
}

function set(track: Track, keysPerSecond: number | undefined, fastest: number): void {
  track.bar.style.width = `${(((keysPerSecond ?? 0) / fastest) * 100).toFixed(1)}%`;
  track.figure.textContent = keysPerSecond === undefined ? "refused" : perSecond(keysPerSecond);
}

function perSecond(keys: number): string {
  return keys >= 1e6 ? `${(keys / 1e6).toFixed(1)} M/s` : `${Math.round(keys / 1e3)} k/s`;
}

function verdict(rows: readonly RaceRow[], results: readonly RaceResult[]): string {
  if (results[0]?.wasm === undefined) return "WebAssembly is refused here, so JavaScript ran alone.";
  const won = rows
    .filter((_, i) => results[i]!.js > results[i]!.wasm! * CLEAR)
    .map(({ shape }) => shape.title);
  const lost =
    won.length === 0
      ? "JavaScript won no shape clearly in this run"
      : `JavaScript wins with ${won.join(" and ")}`;
  return `${lost}. slotpack looks at the keys of a call and takes the faster way by shape.`;
}

function makeRow(shape: KeyShape): RaceRow {
  const js = makeTrack("JavaScript", "js");
  const wasm = makeTrack("WebAssembly", "wasm");
  const note = make("span", "winner", "");
  const title = make("div", "race-shape", make("b", "", shape.title), make("code", "", shape.example));
  byId("race-rows").append(make("div", "race-row", title, make("div", "tracks", js.row, wasm.row), note));
  return { shape, js, wasm, note };
}

function makeTrack(name: string, kind: string): Track & { readonly row: HTMLElement } {
  const bar = make("span", `speed ${kind}`);
  const figure = make("span", "figure", "–");
  const row = make("div", "track", make("span", "track-name", name), make("span", "track-bar", bar), figure);
  return { row, bar, figure };
}
