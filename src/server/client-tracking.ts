/** CLIENT TRACKING as one connection asked for it. */
export interface ClientTracking {
  /** Id of the connection that gets the invalidations, or 0 for itself. */
  readonly redirect: number;
  readonly broadcast: boolean;
  readonly prefixes: readonly string[];
  readonly optIn: boolean;
  readonly optOut: boolean;
  readonly noLoop: boolean;
  /** CLIENT CACHING yes or no, for the next command only. */
  caching: boolean | undefined;
  /** The connection that `redirect` names is gone. */
  brokenRedirect: boolean;
}
