import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { APART_FILES, APART_TESTS } from "./embedded-apart.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const FOLDERS = ["cluster", "records", "connector", "faults", "cache", "adapters", "recipes", "slots"];
/** A suite of scripted sockets alone is the same on any server. */
const STARTS_SERVERS =
  /\b(startServer|startCluster|startSentinels|describeEachServer|describeInBothPlaces)\b/;

/** The client-side suites that start servers: what there is to run once more on embedded servers. */
export function suitesWithServers(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, "test", folder), { recursive: true, encoding: "utf8" }).map(
      (file) => `test/${folder}/${file.split("\\").join("/")}`,
    ),
  );
  return files.filter(
    (file) => file.endsWith(".test.ts") && STARTS_SERVERS.test(readFileSync(join(ROOT, file), "utf8")),
  );
}

/** Those suites but for what stands apart. */
export function embeddedSuites(): string[] {
  return suitesWithServers().filter((suite) => !APART_FILES.some(({ file }) => file === suite));
}

/** The suites with tests that stand apart, but for those whose servers only real ones can be. */
export function apartSuites(): string[] {
  const apart = new Set([...APART_FILES, ...APART_TESTS].map(({ file }) => file));
  return suitesWithServers().filter(
    (suite) =>
      apart.has(suite) &&
      !APART_FILES.some(({ file, needs }) => file === suite && needs.startsWith("Sentinels")),
  );
}
