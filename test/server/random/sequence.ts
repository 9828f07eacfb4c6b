import { Draw } from "../draw.ts";
import type { Duel } from "./duel.ts";
import { commandName } from "./names.ts";
import { type Args, type Family, mutated, type Turn, World } from "./world.ts";

const MUTATED = 0.15;
/** Commands between two looks at what all connections were told. */
const SYNC_EVERY = 20;

export interface SequenceOptions {
  readonly seed: number;
  readonly length: number;
  readonly families: readonly Family[];
  readonly cluster: boolean;
  readonly nodes: number;
  /** What comes last, where there is something: the servers need some time after it. */
  readonly finale?: readonly Args[] | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

/** One sequence of commands as the seed says, on connections of its own; `seen` is told every command. */
export async function runSequence(
  duel: Duel,
  options: SequenceOptions,
  seen: (name: string) => void,
): Promise<void> {
  const draw = new Draw(options.seed);
  const resp = () => (draw.chance(0.5) ? 3 : 2);
  await duel.open("a", resp());
  await duel.open("b", resp(), options.nodes - 1);
  await duel.open("s", resp());
  await duel.open("m", resp());
  const world = new World(draw, duel, options);
  // Every sequence has its own favourites, so that what they do to each other shows.
  const weights = options.families.map(({ weight }) => weight * draw.pick([0, 0.3, 1, 1, 3, 8]));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const family = (): Family => {
    let at = draw.fraction() * total;
    for (const [index, weight] of weights.entries()) {
      at -= weight;
      if (at <= 0 && weight > 0) return options.families[index] as Family;
    }
    return options.families[0] as Family;
  };
  const end = duel.sent + options.length;
  let synced = duel.sent;
  while (duel.sent < end) {
    const on = draw.chance(0.6) ? "a" : draw.chance(0.9) ? "b" : "s";
    const drawn = family().turn(world, on);
    const turn: Turn = Array.isArray(drawn) ? { steps: [drawn as Args] } : (drawn as Turn);
    if (turn.scan !== undefined && !duel.inMulti(on)) {
      seen("scan");
      await duel.scan(on, turn.scan);
    }
    for (const step of turn.steps) {
      const changes = turn.mutation !== "none" && draw.chance(MUTATED);
      const args = changes ? mutated(world, step, turn.mutation) : step;
      seen(commandName(args));
      await duel.say({ on: turn.on ?? on, args, ...(turn.ends ? { ends: true } : {}) });
    }
    if (duel.sent - synced >= SYNC_EVERY) {
      await duel.sync();
      synced = duel.sent;
    }
  }
  await duel.sync();
  if (options.finale !== undefined) {
    for (const args of options.finale) {
      seen(commandName(args));
      await duel.say({ on: "a", args });
    }
    await duel.sync();
  }
}
