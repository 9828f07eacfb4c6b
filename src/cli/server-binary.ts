import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ConfigError } from "../errors.ts";

const SERVER_NAMES = ["valkey-server", "redis-server"] as const;

/** The first of `names` that is an executable file in `path` (by default the PATH), or undefined. */
export function findExecutable(
  names: readonly string[],
  path: string = process.env.PATH ?? "",
): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

/** Path of `valkey-server`, else of `redis-server`; a ConfigError `NO_SERVER` says what to install. */
export function findServerBinary(path?: string): string {
  const found = findExecutable(SERVER_NAMES, path);
  if (found !== undefined) return found;
  throw new ConfigError(
    "NO_SERVER",
    "No valkey-server or redis-server on the PATH. Install one: `apt-get install redis-server` (Debian, Ubuntu), " +
      "`dnf install valkey` (Fedora), `brew install valkey` (macOS).",
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
