import { randomBytes, randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeWith, describeWithServer } from "../rig/gate.ts";
import { type RigServers, startServer } from "../rig/servers.ts";
import { PATIENT, PageBrowser } from "./browser.ts";
import { paste, shows } from "./hands.ts";

vi.setConfig(PATIENT);

const UNITS = ["a", "b", "c", "{", "}", ":", "0", "9", "é", "漢", "💀", " ", "\\", '"'];

/** Without line breaks, which part keys on the page. */
function randomKey(): string {
  if (randomInt(4) === 0) return `{${randomBytes(3).toString("hex")}}:${randomInt(1000)}`;
  return Array.from({ length: 1 + randomInt(60) }, () => UNITS[randomInt(UNITS.length)]).join("");
}

describeWithServer("the slot page beside a real server", () => {
  describeWith("chromium", "and a browser", () => {
    let server: RigServers;
    let browser: PageBrowser;
    beforeAll(async () => {
      server = await startServer({ config: { "cluster-enabled": "yes" } });
      browser = await PageBrowser.start();
    });
    afterAll(async () => {
      await browser?.stop();
      await server?.stop();
    });

    test("shows what CLUSTER KEYSLOT says of 1,000 random keys", async () => {
      const keys = Array.from({ length: 1000 }, randomKey);
      const told = await Promise.all(keys.map((key) => server.node.command("CLUSTER", "KEYSLOT", key)));
      const { page } = await browser.open();
      await page.focus("#drop");
      // The page lists the first keys of a batch.
      for (let from = 0; from < keys.length; from += 200) {
        const part = keys.slice(from, from + 200);
        await paste(page, JSON.stringify(part));
        await shows(page, "#batch-count", /^200 keys/);
        await page.waitForFunction(
          (first) => document.querySelector(".key-row .key")?.textContent === first,
          part[0],
        );
        const shown = await page
          .locator(".key-row")
          .evaluateAll((rows) =>
            rows.map((row) => [
              row.querySelector(".key")?.textContent,
              Number(row.querySelector(".slot")?.textContent),
            ]),
          );
        expect(shown).toEqual(part.map((key, i) => [key, told[from + i]]));
      }
      for (let i = 0; i < 20; i++) {
        await page.fill("#lens", keys[i]!);
        await shows(page, "#lens-slot", new RegExp(`^${String(told[i])}$`));
      }
      await page.context().close();
    });
  });
});
