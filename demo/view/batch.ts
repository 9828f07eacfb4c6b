import { NO_NODE } from "../../src/slots/index.ts";
import { EXAMPLES } from "../model/example-keys.ts";
import { count, readKey } from "../model/key-bytes.ts";
import { readKeys } from "../model/key-list.ts";
import type { Linked } from "../model/page-link.ts";
import { duration } from "../model/round-trips.ts";
import type { PageState } from "../page-state.ts";
import type { KeyWorker } from "../worker/key-worker.ts";
import type { KeySource } from "../worker/protocol.ts";
import { byId, make, say } from "./element.ts";
import { swatch } from "./swatch.ts";

/** Texts up to here are kept for the link; a longer one is only handed to the worker. */
const KEPT_TEXT = 6000;
/** A paste of more lines than that into the small text area is a batch. */
const LARGEST_BY_HAND = 20_000;

/** The keys of the page: pasted, dropped, chosen or typed one by one. They live in the worker. */
export class BatchView {
  readonly #state: PageState;
  readonly #worker: KeyWorker;
  #loads = 0;

  constructor(state: PageState, worker: KeyWorker) {
    this.#state = state;
    this.#worker = worker;
    this.#examples();
    this.#drops();
    document.addEventListener("paste", (event) => this.#paste(event));
    state.watch(["summary", "cluster"], () => this.#count());
    state.watch(["summary", "cluster", "dark"], () => this.#list());
  }

  /** Shows what a link tells. */
  async load({ keys, example }: Linked): Promise<void> {
    if (example !== "") return this.#take({ from: "example", name: example }, { keys: undefined, example });
    await this.#take({ from: "text", text: JSON.stringify(keys ?? []) }, { keys: keys ?? [], example });
    if (keys === undefined) say(byId("batch-timing"), "The keys of this link were too many for it.");
  }

  /** Puts one more key in front. */
  add(key: string): void {
    const { keys, example, summary } = this.#state.values;
    const known =
      keys ?? (summary.count <= summary.sample.length && example === "" ? summary.sample : undefined);
    const own = known === undefined ? undefined : [key, ...known];
    void this.#take({ from: "more", key }, { keys: own, example: "" });
  }

  text(text: string): void {
    void this.#take(
      { from: "text", text },
      { keys: text.length <= KEPT_TEXT ? readKeys(text) : undefined, example: "" },
    );
  }

  async #take(source: KeySource, about: Pick<Linked, "keys" | "example">): Promise<void> {
    const load = ++this.#loads;
    const section = byId("batch");
    section.setAttribute("aria-busy", "true");
    const start = performance.now();
    // A paste's task has already taken the text out of the clipboard: handing it on is another one's.
    await new Promise((resolve) => setTimeout(resolve));
    try {
      const summary = await this.#worker.ask("load", source);
      if (load !== this.#loads) return;
      this.#state.set({ ...about, summary });
      const took = performance.now() - start;
      const kernel = summary.backend === "wasm" ? "WebAssembly" : "JavaScript";
      say(
        byId("batch-timing"),
        `Slots of all in ${duration(summary.slotsMs)} by ${kernel} in a worker, shown after ${duration(took)}.`,
      );
    } catch (error) {
      if (load === this.#loads)
        say(byId("batch-timing"), `Not taken: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      if (load === this.#loads) section.removeAttribute("aria-busy");
    }
  }

  #paste(event: ClipboardEvent): void {
    const data = event.clipboardData;
    const text = data?.getData("text/plain") ?? "";
    // Asked for only where there is no text: it costs another look into the clipboard.
    const file = text === "" ? data?.files[0] : undefined;
    const field = fieldOf(event);
    if (field?.id === "topology") return;
    if (field?.id === "together" && text.length <= LARGEST_BY_HAND) return;
    if (field?.id === "lens" && text.length <= LARGEST_BY_HAND && !/[\r\n]/.test(text.trim())) return;
    if (file === undefined && !/\S/.test(text)) return;
    event.preventDefault();
    if (file !== undefined) this.#file(file);
    else this.text(text);
  }

  #file(file: File): void {
    void this.#take({ from: "file", file }, { keys: undefined, example: "" });
  }

  #drops(): void {
    const zone = byId("drop");
    const input = byId<HTMLInputElement>("file");
    zone.addEventListener("click", () => input.click());
    zone.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      input.click();
    });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (file !== undefined) this.#file(file);
      input.value = "";
    });
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) zone.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      zone.classList.remove("over");
      const file = event.dataTransfer?.files[0];
      const text = event.dataTransfer?.getData("text/plain") ?? "";
      // A few words moved into a field, or within it, are that field's.
      if (file === undefined && text.length <= LARGEST_BY_HAND && fieldOf(event) !== null) return;
      event.preventDefault();
      if (file !== undefined) this.#file(file);
      else if (text !== "") this.text(text);
    });
  }

  #examples(): void {
    const select = byId<HTMLSelectElement>("example");
    for (const [name, { title }] of Object.entries(EXAMPLES)) {
      const option = make("option", "", title);
      option.value = name;
      select.append(option);
    }
    select.addEventListener("change", () => {
      if (select.value !== "")
        void this.load({ ...this.#state.values, keys: undefined, example: select.value });
    });
    this.#state.watch(["example"], () => {
      select.value = this.#state.values.example;
    });
  }

  #count(): void {
    const { summary, cluster } = this.#state.values;
    const owners = new Set<number>();
    summary.counts.forEach((keys, slot) => {
      if (keys > 0) owners.add(cluster.map.nodeOfSlot[slot]!);
    });
    owners.delete(NO_NODE);
    const text = `${count(summary.count, "key")} in ${count(summary.slotCount, "slot")} on ${count(owners.size, "node")}`;
    say(byId("batch-count"), text);
  }

  #list(): void {
    const { summary, cluster, dark } = this.#state.values;
    const rows = summary.sample.map((text, i) => {
      const slot = summary.sampleSlots[i]!;
      const owner = cluster.map.nodeOfSlot[slot]!;
      const key = readKey(text);
      const name = make("span", "key", text.slice(0, key.start));
      if (key.kind === "tag") name.append(make("mark", "", key.hashed), text.slice(key.end));
      else name.append(text);
      return make(
        "div",
        "key-row",
        name,
        make("span", "slot", String(slot)),
        owner === NO_NODE ? "–" : swatch(owner, dark),
      );
    });
    const rest = summary.count - rows.length;
    if (rest > 0) rows.push(make("div", "key-row rest", `and ${rest.toLocaleString("en")} more`));
    byId("keys").replaceChildren(...rows);
  }
}

function fieldOf({ target }: Event): Element | null {
  return target instanceof HTMLElement ? target.closest("textarea, input") : null;
}
