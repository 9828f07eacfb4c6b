import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { APART_FILES } from "./embedded-apart.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const FOLDERS = ["cluster", "records", "connector", "faults"];
/** A suite of scripted sockets alone is the same on any server. */
const STARTS_SERVERS = /\b(startServer|startCluster|describeEachServer|describeInBothPlaces)\b/;

/** The client-side suites that start servers, but for those that stand apart: what is run once more on embedded servers. */
export function embeddedSuites(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, "test", folder), { recursive: true, encoding: "utf8" }).map(
      (file) => `test/${folder}/${file}`,
    ),
  );
  return files.filter(
    (file) =>
      file.endsWith(".test.ts") &&
      !APART_FILES.includes(file) &&
      STARTS_SERVERS.test(readFileSync(join(ROOT, file), "utf8")),
  );
}
