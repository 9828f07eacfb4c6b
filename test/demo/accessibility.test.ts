import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeWith } from "../rig/gate.ts";
import { PATIENT, PageBrowser } from "./browser.ts";
import { shows } from "./hands.ts";

vi.setConfig(PATIENT);

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describeWith("chromium", "axe on the slot page", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await PageBrowser.start();
  });
  afterAll(() => browser?.stop());

  async function violations(page: Page): Promise<string[]> {
    // Evaluated by the debugger, which no content security policy of the page holds back.
    await page.evaluate(AXE);
    const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target}: ${failureSummary}`),
    );
  }

  test.each([
    ["dark", 1280],
    ["light", 1280],
    ["dark", 360],
    ["light", 360],
  ] as const)(
    "finds no violation in the %s theme at %i pixels, with everything open",
    async (colorScheme, width) => {
      const { page } = await browser.open("", { colorScheme, viewport: { width, height: 900 } });
      await page.click("#lens-steps");
      await page.fill("#topology", "wrong");
      await shows(page, "#topology-note", /none of/);
      await page.click("#race-run");
      await shows(page, "#race-said", /slotpack looks at the keys/);
      expect(await violations(page)).toEqual([]);
      await page.fill("#primaries", "24");
      await page.focus("#map");
      await page.keyboard.press("ArrowRight");
      await shows(page, "#tip", /lands here/);
      await page.keyboard.press("Tab");
      await page.click("#kernel-badge");
      expect(await violations(page)).toEqual([]);
      await page.context().close();
    },
  );
});
