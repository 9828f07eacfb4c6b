/** A key or value name: a string stands for its UTF-8 bytes, a lone surrogate for EF BF BD. */
export type Key = string | Uint8Array;

/** Equal for two keys exactly when their bytes are. */
export function keyIdentity(key: Key): string {
  return typeof key === "string"
    ? Buffer.from(key).toString("latin1")
    : Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}
