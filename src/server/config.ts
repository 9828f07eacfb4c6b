import { CommandError } from "./command-error.ts";
import { NUMBERS } from "./config/numbers.ts";
import { ConfigRefusal, type ConfigValue, type Parameter } from "./config/parameter.ts";
import { SWITCHES } from "./config/switches.ts";
import { TEXTS } from "./config/texts.ts";
import { untilZero } from "./errors-text.ts";
import { globMatch } from "./glob.ts";

const PARAMETERS = new Map<string, Parameter>();
for (const parameter of [...SWITCHES, ...NUMBERS, ...TEXTS]) {
  PARAMETERS.set(parameter.name, parameter);
  if (parameter.alias !== undefined) PARAMETERS.set(parameter.alias, parameter);
}

/** Where a server listens. */
const ADDRESSES: ReadonlySet<string> = new Set(["port", "tls-port", "bind"]);

const DEFAULTS: ReadonlyMap<string, ConfigValue> = new Map(
  Array.from(new Set(PARAMETERS.values()), ({ fallback, name, parse }) => [name, parse(fallback, fallback)]),
);

/** Called after the values of one CONFIG SET are in place; a ConfigRefusal puts all of them back. */
export type ConfigListener = (value: ConfigValue) => void;

/** The configuration of one node: every parameter of 7.0.15 by its redis.conf name. */
export class Config {
  /** The file that CONFIG REWRITE writes; undefined where the node was started without one. */
  file: string | undefined;
  readonly #values = new Map(DEFAULTS);
  readonly #forced = new Set<string>();
  readonly #listeners = new Map<string, ConfigListener[]>();

  /** `settings` in the words of redis.conf; throws a ConfigRefusal that names the parameter. */
  constructor(settings: Readonly<Record<string, string>> = {}) {
    for (const [name, value] of Object.entries(settings)) {
      const parameter = PARAMETERS.get(name.toLowerCase());
      if (parameter === undefined) throw new ConfigRefusal(`unknown parameter '${name}'`);
      try {
        this.#values.set(parameter.name, parameter.parse(value, this.text(parameter.name)));
      } catch (error) {
        throw new ConfigRefusal(`'${name} ${value}': ${(error as Error).message}`);
      }
    }
  }

  /** Normal form, as CONFIG GET prints it. Only names that exist, not aliases. */
  text(name: string): string {
    return (this.#values.get(name) as ConfigValue).text;
  }

  number(name: string): number {
    return (this.#values.get(name) as ConfigValue).number;
  }

  flag(name: string): boolean {
    return (this.#values.get(name) as ConfigValue).number === 1;
  }

  /** Calls `listener` now and after every change of the parameter. */
  watch(name: string, listener: ConfigListener): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, [listener]);
    else listeners.push(listener);
    listener(this.#values.get(name) as ConfigValue);
  }

  /** Names (aliases too) and values that match a CONFIG GET argument, in any case. */
  match(pattern: string): Map<string, string> {
    const found = new Map<string, string>();
    if (!/[[*?]/.test(pattern)) {
      const parameter = PARAMETERS.get(pattern.toLowerCase());
      if (parameter !== undefined) found.set(pattern, this.text(parameter.name));
      return found;
    }
    for (const [name, parameter] of PARAMETERS) {
      if (!parameter.hidden && globMatch(pattern, name, true)) found.set(name, this.text(parameter.name));
    }
    return found;
  }

  /** Whether there is such a parameter, by its name (no alias), and CONFIG REWRITE may write it. */
  rewrites(name: string): boolean {
    return this.#values.has(name) && !this.#forced.has(name);
  }

  /** True where CONFIG SET's value has to be blanked in logs. */
  sensitive(name: string): boolean {
    return PARAMETERS.get(name.toLowerCase())?.sensitive === true;
  }

  /** The node itself sets what it found out (`port`); CONFIG REWRITE leaves it as it stands in the file. */
  force(name: string, value: string): void {
    this.#forced.add(name);
    const parameter = PARAMETERS.get(name) as Parameter;
    this.#values.set(parameter.name, parameter.parse(value, this.text(parameter.name)));
  }

  /** The opposite of `force`. */
  release(name: string): void {
    this.#forced.delete(name);
  }

  /** CONFIG SET: all of the pairs or none; throws a CommandError. Returns what takes it back. */
  set(pairs: readonly (readonly [name: string, value: string])[]): () => void {
    const chosen = pairs.map(([name]) => PARAMETERS.get(name.toLowerCase()));
    const unknown = chosen.indexOf(undefined);
    const parameters = chosen as Parameter[];
    for (const [index, parameter] of (unknown < 0 ? parameters : parameters.slice(0, unknown)).entries()) {
      const name = (pairs[index] as readonly [string, string])[0];
      if (parameter.immutable) throw configRefused(name, "can't set immutable config");
      if (parameter.protected && this.text("enable-protected-configs") === "no") {
        throw configRefused(name, "can't set protected config");
      }
      // Only the same name is taken for a duplicate; a parameter and its alias may both be given.
      const twice = pairs.findIndex(([other]) => other.toLowerCase() === name.toLowerCase()) < index;
      if (twice) throw configRefused(name, "duplicate parameter");
    }
    if (unknown >= 0) {
      const name = (pairs[unknown] as readonly [string, string])[0];
      throw new CommandError(
        `ERR Unknown option or number of arguments for CONFIG SET - '${untilZero(name)}'`,
      );
    }
    const before = new Map(parameters.map(({ name }) => [name, this.#values.get(name) as ConfigValue]));
    // From their texts, as the real server goes back: notify-keyspace-events forgets an `n` that its text does not show.
    const undo = (): void => {
      for (const [name, value] of before) this.#back(name, value);
      for (const name of before.keys()) this.#tell(name);
    };
    let named = "";
    try {
      for (const [index, parameter] of parameters.entries()) {
        const { name } = parameter;
        named = (pairs[index] as readonly [string, string])[0].toLowerCase();
        this.#values.set(
          name,
          parameter.parse((pairs[index] as readonly [string, string])[1], this.text(name)),
        );
      }
      for (const [index, { name }] of parameters.entries()) {
        named = (pairs[index] as readonly [string, string])[0].toLowerCase();
        this.#tell(name);
      }
    } catch (error) {
      undo();
      if (error instanceof ConfigRefusal) throw configRefused(named, error.message);
      throw error;
    }
    return undo;
  }

  /** What CONFIG SET may change, by name, but for where the server listens. */
  settings(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [name, value] of this.#values) {
      const { immutable, protected: locked } = PARAMETERS.get(name) as Parameter;
      if (immutable || locked || ADDRESSES.has(name) || this.#forced.has(name)) continue;
      found[name] = value.text;
    }
    return found;
  }

  /** Parameters that differ from their defaults, for CONFIG REWRITE. */
  changed(): [parameter: Parameter, text: string][] {
    const found: [Parameter, string][] = [];
    for (const [name, value] of this.#values) {
      const parameter = PARAMETERS.get(name) as Parameter;
      if (
        !this.#forced.has(name) &&
        value.text !== parameter.parse(parameter.fallback, parameter.fallback).text
      ) {
        found.push([parameter, value.text]);
      }
    }
    return found;
  }

  #back(name: string, { text }: ConfigValue): void {
    this.#values.set(name, (PARAMETERS.get(name) as Parameter).parse(text, text));
  }

  #tell(name: string): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      listener(this.#values.get(name) as ConfigValue);
    }
  }
}

/** What CONFIG SET answers where a value cannot be taken. */
export function configRefused(name: string, reason: string): CommandError {
  return new CommandError(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`);
}
