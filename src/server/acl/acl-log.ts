export interface AclLogEntry {
  count: number;
  readonly reason: "command" | "key" | "channel" | "auth";
  readonly context: "toplevel" | "multi" | "lua";
  readonly object: string;
  readonly username: string;
  /** Milliseconds since 1970, of the latest. */
  time: number;
  /** A line of CLIENT LIST. */
  clientInfo: string;
}

const GROUPING_MS = 60_000;
/** How many of the latest entries are looked at for one that is the same. */
const LOOKS = 10;

/** What ACLs and wrong passwords prevented; the same within a minute is counted. */
export class AclLog {
  /** The newest first. */
  entries: AclLogEntry[] = [];

  add(entry: Omit<AclLogEntry, "count">, limit: number): void {
    const known = this.entries.slice(0, LOOKS).find((other) => isSame(entry, other));
    if (known !== undefined) {
      this.entries.splice(this.entries.indexOf(known), 1);
      known.count += 1;
      known.time = entry.time;
      known.clientInfo = entry.clientInfo;
    }
    this.entries.unshift(known ?? { ...entry, count: 1 });
    if (this.entries.length > limit) this.entries.length = limit;
  }
}

function isSame(entry: Omit<AclLogEntry, "count">, other: AclLogEntry): boolean {
  return (
    entry.reason === other.reason &&
    entry.context === other.context &&
    entry.object === other.object &&
    entry.username === other.username &&
    Math.abs(entry.time - other.time) <= GROUPING_MS
  );
}
