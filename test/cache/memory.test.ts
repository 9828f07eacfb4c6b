import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { describeBackend } from "./backend-contract.ts";

describeBackend("MemoryBackend", async () => {
  const backend = new MemoryBackend();
  return { backend, dispose: () => backend.disconnect() };
});
