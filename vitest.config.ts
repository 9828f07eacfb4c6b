import { defineConfig, type ViteUserConfig } from "vitest/config";
import { apartSuites, embeddedSuites } from "./test/embedded-suites.ts";

/** Runs what stands apart of the embedded servers' suites, to see that none of it would pass. */
const APART = process.env.SLOTPACK_APART === "run";

const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Suites start real servers; two at a time is what two cores carry without timing noise.
    maxWorkers: 2,
    pool: "forks",
    projects: [
      { extends: true, test: { name: "real", include: ["test/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          // The client-side suites once more, on embedded servers.
          name: "embedded",
          include: APART ? apartSuites() : embeddedSuites(),
          ...(APART ? { testTimeout: 20_000, dangerouslyIgnoreUnhandledErrors: true } : {}),
          env: { SLOTPACK_SERVERS: "embedded" },
          globalSetup: ["test/rig/embedded-setup.ts"],
          setupFiles: ["test/rig/embedded-tests.ts"],
        },
      },
    ],
  },
});

export default config;
