import { createHash } from "node:crypto";
import type { EmbedTexts } from "../../src/recipes/index.ts";

/** Makes vectors out of texts, the same ones for the same text, and remembers what it was asked for. */
export class FakeModel {
  dimensions: number;
  /** The texts of each call. */
  readonly calls: string[][] = [];
  /** What a call waits for. */
  gate: Promise<void> | undefined;

  constructor(dimensions = 8) {
    this.dimensions = dimensions;
  }

  get texts(): string[] {
    return this.calls.flat();
  }

  readonly embed: EmbedTexts = async (texts) => {
    this.calls.push(texts);
    await this.gate;
    return texts.map((text) => this.vector(text));
  };

  /** As a model gives it: doubles. */
  vector(text: string): number[] {
    const digest = createHash("sha256").update(text).digest();
    return Array.from({ length: this.dimensions }, (_, i) => (digest[i % 32]! - 127.5) / (130 + i));
  }

  /** As the cache gives it. */
  expected(text: string): Float32Array {
    return Float32Array.from(this.vector(text));
  }
}
