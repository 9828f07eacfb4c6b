import type { CommandTemplate, TemplatePart } from "./kernel.ts";
import {
  ACTION_END,
  ACTION_KEY,
  ACTION_NAME_LENGTH,
  ACTION_RECORD_HEADER,
  ACTION_RECORD_LENGTH,
  ACTION_VALUE,
  ACTION_VALUE_LENGTH,
} from "./layout.ts";
import { RECORD_HEADER_LENGTH } from "./record-header.ts";
import { type Route, routeOf } from "./route.ts";

/** Writes `literal`, then does `action` with its argument (`first` and `second` for a record's two columns). */
export interface Step {
  readonly literal: Uint8Array;
  readonly action: number;
  readonly first: number;
  readonly second: number;
}

/** A template as both kernels run it: literals merged across parts, sizes known. */
export interface CompiledTemplate {
  readonly steps: readonly Step[];
  readonly route: Route;
  /** Upper bound of the bytes of one item besides its key's copies and its values. */
  readonly overhead: number;
  /** How often an item's key is written. */
  readonly keyCopies: number;
  /** How many columns the caller brings. */
  readonly columns: number;
  /** Columns whose values are written, in order of their steps. */
  readonly valueColumns: readonly number[];
  /** Pairs of columns that make one record value. */
  readonly records: readonly { readonly metadata: number; readonly bytes: number }[];
}

/** A decimal u32 has at most ten digits. */
const LENGTH_DIGITS = 10;

const compiledTemplates = new WeakMap<CommandTemplate, CompiledTemplate>();

/** Compiles a template once; templates are never changed after their first use. */
export function compileTemplate(template: CommandTemplate): CompiledTemplate {
  let compiled = compiledTemplates.get(template);
  if (compiled === undefined) {
    compiled = compile(template);
    compiledTemplates.set(template, compiled);
  }
  return compiled;
}

const CRLF = "\r\n";

class StepWriter {
  readonly steps: Step[] = [];
  #literal: number[] = [];

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.#literal.push(text.charCodeAt(i));
  }

  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#literal.push(byte);
  }

  action(action: number, first = 0, second = 0): void {
    this.steps.push({ literal: Uint8Array.from(this.#literal), action, first, second });
    this.#literal = [];
  }
}

function compile(template: CommandTemplate): CompiledTemplate {
  const writer = new StepWriter();
  for (const part of template.parts) compilePart(part, writer);
  writer.action(ACTION_END);
  const { steps } = writer;
  let overhead = 0;
  let keyCopies = 0;
  const valueColumns: number[] = [];
  const records: { metadata: number; bytes: number }[] = [];
  for (const step of steps) {
    overhead += step.literal.length;
    if (step.action === ACTION_KEY) keyCopies++;
    else if (step.action === ACTION_VALUE) valueColumns.push(step.first);
    else if (step.action === ACTION_RECORD_HEADER) {
      overhead += RECORD_HEADER_LENGTH;
      records.push({ metadata: step.first, bytes: step.second });
    } else overhead += LENGTH_DIGITS;
  }
  const route = routeOf(template.routePrefix, template.routeSuffix);
  const columns = Math.max(template.columns, ...valueColumns.map((column) => column + 1));
  return { steps, route, overhead, keyCopies, columns, valueColumns, records };
}

function compilePart(part: TemplatePart, writer: StepWriter): void {
  switch (part.kind) {
    case "literal":
      writer.bytes(part.bytes);
      return;
    case "name":
      writer.text("$");
      writer.action(ACTION_NAME_LENGTH, part.prefix.length + part.suffix.length);
      writer.text(CRLF);
      writer.bytes(part.prefix);
      writer.action(ACTION_KEY);
      writer.bytes(part.suffix);
      writer.text(CRLF);
      return;
    case "value":
      writer.text("$");
      writer.action(ACTION_VALUE_LENGTH, part.column);
      writer.text(CRLF);
      writer.action(ACTION_VALUE, part.column);
      writer.text(CRLF);
      return;
    case "record":
      writer.text("$");
      writer.action(ACTION_RECORD_LENGTH, part.metadata, part.bytes);
      writer.text(CRLF);
      writer.action(ACTION_RECORD_HEADER, part.metadata, part.bytes);
      writer.action(ACTION_VALUE, part.metadata);
      writer.action(ACTION_VALUE, part.bytes);
      writer.text(CRLF);
  }
}
