import type { Measurement } from "./comparison.ts";

const OWN = "slotpack";

/** A Markdown table of ns per key and of slotpack's time divided by each other's. */
export function table(section: string, measurements: readonly Measurement[]): string {
  const rows = measurements.filter(({ comparison }) => comparison.section === section);
  const names = [...new Set(rows.flatMap(({ nanoseconds }) => [...nanoseconds.keys()]))];
  const others = names.filter((name) => name !== OWN);
  const head = [
    "shape",
    "count",
    ...names.map((name) => `${name}, ns`),
    ...others.map((name) => `${OWN} / ${name}`),
  ];
  const lines = rows.map(({ comparison, nanoseconds }) => {
    const own = nanoseconds.get(OWN)!;
    return [
      comparison.shape,
      String(comparison.count),
      ...names.map((name) => figure(nanoseconds.get(name), 1)),
      ...others.map((name) => figure(ratio(own, nanoseconds.get(name)), 2)),
    ];
  });
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A figure that keySlots has to hold in every row that it is about. */
export interface Requirement {
  readonly text: string;
  readonly limit: number;
  /** slotpack's time divided by the one that it is compared with; `undefined` for rows that it is not about. */
  readonly ratioOf: (measurement: Measurement) => number | undefined;
}

export const REQUIREMENTS: readonly Requirement[] = [
  {
    text: "keySlots over 1,000 LMCache keys / cluster-key-slot",
    limit: 0.17,
    ratioOf: ({ comparison, nanoseconds }) =>
      comparison.shape.startsWith("LMCache") && comparison.count === 1000
        ? ratio(nanoseconds.get(OWN)!, nanoseconds.get("cluster-key-slot"))
        : undefined,
  },
  {
    text: "keySlots, any shape and count / the best plain JavaScript",
    limit: 1.1,
    ratioOf: ({ comparison, nanoseconds }) => {
      if (comparison.section !== "keyslots") return undefined;
      const joined = nanoseconds.get("plain, joined") ?? Number.POSITIVE_INFINITY;
      return ratio(nanoseconds.get(OWN)!, Math.min(nanoseconds.get("plain loop")!, joined));
    },
  },
];

/** The worst row of each requirement. */
export function requirementTable(measurements: readonly Measurement[]): string {
  const lines = REQUIREMENTS.map((requirement) => {
    const { text, limit, ratioOf } = requirement;
    const worst = measurements.reduce((high, row) =>
      (ratioOf(row) ?? 0) > (ratioOf(high) ?? 0) ? row : high,
    );
    const { shape, count } = worst.comparison;
    const verdict = isHeld(requirement, worst) ? "held" : "**not held**";
    return `| ${text} | ${limit} | ${figure(ratioOf(worst), 3)} | ${shape} × ${count} | ${verdict} |`;
  });
  return ["| requirement | at most | worst | row | |", "| --- | --: | --: | --- | --- |", ...lines].join(
    "\n",
  );
}

export function isHeld({ limit, ratioOf }: Requirement, measurement: Measurement): boolean {
  return (ratioOf(measurement) ?? 0) <= limit;
}

function ratio(own: number, other: number | undefined): number | undefined {
  return other === undefined ? undefined : own / other;
}

function figure(value: number | undefined, digits: number): string {
  return value === undefined ? "" : value.toFixed(digits);
}
