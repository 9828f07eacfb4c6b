import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keySlot, keySlots } from "../../src/slots/index.ts";
import { describeWith } from "../rig/gate.ts";
import { PATIENT, PageBrowser } from "./browser.ts";
import { paste, shows } from "./hands.ts";

vi.setConfig(PATIENT);

const NODES = [
  "0000000000000000000000000000000000000001 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5460",
  "0000000000000000000000000000000000000002 10.0.0.2:7000@17000 master - 0 0 2 connected 5461-10000",
  "0000000000000000000000000000000000000003 10.0.0.3:7000@17000 slave 0000000000000000000000000000000000000001 0 0 1 connected",
].join("\n");

describeWith("chromium", "the slot page, pasted into", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await PageBrowser.start();
  });
  afterAll(() => browser?.stop());

  test("takes 100,000 keys from a paste event into the worker, and into no text field", async () => {
    const keys = Array.from({ length: 100_000 }, (_, i) =>
      i % 10 === 0 ? `{tenant:${i % 700}}:${i}` : `page:${i}`,
    );
    const slots = new Set(keySlots(keys));
    const { page, errors } = await browser.open();
    await page.focus("#drop");
    await paste(page, keys.join("\n"));
    const count = `100,000 keys in ${slots.size.toLocaleString("en")} slots on 6 nodes`;
    await shows(page, "#batch-count", new RegExp(`^${count}$`));
    await shows(page, ".key-row.rest", /^and 99,760 more$/);
    const fields = await page.evaluate(() =>
      Array.from(
        document.querySelectorAll<HTMLInputElement>("input, textarea"),
        (field) => field.value.length,
      ),
    );
    expect(Math.max(...fields)).toBeLessThan(1000);
    expect(await page.evaluate(() => location.hash.length)).toBeLessThan(200);
    await shows(page, "#lanes", /100,000 socket writes/);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("takes several lines pasted into the key's field as keys, and one line as the key", async () => {
    const { page } = await browser.open();
    await page.fill("#lens", "");
    await paste(page, "single");
    await shows(page, "#lens-slot", new RegExp(`^${keySlot("single")}$`));
    await paste(page, "a\r\nb\r\n\r\nc\r\n");
    await shows(page, "#batch-count", /^3 keys in 3 slots/);
    expect(await page.inputValue("#lens")).toBe("single");
    await page.context().close();
  });

  test("takes a file, JSON and what redis-cli prints", async () => {
    const { page } = await browser.open();
    await page.setInputFiles("#file", {
      name: "keys.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("x\ny\n"),
    });
    await shows(page, "#batch-count", /^2 keys/);
    await page.focus("#drop");
    await paste(page, '["a b", "c\\nd", "e", "f"]');
    await shows(page, "#batch-count", /^4 keys/);
    await paste(page, '1) "user:1"\n2) "say \\"hi\\""\n3) "\\xc3\\xa9"\n');
    await shows(page, "#batch-count", /^3 keys/);
    expect(await page.locator(".key-row .key").allTextContents()).toEqual(["user:1", 'say "hi"', "é"]);
    await page.context().close();
  });

  test("reads a pasted cluster, and calls out what nobody owns, what is hot and what is lopsided", async () => {
    const { page, errors } = await browser.open();
    await page.focus("#topology");
    await paste(page, NODES);
    await shows(page, "#topology-note", /^CLUSTER NODES: 2 primaries, 10,001 of 16,384 slots owned\.$/);
    await shows(page, "#owners", /10\.0\.0\.1:7000.*10\.0\.0\.2:7000.*nobody/);
    await shows(
      page,
      "#calls",
      /6,383 slots have no owner \(10001-16383\), and \d+ keys of yours are in them: CLUSTERDOWN/,
    );
    await shows(page, "#calls", /Hot tag \{checkout\}: 7\.0 % of your keys/);
    await page.fill("#topology", "nothing of the kind");
    await shows(page, "#topology-note", /none of CLUSTER SLOTS/);
    await page.click("#topology-clear");
    await shows(page, "#owners", /primary 5/);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("follows the sliders: primaries, resharding, round trip and how the lanes wait", async () => {
    const { page } = await browser.open("#primaries=4&moved=0&rtt=1");
    await shows(page, "#calls", /Hot tag/);
    await shows(page, ".lane.key .latency", /^1\.28 s$/);
    await shows(page, ".lane.node .latency", /^1 ms$/);
    await page.fill("#moved", "100");
    await shows(page, "#calls", /3,276 slots moved to the new primary/);
    await page.check("#waiting-all");
    await shows(page, ".lane.key .latency", /^1 ms$/);
    await shows(page, ".lane.key", /1,284 socket writes/);
    await page.fill("#rtt", "100");
    await shows(page, ".lane.node .latency", /^200 ms$/);
    await page.context().close();
  });
});
