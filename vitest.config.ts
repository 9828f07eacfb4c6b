import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Suites start real servers; two at a time is what two cores carry without timing noise.
    maxWorkers: 2,
    pool: "forks",
  },
});

export default config;
