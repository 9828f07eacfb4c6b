import type { AccessControl, Denial } from "../access.ts";
import type { Client } from "../client.ts";
import { clientLine } from "../client-line.ts";
import type { Clients } from "../clients.ts";
import type { Clock } from "../clock.ts";
import type { CommandEntry } from "../command-entry.ts";
import type { CommandTable } from "../command-table.ts";
import type { Config } from "../config.ts";
import { untilZero } from "../errors-text.ts";
import { classOf } from "../output-limits.ts";
import type { Bytes } from "../protocol/arg.ts";
import { asString } from "../protocol/bytes.ts";
import { AclError } from "./acl-error.ts";
import { AclLog, type AclLogEntry } from "./acl-log.ts";
import { AclUser } from "./acl-user.ts";
import { CommandSets } from "./command-sets.ts";
import { describeUser } from "./describe.ts";
import { joinedRules } from "./joined-rules.ts";
import { mayListen, refusalOf } from "./permission.ts";

const DEFAULT_RULES = ["+@all", "~*", "&*", "on", "nopass"];

export interface AclHost {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly commands: CommandTable;
  readonly config: Config;
}

/** The users of one node. */
export class Acl implements AccessControl {
  readonly sets: CommandSets;
  readonly log: AclLog = new AclLog();
  readonly defaultUser: AclUser;
  readonly #host: AclHost;
  readonly #users = new Map<string, AclUser>();

  constructor(host: AclHost) {
    this.#host = host;
    this.sets = new CommandSets(host.commands);
    this.defaultUser = this.newUser("default");
    this.#users.set("default", this.defaultUser);
    for (const rule of DEFAULT_RULES) this.defaultUser.apply(rule);
  }

  get open(): boolean {
    return this.defaultUser.noPassword && this.defaultUser.enabled;
  }

  /** By name. */
  users(): AclUser[] {
    return [...this.#users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** As the lines of a configuration file. */
  lines(): string[] {
    return this.users().map((user) => `user ${user.name} ${describeUser(user, this.sets)}`);
  }

  find(name: string): AclUser | undefined {
    return this.#users.get(name);
  }

  authenticate(name: string, password: string, client: Client, command: string): AclUser | undefined {
    const user = this.#users.get(name);
    if (user?.matches(password)) return user;
    this.#report(client, "auth", client.multi ? "multi" : "toplevel", command, name);
    return undefined;
  }

  setDefaultPassword(password: string): void {
    this.defaultUser.apply("resetpass");
    this.defaultUser.apply(password === "" ? "nopass" : `>${password}`);
  }

  check(
    client: Client,
    entry: CommandEntry,
    args: readonly Bytes[],
    context: "toplevel" | "multi" | "lua",
  ): Denial | undefined {
    const user = client.user as AclUser;
    const refusal = refusalOf(user, entry, args);
    if (refusal === undefined) return undefined;
    const { denial, index } = refusal;
    const object = denial === "command" ? entry.name : asString(args[index] as Bytes);
    this.#report(client, denial, context, object, user.name);
    return denial;
  }

  /** ACL SETUSER: all of the rules or none; throws an AclError whose message says which is wrong. */
  setUser(name: string, rules: readonly string[]): void {
    const known = this.#users.get(name);
    const draft = this.newUser(name);
    if (known !== undefined) draft.become(known);
    for (const rule of joinedRules(rules)) {
      try {
        draft.apply(rule);
      } catch (error) {
        if (!(error instanceof AclError)) throw error;
        throw new AclError(`Error in ACL SETUSER modifier '${untilZero(rule)}': ${error.message}`);
      }
    }
    if (known !== undefined) this.#killListeners(known, draft);
    const user = known ?? this.newUser(name);
    user.become(draft);
    this.#users.set(name, user);
  }

  /** These users instead of all there were, whose connections are closed; the default user stays, though not with the same rules. */
  replaceUsers(users: readonly AclUser[], current: Client | undefined): void {
    for (const name of [...this.#users.keys()]) if (name !== "default") this.deleteUser(name, current);
    const draft = this.newUser("default");
    for (const rule of DEFAULT_RULES) draft.apply(rule);
    this.defaultUser.become(users.find(({ name }) => name === "default") ?? draft);
    for (const user of users) if (user.name !== "default") this.#users.set(user.name, user);
  }

  /** Its connections are closed, that of `current` after its reply. False where there is no such user. */
  deleteUser(name: string, current: Client | undefined): boolean {
    const user = this.#users.get(name);
    if (user === undefined) return false;
    this.#users.delete(name);
    for (const client of this.#host.clients) {
      if (client.user !== user) continue;
      client.user = this.defaultUser;
      client.authenticated = false;
      if (client === current) client.closeAfterReply = true;
      else client.kill();
    }
    return true;
  }

  /** A user who may do nothing, and whom nobody knows yet. */
  newUser(name: string): AclUser {
    return new AclUser(name, this.sets, this.#host.config.text("acl-pubsub-default") === "allchannels");
  }

  /** Connections whose subscriptions the user may no longer have. */
  #killListeners(user: AclUser, next: AclUser): void {
    if (next.selectors.some(({ allChannels }) => allChannels)) return;
    const allowed = next.selectors.flatMap(({ channels }) => channels);
    const may = (names: Iterable<string>, pattern: boolean) =>
      [...names].every((name) => mayListen(allowed, name, pattern));
    for (const client of this.#host.clients) {
      if (client.user !== user || classOf(client) !== "pubsub") continue;
      const { channels, patterns, shardChannels } = client;
      if (!may(patterns, true) || !may(channels, false) || !may(shardChannels, false)) client.kill();
    }
  }

  #report(
    client: Client,
    reason: AclLogEntry["reason"],
    context: AclLogEntry["context"],
    object: string,
    username: string,
  ): void {
    const { clock, config } = this.#host;
    const time = clock.nowMs();
    this.log.add(
      { reason, context, object, username, time, clientInfo: clientLine(client, time) },
      config.number("acllog-max-len"),
    );
  }
}
