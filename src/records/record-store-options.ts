import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";
import { checkLayoutName, otherLayouts } from "./layout-choice.ts";
import type { MetadataCodec } from "./metadata-codec.ts";
import { msgpackMetadata } from "./msgpack-metadata.ts";
import type { LayoutName } from "./record-layout.ts";
import type { ValueMetadata } from "./record-reader.ts";

export interface RecordStoreOptions<M> {
  /** How a record is laid out in keys. Default `tagged-pair`: `{key}:metadata` and `{key}:kv_bytes`. */
  layout?: LayoutName | undefined;
  /** How metadata is encoded. Default `msgpackMetadata()`. `value-only` stores none. */
  metadata?: MetadataCodec<M> | undefined;
  /**
   * Further layouts in which reads look for what `layout` has no whole record of: one after the other, one packed write per node each, of the
   * missing keys only. `deleteMany` deletes in all of them; `putMany` writes `layout` alone. `"any"`: upstream-pair, colon-pair, tagged-pair, packed and, where
   * `valueMetadata` is given, value-only, in this order. Default none.
   */
  readLayouts?: "any" | readonly LayoutName[] | undefined;
  /**
   * The metadata of a `value-only` record, which stores none, from the length of its bytes (and its key); undefined says that a value of this length is
   * no record: it is a miss when read, and refused with `BAD_VALUE` when it is to be written. Without this function every value is a record, and
   * its metadata is `null`. Should be pure: it is called wherever a record is written, read or looked for.
   */
  valueMetadata?: ValueMetadata<M> | undefined;
}

/** Every option with its value. */
export interface ResolvedStoreOptions<M> {
  readonly layout: LayoutName;
  readonly others: readonly LayoutName[];
  readonly codec: MetadataCodec<M>;
  readonly valueMetadata: ValueMetadata<M> | undefined;
}

const NAMES = ["layout", "metadata", "readLayouts", "valueMetadata"];

/** Throws ConfigError `UNKNOWN_OPTION`, `UNKNOWN_LAYOUT` or `BAD_OPTION`. */
export function resolveStoreOptions<M>(options: RecordStoreOptions<M>): ResolvedStoreOptions<M> {
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name)) {
      const message = `unknown option "${name}"; the options are ${NAMES.join(", ")}`;
      throw new ConfigError("UNKNOWN_OPTION", message, { option: name });
    }
  }
  const { metadata = msgpackMetadata<M>(), readLayouts, valueMetadata } = options;
  const layout = checkLayoutName("layout", options.layout === undefined ? "tagged-pair" : options.layout);
  if (typeof metadata?.encode !== "function" || typeof metadata.decode !== "function")
    throw new ConfigError("BAD_OPTION", "metadata: expected a codec such as msgpackMetadata()", {
      option: "metadata",
    });
  if (valueMetadata !== undefined && typeof valueMetadata !== "function") {
    const message = `valueMetadata: expected a function of a length and a key, got ${describe(valueMetadata)}`;
    throw new ConfigError("BAD_OPTION", message, { option: "valueMetadata" });
  }
  const others = otherLayouts(readLayouts, layout, valueMetadata !== undefined);
  return { layout, others, codec: metadata, valueMetadata };
}
