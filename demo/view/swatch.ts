import { isHatched, ownerCell } from "../model/owner-style.ts";
import { make } from "./element.ts";

const CELLS = 7;
const images = new Map<string, ImageData>();

/** A piece of the grid as the owner's cells look in it, without gaps. */
export function swatch(owner: number, dark: boolean): HTMLCanvasElement {
  const canvas = make("canvas", "swatch");
  canvas.width = CELLS;
  canvas.height = CELLS;
  canvas.setAttribute("aria-hidden", "true");
  const id = `${owner}:${dark}`;
  let image = images.get(id);
  if (image === undefined) {
    image = paint(owner, dark);
    images.set(id, image);
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

function paint(owner: number, dark: boolean): ImageData {
  const image = new ImageData(CELLS, CELLS);
  const { key, plain } = ownerCell(owner, dark);
  for (let y = 0; y < CELLS; y++)
    for (let x = 0; x < CELLS; x++) {
      const color = isHatched(owner, x, y) ? plain : key;
      image.data.set([...color, 255], (y * CELLS + x) * 4);
    }
  return image;
}

/** The owner's swatch and name. */
export function ownerTag(owner: number | undefined, name: string, dark: boolean): HTMLSpanElement {
  const tag = make("span", "owner");
  if (owner !== undefined) tag.append(swatch(owner, dark));
  tag.append(name);
  return tag;
}
