import { inspect } from "node:util";
import type { ClientOptions } from "../cluster/options.ts";

/** The same options, which `inspect` (and so `console.log`) and JSON show without passwords and private keys. */
export function hideSecrets(options: ClientOptions): ClientOptions {
  const masked = () => mask(options);
  // Not enumerable: a copy of the options holds options only.
  return Object.defineProperties(options, {
    [inspect.custom]: { value: masked },
    toJSON: { value: masked },
  });
}

function mask(options: object): object {
  const entries = Object.entries(options).map(([name, value]) => {
    if (/password|passphrase|^key$/i.test(name)) return [name, "***"];
    return [name, name === "tls" && typeof value === "object" && value !== null ? mask(value) : value];
  });
  return Object.fromEntries(entries);
}
