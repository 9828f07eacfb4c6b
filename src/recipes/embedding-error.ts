import { SlotpackError } from "../errors.ts";

/**
 * The function that makes vectors gave something else. `BAD_EMBEDDING`: not one vector of finite numbers per text; `DIMENSION_MISMATCH`: vectors of
 * another length than its others, or than `dimensions`. Nothing of what it gave is stored.
 */
export class EmbeddingError extends SlotpackError {}
