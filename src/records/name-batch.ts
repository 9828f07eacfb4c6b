import type { Reply } from "../bytes/reply.ts";
import { type CommandShape, createShape } from "../cluster/command-shape.ts";
import { KeyedBatch } from "../cluster/keyed-batch.ts";
import type { ResolvedOptions } from "../cluster/options.ts";
import type { Effect } from "../cluster/retry-policy.ts";
import type { Kernel } from "../wasm/kernel.ts";

/** One command with no argument but a name. */
export interface NameCommand {
  readonly command: "GET" | "STRLEN" | "EXISTS" | "PTTL" | "PERSIST";
  readonly name: string;
}

const commandBytes = new Map<string, Uint8Array>();
/** By key prefix: a shape is compiled once. */
const shapes = new Map<string, CommandShape>();

/**
 * Different commands, each on one name, in one packed write per node: the command word is a value of the item, so that one template serves them
 * all. Names are without the client's `keyPrefix`.
 */
export class NameBatch extends KeyedBatch {
  readonly replies: Reply[];

  constructor(
    { options, kernel }: { readonly options: ResolvedOptions; readonly kernel: Kernel },
    commands: readonly NameCommand[],
    effect: Effect,
  ) {
    super({
      kernel,
      shape: shapeFor(options.keyPrefix),
      keys: commands.map((one) => one.name),
      columns: [commands.map((one) => bytesOf(one.command))],
      effect,
      estimate: { bytesPerItem: 32 },
      gatherFromBytes: options.gatherFromBytes,
    });
    this.replies = new Array(this.itemCount);
  }

  /** Of several commands on one name each has its own reply. */
  override supersede(): boolean {
    return false;
  }

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    this.replies[item] = replies[at]!;
  }
}

function shapeFor(keyPrefix: string): CommandShape {
  let shape = shapes.get(keyPrefix);
  if (shape === undefined) {
    const name = { prefix: keyPrefix, suffix: "" };
    shape = createShape([[{ value: 0 }, { name }]], name);
    if (shapes.size > 64) shapes.clear();
    shapes.set(keyPrefix, shape);
  }
  return shape;
}

function bytesOf(command: string): Uint8Array {
  let bytes = commandBytes.get(command);
  if (bytes === undefined) {
    bytes = Buffer.from(command);
    commandBytes.set(command, bytes);
  }
  return bytes;
}
