import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { ServerConfig } from "../../src/cli/server-process.ts";
import { ROOT } from "./source-tree.ts";

export interface ComposeService {
  readonly image: string;
  readonly command: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly configs?: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

export function readCompose(): ComposeFile {
  return parse(readFileSync(join(ROOT, "docker-compose.yml"), "utf8"), { merge: true }) as ComposeFile;
}

/** The options that a service's server command gives, its configuration file first. */
export function serverConfig(file: ComposeFile, service: ComposeService): ServerConfig {
  const [program, ...args] = service.command;
  if (program !== "valkey-server") throw new Error(`not a server command: ${service.command.join(" ")}`);
  const config: Record<string, string> = {};
  if (args[0]?.startsWith("/")) {
    const name = (args.shift() as string).slice(1);
    if (!service.configs?.includes(name)) throw new Error(`${name} is not mounted`);
    for (const line of file.configs[name]?.content.trim().split("\n") ?? []) {
      const [, option, value] = /^(\S+) (.*)$/.exec(line) as unknown as [string, string, string];
      config[option] = value;
    }
  }
  for (let index = 0; index < args.length; index += 2) {
    const option = args[index] as string;
    if (!option.startsWith("--")) throw new Error(`not an option: ${option}`);
    config[option.slice(2)] = args[index + 1] as string;
  }
  return config;
}
