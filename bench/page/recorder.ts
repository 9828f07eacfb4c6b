import type { Page } from "playwright-core";

/** One paste, in milliseconds from the paste event. */
export interface Paste {
  /** Until the frame with the new counts. */
  readonly shownMs: number;
  /** Until the answer to a key that was typed once the counts were there. */
  readonly interactiveMs: number;
  /** What the browser itself took to hand over the clipboard's text, in one call. */
  readonly getDataMs: number;
  /** The longest task of the main thread in between; 0 when none took 50 ms. */
  readonly longestTaskMs: number;
}

/** Runs in the page. It is text, since the benchmarks are compiled without the browser's types. */
export const RECORDER = `
  window.recorded = { tasks: [], paste: 0, shown: 0, interactive: 0, getData: 0 };
  const { getData } = DataTransfer.prototype;
  DataTransfer.prototype.getData = function (type) {
    const start = performance.now();
    const data = getData.call(this, type);
    recorded.getData += performance.now() - start;
    return data;
  };
  recorded.done = new Promise((resolve) => { recorded.finish = resolve; });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) recorded.tasks.push([startTime, duration]);
  }).observe({ type: "longtask" });
  document.addEventListener("paste", (event) => { recorded.paste = event.timeStamp; }, { capture: true, once: true });
  const inTheNextFrame = (run) => requestAnimationFrame(() => setTimeout(run));
  const when = (id, test, run) => {
    const observer = new MutationObserver(() => {
      if (!test(document.getElementById(id).textContent)) return;
      observer.disconnect();
      inTheNextFrame(run);
    });
    observer.observe(document.getElementById(id), { childList: true, characterData: true, subtree: true });
  };
  when("batch-count", (text) => text.startsWith("100,000 keys"), () => {
    recorded.shown = performance.now();
    const lens = document.getElementById("lens");
    when("lens-slot", (text) => text === "12182", () => { recorded.interactive = performance.now(); recorded.finish(); });
    lens.value = "foo";
    lens.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
`;

interface Recorded {
  readonly tasks: readonly (readonly [startMs: number, durationMs: number])[];
  readonly paste: number;
  readonly getData: number;
  readonly shown: number;
  readonly interactive: number;
}

export async function readPaste(page: Page): Promise<Paste> {
  await page.evaluate("recorded.done");
  // The animation of the batch plan follows, and its tasks count too.
  await page.locator("#lanes").scrollIntoViewIfNeeded();
  await page.waitForTimeout(3500);
  const { tasks, paste, getData, shown, interactive } = (await page.evaluate(
    "({ ...recorded, done: 0, finish: 0 })",
  )) as Recorded;
  const own = tasks.filter(([startMs, durationMs]) => startMs + durationMs > paste);
  return {
    shownMs: shown - paste,
    interactiveMs: interactive - paste,
    getDataMs: getData,
    longestTaskMs: Math.max(0, ...own.map(([, durationMs]) => durationMs)),
  };
}
