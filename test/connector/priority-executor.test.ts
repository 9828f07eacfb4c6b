import { describe, expect, test } from "vitest";
import {
  Priority,
  PriorityExecutor,
  type PriorityExecutorOptions,
} from "../../src/connector/priority-executor.ts";

const { PEEK, PREFETCH, GET, PUT } = Priority;

/** A job that ends when it is told to. */
class Gate {
  readonly #promise: Promise<void>;
  open: () => void = () => {};
  fail: (error: Error) => void = () => {};

  constructor() {
    this.#promise = new Promise((resolve, reject) => {
      this.open = resolve;
      this.fail = reject;
    });
  }

  readonly job = (): Promise<void> => this.#promise;
}

/** An executor with one worker, which is busy until the gate opens. */
function blocked(options: PriorityExecutorOptions = {}) {
  const executor = new PriorityExecutor({ workers: 1, ...options });
  const gate = new Gate();
  const blocker = executor.submit(PUT, gate.job);
  return { executor, gate, blocker };
}

/** Lets everything run that is due without a timer. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the order of a PriorityExecutor", () => {
  test("lower priorities go first, and first come first served within one", async () => {
    const { executor, gate } = blocked();
    const ran: string[] = [];
    const submit = (priority: Priority, name: string) =>
      executor.submit(priority, async () => {
        ran.push(name);
      });
    const jobs = [
      submit(PUT, "put1"),
      submit(GET, "get1"),
      submit(PUT, "put2"),
      submit(PEEK, "peek1"),
      submit(GET, "get2"),
      submit(PREFETCH, "pref1"),
      submit(PEEK, "peek2"),
    ];
    expect(executor).toMatchObject({ active: 1, waiting: 7 });
    gate.open();
    await Promise.all(jobs);
    expect(ran).toEqual(["peek1", "peek2", "pref1", "get1", "get2", "put1", "put2"]);
    expect(executor).toMatchObject({ active: 0, waiting: 0 });
  });

  test("a job that runs is not interrupted for a better one", async () => {
    const { executor, gate, blocker } = blocked();
    let peeked = false;
    const peek = executor.submit(PEEK, async () => {
      peeked = true;
    });
    await turn();
    expect(peeked).toBe(false);
    gate.open();
    await Promise.all([blocker, peek]);
  });

  test("as many jobs run at a time as there are workers, 4 unless told otherwise", async () => {
    for (const workers of [undefined, 1, 7]) {
      const executor = new PriorityExecutor(workers === undefined ? {} : { workers });
      const gates = Array.from({ length: 20 }, () => new Gate());
      let most = 0;
      const jobs = gates.map((gate) =>
        executor.submit(GET, async () => {
          most = Math.max(most, executor.active);
          await gate.job();
        }),
      );
      for (const gate of gates) {
        await turn();
        expect(executor.active).toBe(Math.min(workers ?? 4, 20 - gates.indexOf(gate)));
        gate.open();
      }
      await Promise.all(jobs);
      expect(most).toBe(workers ?? 4);
    }
  });

  test("ten thousand jobs of mixed priorities keep their order", async () => {
    const { executor, gate } = blocked();
    const ran: number[][] = [];
    const jobs = Array.from({ length: 10_000 }, (_, i) => {
      const priority = ((i * 7) % 4) + 1;
      return executor.submit(priority as Priority, async () => {
        ran.push([priority, i]);
      });
    });
    gate.open();
    await Promise.all(jobs);
    expect(ran).toEqual(ran.toSorted(([p = 0, i = 0], [q = 0, j = 0]) => p - q || i - j));
    expect(ran.length).toBe(10_000);
  });
});

describe("what becomes of a job", () => {
  test("its value, its rejection and its throw reach who submitted it, and nobody else", async () => {
    const executor = new PriorityExecutor({ workers: 1 });
    const lost = new Error("lost");
    const outcomes = await Promise.allSettled([
      executor.submit(GET, async () => 7),
      executor.submit(GET, () => Promise.reject(lost)),
      executor.submit(GET, () => {
        throw lost;
      }),
      executor.submit(GET, () => "at once"),
    ]);
    expect(outcomes).toEqual([
      { status: "fulfilled", value: 7 },
      { status: "rejected", reason: lost },
      { status: "rejected", reason: lost },
      { status: "fulfilled", value: "at once" },
    ]);
    expect(executor).toMatchObject({ active: 0, waiting: 0 });
  });

  test("a job may submit another one and go on without waiting for it", async () => {
    const executor = new PriorityExecutor({ workers: 1 });
    let inner: Promise<string> | undefined;
    await executor.submit(GET, async () => {
      inner = executor.submit(PEEK, async () => "inner");
    });
    expect(await inner).toBe("inner");
  });
});

describe("the bound of the queue", () => {
  test("a job too many is refused at once with QUEUE_OVERFLOW, and has not run", async () => {
    const { executor, gate, blocker } = blocked({ maxQueuedJobs: 2 });
    const accepted = [executor.submit(PUT, async () => 1), executor.submit(PUT, async () => 2)];
    let ran = false;
    const refused = executor.submit(PEEK, async () => {
      ran = true;
    });
    await expect(refused).rejects.toMatchObject({ name: "NotAppliedError", code: "QUEUE_OVERFLOW" });
    gate.open();
    expect(await Promise.all([blocker, ...accepted])).toEqual([undefined, 1, 2]);
    expect(ran).toBe(false);
  });

  test("whenRoom() lets many producers through a small queue, none of them refused and in their order", async () => {
    const executor = new PriorityExecutor({ workers: 2, maxQueuedJobs: 3 });
    const ran: number[] = [];
    let most = 0;
    const submit = async (i: number): Promise<void> => {
      await executor.whenRoom();
      await executor.submit(PUT, async () => {
        ran.push(i);
        most = Math.max(most, executor.waiting);
        await turn();
      });
    };
    const layers = async (i: number): Promise<void> => submit(i);
    await Promise.all(Array.from({ length: 200 }, (_, i) => layers(i)));
    expect(ran).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(most).toBeLessThanOrEqual(3);
  });

  test("producers that change their mind keep nobody waiting", async () => {
    const { executor, gate, blocker } = blocked({ maxQueuedJobs: 1 });
    const queued = executor.submit(PUT, async () => {});
    let passed = 0;
    const producers = Array.from({ length: 50 }, () => executor.whenRoom().then(() => passed++));
    await turn();
    expect(passed).toBe(0);
    gate.open();
    await Promise.all([blocker, queued, ...producers]);
    expect(passed).toBe(50);
  });

  test("a producer's signal ends its waiting", async () => {
    const { executor, gate, blocker } = blocked({ maxQueuedJobs: 1 });
    const queued = executor.submit(PUT, async () => {});
    const controller = new AbortController();
    const waiting = executor.whenRoom(controller.signal);
    controller.abort("enough");
    await expect(waiting).rejects.toMatchObject({ name: "AbortError", code: "ABORTED", cause: "enough" });
    await expect(executor.whenRoom(AbortSignal.abort())).rejects.toMatchObject({ code: "ABORTED" });
    gate.open();
    await Promise.all([blocker, queued, executor.whenRoom()]);
  });
});

describe("an AbortSignal", () => {
  test("takes a waiting job out of the queue", async () => {
    const { executor, gate, blocker } = blocked();
    const controller = new AbortController();
    let ran = false;
    const aborted = executor.submit(
      PEEK,
      async () => {
        ran = true;
      },
      { signal: controller.signal },
    );
    const other = executor.submit(PUT, async () => "other", { signal: new AbortController().signal });
    expect(executor.waiting).toBe(2);
    controller.abort("no need");
    expect(executor.waiting).toBe(1);
    await expect(aborted).rejects.toMatchObject({ name: "AbortError", code: "ABORTED", cause: "no need" });
    gate.open();
    expect(await Promise.all([blocker, other])).toEqual([undefined, "other"]);
    expect(ran).toBe(false);
  });

  test("that has fired already refuses the job, also where a worker is idle", async () => {
    const executor = new PriorityExecutor();
    const submitted = executor.submit(GET, async () => 1, { signal: AbortSignal.abort("before") });
    await expect(submitted).rejects.toMatchObject({ code: "ABORTED", cause: "before" });
    expect(executor.active).toBe(0);
  });

  test("leaves a job alone that has begun", async () => {
    const executor = new PriorityExecutor({ workers: 1 });
    const controller = new AbortController();
    const gate = new Gate();
    const first = executor.submit(GET, gate.job, { signal: controller.signal });
    const second = executor.submit(GET, async () => "ran", { signal: controller.signal });
    gate.open();
    expect(await second).toBe("ran");
    controller.abort();
    await first;
  });

  test("shared by ten thousand jobs has one listener, and takes them all out", async () => {
    const { executor, gate, blocker } = blocked();
    const { signal, listeners, abort } = countedSignal();
    const jobs = Array.from({ length: 10_000 }, () => executor.submit(PUT, async () => "ran", { signal }));
    expect(listeners()).toBe(1);
    abort();
    const outcomes = await Promise.allSettled(jobs);
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(executor.waiting).toBe(0);
    gate.open();
    await blocker;
  });

  test("has no listener of ours any more once its jobs have begun", async () => {
    const { executor, gate, blocker } = blocked();
    const { signal, listeners } = countedSignal();
    const jobs = [1, 2, 3].map((n) => executor.submit(GET, async () => n, { signal }));
    expect(listeners()).toBe(1);
    gate.open();
    expect(await Promise.all([blocker, ...jobs])).toEqual([undefined, 1, 2, 3]);
    expect(listeners()).toBe(0);
  });
});

/** A signal that tells how many listeners were added and not removed. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal) as typeof signal.addEventListener;
  const remove = signal.removeEventListener.bind(signal) as typeof signal.removeEventListener;
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return { signal, listeners: () => count, abort: () => controller.abort() };
}

describe("close()", () => {
  test("with jobs in flight and waiting resolves when all of them have ended", async () => {
    const { executor, gate, blocker } = blocked();
    const ran: string[] = [];
    const jobs = [
      executor.submit(PUT, async () => ran.push("put")),
      executor.submit(PEEK, () => {
        ran.push("peek");
        throw new Error("its own");
      }),
    ];
    let closed = false;
    const closing = executor.close().then(() => {
      closed = true;
    });
    await turn();
    expect(closed).toBe(false);
    gate.open();
    const outcomes = await Promise.allSettled([blocker, ...jobs, closing]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(ran).toEqual(["peek", "put"]);
  });

  test("refuses what comes later with CLIENT_CLOSED, also in a job of its own", async () => {
    const { executor, gate, blocker } = blocked();
    const inner = executor.submit(PUT, () => executor.submit(PUT, async () => "late"));
    const closing = executor.close();
    const refused = { name: "NotAppliedError", code: "CLIENT_CLOSED" };
    await expect(executor.submit(PEEK, async () => 1)).rejects.toMatchObject(refused);
    await expect(executor.whenRoom()).rejects.toMatchObject(refused);
    gate.open();
    await expect(inner).rejects.toMatchObject(refused);
    await Promise.all([blocker, closing]);
    await expect(executor.submit(PEEK, async () => 1)).rejects.toMatchObject(refused);
  });

  test("ends the waiting of producers", async () => {
    const { executor, gate, blocker } = blocked({ maxQueuedJobs: 1 });
    const queued = executor.submit(PUT, async () => {});
    const producer = executor.whenRoom();
    const closing = executor.close();
    await expect(producer).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    gate.open();
    await Promise.all([blocker, queued, closing]);
  });

  test("of an idle executor resolves, and again", async () => {
    const executor = new PriorityExecutor();
    const closing = executor.close();
    expect(executor.close()).toBe(closing);
    await closing;
  });

  test("resolves when the last waiting job was aborted while none ran", async () => {
    const { executor, gate, blocker } = blocked();
    const controller = new AbortController();
    const job = executor.submit(GET, async () => 1, { signal: controller.signal });
    const closing = executor.close();
    gate.fail(new Error("broken"));
    controller.abort();
    await expect(blocker).rejects.toThrow("broken");
    await expect(job).rejects.toMatchObject({ code: "ABORTED" });
    await closing;
  });
});

describe("bad input of a PriorityExecutor", () => {
  test.each([
    [{ workers: 0 }, "workers"],
    [{ workers: 1.5 }, "workers"],
    [{ workers: "4" }, "workers"],
    [{ maxQueuedJobs: -1 }, "maxQueuedJobs"],
    [{ maxQueuedJobs: Number.NaN }, "maxQueuedJobs"],
  ])("%j is a ConfigError that names %s", (options, option) => {
    const make = () => new PriorityExecutor(options as PriorityExecutorOptions);
    expect(make).toThrow(expect.objectContaining({ name: "ConfigError", code: "BAD_OPTION", option }));
  });

  test("an unknown option is refused", () => {
    const make = () => new PriorityExecutor({ worker: 1 } as PriorityExecutorOptions);
    expect(make).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION", option: "worker" }));
  });

  test.each([0, 5, 1.5, -1, Number.NaN, "1", undefined, null])(
    "the priority %j is refused",
    async (priority) => {
      const executor = new PriorityExecutor();
      let ran = false;
      const submitted = executor.submit(priority as Priority, async () => {
        ran = true;
      });
      await expect(submitted).rejects.toMatchObject({
        name: "ConfigError",
        code: "BAD_ARGUMENT",
        option: "priority",
      });
      expect(ran).toBe(false);
    },
  );

  test("what is no function and what is no signal are refused", async () => {
    const executor = new PriorityExecutor();
    await expect(executor.submit(GET, 1 as never)).rejects.toMatchObject({ option: "job" });
    const signal = {} as AbortSignal;
    const error = { code: "BAD_OPTION", option: "signal" };
    await expect(executor.submit(GET, async () => 1, { signal })).rejects.toMatchObject(error);
    await expect(executor.whenRoom(signal)).rejects.toMatchObject(error);
  });
});
