import { resolve } from "node:path";
import { Acl } from "./acl/acl.ts";
import { AclError } from "./acl/acl-error.ts";
import { loadAclFile } from "./acl/acl-file.ts";
import { Clients } from "./clients.ts";
import { SystemClock } from "./clock.ts";
import { CommandTable } from "./command-table.ts";
import { ALL_COMMANDS } from "./commands/all.ts";
import { type ConfigFile, readConfigFile } from "./config/config-file.ts";
import { ConfigRefusal } from "./config/parameter.ts";
import { Config } from "./config.ts";
import { Dispatcher } from "./dispatcher.ts";
import { FEATURES } from "./features.ts";
import { InfoSections } from "./info-sections.ts";
import { Pause } from "./pause.ts";
import { inlineWords } from "./protocol/inline-words.ts";
import { ServerNode } from "./server-node.ts";
import type { ServerOptions } from "./server-options.ts";
import { WatchTable } from "./watch-table.ts";

const NO_FILE: ConfigFile = { settings: {}, users: [], renamed: [] };

/** A node with everything but its sockets. Throws a ConfigRefusal for a parameter that is wrong. */
export function createNode(options: ServerOptions): ServerNode {
  const file = options.configFile === undefined ? NO_FILE : readConfigFile(options.configFile);
  const config = new Config({ ...file.settings, ...settingsOf(options) });
  config.file = options.configFile;
  const clock = options.clock ?? new SystemClock();
  const commands = new CommandTable(ALL_COMMANDS);
  const clients = new Clients();
  const node = new ServerNode({
    clock,
    config,
    commands,
    clients,
    access: new Acl({ clients, clock, commands, config }),
    info: new InfoSections(),
    watches: new WatchTable(),
    pause: new Pause(clock),
  });
  node.tls = options.tls;
  new Dispatcher(node);
  for (const attach of FEATURES) attach(node);
  for (const [from, to] of file.renamed) node.commands.rename(from, to);
  config.watch("requirepass", ({ text }) => node.access.setDefaultPassword(text));
  defineUsers(node, file, options);
  return node;
}

/** Source: ACLLoadUsersAtStartup and ACLLoadConfiguredUsers: the default user is reset where a file defines it. */
function defineUsers(node: ServerNode, file: ConfigFile, options: ServerOptions): void {
  const aclFile = node.config.text("aclfile");
  if (aclFile !== "" && file.users.length > 0) {
    throw new ConfigRefusal("users are defined by an ACL file or in the configuration file, not by both");
  }
  try {
    const names = new Set<string>();
    for (const [name = "", ...rules] of file.users) {
      if (names.has(name)) throw new AclError("Duplicate user found");
      names.add(name);
      node.access.setUser(name, name === "default" ? ["reset", ...rules] : rules);
    }
    if (aclFile !== "") loadAclFile(node.access, resolve(node.config.text("dir"), aclFile));
    for (const [name, rules] of Object.entries(options.users ?? {})) {
      node.access.setUser(name, inlineWords(rules) ?? [rules]);
    }
  } catch (error) {
    throw error instanceof AclError ? new ConfigRefusal(`users: ${error.message}`) : error;
  }
}

function settingsOf(options: ServerOptions): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.config ?? {})) {
    settings[name] = typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
  }
  if (options.password !== undefined) settings.requirepass = options.password;
  if (options.databases !== undefined) settings.databases = String(options.databases);
  if (options.maxMemory !== undefined) settings.maxmemory = String(options.maxMemory);
  if (options.evictionPolicy !== undefined) settings["maxmemory-policy"] = options.evictionPolicy;
  if (options.unixSocket !== undefined) settings.unixsocket = options.unixSocket;
  if (options.host !== undefined) settings.bind = options.host;
  return settings;
}
