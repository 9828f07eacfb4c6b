export interface ClientEvents {
  /** The main connection of a node was made again. `node` is `host:port`. */
  reconnect: [{ node: string }];
  /** The slot table was read anew, or the Sentinels were asked anew. */
  refresh: [{ nodes: number }];
  /** A server sent a command elsewhere. */
  redirect: [{ kind: "moved" | "ask"; slot: number; from: string; to: string }];
  /** The main connection of a node was lost or could not be made; `suspected` after a silence. A bulk connection by itself tells nothing of its node. */
  nodeDown: [{ node: string; cause: Error; suspected: boolean }];
  /** The main connection of a node is there. */
  nodeUp: [{ node: string }];
}
