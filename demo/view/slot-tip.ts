import { NO_NODE, tagForSlot } from "../../src/slots/index.ts";
import { count } from "../model/key-bytes.ts";
import { shorten } from "../model/shares.ts";
import type { PageState } from "../page-state.ts";
import type { KeyWorker } from "../worker/key-worker.ts";
import type { KeysInSlot } from "../worker/protocol.ts";
import { byId, make } from "./element.ts";
import { ownerTag } from "./swatch.ts";

const SHOWN_IN_TIP = 4;
const LONGEST_KEY = 34;

/** What is told of a slot: its owner, the keys in it, and a tag that lands there. */
export class SlotTip {
  readonly #state: PageState;
  readonly #worker: KeyWorker;
  readonly #tip: HTMLElement = byId("tip");
  #slot: number | undefined;

  constructor(state: PageState, worker: KeyWorker) {
    this.#state = state;
    this.#worker = worker;
  }

  hide(): void {
    this.#slot = undefined;
    this.#tip.hidden = true;
  }

  /** Shows the slot beside its cell, which `box` tells in CSS pixels of the frame. */
  show(slot: number, box: { left: number; top: number; size: number }, frame: number): void {
    if (slot !== this.#slot) {
      this.#slot = slot;
      this.#fill(slot, undefined);
      if (this.#state.values.summary.counts[slot]! > 0)
        void this.#worker.ask("slot", slot).then((keys) => {
          if (this.#slot === slot) this.#fill(slot, keys);
        });
    }
    this.#tip.hidden = false;
    const { offsetWidth, offsetHeight } = this.#tip;
    const right = box.left + box.size + 12;
    const left = right + offsetWidth <= frame ? right : box.left - offsetWidth - 12;
    this.#tip.style.left = `${Math.max(4, Math.min(frame - offsetWidth - 4, left))}px`;
    this.#tip.style.top = `${Math.max(4, Math.min(frame - offsetHeight - 4, box.top - 12))}px`;
  }

  /** One line on the slot, for the text below the grid. */
  async describe(slot: number): Promise<(Node | string)[]> {
    const { cluster, summary, dark } = this.#state.values;
    const owner = cluster.map.nodeOfSlot[slot]!;
    const name = cluster.names[owner] ?? "nobody";
    const keys = summary.counts[slot]! > 0 ? await this.#worker.ask("slot", slot) : undefined;
    const tag = make("code", "", `{${tagForSlot(slot)}}`);
    const held =
      keys === undefined ? "no keys" : `${count(keys.count, "key")}: ${shorten(keys.keys.join(", "), 70)}`;
    return [
      make("b", "", `Slot ${slot}`),
      ownerTag(owner === NO_NODE ? undefined : owner, name, dark),
      ` ${held}. `,
      tag,
      " lands here.",
    ];
  }

  #fill(slot: number, keys: KeysInSlot | undefined): void {
    const { cluster, summary, dark } = this.#state.values;
    const owner = cluster.map.nodeOfSlot[slot]!;
    const name = cluster.names[owner] ?? "nobody";
    const head = make(
      "div",
      "tip-head",
      make("b", "", `slot ${slot}`),
      ownerTag(owner === NO_NODE ? undefined : owner, name, dark),
    );
    const list = make("div", "tip-keys");
    const held = summary.counts[slot]!;
    const shown = keys?.keys.slice(0, SHOWN_IN_TIP) ?? [];
    for (const key of shown) list.append(make("code", "", shorten(key, LONGEST_KEY)));
    // Room for the keys is there before they are.
    for (let i = shown.length; i < Math.min(held, SHOWN_IN_TIP); i++) list.append(make("code", "", "\u00a0"));
    const more =
      held > SHOWN_IN_TIP
        ? `and ${count(held - SHOWN_IN_TIP, "more key")}`
        : held === 0
          ? "no keys here"
          : count(held, "key");
    list.append(make("span", "fine", more));
    const tag = make("div", "tip-tag", make("code", "", `{${tagForSlot(slot)}}`), " lands here");
    this.#tip.replaceChildren(head, list, tag);
  }
}
