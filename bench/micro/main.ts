import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { compareCodecs } from "./codecs.ts";
import type { Comparison, Measurement } from "./comparison.ts";
import { compareGrouping } from "./grouping.ts";
import { compareKeySlots } from "./keyslots.ts";
import { measure, quieter } from "./measure.ts";
import { comparePacking } from "./packing.ts";
import { isHeld, REQUIREMENTS, requirementTable, table } from "./report.ts";

const SECTIONS = {
  keyslots: compareKeySlots,
  grouping: compareGrouping,
  packing: comparePacking,
  codecs: compareCodecs,
} as const;

const MORE_TRIES = 3;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(SECTIONS).join(",") },
  },
});
const wanted = values.only.split(",");
const unknown = wanted.filter((name) => !(name in SECTIONS));
if (unknown.length > 0) {
  console.error(`--only: expected some of ${Object.keys(SECTIONS).join(", ")}, got ${unknown.join(", ")}`);
  process.exit(2);
}
const options = values.quick ? { rounds: 3, turnMs: 5 } : { rounds: 7, turnMs: 20 };

const warnings = new Set<string>();
const measureOnce = (comparison: Comparison): Measurement =>
  measure(comparison, options, (message) => warnings.add(message));
const holdsAll = (row: Measurement): boolean => REQUIREMENTS.every((requirement) => isHeld(requirement, row));

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}; ns per key (record)`);
const measurements: Measurement[] = [];
for (const [section, compare] of Object.entries(SECTIONS)) {
  if (!wanted.includes(section)) continue;
  for (const comparison of compare()) {
    let row = measureOnce(comparison);
    // A row that misses a figure is measured again, all contestants of it: noise goes away, a loss stays.
    for (let again = 0; again < MORE_TRIES && !holdsAll(row); again++)
      row = quieter(row, measureOnce(comparison));
    measurements.push(row);
  }
  console.log(`\n### ${section}\n\n${table(section, measurements)}`);
}
for (const warning of warnings) console.error(`warning: ${warning}`);
if (wanted.includes("keyslots")) {
  console.log(`\n${requirementTable(measurements)}`);
  if (!measurements.every(holdsAll)) process.exitCode = 1;
}
