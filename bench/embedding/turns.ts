/** One way to do a job; `run` does the whole batch once. */
export interface Contestant {
  readonly name: string;
  run(): unknown;
}

/** Microseconds of one batch: the medians over the rounds. */
export interface Figures {
  readonly name: string;
  readonly wallMicros: number;
  /** User and system time of all threads of this process. */
  readonly cpuMicros: number;
}

/** Every contestant has its turn in every round, in an order that rotates; a turn repeats the batch for `turnMs`. */
export async function takeTurns(
  contestants: readonly Contestant[],
  rounds: number,
  turnMs: number,
): Promise<Figures[]> {
  const samples = contestants.map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  for (const contestant of contestants) await turn(contestant, turnMs);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contestants.length; i++) {
      const at = (i + round) % contestants.length;
      const { wall, cpu } = await turn(contestants[at]!, turnMs);
      samples[at]!.wall.push(wall);
      samples[at]!.cpu.push(cpu);
    }
  }
  return contestants.map(({ name }, i) => ({
    name,
    wallMicros: median(samples[i]!.wall),
    cpuMicros: median(samples[i]!.cpu),
  }));
}

async function turn({ run }: Contestant, turnMs: number): Promise<{ wall: number; cpu: number }> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  let batches = 0;
  do {
    const done = run();
    if (done instanceof Promise) await done;
    batches++;
  } while (performance.now() - began < turnMs);
  const wall = (performance.now() - began) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wall: wall / batches, cpu: (user + system) / batches };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
