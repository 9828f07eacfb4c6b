import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import type { CacheBackend } from "../../src/cache/cache-backend.ts";
import { testBadInput } from "./contract-bad-input.ts";
import { testBatches } from "./contract-batches.ts";
import { testExpiry } from "./contract-expiry.ts";
import { testKeys } from "./contract-keys.ts";
import { testLifecycle } from "./contract-lifecycle.ts";
import { testValues } from "./contract-values.ts";
import { testWrap } from "./contract-wrap.ts";

/** A backend of bytes (codec `bytes`, no default TTL), not connected yet. */
export interface BackendUnderTest {
  readonly backend: CacheBackend<Uint8Array>;
  /** Disconnects what `make` made, and removes what it started. */
  dispose(): Promise<void>;
  /**
   * Entries that are not the cache's own but lie where it keeps its own, e.g. under another prefix of one server. Default: there can be none.
   */
  readonly foreign?: Foreign | undefined;
}

export interface Foreign {
  write(name: string): Promise<void>;
  has(name: string): Promise<boolean>;
}

/** What a suite of the contract works with. The cache is empty at the start of each test. */
export interface ContractFixture {
  readonly backend: CacheBackend<Uint8Array>;
  readonly foreign: Foreign | undefined;
}

/** The contract of src/cache/cache-backend.ts. `make` is called once. */
export function describeBackend(name: string, make: () => Promise<BackendUnderTest>): void {
  describe(`${name}: the contract of CacheBackend`, () => {
    let subject: BackendUnderTest;
    beforeAll(async () => {
      subject = await make();
      await subject.backend.connect();
    });
    beforeEach(async () => {
      await subject.backend.clear();
    });
    afterAll(() => subject?.dispose());

    const fixture: ContractFixture = {
      get backend() {
        return subject.backend;
      },
      get foreign() {
        return subject.foreign;
      },
    };
    describe("values", () => testValues(fixture));
    describe("batches", () => testBatches(fixture));
    describe("expiry", () => testExpiry(fixture));
    describe("keys and clear", () => testKeys(fixture));
    describe("wrap", () => testWrap(fixture));
    describe("bad input", () => testBadInput(fixture));
    describe("stats, abort and connection", () => testLifecycle(fixture));
  });
}
