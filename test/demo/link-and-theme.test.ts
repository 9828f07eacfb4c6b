import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeWith } from "../rig/gate.ts";
import { PATIENT, PageBrowser } from "./browser.ts";
import { paste, shows } from "./hands.ts";

vi.setConfig(PATIENT);

describeWith("chromium", "the slot page's address, themes and layout", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await PageBrowser.start();
  });
  afterAll(() => browser?.stop());

  test("keeps what is shown in the hash, so that a link shows the same", async () => {
    const { page } = await browser.open();
    expect(await page.evaluate(() => location.hash)).toBe("");
    await page.fill("#lens", "{a b}&ü");
    await page.fill("#primaries", "7");
    await page.fill("#together", "x\ny");
    await page.focus("#drop");
    await paste(page, "first\nsecond\nthird");
    await shows(page, "#batch-count", /^3 keys/);
    await page.click("#theme");
    await page.waitForFunction(() =>
      /key=.*primaries=7.*keys=first.*together=.*theme=dark/.test(location.hash),
    );
    const hash = await page.evaluate(() => location.hash);
    const { page: again } = await browser.open(hash);
    await shows(again, "#batch-count", /^3 keys in 3 slots on 3 nodes$/);
    expect(await again.inputValue("#lens")).toBe("{a b}&ü");
    expect(await again.inputValue("#primaries")).toBe("7");
    expect(await again.inputValue("#together")).toBe("x\ny");
    expect(await again.getAttribute("html", "data-theme")).toBe("dark");
    await again.evaluate(() => {
      location.hash = "#key=other&example=queues";
    });
    await shows(again, "#batch-count", /^400 keys in 4 slots/);
    expect(await again.inputValue("#lens")).toBe("other");
    await page.context().close();
    await again.context().close();
  });

  test("keeps a pasted cluster in the hash", async () => {
    const { page } = await browser.open();
    await page.fill("#topology", `[[0,99,["10.0.0.1",7000,"a"]],[100,16383,["fe80::1",7001,"b"]]]`);
    await shows(page, "#topology-note", /^CLUSTER SLOTS: 2 primaries/);
    await page.waitForFunction(() => location.hash.includes("cluster="));
    const { page: again } = await browser.open(await page.evaluate(() => location.hash));
    await shows(again, "#owners", /10\.0\.0\.1:7000.*\[fe80::1\]:7001/);
    await page.context().close();
    await again.context().close();
  });

  test("ignores nonsense in the hash", async () => {
    const { page, errors } = await browser.open(
      "#slot=99999&primaries=-1&rtt=x&zoom=1e9&cluster=%00&example=__proto__&keys",
    );
    await shows(page, "#primaries-value", /^5$/);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("follows the system's theme until the switch says otherwise, and back", async () => {
    const background = (): string => getComputedStyle(document.body).backgroundColor;
    const { page } = await browser.open("", { colorScheme: "dark" });
    expect(await page.evaluate(background)).toBe("rgb(11, 13, 18)");
    expect(await page.getAttribute("#theme", "aria-pressed")).toBe("true");
    await page.click("#theme");
    await page.waitForSelector('html[data-theme="light"]');
    expect(await page.evaluate(background)).toBe("rgb(246, 245, 241)");
    expect(await page.getAttribute("#theme", "aria-pressed")).toBe("false");
    await page.click("#theme");
    await page.waitForSelector("html:not([data-theme])");
    expect(await page.evaluate(background)).toBe("rgb(11, 13, 18)");
    await page.context().close();
  });

  test.each([360, 768, 1440])("fits %i pixels, and nothing on it shifts while it loads", async (width) => {
    const { page } = await browser.open("", { viewport: { width, height: 900 } });
    await shows(page, "#batch-timing", /shown after/);
    await page.locator("#race-rows").scrollIntoViewIfNeeded();
    await shows(page, "#race-said", /slotpack looks at the keys/);
    const [content, window] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(content).toBe(window);
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            const entries = list.getEntries() as (PerformanceEntry & { value: number })[];
            resolve(entries.reduce((sum, { value }) => sum + value, 0));
          }).observe({ type: "layout-shift", buffered: true });
          // Without a shift there is no entry.
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(0), 300)));
        }),
    );
    // Fonts of the machine may round a line up; a paragraph that is pushed down counts for 0.1 and more.
    expect(shift).toBeLessThan(0.02);
    await page.context().close();
  });
});
