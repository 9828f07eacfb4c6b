import type { LayoutName } from "../records/record-layout.ts";
import { contradiction } from "./config-error.ts";
import type { ConnectorOptions } from "./connector-options.ts";
import type { Place } from "./connector-place.ts";
import type { ExtraConfig } from "./extra-config.ts";

/** Keys that only lmcache-redis-enhanced reads; `chunk_size` and `max_connections` are slotpack's as well and tell nothing. */
const ENHANCED_KEYS = [
  "redis_mode",
  "redis_username",
  "redis_password",
  "redis_database",
  "use_tls",
] as const;
/** Keys that only the Valkey connector since 2026-03 reads. */
const NEW_VALKEY_KEYS = [
  "valkey_num_workers",
  "valkey_sync_num_workers",
  "valkey_enable_ttl",
  "valkey_ttl_sec",
  "tls_enable",
  "request_timeout",
  "connection_timeout",
] as const;

/**
 * `layout` and `read_layouts`. Without `layout` the connector has its default, except for `resp://`, whose records are values alone. Throws
 * ConfigError `CONTRADICTION`.
 */
export function readLayoutSettings(
  place: Place,
  cluster: boolean,
  extra: ExtraConfig,
): Pick<ConnectorOptions<never>, "layout" | "readLayouts"> {
  const isResp = place.url.scheme === "resp";
  const layout =
    extra.layout === "lmcache"
      ? layoutOfLmcache(place, cluster, extra)
      : (extra.layout ?? (isResp ? "value-only" : undefined));
  if (isResp && layout !== "value-only")
    throw contradiction("layout", `the records of resp:// are "value-only", not ${JSON.stringify(layout)}`);
  // LMCache refuses the same: such a record has no place for metadata.
  if (layout === "value-only" && extra.save_chunk_meta)
    throw contradiction("save_chunk_meta", `the layout "value-only" stores no metadata`);
  return { layout, readLayouts: extra.read_layouts };
}

/**
 * The layout of the connector that LMCache starts with these settings, see docs/connector.md. A `valkey://` URL alone does not tell: the connector
 * before 2026-03 wrote pairs, the one since then writes values alone.
 */
function layoutOfLmcache({ url, isPlugin }: Place, cluster: boolean, extra: ExtraConfig): LayoutName {
  const { scheme, target } = url;
  const has = (keys: readonly (keyof ExtraConfig)[]) => keys.some((key) => extra[key] !== undefined);
  const pair = cluster ? "tagged-pair" : "colon-pair";
  if (scheme === "resp") return "value-only";
  if (scheme === "valkey" || scheme === "valkeys") {
    if (has(NEW_VALKEY_KEYS) || extra.save_chunk_meta === false) return "value-only";
    // Only the older one takes a list.
    if (target.seeds.length > 1) return pair;
    const why = `${scheme}:// alone does not tell; say "value-only" (LMCache since 2026-03) or "${pair}" (before)`;
    throw contradiction("layout", why);
  }
  const isEnhanced = isPlugin || (!scheme.includes("-") && (has(ENHANCED_KEYS) || target.cluster === true));
  return isEnhanced ? pair : "upstream-pair";
}
