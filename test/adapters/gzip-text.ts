import { gunzipSync, gzipSync } from "node:zlib";
import type { CompressionAdapter } from "keyv";

/** Compression for Keyv: JSON texts as base64 of gzip. */
export const gzipText: CompressionAdapter = {
  async compress(value: unknown) {
    return gzipSync(JSON.stringify(value)).toString("base64");
  },
  async decompress(value: string) {
    return JSON.parse(gunzipSync(Buffer.from(value, "base64")).toString());
  },
  async serialize({ value, expires }) {
    return JSON.stringify({ value: await this.compress(value), expires });
  },
  async deserialize(data) {
    const { value, expires } = JSON.parse(data) as { value: string; expires?: number };
    return { value: await this.decompress(value), expires };
  },
};
