/** Where an error belongs: every field is optional and present only when it is known. */
export interface ErrorPlace {
  /** `host:port` of the node that answered or was asked. */
  node?: string | undefined;
  /** Keyslot, 0 to 16383. */
  slot?: number | undefined;
  /** Index of the key (record, command) in the caller's array. */
  keyIndex?: number | undefined;
  /** Name of the option that was wrong. */
  option?: string | undefined;
  cause?: unknown;
}

/** Base class of everything slotpack throws. `code` is stable; the text is not. */
export class SlotpackError extends Error {
  readonly code: string;
  readonly node: string | undefined;
  readonly slot: number | undefined;
  readonly keyIndex: number | undefined;
  readonly option: string | undefined;

  constructor(code: string, message: string, place: ErrorPlace = {}) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause });
    this.name = new.target.name;
    this.code = code;
    this.node = place.node;
    this.slot = place.slot;
    this.keyIndex = place.keyIndex;
    this.option = place.option;
  }
}

/** The server ran into it and said so; `code` is the first word of its reply (`WRONGTYPE`, `OOM`, `NOPERM`, …). */
export class ServerError extends SlotpackError {}

/** The command was never written, or the server said that it did not run it. Sending it again is safe. */
export class NotAppliedError extends SlotpackError {}

/** The command was written and its reply was lost: it ran once or not at all. */
export class OutcomeUnknownError extends SlotpackError {}

/** A target, an option or an argument is wrong; nothing was sent. */
export class ConfigError extends SlotpackError {}

/** Part of a batch failed. `results` holds every outcome at the caller's index. */
export class BatchError<T = unknown> extends SlotpackError {
  readonly results: PromiseSettledResult<T>[];

  constructor(code: string, message: string, results: PromiseSettledResult<T>[], place: ErrorPlace = {}) {
    super(code, message, place);
    this.results = results;
  }
}

/** The call's deadline (`timeoutMs`) passed; `results` tells for every item whether it may have run. */
export class TimeoutError<T = unknown> extends BatchError<T> {}

/** The caller's AbortSignal fired; its reason is `cause`, and `results` tells what may have run. */
export class AbortError<T = unknown> extends BatchError<T> {}
