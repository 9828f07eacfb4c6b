/** A value as it is kept: `text` is what CONFIG GET prints; `number` is there for numbers and switches (1, 0). */
export interface ConfigValue {
  readonly text: string;
  readonly number: number;
}

export interface ParameterTraits {
  /** The older name that CONFIG knows too. */
  readonly alias?: string;
  /** Set at the start only. */
  readonly immutable?: boolean;
  /** CONFIG SET needs enable-protected-configs. */
  readonly protected?: boolean;
  /** CONFIG GET with a pattern does not show it. */
  readonly hidden?: boolean;
  /** The value is blanked in the slowlog. */
  readonly sensitive?: boolean;
  /** Several words; a redis.conf line gives them as words of their own. */
  readonly words?: boolean;
}

export interface Parameter extends ParameterTraits {
  readonly name: string;
  readonly fallback: string;
  /** The normal form of `text`; throws a ConfigRefusal. `before` is the value that stands now. */
  readonly parse: (text: string, before: string) => ConfigValue;
}

/** Why a value is not taken: the words behind the dash of CONFIG SET's error. */
export class ConfigRefusal extends Error {
  override readonly name = "ConfigRefusal";
}
