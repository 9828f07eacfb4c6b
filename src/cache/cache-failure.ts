import {
  AbortError,
  BatchError,
  ConfigError,
  NotAppliedError,
  ServerError,
  SlotpackError,
  TimeoutError,
} from "../errors.ts";
import { CacheConnectionError, CacheError, CacheOperationError } from "./cache-error.ts";

/** What a server refuses for reasons that another try or another server does not mend. */
const REFUSALS = new Set(["NOAUTH", "NOPERM", "CROSSSLOT", "NO_KEY"]);

/**
 * What a cache throws for what its client threw: the same for bad input, an abort and what is a CacheError already; a CacheOperationError where
 * the server refused; a CacheConnectionError for everything else. `cause` is what was thrown: a BatchError there holds every outcome in `results`.
 */
export function asCacheError(what: string, error: unknown): unknown {
  if (error instanceof ConfigError || error instanceof AbortError || error instanceof CacheError)
    return error;
  if (!(error instanceof SlotpackError)) return error;
  const { code, node, slot, keyIndex } = error;
  const first = error instanceof BatchError && error.cause instanceof Error ? error.cause : error;
  const refused = !(error instanceof TimeoutError) && isRefusal(first);
  const ErrorClass = refused ? CacheOperationError : CacheConnectionError;
  // A batch's own text counts its items, and the first of them says why.
  const why = first === error || error.message.includes(first.message) ? "" : `: ${first.message}`;
  const message = error.message.startsWith(`${what}: `) ? error.message : `${what}: ${error.message}`;
  return new ErrorClass(code, message + why, { node, slot, keyIndex, cause: error });
}

function isRefusal(error: unknown): boolean {
  if (error instanceof ServerError) return true;
  return error instanceof NotAppliedError && REFUSALS.has(error.code);
}
