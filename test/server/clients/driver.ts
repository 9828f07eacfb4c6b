/** What every client can do, each in its own way. */
export interface Driver {
  set(key: string, value: string | Buffer, ttlMs?: number): Promise<unknown>;
  get(key: string): Promise<string | null>;
  getBytes(key: string): Promise<Buffer | null>;
  /** Any command; rejects with the server's error. */
  call(...args: readonly string[]): Promise<unknown>;
  /** One write; errors stand at the place of their command. */
  pipeline(commands: readonly (readonly string[])[]): Promise<unknown[]>;
  /** WATCH, then `meanwhile`, then MULTI with the commands and EXEC; null where a key was changed. Without keys only the latter. */
  transaction(
    commands: readonly (readonly string[])[],
    watch?: readonly string[],
    meanwhile?: () => Promise<unknown>,
  ): Promise<unknown[] | null>;
  /** Resolves when subscribed. */
  subscribe(channel: string, pattern: string, heard: (channel: string, text: string) => void): Promise<void>;
  /** All keys that match, by SCAN. */
  scan(pattern: string): Promise<string[]>;
  close(): Promise<unknown> | unknown;
}

export interface DriverOptions {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  /** Name of the connection. */
  readonly name?: string;
  /** Certificate authority in PEM; TLS where it is given. */
  readonly ca?: Buffer;
}

export type OpenDriver = (options: DriverOptions) => Promise<Driver>;
