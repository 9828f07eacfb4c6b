import { SLOT_COUNT, type SlotMap } from "../../src/slots/index.ts";
import { count } from "../model/key-bytes.ts";
import { ownerColor } from "../model/owner-style.ts";
import { calloutsFor, percent, sharesOf } from "../model/shares.ts";
import { readTopology } from "../model/topology-text.ts";
import type { PageState } from "../page-state.ts";
import { byId, make, say } from "./element.ts";
import { swatch } from "./swatch.ts";

/** Who owns the slots: sliders, a pasted topology, shares, and what is wrong with them. */
export class ClusterPanel {
  readonly #state: PageState;

  constructor(state: PageState) {
    this.#state = state;
    const primaries = this.#slider("primaries", (value) => ({ primaries: value, pasted: undefined }));
    const moved = this.#slider("moved", (value) => ({ moved: value }));
    const area = byId<HTMLTextAreaElement>("topology");
    area.addEventListener("input", () => this.#read(area.value));
    byId("topology-clear").addEventListener("click", () => {
      area.value = "";
      say(byId("topology-note"), "");
      state.set({ pasted: undefined });
    });
    state.watch(["primaries", "moved", "pasted", "cluster"], () => {
      const { values } = state;
      primaries.value = String(values.primaries);
      moved.value = String(values.moved);
      const bases = values.pasted?.nodes.length ?? values.primaries;
      say(byId("primaries-value"), String(bases));
      say(byId("moved-value"), `${values.moved} %`);
      const source = values.pasted === undefined ? "from the sliders" : "pasted";
      say(byId("cluster-source"), source);
      byId("topology-clear").style.visibility = values.pasted === undefined ? "hidden" : "";
    });
    state.watch(["cluster", "summary", "dark"], () => this.#owners());
    state.watch(["cluster", "summary"], () => this.#callouts());
  }

  #slider(id: string, change: (value: number) => Parameters<PageState["set"]>[0]): HTMLInputElement {
    const input = byId<HTMLInputElement>(id);
    input.addEventListener("input", () => this.#state.set(change(input.valueAsNumber)));
    return input;
  }

  #read(text: string): void {
    const note = byId("topology-note");
    note.classList.remove("wrong");
    if (text.trim() === "") {
      say(note, "");
      return;
    }
    let map: SlotMap;
    try {
      const read = readTopology(text);
      map = read.map;
      const nodes = count(map.nodes.length, "primary").replace("primarys", "primaries");
      say(note, `${read.command}: ${nodes}, ${map.coverage.toLocaleString("en")} of 16,384 slots owned.`);
    } catch (error) {
      note.classList.add("wrong");
      say(note, error instanceof Error ? error.message : String(error));
      return;
    }
    this.#state.set({ pasted: map, moved: 0 });
  }

  #owners(): void {
    const { cluster, summary, dark } = this.#state.values;
    const shares = sharesOf(cluster, summary.counts);
    const most = Math.max(
      ...shares.map(({ slots }) => slots / SLOT_COUNT),
      ...shares.map(({ keys }) => keys / Math.max(1, summary.count)),
    );
    const rows = shares.map((share, owner) => {
      const nobody = owner === shares.length - 1;
      if (nobody && share.slots === 0) return undefined;
      const keyPart = summary.count === 0 ? 0 : share.keys / summary.count;
      const bars = make(
        "span",
        "bars",
        bar("slots-bar", share.slots / SLOT_COUNT / most),
        bar("keys-bar", keyPart / most, nobody ? undefined : ownerColor(owner, dark)),
      );
      return make(
        "div",
        nobody ? "owner-row nobody" : "owner-row",
        nobody ? make("span", "swatch none") : swatch(owner, dark),
        make("span", "owner-name", share.name),
        bars,
        make("span", "owner-share", make("b", "", percent(share.slots / SLOT_COUNT)), " of slots"),
        make("span", "owner-share", make("b", "", percent(keyPart)), " of keys"),
      );
    });
    byId("owners").replaceChildren(...rows.filter((row) => row !== undefined));
  }

  #callouts(): void {
    const { cluster, summary } = this.#state.values;
    const signs = { bad: "!", warn: "▲", good: "✓" } as const;
    const items = calloutsFor(cluster, summary).map(({ level, text }) => {
      const sign = make("span", "sign", signs[level]);
      sign.setAttribute("aria-hidden", "true");
      return make("li", level, sign, make("span", "", text));
    });
    byId("calls").replaceChildren(...items);
  }
}

function bar(className: string, part: number, color?: string): HTMLElement {
  const element = make("span", className);
  if (color !== undefined) element.style.background = color;
  element.style.width = `${(part * 100).toFixed(2)}%`;
  return element;
}
