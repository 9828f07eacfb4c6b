/** Counters of one node, as INFO stats names them; CONFIG RESETSTAT sets them to 0. */
export class Stats {
  totalConnections = 0;
  totalCommands = 0;
  rejectedConnections = 0;
  netInputBytes = 0;
  netOutputBytes = 0;
  totalReads = 0;
  totalWrites = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  expiredKeys = 0;
  expiredTimeCapReached = 0;
  /** What part of the keys with an expiry is likely to have expired already. */
  expiredStaleRatio = 0;
  expireCycleUs = 0;
  evictedKeys = 0;
  evictedClients = 0;
  totalErrorReplies = 0;
  /** Error replies by their code (`ERR`, `WRONGTYPE`, …). */
  readonly errors: Map<string, number> = new Map();
  /** Commands since the start at the last samples, for instantaneous_ops_per_sec. */
  opsPerSecond = 0;

  reset(): void {
    const zero = new Stats();
    for (const [name, value] of Object.entries(zero)) {
      if (typeof value === "number") (this as unknown as Record<string, number>)[name] = value;
    }
    this.errors.clear();
  }

  /** Counts one error reply; `text` starts with its code. */
  countError(text: string): void {
    this.totalErrorReplies += 1;
    const space = text.indexOf(" ");
    const code = space > 0 && space < 32 ? text.slice(0, space) : "ERR";
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}
