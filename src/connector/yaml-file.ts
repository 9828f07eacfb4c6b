import type { Document, LineCounter } from "yaml";
import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";

/** A YAML file whose top is a mapping. */
export interface YamlFile {
  readonly root: Readonly<Record<string, unknown>>;
  /** What `read` gives; a ConfigError of it names the file, and the line of its `option` where the file has it. */
  locating<T>(read: () => T): T;
}

/**
 * Parses as PyYAML does, which is YAML 1.1: `yes` and `on` are true, `<<` merges. Empty text is an empty mapping. Throws ConfigError `BAD_YAML` with
 * file and line; of the text it shows nothing, since a line may hold a password.
 */
export async function parseYaml(file: string | URL, text: string): Promise<YamlFile> {
  const { LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
  });
  // PyYAML's safe_load refuses tags that it does not know; here they are warnings.
  const [error] = [
    ...document.errors,
    ...document.warnings.filter(({ code }) => code === "TAG_RESOLVE_FAILED"),
  ];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw badYaml(`${file}:${line}:${col}: no valid YAML (${error.code.toLowerCase().replaceAll("_", " ")})`);
  }
  const root = toValue(document, file);
  if (typeof root !== "object" || Array.isArray(root))
    throw badYaml(`${file}:1: expected a mapping at the top, got ${describe(root)}`);
  return { root: (root ?? {}) as YamlFile["root"], locating: (read) => locate(read, file, document, lines) };
}

function locate<T>(read: () => T, file: string | URL, document: Document, lines: LineCounter): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { code, option, cause, message } = error;
    const line = option === undefined ? undefined : lineOf(option, document, lines);
    const place = line === undefined ? `${file}` : `${file}:${line}`;
    throw new ConfigError(code, `${place}: ${message}`, { option, cause });
  }
}

/** The line of a key of `extra_config`, or of the top. */
function lineOf(key: string, document: Document, lines: LineCounter): number | undefined {
  for (const path of [["extra_config", key], [key]]) {
    const node: unknown = document.getIn(path, true);
    const start = (node as { range?: [number, number, number] | null } | undefined)?.range?.[0];
    if (start !== undefined) return lines.linePos(start).line;
  }
  return undefined;
}

/** A file of aliases to aliases is refused before it fills the memory. */
function toValue(document: Document, file: string | URL): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw badYaml(`${file}: no valid YAML (${(cause as Error).message})`);
  }
}

function badYaml(message: string): ConfigError {
  return new ConfigError("BAD_YAML", message, { option: "file" });
}
