import { categoriesOf } from "../command-categories.ts";
import type { CommandEntry } from "../command-entry.ts";
import type { CommandTable } from "../command-table.ts";

/** The commands and subcommands of a node as ACL rules name them. Renaming a command changes nothing here. */
export class CommandSets {
  readonly all: readonly CommandEntry[];
  readonly #byName = new Map<string, CommandEntry>();
  readonly #categories = new Map<string, CommandEntry[]>();

  constructor(commands: CommandTable) {
    this.all = [...commands.entries()].flatMap((entry) => [entry, ...subcommandsOf(entry)]);
    for (const entry of this.all) {
      this.#byName.set(entry.name, entry);
      for (const category of categoriesOf(entry.spec)) {
        const members = this.#categories.get(category) ?? [];
        members.push(entry);
        this.#categories.set(category, members);
      }
    }
  }

  /** `get`, `config|get`, in any case. */
  find(name: string): CommandEntry | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** Members of a category that exists, perhaps none. */
  category(name: string): readonly CommandEntry[] {
    return this.#categories.get(name) ?? [];
  }
}

export function subcommandsOf(entry: CommandEntry): readonly CommandEntry[] {
  return [...(entry.subcommands?.values() ?? [])];
}
