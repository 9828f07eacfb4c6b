import type { BlockStore, BlockStoreOptions, ClientName } from "./block-store.ts";

/** Connects one of the clients. Only the modules of that client are loaded. */
export async function openBlockStore(
  client: ClientName,
  target: string,
  options: BlockStoreOptions,
): Promise<BlockStore> {
  if (client === "slotpack") {
    const { openSlotpackStore } = await import("./slotpack-store.ts");
    return openSlotpackStore(target, options);
  }
  const { openIoredisStore } = await import("./ioredis-store.ts");
  return openIoredisStore(target, options, client === "ioredis-sequential" ? "sequential" : "pipeline");
}
