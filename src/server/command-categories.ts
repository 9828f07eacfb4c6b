import type { CommandSpec } from "./command-spec.ts";

/** All ACL categories in the order in which ACL CAT and COMMAND INFO print them. */
export const CATEGORIES: readonly string[] = [
  "keyspace",
  "read",
  "write",
  "set",
  "sortedset",
  "list",
  "hash",
  "string",
  "bitmap",
  "hyperloglog",
  "geo",
  "stream",
  "pubsub",
  "admin",
  "fast",
  "slow",
  "blocking",
  "dangerous",
  "connection",
  "transaction",
  "scripting",
];

/** Specs are shared by all nodes of the process. */
const KNOWN = new WeakMap<CommandSpec, readonly string[]>();

/** A command's categories, those that follow from its flags included. Source: setImplicitACLCategories. */
export function categoriesOf(spec: CommandSpec): readonly string[] {
  const known = KNOWN.get(spec);
  if (known !== undefined) return known;
  const found = new Set(spec.categories);
  const { flags } = spec;
  if (flags.includes("write")) found.add("write");
  if (flags.includes("readonly") && !found.has("scripting")) found.add("read");
  if (flags.includes("admin")) found.add("admin").add("dangerous");
  if (flags.includes("pubsub")) found.add("pubsub");
  if (flags.includes("blocking")) found.add("blocking");
  found.add(flags.includes("fast") ? "fast" : "slow");
  const categories = CATEGORIES.filter((category) => found.has(category));
  KNOWN.set(spec, categories);
  return categories;
}
