import { createHash, timingSafeEqual } from "node:crypto";
import { inlineWords } from "../protocol/inline-words.ts";
import type { User } from "../user.ts";
import { ACL_ERROR, AclError } from "./acl-error.ts";
import type { CommandSets } from "./command-sets.ts";
import { Selector } from "./selector.ts";

/** A user with its passwords (as SHA-256 in hexadecimal) and permissions. The first selector is the user's own. */
export class AclUser implements User {
  readonly name: string;
  enabled = false;
  noPassword = false;
  /** `sanitize-payload` or `skip-sanitize-payload`, where it was said. */
  sanitize: "sanitize-payload" | "skip-sanitize-payload" | undefined;
  passwords: string[] = [];
  selectors: Selector[];
  /** Nothing is forbidden, so that nothing has to be looked at. */
  unrestricted = false;
  readonly #sets: CommandSets;
  readonly #allChannels: boolean;

  /** `allChannels`: acl-pubsub-default. */
  constructor(name: string, sets: CommandSets, allChannels: boolean) {
    this.name = name;
    this.#sets = sets;
    this.#allChannels = allChannels;
    this.selectors = [new Selector(sets, allChannels)];
  }

  /** As ACL GETUSER shows them. */
  get flags(): string[] {
    const flags = [this.enabled ? "on" : "off"];
    if (this.noPassword) flags.push("nopass");
    if (this.sanitize !== undefined) flags.push(this.sanitize);
    return flags;
  }

  get root(): Selector {
    return this.selectors[0] as Selector;
  }

  matches(password: string): boolean {
    if (!this.enabled) return false;
    if (this.noPassword) return true;
    const given = Buffer.from(hashed(password));
    return this.passwords.some((hash) => timingSafeEqual(Buffer.from(hash), given));
  }

  /** Makes this user the same as another but for the name. */
  become(other: AclUser): void {
    this.enabled = other.enabled;
    this.noPassword = other.noPassword;
    this.sanitize = other.sanitize;
    this.passwords = [...other.passwords];
    this.selectors = other.selectors.map((selector) => selector.copy());
    this.unrestricted = this.selectors.some((selector) => selector.unrestricted);
  }

  /** One rule of ACL SETUSER; throws an AclError. Source: ACLSetUser. */
  apply(rule: string): void {
    if (rule === "") return;
    const word = rule.toLowerCase();
    if (word === "on" || word === "off") this.enabled = word === "on";
    else if (word === "sanitize-payload" || word === "skip-sanitize-payload") this.sanitize = word;
    else if (word === "nopass" || word === "resetpass") {
      this.noPassword = word === "nopass";
      this.passwords = [];
    } else if (/^[>#]/.test(rule)) this.#addPassword(hashOf(rule));
    else if (/^[<!]/.test(rule)) this.#removePassword(hashOf(rule));
    else if (rule.startsWith("(") && rule.endsWith(")")) this.selectors.push(this.#selector(rule));
    else if (word === "clearselectors") this.selectors.length = 1;
    else if (word === "reset") this.#reset();
    else this.root.apply(rule);
    this.unrestricted = this.selectors.some((selector) => selector.unrestricted);
  }

  #selector(rule: string): Selector {
    const selector = new Selector(this.#sets, this.#allChannels);
    for (const part of inlineWords(rule.slice(1, -1)) ?? []) selector.apply(part);
    return selector;
  }

  #reset(): void {
    for (const rule of ["resetpass", "resetkeys", "resetchannels", "off", "sanitize-payload"])
      this.apply(rule);
    if (this.#allChannels) this.apply("allchannels");
    this.apply("clearselectors");
    this.apply("-@all");
  }

  #addPassword(hash: string): void {
    if (!this.passwords.includes(hash)) this.passwords.push(hash);
    this.noPassword = false;
  }

  #removePassword(hash: string): void {
    const place = this.passwords.indexOf(hash);
    if (place < 0) throw new AclError(ACL_ERROR.noSuchPassword);
    this.passwords.splice(place, 1);
  }
}

function hashOf(rule: string): string {
  const text = rule.slice(1);
  if (rule.startsWith(">") || rule.startsWith("<")) return hashed(text);
  if (!/^[0-9a-f]{64}$/.test(text)) throw new AclError(ACL_ERROR.badHash);
  return text;
}

function hashed(password: string): string {
  return createHash("sha256").update(password, "latin1").digest("hex");
}
