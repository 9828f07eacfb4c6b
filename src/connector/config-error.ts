import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";

/** ConfigError `BAD_OPTION`: a setting has the wrong type or is out of its range. A secret is not shown. */
export function badSetting(option: string, expected: string, got: unknown, secret = false): ConfigError {
  const message = `${option}: expected ${expected}, got ${secret ? describe(got) : show(got)}`;
  return new ConfigError("BAD_OPTION", message, { option });
}

/** ConfigError `CONTRADICTION`: a setting cannot hold beside another one. `why` shows no secret. */
export function contradiction(option: string, why: string): ConfigError {
  return new ConfigError("CONTRADICTION", `${option}: ${why}`, { option });
}

/** What `check` gives; the ConfigError that it throws about its option `own` is one about the user's `name`. */
export function underName<T>(own: string, name: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ConfigError) || error.option !== own) throw error;
    const { code, cause, message } = error;
    throw new ConfigError(code, message.startsWith(own) ? name + message.slice(own.length) : message, {
      option: name,
      cause,
    });
  }
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return value === null || typeof value === "object" || typeof value === "function"
    ? describe(value)
    : String(value);
}
