import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { hashTag, keySlot, tagForSlot } from "../../src/slots/index.ts";
import { describeWith } from "../rig/gate.ts";
import { PATIENT, PageBrowser } from "./browser.ts";
import { shows } from "./hands.ts";

vi.setConfig(PATIENT);

describeWith("chromium", "the slot page, typed into", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await PageBrowser.start();
  });
  afterAll(() => browser?.stop());

  test("has keys on it at first sight, makes no error and asks no other host", async () => {
    const { page, errors, foreign } = await browser.open();
    await shows(page, "#batch-count", /^1,284 keys in \d+ slots on 6 nodes$/);
    expect(await page.locator(".key-row").count()).toBeGreaterThan(100);
    await page.locator("#race-rows").scrollIntoViewIfNeeded();
    await shows(page, "#race-said", /slotpack looks at the keys/);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  test.each([
    ["user:1000", "No {tag}: all 9 bytes are hashed."],
    ["{user:1000}.following", "The tag decides: 9 of 21 bytes are hashed."],
    ["foo{}{bar}", "The first braces are empty, so all 10 bytes are hashed."],
    ["foo{bar", "The { is never closed, so all 7 bytes are hashed."],
    ["a{{b}}c", "The tag decides: 2 of 7 bytes are hashed."],
    ["naïve {é💀}", "The tag decides: 6 of 15 bytes are hashed."],
  ])("tells slot, hashed bytes and reason of %s", async (key, why) => {
    const { page, errors } = await browser.open();
    await page.fill("#lens", key);
    // Not the slot: that of the key shown first may be the same.
    await page.waitForFunction((typed) => document.querySelector("#lens-mirror")?.textContent === typed, key);
    expect(await page.textContent("#lens-slot")).toBe(String(keySlot(key)));
    expect(await page.textContent("#lens-why")).toBe(why);
    expect(await page.textContent("#lens-mirror mark")).toBe(hashTag(key));
    const hashed = await page.locator(".byte.hashed i").allTextContents();
    expect(hashed.join("").toLowerCase()).toBe(Buffer.from(hashTag(key)).toString("hex"));
    await page.click("#lens-steps");
    expect(await page.locator("#steps tbody tr").count()).toBe(hashed.length);
    await shows(page, "#steps p", new RegExp(`= ${keySlot(key)}\\.$`));
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("adds a typed key to the others on Enter", async () => {
    const { page } = await browser.open();
    await page.fill("#lens", "one:more");
    await page.press("#lens", "Enter");
    await shows(page, "#batch-count", /^1,285 keys/);
    expect(await page.textContent(".key-row .key")).toBe("one:more");
    await page.context().close();
  });

  test("says which keys a command would refuse, and how they could stay together", async () => {
    const { page } = await browser.open();
    await shows(page, "#verdict", /^CROSSSLOT: these 2 of 5 keys differ\.$/);
    await page.click("text=use {user:1000}:coupons");
    await shows(page, "#verdict", /^CROSSSLOT: this one of 5 keys differs\.$/);
    await page.fill("#together", "{a}:1\n{a}:2\n{a}3");
    await shows(page, "#verdict", /^Together: all 3 keys are in slot 15495 on primary 5\.$/);
    await page.fill("#together", "a\nb\nc");
    await shows(page, "#verdict", /^CROSSSLOT: no two of these 3 keys share a slot\.$/);
    await page.fill("#primaries", "1");
    await page.fill("#moved", "0");
    await shows(page, "#verdict", /All are on primary 1, but the server refuses by slot\.$/);
    await page.context().close();
  });

  test("moves over the grid by keyboard, zooms, and makes a key for the slot", async () => {
    const { page, errors } = await browser.open("#slot=5000");
    await page.focus("#map");
    await page.keyboard.press("ArrowRight");
    await shows(page, "#inspect", /^Slot 5001/);
    await page.keyboard.press("ArrowDown");
    await shows(page, "#inspect", /^Slot 5129/);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowLeft");
    await shows(page, "#inspect", /^Slot 5000/);
    await page.keyboard.press("End");
    await shows(page, "#inspect", /^Slot 5119/);
    await page.keyboard.press("Control+End");
    await shows(page, "#inspect", /^Slot 16383/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Control+Home");
    await shows(page, "#inspect", /^Slot 0/);
    const tip = await shows(page, "#tip", /lands here/);
    expect(tip).toContain("slot 0");
    expect(tip).toContain(`{${tagForSlot(0)}}`);
    await page.keyboard.press("+");
    await page.waitForFunction(() => location.hash.includes("zoom=2"));
    await page.keyboard.press("0");
    await page.waitForFunction(() => !location.hash.includes("zoom"));
    await page.keyboard.press("Enter");
    await shows(page, "#lens-slot", /^0$/);
    expect(await page.inputValue("#lens")).toBe(`{${tagForSlot(0)}}:key`);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("follows the key in the line below the grid, until a slot is chosen", async () => {
    const { page } = await browser.open();
    for (const key of ["first", "second"]) {
      await page.fill("#lens", key);
      await shows(page, "#inspect", new RegExp(`^Slot ${keySlot(key)}\\D`));
    }
    await page.context().close();
  });

  test("judges more keys than it lists", async () => {
    const { page } = await browser.open();
    const keys = Array.from({ length: 250 }, (_, i) => `{a}${i}`);
    await page.fill("#together", [...keys, "b"].join("\n"));
    await shows(page, "#verdict", /^CROSSSLOT: this one of 251 keys differs\./);
    await shows(page, "#reasons", /and 51 more$/);
    await page.context().close();
  });

  test("tells the slot under the pointer with the keys in it", async () => {
    const { page } = await browser.open("#keys=hello%0Ahello&primaries=3&moved=0");
    const box = (await page.locator("#map").boundingBox())!;
    const slot = keySlot("hello");
    const cell = box.width / 128;
    await page.mouse.move(box.x + ((slot % 128) + 0.5) * cell, box.y + (Math.floor(slot / 128) + 0.5) * cell);
    await shows(
      page,
      "#tip",
      new RegExp(`^slot ${slot}primary 1hellohello2 keys\\{${tagForSlot(slot)}\\} lands here$`),
    );
    await page.context().close();
  });
});
