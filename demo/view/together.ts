import { NO_NODE } from "../../src/slots/index.ts";
import { judge, type KeyReason } from "../model/togetherness.ts";
import type { PageState } from "../page-state.ts";
import { byId, make, say } from "./element.ts";
import { ownerTag } from "./swatch.ts";

/** Keys that are told of one by one. */
const MOST_ROWS = 200;

/** Whether one command takes the keys of the text area. */
export function showTogether(state: PageState): void {
  const area = byId<HTMLTextAreaElement>("together");
  area.addEventListener("input", () => state.set({ together: area.value }));
  state.watch(["together", "cluster", "dark"], () => {
    const { together, cluster } = state.values;
    if (area.value !== together) area.value = together;
    const keys = together.split(/\r?\n/).filter((line) => line !== "");
    const ownerOf = (slot: number): string => cluster.names[cluster.map.nodeOfSlot[slot]!] ?? "nobody";
    const { verdict, together: fits, reasons } = judge(keys, ownerOf, MOST_ROWS);
    const line = byId("verdict");
    line.className = fits ? "verdict good" : "verdict bad";
    say(line, verdict);
    const rows = reasons.map((reason) => row(reason, state, area));
    const rest = keys.length - rows.length;
    if (rest > 0) rows.push(make("li", "rest", `and ${rest.toLocaleString("en")} more`));
    byId("reasons").replaceChildren(...rows);
  });
}

function row(
  { key, differs, reason, instead }: KeyReason,
  state: PageState,
  area: HTMLTextAreaElement,
): HTMLElement {
  const { cluster, dark } = state.values;
  const owner = cluster.map.nodeOfSlot[key.slot]!;
  const known = owner !== NO_NODE;
  const text = make("code", "", key.key.slice(0, key.start));
  text.append(make("mark", "", key.hashed), key.key.slice(key.end));
  const why = make("span", "reason", reason);
  if (instead !== undefined) {
    const button = make("button", "as-link", `use ${instead}`);
    button.type = "button";
    button.addEventListener("click", () => {
      const lines = area.value.split("\n");
      const at = lines.indexOf(key.key);
      if (at >= 0) lines[at] = instead;
      state.set({ together: lines.join("\n") });
    });
    why.append(". ", button);
  }
  return make(
    "li",
    differs ? "differs" : "",
    make("span", "sign", differs ? "≠" : "="),
    text,
    make("span", "slot", String(key.slot)),
    ownerTag(known ? owner : undefined, cluster.names[owner] ?? "nobody", dark),
    why,
  );
}
