import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";
import { ConfigError } from "../../errors.ts";

/**
 * Starts the worker's script, which lies beside this file. Sources run as they are where Node strips types (22.18 and later); else the script is that
 * of the built package. Throws ConfigError `WORKER_MISSING`.
 */
export function spawnServerWorker(options: WorkerOptions): Worker {
  const file = scriptFile();
  if (file.protocol === "file:" && !existsSync(file)) {
    throw new ConfigError(
      "WORKER_MISSING",
      `there is no ${fileURLToPath(file)}; build the package, or keep the file beside the bundle`,
    );
  }
  // Bundlers know the script by this very expression.
  if (!fromSources()) return new Worker(new URL("./server-worker.js", import.meta.url), options);
  return new Worker(file, options);
}

function fromSources(): boolean {
  return import.meta.url.endsWith(".ts");
}

function scriptFile(): URL {
  if (!fromSources()) return new URL("./server-worker.js", import.meta.url);
  const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);
  return stripsTypes
    ? new URL("./server-worker.ts", import.meta.url)
    : new URL("../../../dist/server/worker/server-worker.js", import.meta.url);
}
