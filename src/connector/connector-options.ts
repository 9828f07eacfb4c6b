import { describe } from "../bytes/describe.ts";
import { checkTtl } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import type { MetadataCodec } from "../records/metadata-codec.ts";
import type { LayoutName } from "../records/record-layout.ts";
import type { ValueMetadata } from "../records/record-reader.ts";

export interface ConnectorOptions<M> {
  /** How records are written, and read first. Default `tagged-pair`. */
  layout?: LayoutName | undefined;
  /** Where else a record is looked for: other layouts, or `any` of them. Default nowhere. */
  readLayouts?: "any" | readonly LayoutName[] | undefined;
  /** How metadata is encoded. Default `lmcacheMetadata()`. */
  metadata?: MetadataCodec<M> | undefined;
  /** The metadata of a `value-only` record, which stores none; undefined where the value is no record of yours, which then is a miss. */
  valueMetadata?: ValueMetadata<M> | undefined;
  /** Milliseconds that a record lives, from 1, unless its put says otherwise. Default: for ever. */
  ttlMs?: number | undefined;
  /**
   * Keeps tenants of one server apart: `@salt` is put behind every logical key, as LMCache's ObjectKey does, and taken off again. At most 128
   * characters, none of `@`, `/`, `\` and NUL. Default none.
   */
  salt?: string | undefined;
  /** Jobs at a time; a batch is one job. Default 4. With `lanes`, one of them is kept free of puts. */
  workers?: number | undefined;
  /** Jobs that wait for a worker before a further one is refused with `QUEUE_OVERFLOW`; puts are counted apart, and `whenRoom()` waits for their room. Default 10,000. */
  maxQueuedJobs?: number | undefined;
  /**
   * Whether puts travel on a second connection per node, in portions of 8 MiB, so that a lookup never waits behind their bytes. Default true;
   * false: on the one connection, as many bytes at a time as the client has in flight (`maxInFlightBytes`).
   */
  lanes?: boolean | undefined;
}

const NAMES: ReadonlySet<string> = new Set<keyof ConnectorOptions<unknown>>([
  "layout",
  "readLayouts",
  "metadata",
  "valueMetadata",
  "ttlMs",
  "salt",
  "workers",
  "maxQueuedJobs",
  "lanes",
]);

/** The connector's options and, apart from them, the rest: the client's. */
export function splitOptions<M>(options: object): { connector: ConnectorOptions<M>; client: object } {
  if (typeof options !== "object" || options === null)
    throw new ConfigError("BAD_OPTION", `options: expected an object, got ${describe(options)}`, {
      option: "options",
    });
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return {
    connector: Object.fromEntries(entries.filter(([name]) => NAMES.has(name))) as ConnectorOptions<M>,
    client: Object.fromEntries(entries.filter(([name]) => !NAMES.has(name))),
  };
}

/**
 * Checks what is the connector's own; layouts and codec are checked by its RecordStore, the queue's options by its executor. Throws ConfigError
 * `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`.
 */
export function checkConnectorOptions<M>(options: ConnectorOptions<M>): void {
  if (typeof options !== "object" || options === null) splitOptions(options);
  for (const name of Object.keys(options)) {
    if (NAMES.has(name)) continue;
    const known = [...NAMES].sort().join(", ");
    throw new ConfigError("UNKNOWN_OPTION", `unknown option "${name}"; the options are ${known}`, {
      option: name,
    });
  }
  const { ttlMs, salt, lanes } = options;
  if (ttlMs !== undefined) checkTtl(ttlMs);
  if (lanes !== undefined && typeof lanes !== "boolean")
    throw new ConfigError("BAD_OPTION", `lanes: expected a boolean, got ${describe(lanes)}`, {
      option: "lanes",
    });
  if (salt === undefined) return;
  // The limits of LMCache's ObjectKey, in code points.
  if (typeof salt !== "string" || [...salt].length > 128 || /[@/\\\0]/.test(salt))
    throw new ConfigError(
      "BAD_OPTION",
      `salt: expected at most 128 characters, none of @, /, \\ and NUL, got ${typeof salt === "string" ? JSON.stringify(salt.slice(0, 60)) : describe(salt)}`,
      { option: "salt" },
    );
}
