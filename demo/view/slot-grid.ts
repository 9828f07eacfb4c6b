import { keySlot, SLOT_COUNT, tagForSlot } from "../../src/slots/index.ts";
import type { PageState } from "../page-state.ts";
import type { KeyWorker } from "../worker/key-worker.ts";
import { byId, fitCanvas, pixelRatio } from "./element.ts";
import { GridPainter } from "./grid-painter.ts";
import { GridViewport, SIDE } from "./grid-viewport.ts";
import { SlotTip } from "./slot-tip.ts";

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -SIDE,
  ArrowDown: SIDE,
  PageUp: -SIDE * 8,
  PageDown: SIDE * 8,
};
/** A pointer that moved further than that, in pixels, was dragging. */
const DRAG_FROM = 4;

/** The 16,384 slots: painting, zoom, pointer and keys. */
export class SlotGrid {
  readonly #state: PageState;
  readonly #canvas: HTMLCanvasElement = byId<HTMLCanvasElement>("map");
  readonly #ping: HTMLElement = byId("ping");
  readonly #painter: GridPainter;
  readonly #view: GridViewport = new GridViewport();
  readonly #tip: SlotTip;
  #drag: { x: number; y: number; moved: boolean } | undefined;
  #queued = false;

  constructor(state: PageState, worker: KeyWorker) {
    this.#state = state;
    this.#painter = new GridPainter(this.#canvas);
    this.#tip = new SlotTip(state, worker);
    this.zoomTo(state.values.zoom);
    state.watch(["cluster", "summary", "dark"], () => {
      this.#painter.load(state.values);
      this.#paint();
    });
    state.watch(["slot", "key"], () => this.#paint());
    state.watch(["slot", "key", "cluster", "summary", "dark"], () => void this.#inspect());
    fitCanvas(this.#canvas, () => this.#draw());
    this.#listen();
  }

  /** Enlarges around the framed slot, or the one of the key under the lens. */
  zoomTo(zoom: number): void {
    const slot = this.#focus;
    this.#zoom(zoom, (slot % SIDE) + 0.5, Math.floor(slot / SIDE) + 0.5);
    if (zoom > 1) this.#view.reveal(slot);
  }

  get #focus(): number {
    return this.#state.values.slot ?? keySlot(this.#state.values.key);
  }

  #zoom(zoom: number, column: number, row: number): void {
    this.#view.zoomTo(zoom, column, row);
    this.#state.set({ zoom: Number(this.#view.zoom.toFixed(2)) });
    this.#canvas.classList.toggle("zoomed", this.#view.zoom > 1);
    this.#paint();
  }

  #paint(): void {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#draw();
    });
  }

  #draw(): void {
    const ratio = pixelRatio();
    const { dark, slot, key } = this.#state.values;
    this.#painter.paint(this.#view, dark, slot, ratio);
    const size = this.#canvas.width / ratio;
    const box = this.#view.boxOf(keySlot(key), size);
    const left = box.left + box.size / 2;
    const top = box.top + box.size / 2;
    this.#ping.hidden = left < 0 || top < 0 || left > size || top > size;
    // A ring around the cell, however large that is.
    const ring = Math.max(26, box.size * 1.25);
    this.#ping.style.setProperty("--ring", `${ring}px`);
    this.#ping.style.setProperty("--round", box.size > 20 ? "9px" : "50%");
    this.#ping.style.transform = `translate(${left}px, ${top}px)`;
  }

  async #inspect(): Promise<void> {
    const slot = this.#focus;
    const line = await this.#tip.describe(slot);
    if (slot === this.#focus) byId("inspect").replaceChildren(...line);
  }

  #go(slot: number): void {
    const next = Math.min(SLOT_COUNT - 1, Math.max(0, slot));
    this.#state.set({ slot: next });
    this.#view.reveal(next);
    this.#tip.show(next, this.#view.boxOf(next, this.#canvas.clientWidth), this.#canvas.clientWidth);
    this.#paint();
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => {
      if (canvas.matches(":focus-visible")) this.#go(this.#focus);
    });
    canvas.addEventListener("blur", () => this.#tip.hide());
    canvas.addEventListener("pointerdown", (event) => {
      this.#drag = { x: event.clientX, y: event.clientY, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => {
      const dragged = this.#drag?.moved === true;
      this.#drag = undefined;
      const slot = this.#slotAt(event);
      if (!dragged && slot !== undefined) this.#go(slot);
    });
    canvas.addEventListener("pointercancel", () => {
      this.#drag = undefined;
    });
    canvas.addEventListener("pointerleave", () => this.#tip.hide());
    canvas.addEventListener("dblclick", (event) => this.#zoomAt(event, 2));
    canvas.addEventListener(
      "wheel",
      (event) => {
        // A plain wheel scrolls the page; with Ctrl, which is also what a pinch sends, it zooms.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.#zoomAt(event, 2 ** (-event.deltaY / 120));
      },
      { passive: false },
    );
    byId("zoom-in").addEventListener("click", () => this.zoomTo(this.#view.zoom * 2));
    byId("zoom-out").addEventListener("click", () => this.zoomTo(this.#view.zoom / 2));
    byId("zoom-fit").addEventListener("click", () => this.zoomTo(1));
  }

  #key(event: KeyboardEvent): void {
    const slot = this.#focus;
    const step = STEPS[event.key];
    if (step !== undefined) this.#go(slot + step);
    else if (event.key === "Home") this.#go(event.ctrlKey ? 0 : slot - (slot % SIDE));
    else if (event.key === "End") this.#go(event.ctrlKey ? SLOT_COUNT - 1 : slot - (slot % SIDE) + SIDE - 1);
    else if (event.key === "+" || event.key === "=") this.zoomTo(this.#view.zoom * 2);
    else if (event.key === "-") this.zoomTo(this.#view.zoom / 2);
    else if (event.key === "0") this.zoomTo(1);
    else if (event.key === "Enter") this.#state.set({ key: `{${tagForSlot(slot)}}:key` });
    else if (event.key === "Escape") this.#tip.hide();
    else return;
    event.preventDefault();
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    const size = this.#canvas.clientWidth;
    if (drag !== undefined && this.#view.zoom > 1) {
      const x = event.clientX - drag.x;
      const y = event.clientY - drag.y;
      if (drag.moved || Math.hypot(x, y) > DRAG_FROM) {
        this.#drag = { x: event.clientX, y: event.clientY, moved: true };
        const cell = size / this.#view.span;
        this.#view.moveBy(-x / cell, -y / cell);
        this.#tip.hide();
        this.#paint();
        return;
      }
    }
    const slot = this.#slotAt(event);
    if (slot === undefined) this.#tip.hide();
    else this.#tip.show(slot, this.#view.boxOf(slot, size), size);
  }

  #slotAt(event: MouseEvent): number | undefined {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    return this.#view.slotAt(event.clientX - left, event.clientY - top, width);
  }

  #zoomAt(event: MouseEvent, factor: number): void {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    const column = this.#view.x + ((event.clientX - left) / width) * this.#view.span;
    const row = this.#view.y + ((event.clientY - top) / width) * this.#view.span;
    this.#zoom(this.#view.zoom * factor, column, row);
  }
}
