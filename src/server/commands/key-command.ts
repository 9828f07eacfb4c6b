import type { Command, CommandFlag, CommandRun, KeyRange } from "../command.ts";

/** One row of a family's table: words instead of arrays. `keyFlags` describes the only key, argument 1, unless `keys` says otherwise. */
export interface KeyCommandRow {
  readonly name: string;
  readonly arity: number;
  readonly flags: string;
  readonly since: string;
  readonly run: CommandRun;
  readonly keyFlags?: string;
  readonly keys?: readonly KeyRange[];
  /** What a call really does to its key, where `variable_flags` says that this depends on the arguments. */
  readonly flagsOf?: (args: readonly string[]) => string;
  readonly categories?: string;
  readonly tips?: string;
}

/** Commands of one family from its rows; `category` is that of those that name none. */
export function keyCommands(category: string, rows: readonly KeyCommandRow[]): readonly Command[] {
  return rows.map(({ name, arity, flags, since, run, flagsOf, ...row }) => {
    const keys = row.keys ?? (row.keyFlags === undefined ? [] : [keyRange(1, 1, row.keyFlags)]);
    return {
      name,
      arity,
      flags: words(flags) as CommandFlag[],
      keys: keys.length === 0 ? undefined : keys,
      keyFlags: flagsOf && ((args: readonly string[]) => words(flagsOf(args))),
      categories: words(row.categories ?? category),
      since,
      tips: row.tips === undefined ? undefined : words(row.tips),
      run,
    };
  });
}

/** Keys from argument `first` to `last` (negative: from the end), every `step`. */
export function keyRange(first: number, last: number, flags: string, step = 1): KeyRange {
  return { first, last, step, flags: words(flags) };
}

function words(text: string): string[] {
  return text === "" ? [] : text.split(" ");
}
