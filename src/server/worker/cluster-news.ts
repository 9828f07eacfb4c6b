/** One node as the other thread knows it. */
export interface NodeNews {
  /** Stays the same as long as the node is in the cluster. */
  readonly key: number;
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly role: "primary" | "replica";
  readonly running: boolean;
  readonly primaryId: string | undefined;
}

export type OwnedRange = readonly [first: number, last: number, ownerId: string];

/** What changes in a cluster by itself and by its clients, as its thread tells it whenever it has changed. */
export interface ClusterNews {
  readonly url: string;
  readonly nodes: readonly NodeNews[];
  /** As the first node that runs sees it, ascending; undefined where it is as before. */
  readonly ranges: readonly OwnedRange[] | undefined;
}
