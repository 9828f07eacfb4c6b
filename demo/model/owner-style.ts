/*
 * An owner is told by a colour and by a hatching of cells, so that the grid can be read without colours. With nine owners and
 * more the colours come again, each with another hatching.
 */

type Rgb = readonly [red: number, green: number, blue: number];

const DARK = ["#5aa2ff", "#ffb224", "#2bd4b4", "#f37ad0", "#b3d93f", "#a58bff", "#45cdf5", "#e59c74"];
const LIGHT = ["#1f6fde", "#b86e00", "#0b8573", "#c02a93", "#5f7d00", "#6c43d6", "#00789e", "#96512c"];

/** Whether the cell in this column and row is one of the hatching's. styles/hatching.css has the same as gradients. */
export const HATCHINGS: readonly ((x: number, y: number) => boolean)[] = [
  () => false,
  (x, y) => (x + y) % 4 === 0,
  (_, y) => y % 3 === 0,
  (x, y) => x % 3 === 0 && y % 3 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x - y + 128) % 4 === 0,
  (x, y) => (x + y) % 2 === 0,
  (x, y) => x % 4 === 0 || y % 4 === 0,
  (x, y) => (x + y) % 6 < 3,
  (_, y) => y % 4 < 2,
  (x) => x % 4 < 2,
];

export function ownerColor(owner: number, dark: boolean): string {
  const colors = dark ? DARK : LIGHT;
  return colors[owner % colors.length]!;
}

export function isHatched(owner: number, x: number, y: number): boolean {
  return HATCHINGS[owner % HATCHINGS.length]!(x, y);
}

export function rgbOf(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

/** `part` of `a`, the rest of `b`. */
export function mix(a: Rgb, b: Rgb, part: number): Rgb {
  const at = (i: 0 | 1 | 2): number => Math.round(a[i] * part + b[i] * (1 - part));
  return [at(0), at(1), at(2)];
}

/** The four looks of an owner's cell: plain, hatched, with a key, with many. */
export interface OwnerCell {
  readonly plain: Rgb;
  readonly hatched: Rgb;
  readonly key: Rgb;
  readonly keys: Rgb;
}

export const GROUND: Readonly<Record<"dark" | "light", Rgb>> = { dark: [11, 13, 18], light: [255, 255, 255] };
export const NOBODY: Readonly<Record<"dark" | "light", readonly [Rgb, Rgb]>> = {
  dark: [
    [24, 26, 31],
    [52, 34, 36],
  ],
  light: [
    [240, 239, 236],
    [236, 205, 200],
  ],
};

export function ownerCell(owner: number, dark: boolean): OwnerCell {
  const color = rgbOf(ownerColor(owner, dark));
  const ground = dark ? GROUND.dark : GROUND.light;
  return dark
    ? {
        plain: mix(color, ground, 0.22),
        hatched: mix(color, ground, 0.37),
        key: mix(color, [255, 255, 255], 0.88),
        keys: mix(color, [255, 255, 255], 0.25),
      }
    : {
        plain: mix(color, ground, 0.17),
        hatched: mix(color, ground, 0.34),
        key: mix(color, ground, 0.92),
        keys: mix(color, [0, 0, 0], 0.45),
      };
}

/** The colours of a key's cell and of the hatching, for style sheets. */
export function ownerColors(owner: number, dark: boolean): { readonly key: string; readonly plain: string } {
  const { key, plain } = ownerCell(owner, dark);
  const css = (color: Rgb): string => `rgb(${color.join(" ")})`;
  return { key: css(key), plain: css(plain) };
}
