export interface Address {
  readonly host: string;
  readonly port: number;
}

export type LoadCommand = readonly [name: string, key: string, ...args: string[]];

/** A connected client under test. Errors are outcomes: nothing here rejects. */
export interface LoadClient {
  /** Outcomes in the order of the commands; bulk strings as text. */
  run(commands: readonly LoadCommand[]): Promise<PromiseSettledResult<unknown>[]>;
  close(): Promise<void>;
}

/** A client library with its defaults. */
export interface Contestant {
  readonly name: string;
  connectCluster(nodes: readonly Address[]): Promise<LoadClient>;
  connectServer(address: Address): Promise<LoadClient>;
}

/** What an error tells its reader, for the tables. */
export function errorName(reason: unknown): string {
  const { name, code, message } = reason as { name?: string; code?: string; message?: string };
  if (code !== undefined && name !== undefined) return `${name} ${code}`;
  const word = /^[A-Z]{2,}\b/.exec(message ?? "")?.[0];
  return word ?? message ?? String(reason);
}
