import { describe, test } from "vitest";
import { findExecutable } from "../../src/cli/server-binary.ts";

const REQUIREMENTS = {
  redis: { executables: ["valkey-server", "redis-server"], install: "valkey-server or redis-server" },
  openssl: { executables: ["openssl"], install: "openssl" },
  python: { executables: ["python3"], install: "python3 with its redis module (python3-redis)" },
  // Found by importing it, see describeUnless.
  glide: { executables: [], install: "the native part of @valkey/valkey-glide" },
  chromium: { executables: ["chromium"], install: "chromium" },
} as const;

export type Requirement = keyof typeof REQUIREMENTS;

/**
 * A `describe` for suites that need a program of the machine. Without it the suite is skipped with one line on
 * stderr, or fails when the comma list SLOTPACK_REQUIRE names the requirement.
 */
export function describeWith(requirement: Requirement, title: string, suite: () => void): void {
  const missing = decide(requirement, process.env) !== "run";
  const why = `needs ${REQUIREMENTS[requirement].install} on the PATH`;
  describeUnless(requirement, missing ? why : undefined, title, suite);
}

/** The same for whatever a suite finds `missing`, as far as it belongs to the requirement. */
export function describeUnless(
  requirement: Requirement,
  missing: string | undefined,
  title: string,
  suite: () => void,
): void {
  if (missing === undefined) {
    describe(title, suite);
  } else if (isRequired(requirement, process.env)) {
    describe(title, () => {
      test(missing, () => {
        throw new Error(`${title}: ${missing}, and SLOTPACK_REQUIRE forbids skipping it`);
      });
    });
  } else {
    process.stderr.write(`SKIPPED: ${title}: ${missing}\n`);
    describe.skip(`${title} (${missing})`, suite);
  }
}

/** {@link describeWith} for suites that start a Redis or Valkey server. */
export function describeWithServer(title: string, suite: () => void): void {
  describeWith("redis", title, suite);
}

export function decide(requirement: Requirement, env: NodeJS.ProcessEnv): "run" | "skip" | "fail" {
  if (requirement === "redis" && env.SLOTPACK_SERVERS === "embedded") return "run";
  if (findExecutable(REQUIREMENTS[requirement].executables, env.PATH ?? "") !== undefined) return "run";
  return isRequired(requirement, env) ? "fail" : "skip";
}

function isRequired(requirement: Requirement, env: NodeJS.ProcessEnv): boolean {
  return (env.SLOTPACK_REQUIRE ?? "").split(",").some((name) => name.trim() === requirement);
}
