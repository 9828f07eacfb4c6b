import type { CommandArgument } from "./encode-command.ts";

/** One command of a batch, its names complete with the client's prefix. */
export interface BatchCommand {
  /** Place in the caller's batch. */
  readonly index: number;
  /** Name and arguments as they go to the server. */
  readonly args: readonly CommandArgument[];
  readonly readOnly: boolean;
  /** Identities of its keys, equal exactly when the bytes are. */
  readonly keys: readonly string[];
  readonly slot: number;
}

/** Commands that are sent, refused and sent again together. */
export interface CommandUnit {
  commands: BatchCommand[];
  readonly slot: number;
  /** Goes on one command at a time, each waiting for the one before it: the server takes no transaction of it. */
  singly?: boolean;
}

/**
 * Commands that share a key, one of them a write, form one unit, in the batch's order: sent as MULTI … EXEC, a unit is refused as a whole, so
 * that a command that was refused can never be overtaken by a later one on its key. All others stand alone.
 */
export function formUnits(commands: readonly BatchCommand[]): CommandUnit[] {
  const parent = commands.map((_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    for (let at = i; parent[at] !== root; ) [at, parent[at]] = [parent[at]!, root];
    return root;
  };
  const written = new Set<string>();
  for (const { keys, readOnly } of commands) if (!readOnly) for (const key of keys) written.add(key);
  const holder = new Map<string, number>();
  commands.forEach(({ keys }, i) => {
    for (const key of keys) {
      if (!written.has(key)) continue;
      const other = holder.get(key);
      if (other === undefined) holder.set(key, i);
      else parent[find(i)] = find(other);
    }
  });
  const units = new Map<number, CommandUnit>();
  commands.forEach((command, i) => {
    const root = find(i);
    const unit = units.get(root);
    if (unit === undefined) units.set(root, { commands: [command], slot: command.slot });
    else unit.commands.push(command);
  });
  return [...units.values()];
}
