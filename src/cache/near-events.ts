export interface NearCacheEvents {
  /** Invalidations have arrived: copies of these keys, or all copies (null), are gone. */
  invalidate: [{ readonly keys: readonly string[] | null }];
  /** Every primary tells of changes: what is read from now on is kept. */
  trackingUp: [];
  /**
   * A primary does not tell of changes any more, or has come and does not yet: all copies are gone, and none is made until `trackingUp`.
   */
  trackingLost: [{ readonly cause: Error }];
  /** A primary could not be made to tell of changes; it is tried again. */
  trackingFailed: [{ readonly cause: Error }];
}
