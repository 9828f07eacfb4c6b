import { HATCHINGS, ownerColors } from "../model/owner-style.ts";
import { make } from "./element.ts";

/**
 * A piece of the grid as the owner's cells look in it: the colour, and the hatching as a gradient of the style sheet, since a
 * list has hundreds of them and a canvas of its own for each takes 0.3 ms.
 */
export function swatch(owner: number, dark: boolean): HTMLElement {
  const { key, plain } = ownerColors(owner, dark);
  const element = make("span", `swatch hatch-${owner % HATCHINGS.length}`);
  element.style.setProperty("--cell", key);
  element.style.setProperty("--hatch", plain);
  return element;
}

/** The owner's swatch and name. */
export function ownerTag(owner: number | undefined, name: string, dark: boolean): HTMLSpanElement {
  const tag = make("span", "owner");
  if (owner !== undefined) tag.append(swatch(owner, dark));
  tag.append(name);
  return tag;
}
