import type { CommandEntry } from "./command-entry.ts";
import type { Config } from "./config.ts";
import type { Bytes } from "./protocol/arg.ts";
import { asString } from "./protocol/bytes.ts";

const BLANKED = "(redacted)";

/** The arguments as MONITOR and the slowlog may show them: passwords, and who has them, are blanked. */
export function redacted(entry: CommandEntry, args: readonly Bytes[], config: Config): readonly Bytes[] {
  const find = SECRETS[entry.name];
  if (find === undefined) return args;
  const secret = new Set(find(args, config));
  return secret.size === 0 ? args : args.map((arg, index) => (secret.has(index) ? BLANKED : arg));
}

/** Indexes of the arguments to blank. */
const SECRETS: Record<string, (args: readonly Bytes[], config: Config) => number[]> = {
  auth: (args) => (args.length > 3 ? [] : from(args, 1)),
  hello: (args) => (/^[23]$/.test(text(args, 1)) ? amongOptions(args, 2, { auth: 2 }, { setname: 1 }) : []),
  "acl|setuser": (args) => from(args, 2),
  migrate: (args) => amongOptions(args, 6, { auth: 1, auth2: 2 }, { copy: 0, replace: 0 }),
  "config|set": (args, config) =>
    from(args, 2).filter((index) => index % 2 === 1 && config.sensitive(asString(args[index - 1] as Bytes))),
};

function from(args: readonly Bytes[], first: number): number[] {
  return args.map((_, index) => index).slice(first);
}

/** What stands behind the options in `secret`, up to the first word that is no option: the real server blanks what it has understood. */
function amongOptions(
  args: readonly Bytes[],
  first: number,
  secret: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): number[] {
  const found: number[] = [];
  for (let index = first; index < args.length; ) {
    const word = text(args, index).toLowerCase();
    const count = secret[word] ?? other[word];
    if (count === undefined || index + count >= args.length) break;
    for (let next = 1; next <= count && word in secret; next += 1) found.push(index + next);
    index += 1 + count;
  }
  return found;
}

function text(args: readonly Bytes[], index: number): string {
  return index < args.length ? asString(args[index] as Bytes) : "";
}
