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
  hello: (args) => behind(args, 2, "auth", 2),
  "acl|setuser": (args) => from(args, 2),
  "acl|deluser": (args) => from(args, 2),
  "acl|getuser": (args) => from(args, 2),
  migrate: (args) => [...behind(args, 6, "auth", 1), ...behind(args, 6, "auth2", 2)],
  "config|set": (args, config) =>
    from(args, 2).filter((index) => index % 2 === 1 && config.sensitive(asString(args[index - 1] as Bytes))),
};

function from(args: readonly Bytes[], first: number): number[] {
  return args.map((_, index) => index).slice(first);
}

/** The `count` arguments behind an option word. */
function behind(args: readonly Bytes[], first: number, word: string, count: number): number[] {
  const found: number[] = [];
  for (let index = first; index + count < args.length; index += 1) {
    if (asString(args[index] as Bytes).toLowerCase() !== word) continue;
    for (let next = 1; next <= count; next += 1) found.push(index + next);
    index += count;
  }
  return found;
}
