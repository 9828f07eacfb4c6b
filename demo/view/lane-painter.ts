/** A lane's picture: time goes to the right, a round trip goes down to the node and comes back. */
export interface LanePicture {
  /** Round trips one after another, and how long all of them take. */
  readonly trips: number;
  readonly latencyMs: number;
  /** The time at the right end. */
  readonly axisMs: number;
  /** The colours of trip `i`: one for each command that travels in it. */
  readonly colorsOf: (trip: number) => readonly string[];
  readonly ground: string;
  /** Up to this time the lane is painted boldly. */
  readonly nowMs: number;
  /** Stands behind the last trip, where there is room. */
  readonly note: string;
  readonly ink: string;
}

/** Narrower trips, in pixels, are painted as strokes beside one another. */
const NARROW = 5;
const FAINT = 0.22;

export function paintLane(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  ratio: number,
  lane: LanePicture,
): void {
  context.clearRect(0, 0, width, height);
  const pad = 6 * ratio;
  const right = width - pad;
  const scale = lane.axisMs > 0 ? (right - pad) / lane.axisMs : 0;
  context.strokeStyle = lane.ground;
  context.lineWidth = ratio;
  line(context, 0, pad, width, pad);
  line(context, 0, height - pad, width, height - pad);
  if (lane.trips === 0) return;
  const tripWidth = (lane.latencyMs * scale) / lane.trips;
  const now = pad + lane.nowMs * scale;
  if (tripWidth >= NARROW * ratio) {
    for (let trip = 0; trip < lane.trips; trip++) {
      const left = pad + trip * tripWidth;
      context.globalAlpha = left + tripWidth <= now + 0.5 ? 1 : FAINT;
      paintTrip(context, left, tripWidth, pad, height - pad, lane.colorsOf(trip), ratio);
      if (now > left && now < left + tripWidth) {
        context.globalAlpha = 1;
        context.save();
        context.beginPath();
        context.rect(0, 0, now, height);
        context.clip();
        paintTrip(context, left, tripWidth, pad, height - pad, lane.colorsOf(trip), ratio);
        context.restore();
      }
    }
  } else {
    paintStrokes(context, lane, pad, scale, now, height, ratio);
  }
  context.globalAlpha = 1;
  const end = pad + lane.latencyMs * scale;
  if (lane.nowMs < lane.latencyMs) return;
  context.fillStyle = lane.ink;
  context.font = `500 ${13 * ratio}px Inter, ui-sans-serif, system-ui, sans-serif`;
  context.textBaseline = "middle";
  const left = end + 14 * ratio;
  if (left + context.measureText(lane.note).width < right) context.fillText(lane.note, left, height / 2);
}

/** So many colours of a trip are drawn; more would be a smear. */
const MOST_LINES = 48;

function paintTrip(
  context: CanvasRenderingContext2D,
  left: number,
  width: number,
  top: number,
  bottom: number,
  colors: readonly string[],
  ratio: number,
): void {
  const lines = Math.min(colors.length, MOST_LINES);
  context.lineWidth = (lines > 12 ? 1 : 1.75) * ratio;
  context.lineJoin = "round";
  for (let i = 0; i < lines; i++) {
    // Side by side when several travel at once: the turning points spread along the node's line.
    const turn = left + width * (lines === 1 ? 0.5 : 0.3 + (0.4 * i) / (lines - 1));
    context.strokeStyle = colors[Math.floor((i * colors.length) / lines)]!;
    context.beginPath();
    context.moveTo(left + ratio, top);
    context.lineTo(turn, bottom);
    context.lineTo(left + width - ratio, top);
    context.stroke();
  }
}

function paintStrokes(
  context: CanvasRenderingContext2D,
  lane: LanePicture,
  pad: number,
  scale: number,
  now: number,
  height: number,
  ratio: number,
): void {
  const end = pad + Math.max(3 * ratio, lane.latencyMs * scale);
  const step = Math.max(ratio * 2, 1);
  for (let left = pad; left < end; left += step) {
    const trip = Math.min(lane.trips - 1, Math.floor(((left - pad) / (end - pad)) * lane.trips));
    const colors = lane.colorsOf(trip);
    context.globalAlpha = left <= now ? 0.95 : FAINT;
    colors.slice(0, MOST_LINES).forEach((color, i, all) => {
      const part = (height - 2 * pad) / all.length;
      context.fillStyle = color;
      context.fillRect(left, pad + i * part, step - ratio * 0.5, part);
    });
  }
}

function line(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}
