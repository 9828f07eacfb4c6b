/** dtypes of a cache key and what LMCache writes for them, current generation. */
const TEXTS = {
  float16: "half",
  bfloat16: "bfloat16",
  float32: "float",
  float64: "double",
  int8: "int8",
  uint8: "uint8",
  int16: "int16",
  int32: "int32",
  int64: "int64",
  bool: "bool",
  float8_e4m3fn: "fp8_e4m3fn",
  float8_e4m3fnuz: "fp8_e4m3fnuz",
  float8_e5m2: "fp8_e5m2",
  float8_e5m2fnuz: "fp8_e5m2fnuz",
} as const;

/** torch's name of the dtype; more of them than metadata can hold. */
export type CacheDtype = keyof typeof TEXTS;

/** What generation G2 wrote for two dtypes each; read as the one that is in use. */
const OLD_TEXTS: Readonly<Record<string, CacheDtype>> = {
  fp8_e4m3: "float8_e4m3fn",
  fp8_e5m2: "float8_e5m2",
};

const BY_TEXT = new Map<string, CacheDtype>(
  Object.entries(TEXTS).map(([dtype, text]) => [text, dtype as CacheDtype]),
);

export const CACHE_DTYPES: readonly CacheDtype[] = Object.keys(TEXTS) as CacheDtype[];

/** What stands in the key; undefined for what is no dtype of a key. */
export function textOfDtype(dtype: unknown): string | undefined {
  return typeof dtype === "string" && Object.hasOwn(TEXTS, dtype) ? TEXTS[dtype as CacheDtype] : undefined;
}

/** The dtype that a part of a key names; `old` takes what generation G2 wrote, too. */
export function dtypeOfText(text: string, old: boolean): CacheDtype | undefined {
  return BY_TEXT.get(text) ?? (old ? OLD_TEXTS[text] : undefined);
}
