import { contradiction } from "./config-error.ts";

/** One value and the setting that gave it: a key, a variable, or the URL. */
export interface Setting<T> {
  readonly name: string;
  readonly value: T;
}

/** A setting, or undefined where the value is. */
export function setting<T>(name: string, value: T | undefined): Setting<T> | undefined {
  return value === undefined ? undefined : { name, value };
}

/**
 * The one value that all settings of the same thing give; undefined when none gives any. Throws ConfigError `CONTRADICTION` naming the first
 * setting that differs from one before it; a secret is not shown.
 */
export function agree<T>(
  settings: readonly (Setting<T> | undefined)[],
  { secret = false }: { secret?: boolean } = {},
): Setting<T> | undefined {
  const given = settings.filter((one) => one !== undefined);
  const [first] = given;
  const other = given.find(({ value }) => value !== first?.value);
  if (first === undefined || other === undefined) return first;
  const shown = secret
    ? `differs from that of ${first.name}`
    : `${JSON.stringify(other.value)} differs from ${JSON.stringify(first.value)} of ${first.name}`;
  throw contradiction(other.name, shown);
}
