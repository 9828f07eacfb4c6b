import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Client } from "../client.ts";
import type { Acl } from "./acl.ts";
import { ACL_ERROR, AclError } from "./acl-error.ts";
import type { AclUser } from "./acl-user.ts";
import { joinedRules } from "./joined-rules.ts";

/** ACL LOAD: the users of the file instead of all others; throws an AclError that names every wrong line, and changes nothing then. */
export function loadAclFile(acl: Acl, path: string, current?: Client): void {
  const users: AclUser[] = [];
  let errors = "";
  for (const [index, line] of read(path).split("\n").entries()) {
    const words = line.trim().split(" ");
    if (words[0] === "") continue;
    errors += readUser(acl, users, words, `${path}:${index + 1}`);
  }
  if (errors === "") return acl.replaceUsers(users, current);
  throw new AclError(
    `${errors}WARNING: ACL errors detected, no change to the previously active ACL rules was performed`,
  );
}

/** ACL SAVE; throws what the file system says. */
export function saveAclFile(acl: Acl, path: string): void {
  const draft = `${path}.tmp-${process.pid}`;
  writeFileSync(draft, `${acl.lines().join("\n")}\n`, "latin1");
  renameSync(draft, path);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    throw new AclError(`Error loading ACLs, opening file '${path}': ${(error as Error).message}`);
  }
}

/** Adds the user of one line; returns what is wrong with it, "" for nothing. */
function readUser(acl: Acl, users: AclUser[], words: readonly string[], place: string): string {
  const [keyword, name, ...rules] = words;
  if (keyword !== "user" || name === undefined) {
    return `${place} should start with user keyword followed by the username. `;
  }
  if (users.some((user) => user.name === name)) {
    return `WARNING: Duplicate user '${name}' found on line ${place.slice(place.lastIndexOf(":") + 1)}. `;
  }
  const user = acl.newUser(name);
  users.push(user);
  let errors = "";
  let told = false;
  try {
    for (const rule of joinedRules(rules)) {
      const fault = faultOf(user, rule);
      if (fault === ACL_ERROR.unknown)
        errors += `${place}: Error in applying operation '${rule}': ${fault}. `;
      else if (fault !== undefined && !told) errors += `${place}: ${fault}. `;
      told ||= fault !== undefined && fault !== ACL_ERROR.unknown;
    }
  } catch {
    errors += `${place}: Unmatched parenthesis in selector definition.`;
  }
  return errors;
}

function faultOf(user: AclUser, rule: string): string | undefined {
  try {
    user.apply(rule.trim());
    return undefined;
  } catch (error) {
    if (error instanceof AclError) return error.message;
    throw error;
  }
}
