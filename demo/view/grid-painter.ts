import { NO_NODE, SLOT_COUNT } from "../../src/slots/index.ts";
import { GROUND, isHatched, mix, NOBODY, ownerCell } from "../model/owner-style.ts";
import type { PageValues } from "../page-state.ts";
import { make } from "./element.ts";
import { type GridViewport, SIDE } from "./grid-viewport.ts";

/** From these sizes of a cell on, in device pixels. */
const GAP_FROM = 3;
const WIDE_GAP_FROM = 14;
const NUMBER_FROM = 38;

/**
 * Paints the slots. One pixel a slot is drawn into a picture of 128 × 128 whenever owners, keys or theme change, and the
 * part that is seen is enlarged from it: a repaint takes the same time at every zoom.
 */
export class GridPainter {
  readonly #canvas: HTMLCanvasElement;
  #counts: Uint32Array = new Uint32Array(SLOT_COUNT);
  readonly #picture: HTMLCanvasElement = make("canvas", "");

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#picture.width = SIDE;
    this.#picture.height = SIDE;
  }

  /** Takes owners and keys. */
  load({ cluster, summary, dark }: PageValues): void {
    this.#counts = summary.counts;
    const context = this.#picture.getContext("2d");
    if (context === null) return;
    const image = context.createImageData(SIDE, SIDE);
    const cells = cluster.map.nodes.map((_, owner) => ownerCell(owner, dark));
    const nobody = dark ? NOBODY.dark : NOBODY.light;
    const most = Math.log2(1 + summary.counts.reduce((a, b) => Math.max(a, b), 1));
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const x = slot % SIDE;
      const y = (slot - x) / SIDE;
      const owner = cluster.map.nodeOfSlot[slot]!;
      const keys = summary.counts[slot]!;
      const cell = owner === NO_NODE ? undefined : cells[owner]!;
      let color =
        cell === undefined
          ? nobody[(x + y) % 2 === 0 ? 0 : 1]
          : isHatched(owner, x, y)
            ? cell.hatched
            : cell.plain;
      if (keys > 0 && cell !== undefined) color = mix(cell.keys, cell.key, (Math.log2(1 + keys) - 1) / most);
      image.data.set([color[0], color[1], color[2], 255], slot * 4);
    }
    context.putImageData(image, 0, 0);
  }

  /** Draws what the viewport shows; `cursor` is the slot with a frame. */
  paint(view: GridViewport, dark: boolean, cursor: number | undefined, ratio: number): void {
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    const size = this.#canvas.width;
    const cell = size / view.span;
    const [red, green, blue] = dark ? GROUND.dark : GROUND.light;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#picture, view.x, view.y, view.span, view.span, 0, 0, size, size);
    if (cell >= GAP_FROM) {
      context.fillStyle = `rgb(${red} ${green} ${blue})`;
      const gap = cell >= WIDE_GAP_FROM ? Math.round(1.5 * ratio) : 1;
      for (let i = Math.ceil(view.x); i <= view.x + view.span; i++)
        context.fillRect(Math.round((i - view.x) * cell) - gap, 0, gap, size);
      for (let i = Math.ceil(view.y); i <= view.y + view.span; i++)
        context.fillRect(0, Math.round((i - view.y) * cell) - gap, size, gap);
    }
    if (cell >= NUMBER_FROM) this.#numbers(context, view, cell, dark, ratio);
    if (cursor !== undefined) frame(context, view, cursor, size, dark, ratio);
  }

  #numbers(
    context: CanvasRenderingContext2D,
    view: GridViewport,
    cell: number,
    dark: boolean,
    ratio: number,
  ): void {
    context.font = `600 ${Math.min(13 * ratio, cell / 4)}px ui-monospace, monospace`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let row = Math.floor(view.y); row < Math.min(SIDE, view.y + view.span); row++)
      for (let column = Math.floor(view.x); column < Math.min(SIDE, view.x + view.span); column++) {
        const left = (column + 0.5 - view.x) * cell;
        const top = (row + 0.5 - view.y) * cell;
        const slot = row * SIDE + column;
        // A cell with keys is bright in the dark and dark in the light.
        context.fillStyle = this.#counts[slot]! > 0 === dark ? "#0b0d12" : "#ffffff";
        context.fillText(String(slot), left, top);
      }
  }
}

function frame(
  context: CanvasRenderingContext2D,
  view: GridViewport,
  slot: number,
  size: number,
  dark: boolean,
  ratio: number,
): void {
  const box = view.boxOf(slot, size);
  const grow = 2 * ratio;
  context.lineWidth = 2 * ratio;
  context.strokeStyle = dark ? "#0b0d12" : "#ffffff";
  context.strokeRect(
    box.left - 2 * grow,
    box.top - 2 * grow,
    box.size + 4 * grow - 1,
    box.size + 4 * grow - 1,
  );
  context.strokeStyle = dark ? "#ffffff" : "#14161b";
  context.strokeRect(box.left - grow, box.top - grow, box.size + 2 * grow - 1, box.size + 2 * grow - 1);
}
