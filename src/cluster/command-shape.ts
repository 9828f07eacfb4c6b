import type { CommandTemplate, TemplatePart } from "../wasm/kernel.ts";

const EMPTY = new Uint8Array(0);

/** One argument of a command: a fixed word, the item's name, or one of its values. */
export type ShapeArgument =
  | string
  | { readonly name: { readonly prefix: string; readonly suffix: string } }
  | { readonly value: number }
  | { readonly record: { readonly metadata: number; readonly bytes: number } };

/**
 * What every item of a batch looks like on the wire: one command or several, made once and used for all batches. `asking` is the same
 * with ASKING in front of each command, since ASKING holds for one command only.
 */
export interface CommandShape {
  readonly commandCount: number;
  readonly plain: CommandTemplate;
  readonly asking: CommandTemplate;
}

/** A shape whose items are routed by `prefix` + key + `suffix`. */
export function createShape(
  commands: readonly (readonly ShapeArgument[])[],
  route: { readonly prefix: string; readonly suffix: string },
): CommandShape {
  const routePrefix = encode(route.prefix);
  const routeSuffix = encode(route.suffix);
  const columns = 1 + Math.max(-1, ...commands.flat().map(highestColumn));
  const template = (lists: readonly (readonly ShapeArgument[])[]): CommandTemplate => ({
    parts: mergeLiterals(lists.flatMap(encodeCommand)),
    routePrefix,
    routeSuffix,
    columns,
  });
  return {
    commandCount: commands.length,
    plain: template(commands),
    asking: template(commands.flatMap((command) => [["ASKING"], command])),
  };
}

function encodeCommand(args: readonly ShapeArgument[]): TemplatePart[] {
  return [literal(`*${args.length}\r\n`), ...args.map(encodeArgument)];
}

function encodeArgument(arg: ShapeArgument): TemplatePart {
  if (typeof arg === "string") return literal(`$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
  if ("name" in arg)
    return { kind: "name", prefix: encode(arg.name.prefix), suffix: encode(arg.name.suffix) };
  if ("value" in arg) return { kind: "value", column: arg.value };
  return { kind: "record", ...arg.record };
}

function mergeLiterals(parts: readonly TemplatePart[]): TemplatePart[] {
  const merged: TemplatePart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.kind === "literal" && last?.kind === "literal") {
      merged[merged.length - 1] = { kind: "literal", bytes: Buffer.concat([last.bytes, part.bytes]) };
    } else merged.push(part);
  }
  return merged;
}

function highestColumn(arg: ShapeArgument): number {
  if (typeof arg === "string" || "name" in arg) return -1;
  return "value" in arg ? arg.value : Math.max(arg.record.metadata, arg.record.bytes);
}

function literal(text: string): TemplatePart {
  return { kind: "literal", bytes: encode(text) };
}

function encode(text: string): Uint8Array {
  return text === "" ? EMPTY : Buffer.from(text);
}
