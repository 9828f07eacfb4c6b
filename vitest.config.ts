import { defineConfig, type ViteUserConfig } from "vitest/config";
import { embeddedSuites } from "./test/embedded-suites.ts";

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
          include: embeddedSuites(),
          env: { SLOTPACK_SERVERS: "embedded" },
          globalSetup: ["test/rig/embedded-setup.ts"],
          setupFiles: ["test/rig/embedded-tests.ts"],
        },
      },
    ],
  },
});

export default config;
