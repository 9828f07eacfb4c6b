/** Where the worker's script is under Vite's server; the build replaces this file (vite.config.ts). */
export const workerAddress = (): URL => new URL("./worker.ts", import.meta.url);
