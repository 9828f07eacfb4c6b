import { bestPeer, cpuOf, type Outcome, outcomeOf, type RowResult } from "./row-result.ts";

/** A ratio of CPU per record that slotpack set itself; a miss is printed as a miss. */
interface Target {
  row: string;
  against: string;
  reference(result: RowResult): Outcome | undefined;
  atMost: number;
}

const hand = (result: RowResult) => outcomeOf(result, "ioredis-hand");
const glide = (result: RowResult) => outcomeOf(result, "glide-batch");
const floor = (result: RowResult) => outcomeOf(result, "floor");

export const TARGETS: readonly Target[] = [
  { row: "read-128x2KB", against: "hand-written", reference: hand, atMost: 0.3 },
  { row: "read-1024x256B", against: "hand-written", reference: hand, atMost: 0.3 },
  { row: "write-128x2KB", against: "hand-written", reference: hand, atMost: 0.32 },
  { row: "write-1024x256B", against: "hand-written", reference: hand, atMost: 0.32 },
  { row: "read-128x2KB", against: "GLIDE", reference: glide, atMost: 0.3 },
  { row: "read-1024x256B", against: "GLIDE", reference: glide, atMost: 0.3 },
  { row: "read-128x2KB", against: "floor", reference: floor, atMost: 2.2 },
  { row: "read-128x64KB", against: "hand-written", reference: hand, atMost: 0.9 },
  { row: "read-16x1MB", against: "best peer", reference: bestPeer, atMost: 0.9 },
  { row: "write-128x64KB", against: "best peer", reference: bestPeer, atMost: 0.6 },
  { row: "write-16x1MB", against: "best peer", reference: bestPeer, atMost: 0.7 },
];

export function writeTargets(results: readonly RowResult[]): string {
  const lines = TARGETS.flatMap((target) => {
    const result = results.find(({ row }) => row.name === target.row);
    if (result === undefined) return [];
    const own = outcomeOf(result, "slotpack");
    const reference = target.reference(result);
    if (own === undefined || reference === undefined) {
      return [`| ${target.row} | ${target.against} | ≤ ${target.atMost} | not measured | – |`];
    }
    const ratio = cpuOf(own) / cpuOf(reference);
    const verdict = ratio <= target.atMost ? "met" : "**missed**";
    return [`| ${target.row} | ${target.against} | ≤ ${target.atMost} | ${ratio.toFixed(2)} | ${verdict} |`];
  });
  if (lines.length === 0) return "";
  return [
    "## Targets for CPU per record",
    "",
    "| row | against | target | slotpack | |",
    "|---|---|--:|--:|---|",
    ...lines,
    "",
  ].join("\n");
}
