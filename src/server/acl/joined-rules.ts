import { untilZero } from "../errors-text.ts";
import { AclError } from "./acl-error.ts";

/** A selector may be spread over several arguments: `(+get`, `~x)`. One that opens within another takes its place. */
export function joinedRules(rules: readonly string[]): string[] {
  const found: string[] = [];
  let open: string | undefined;
  let first = "";
  for (const rule of rules) {
    if (rule.startsWith("(") && !rule.endsWith(")")) first = open = rule;
    else if (open === undefined) found.push(rule);
    else {
      open += ` ${rule}`;
      if (!rule.endsWith(")")) continue;
      found.push(open);
      open = undefined;
    }
  }
  if (open === undefined) return found;
  throw new AclError(`Unmatched parenthesis in acl selector starting at '${untilZero(first)}'.`);
}
