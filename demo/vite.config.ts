import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type UserConfig } from "vite";

/** The page's own policy: nothing from, and nothing to, another host. Only in the build: Vite's server injects styles. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const policy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
      injectTo: "head-prepend",
    },
  ],
};

const WORKER = new URL("./worker/worker.ts", import.meta.url);

/**
 * The worker's address. Vite would bundle a worker by itself, and slotpack/slots a second time with it; as a chunk of the
 * same build it shares the page's.
 */
const workerAddress: Plugin = {
  name: "worker-address",
  enforce: "pre",
  apply: "build",
  resolveId: (id) => (id.endsWith("/worker-address.ts") ? "\0worker-address" : undefined),
  load(id) {
    if (id !== "\0worker-address") return undefined;
    const reference = this.emitFile({ type: "chunk", id: fileURLToPath(WORKER), name: "worker" });
    return `export const workerAddress = () => import.meta.ROLLUP_FILE_URL_${reference};`;
  },
};

/** slotpack/slots has a chunk of its own so that its weight can be told. */
const output = {
  codeSplitting: {
    groups: [{ name: "slots", test: /\/src\/(slots|wasm|bytes|errors\.ts)/ }],
  },
};

const config: UserConfig = defineConfig({
  base: "./",
  plugins: [policy, workerAddress],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output },
  },
  server: { host: "127.0.0.1", port: 5480 },
  preview: { host: "127.0.0.1", port: 5480 },
});

export default config;
