import { NO_NODE } from "../../src/slots/index.ts";
import { crcSteps, describeHashing, type HashedKey, hex, readKey } from "../model/key-bytes.ts";
import type { PageState } from "../page-state.ts";
import { byId, make, say } from "./element.ts";
import { ownerTag } from "./swatch.ts";

/** More bytes than that are hashed, but not drawn. */
const MOST_BYTES = 400;

/** One key under the lens: what of it is hashed, where it goes, and how the CRC comes about. */
export function showLens(state: PageState, add: (key: string) => void): void {
  const input = byId<HTMLInputElement>("lens");
  const mirror = byId("lens-mirror");
  const steps = byId("steps");
  const stepsButton = byId("lens-steps");

  input.addEventListener("input", () => state.set({ key: input.value }));
  input.addEventListener("scroll", () => {
    mirror.scrollLeft = input.scrollLeft;
  });
  const addKey = (): void => {
    if (input.value !== "") add(input.value);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) addKey();
  });
  byId("lens-add").addEventListener("click", addKey);
  stepsButton.addEventListener("click", () => {
    steps.hidden = !steps.hidden;
    stepsButton.setAttribute("aria-expanded", String(!steps.hidden));
    if (!steps.hidden) showSteps(steps, readKey(state.values.key));
  });

  state.watch(["key"], () => {
    const key = readKey(state.values.key);
    if (input.value !== key.key) input.value = key.key;
    mirror.replaceChildren(
      key.key.slice(0, key.start),
      make("mark", "", key.key.slice(key.start, key.end)),
      key.key.slice(key.end),
    );
    mirror.scrollLeft = input.scrollLeft;
    say(byId("lens-slot"), String(key.slot));
    say(byId("lens-crc"), `0x${hex(key.crc, 4)}`);
    say(byId("lens-why"), describeHashing(key));
    showBytes(byId("bytes"), key);
    if (!steps.hidden) showSteps(steps, key);
  });
  state.watch(["key", "cluster", "dark"], () => {
    const { cluster, dark } = state.values;
    const owner = cluster.map.nodeOfSlot[readKey(state.values.key).slot]!;
    const known = owner !== NO_NODE;
    const tag = ownerTag(known ? owner : undefined, cluster.names[owner] ?? "nobody", dark);
    tag.id = "lens-owner";
    byId("lens-owner").replaceWith(tag);
  });
}

function showBytes(strip: HTMLElement, key: HashedKey): void {
  const cells: HTMLElement[] = [];
  let at = 0;
  for (const char of key.key) {
    const length = new TextEncoder().encode(char).length;
    for (let i = 0; i < length && cells.length < MOST_BYTES; i++, at++) {
      const hashed = at >= key.firstByte && at < key.endByte;
      const shown = i > 0 ? "" : char === " " ? "␠" : char < " " ? "·" : char;
      cells.push(
        make(
          "span",
          hashed ? "byte hashed" : "byte",
          make("b", "", shown),
          make("i", "", hex(key.bytes[at]!, 2)),
        ),
      );
    }
  }
  if (key.bytes.length > cells.length)
    cells.push(make("span", "byte rest", `+${key.bytes.length - cells.length}`));
  strip.replaceChildren(...cells);
}

function showSteps(steps: HTMLElement, key: HashedKey): void {
  const rows = crcSteps(key).map(({ byte, before, after }) => {
    const char = byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "";
    return make(
      "tr",
      "",
      make("td", "", char),
      make("td", "", hex(byte, 2)),
      make("td", "", hex(before, 4)),
      make(
        "td",
        "bits",
        after
          .toString(2)
          .padStart(16, "0")
          .replace(/(.{2})(.{14})/, "$1 $2"),
      ),
      make("td", "", hex(after, 4)),
    );
  });
  const head = make(
    "tr",
    "",
    ...["char", "byte", "CRC before", "in bits", "CRC"].map((name) => make("th", "", name)),
  );
  const table = make("table", "", make("thead", "", head), make("tbody", "", ...rows));
  const sum = make(
    "p",
    "",
    `CRC-16/XMODEM: polynomial 0x1021, begins at 0. The slot is its lower 14 bits: 0x${hex(key.crc, 4)} & 0x3FFF = ${key.slot}.`,
  );
  steps.replaceChildren(sum, table);
}
