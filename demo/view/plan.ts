import { NO_NODE, SLOT_COUNT } from "../../src/slots/index.ts";
import { count } from "../model/key-bytes.ts";
import { ownerColor } from "../model/owner-style.ts";
import { duration, honestNotes, type Lane, lanesFor, positionOf, rttOf } from "../model/round-trips.ts";
import { sharesOf } from "../model/shares.ts";
import type { PageState } from "../page-state.ts";
import { byId, fitCanvas, make, pixelRatio, prefersStillness, say } from "./element.ts";
import { paintLane } from "./lane-painter.ts";

/** The slowest lane takes that long to play. */
const PLAY_MS = 2600;

interface LaneRow {
  readonly canvas: HTMLCanvasElement;
  readonly latency: HTMLElement;
  readonly writes: HTMLElement;
  readonly detail: HTMLElement;
}

/** The batch plan: what reading all keys takes, one round trip per key, per slot and per node. */
export function showPlan(state: PageState): void {
  const rtt = byId<HTMLInputElement>("rtt");
  rtt.addEventListener("input", () => state.set({ rttMs: rttOf(rtt.valueAsNumber) }));
  for (const waiting of ["each", "all"] as const)
    byId(`waiting-${waiting}`).addEventListener("change", () => state.set({ waiting }));

  let lanes: readonly Lane[] = [];
  let rows: readonly LaneRow[] = [];
  let colors: LaneColors = { key: [], slot: [], node: [] };
  let playing: number | undefined;

  const paint = (nowMs: number): void => {
    const { dark, waiting } = state.values;
    const axisMs = Math.max(...lanes.map(({ latencyMs }) => latencyMs));
    lanes.forEach((lane, i) => {
      const row = rows[i]!;
      const own = colors[lane.id];
      const together = lane.id === "node" || waiting === "all";
      const context = row.canvas.getContext("2d");
      if (context !== null)
        paintLane(context, row.canvas.width, row.canvas.height, pixelRatio(), {
          ...lane,
          axisMs,
          nowMs: Math.min(nowMs, lane.latencyMs),
          ink: dark ? "#b4bccb" : "#434955",
          note: noteOf(lane, axisMs),
          ground: dark ? "#2b313d" : "#dcdcd4",
          colorsOf: (trip) => (together ? own : own.slice(trip % own.length, (trip % own.length) + 1)),
        });
      say(row.latency, duration(nowMs >= lane.latencyMs ? lane.latencyMs : Number(nowMs.toPrecision(3))));
    });
  };
  const finish = (): void => {
    if (playing !== undefined) cancelAnimationFrame(playing);
    playing = undefined;
    paint(Number.POSITIVE_INFINITY);
  };
  const play = (): void => {
    finish();
    if (prefersStillness()) return;
    const axisMs = Math.max(...lanes.map(({ latencyMs }) => latencyMs));
    const start = performance.now();
    const frame = (): void => {
      const part = (performance.now() - start) / PLAY_MS;
      if (part >= 1) return finish();
      paint(part * axisMs);
      playing = requestAnimationFrame(frame);
    };
    frame();
  };

  state.watch(["cluster", "summary", "rttMs", "waiting", "dark"], () => {
    const { cluster, summary, rttMs, waiting, dark } = state.values;
    rtt.value = String(positionOf(rttMs));
    say(byId("rtt-value"), duration(rttMs));
    byId<HTMLInputElement>(`waiting-${waiting}`).checked = true;
    lanes = lanesFor(cluster, summary, rttMs, waiting);
    if (rows.length === 0) {
      rows = lanes.map(makeRow);
      for (const { canvas } of rows)
        fitCanvas(canvas, () => {
          if (playing === undefined) paint(Number.POSITIVE_INFINITY);
        });
    }
    colors = laneColors(state, dark);
    lanes.forEach((lane, i) => {
      say(rows[i]!.writes, lane.writes.toLocaleString("en"));
      say(
        rows[i]!.detail,
        lane.trips === lane.writes
          ? count(lane.trips, "round trip")
          : `${count(lane.trips, "round trip")}, side by side`,
      );
    });
    byId("honest").replaceChildren(
      ...honestNotes(cluster, summary, waiting).map((note) => make("li", "", note)),
    );
    const axisMs = Math.max(...lanes.map(({ latencyMs }) => latencyMs));
    const speed = axisMs === 0 ? "" : `; played ${speedText(axisMs / PLAY_MS)}`;
    say(
      byId("plan-note"),
      `Reading ${count(summary.count, "key")}, three ways, at ${duration(rttMs)} a round trip${speed}.`,
    );
    const told = lanes.map(
      ({ name, latencyMs, writes }) => `${name} ${duration(latencyMs)}, ${count(writes, "write")}`,
    );
    say(byId("plan-said"), `One round trip ${told.join("; ")}.`);
    finish();
  });

  byId("replay").addEventListener("click", play);
  const seen = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting) || state.values.summary.count === 0) return;
      seen.disconnect();
      play();
    },
    { threshold: 0.5 },
  );
  seen.observe(byId("lanes"));
}

type LaneColors = Readonly<Record<Lane["id"], readonly string[]>>;

/** The owners' colours of the commands, in the order in which each lane sends them. */
function laneColors(state: PageState, dark: boolean): LaneColors {
  const { cluster, summary } = state.values;
  const colorOf = (slot: number): string | undefined => {
    const owner = cluster.map.nodeOfSlot[slot]!;
    return owner === NO_NODE ? undefined : ownerColor(owner, dark);
  };
  const bySlot: string[] = [];
  for (let slot = 0; slot < SLOT_COUNT; slot++)
    if (summary.counts[slot]! > 0) bySlot.push(colorOf(slot) ?? "");
  const byKey = Array.from(summary.sampleSlots, colorOf);
  const byNode = sharesOf(cluster, summary.counts)
    .slice(0, -1)
    .flatMap(({ keys }, owner) => (keys > 0 ? [ownerColor(owner, dark)] : []));
  const known = (colors: readonly (string | undefined)[]): string[] =>
    colors.filter((color): color is string => color !== undefined && color !== "");
  return { key: known(byKey), slot: known(bySlot), node: byNode };
}

function makeRow(lane: Lane): LaneRow {
  const canvas = make("canvas", "lane-canvas");
  canvas.setAttribute("aria-hidden", "true");
  const latency = make("b", "latency", "–");
  const writes = make("b", "", "–");
  const detail = make("span", "fine", "–");
  const name = make(
    "div",
    "lane-name",
    make("b", "", `one ${lane.name}`),
    make("code", "", lane.how),
    detail,
  );
  const figures = make("div", "lane-figures", latency, make("span", "fine", writes, " socket writes"));
  byId("lanes").append(make("div", `lane ${lane.id}`, name, canvas, figures));
  return { canvas, latency, writes, detail };
}

function noteOf(lane: Lane, axisMs: number): string {
  if (lane.latencyMs === 0 || lane.latencyMs >= axisMs) return "";
  return `all answered ${Number((axisMs / lane.latencyMs).toPrecision(3)).toLocaleString("en")} times sooner`;
}

function speedText(slower: number): string {
  if (slower > 1.05) return `${Number(slower.toPrecision(2))} times faster than it is`;
  if (slower < 0.95) return `${Number((1 / slower).toPrecision(2))} times slower than it is`;
  return "as fast as it is";
}
