import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";

type Kind = "string" | "boolean" | "function" | "object";

/** What one option takes: a type, or a check of its own that throws ConfigError. */
export type OptionRule = Kind | ((name: string, value: unknown) => void);

/** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`; an option that is undefined counts as left out. */
export function checkOptions(
  adapter: string,
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
): void {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(", ");
      throw new ConfigError(
        "UNKNOWN_OPTION",
        `unknown option "${name}" of ${adapter}; the options are ${known}`,
        { option: name },
      );
    }
    if (value === undefined) continue;
    if (typeof rule === "function") rule(name, value);
    else if (typeof value !== rule || value === null) throw badOption(name, `a ${rule}`, value);
  }
}

/** For sizes of batches. */
export function wholeFrom1(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw badOption(name, "a whole number from 1", value);
}
