export interface ClientEvents {
  /** A connection was made again. `node` is `host:port`. */
  reconnect: [{ node: string }];
  /** The slot table was read anew. */
  refresh: [{ nodes: number }];
  /** A server sent a command elsewhere. */
  redirect: [{ kind: "moved" | "ask"; slot: number; from: string; to: string }];
  /** A connection was lost or could not be made; `suspected` after a silence. */
  nodeDown: [{ node: string; cause: Error; suspected: boolean }];
  /** A connection is there. */
  nodeUp: [{ node: string }];
}
