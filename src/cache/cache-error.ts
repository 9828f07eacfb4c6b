import { SlotpackError } from "../errors.ts";

/** Base class of what a cache backend throws for anything but bad input; `cause` is what happened below. */
export class CacheError extends SlotpackError {}

/** The backend could not be reached, or did not answer in time. `code` is the cause's own (`TIMEOUT`, `CONNECT_FAILED`, …). */
export class CacheConnectionError extends CacheError {}

/** The backend answered that it will not do it, or the value cannot be encoded or decoded. `code` is the cause's own (`OOM`, …). */
export class CacheOperationError extends CacheError {}
