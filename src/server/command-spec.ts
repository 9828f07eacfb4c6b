/** As COMMAND INFO names them. */
export type CommandFlag =
  | "write"
  | "readonly"
  | "denyoom"
  | "admin"
  | "pubsub"
  | "noscript"
  | "blocking"
  | "loading"
  | "stale"
  | "skip_monitor"
  | "skip_slowlog"
  | "asking"
  | "fast"
  | "no_auth"
  | "may_replicate"
  | "no_async_loading"
  | "no_multi"
  | "allow_busy"
  | "movablekeys"
  | "no_mandatory_keys";

/**
 * Where the keys stand among the arguments, the command's name being argument 0; `last` counts from the end where it is negative.
 * A subcommand counts the container's name too (`OBJECT FREQ key`: first 2).
 */
export interface KeyRange {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  /** As COMMAND DOCS and COMMAND GETKEYSANDFLAGS name them: `RO`, `RW`, `OW`, `RM` and `access`, `update`, `insert`, `delete`, `not_key`, … */
  readonly flags?: readonly string[] | undefined;
  /** The keys follow this word, which is looked for from argument `startFrom` on (negative: backwards from the end); no fixed place then. */
  readonly keyword?: { readonly word: string; readonly startFrom: number } | undefined;
  /** COMMAND INFO's `notes` of the key. */
  readonly notes?: string | undefined;
}

/** Finds keys that have no fixed places (`movablekeys`): indexes among the arguments; undefined where the arguments make no sense. */
export type KeyFinder = (args: readonly string[]) => number[] | undefined;

/** All of a command but what it does, which the table and COMMAND need. */
export interface CommandSpec {
  /** Lower case; a subcommand is `config|get`. */
  readonly name: string;
  /** Arguments with the name; negative: at least so many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly keys?: KeyRange | readonly KeyRange[] | undefined;
  readonly findKeys?: KeyFinder | undefined;
  /** Where the key specifications answer otherwise than the finder: COMMAND GETKEYS and the ACL ask them first, cluster routing never does. */
  readonly findSpecifiedKeys?: KeyFinder | undefined;
  /** What is done to the key at `index` (as KeyRange.flags), where that is not its range's flags: with `findKeys`, or by the arguments. */
  readonly keyFlags?: ((args: readonly string[], index: number) => readonly string[]) | undefined;
  /** ACL categories besides those that follow from the flags, without `@`: `string`, `keyspace`, … */
  readonly categories: readonly string[];
  readonly since: string;
  /** COMMAND INFO's tips: `nondeterministic_output`, `request_policy:all_shards`, … */
  readonly tips?: readonly string[] | undefined;
  readonly subcommands?: readonly CommandSpec[] | undefined;
  /** Held here without the type of its argument, so that a table of specs does not depend on the node that it is part of. */
  readonly run: (call: never) => void | Promise<void>;
}
