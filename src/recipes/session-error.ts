import { SlotpackError } from "../errors.ts";

/**
 * `SESSION_CONFLICT`: somebody else updated the session since it was read; nothing was changed. `SESSION_GONE`: it expired or was destroyed.
 * `SESSION_UNREADABLE`: the codec does not read what is stored.
 */
export class SessionError extends SlotpackError {}
