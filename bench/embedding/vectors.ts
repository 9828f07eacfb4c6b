export type VectorShape = "float32" | "decimals";

export const SHAPES: readonly { readonly shape: VectorShape; readonly what: string }[] = [
  { shape: "float32", what: "float32 as doubles (base64 of an API, or a model in the process)" },
  { shape: "decimals", what: "decimals of 9 significant digits (JSON of an API)" },
];

/** Vectors of length 1 whose directions are random, the same ones in every run, as a model's API gives them. */
export function makeVectors(count: number, dimensions: number, shape: VectorShape): number[][] {
  const random = generator(dimensions);
  return Array.from({ length: count }, () => {
    const raw = Array.from({ length: dimensions }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - random()));
      return radius * Math.cos(2 * Math.PI * random());
    });
    const length = Math.hypot(...raw);
    return raw.map((number) => {
      const unit = number / length;
      return shape === "float32" ? Math.fround(unit) : Number(unit.toPrecision(9));
    });
  });
}

/** mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
