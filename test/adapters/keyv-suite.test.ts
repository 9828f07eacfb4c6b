import keyvTestSuite, { keyvCompresstionTests, keyvIteratorTests } from "@keyv/test-suite";
import Keyv from "keyv";
import * as vitest from "vitest";
import { KeyvSlotpack } from "../../src/adapters/keyv.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { describeEachServer } from "../records/each-server.ts";
import { gzipText } from "./gzip-text.ts";

// The suite's titles are its own; it takes vitest itself to register them with.
describeEachServer("@keyv/test-suite on a RedisBackend", (fixture) => {
  let backend: RedisBackend;
  vitest.beforeAll(() => {
    backend = new RedisBackend({ url: fixture.servers.url });
  });
  vitest.afterAll(() => backend.disconnect());
  const store = (): KeyvSlotpack => new KeyvSlotpack(backend);

  vitest.describe("api, values and namespaces", () => keyvTestSuite(vitest, Keyv, store));
  vitest.describe("the iterator", () => keyvIteratorTests(vitest, Keyv, store));
});

vitest.describe("@keyv/test-suite on a MemoryBackend", () => {
  const backend = new MemoryBackend();
  const store = (): KeyvSlotpack => new KeyvSlotpack(backend);

  vitest.describe("api, values and namespaces", () => keyvTestSuite(vitest, Keyv, store));
  vitest.describe("the iterator", () => keyvIteratorTests(vitest, Keyv, store));
});

vitest.describe("the compression that the tests of Keyv use", () => keyvCompresstionTests(vitest, gzipText));
