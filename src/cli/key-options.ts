/** Keys as arguments, or on the standard input. */
export const KEYS = {
  type: "positional",
  required: false,
  valueHint: "…",
  description: "without one, keys come from the standard input, one a line",
} as const;

export const ESCAPES = {
  type: "boolean",
  default: false,
  description: "read and print \\n \\r \\t \\0 \\\\ and \\xHH in keys as bytes",
} as const;

export const JSON_LINES = {
  type: "boolean",
  default: false,
  description: "print one JSON object per line instead",
} as const;

export const JSON_OBJECT = {
  type: "boolean",
  default: false,
  description: "print one JSON object instead",
} as const;
