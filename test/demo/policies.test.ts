import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keySlot } from "../../src/slots/index.ts";
import { describeWith } from "../rig/gate.ts";
import { PATIENT, PageBrowser } from "./browser.ts";
import { shows } from "./hands.ts";

vi.setConfig(PATIENT);

const STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'";

describeWith("chromium", "the slot page under a content security policy", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await PageBrowser.start();
  });
  afterAll(() => browser?.stop());

  test("without one runs the WebAssembly kernel", async () => {
    browser.built.headers = {};
    const { page, errors } = await browser.open();
    expect(await page.textContent("#kernel-name")).toBe("WebAssembly");
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("of script-src 'self' falls back to JavaScript, says so and shows the same slots", async () => {
    browser.built.headers = { "content-security-policy": STRICT };
    const { page, errors } = await browser.open("#keys=one%0Atwo%0Athree");
    expect(await page.textContent("#kernel-name")).toBe("JavaScript fallback");
    await page.click("#kernel-badge");
    await shows(page, "#kernel-text", /fell back to its JavaScript kernel/);
    await shows(page, "#batch-timing", /by JavaScript in a worker/);
    const slots = await page.locator(".key-row .slot").allTextContents();
    expect(slots.map(Number)).toEqual(["one", "two", "three"].map(keySlot));
    await page.keyboard.press("Escape");
    await page.locator("#race-rows").scrollIntoViewIfNeeded();
    await shows(page, "#race-said", /WebAssembly is refused here, so JavaScript ran alone/);
    // The browser itself reports what it refused; the page adds nothing.
    expect(errors.filter((text) => !/WebAssembly/.test(text))).toEqual([]);
    await page.context().close();
  });

  test("with 'wasm-unsafe-eval' runs the WebAssembly kernel and makes no error", async () => {
    browser.built.headers = {
      "content-security-policy": STRICT.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"),
    };
    const { page, errors, foreign } = await browser.open();
    expect(await page.textContent("#kernel-name")).toBe("WebAssembly");
    await shows(page, "#batch-timing", /by WebAssembly in a worker/);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  test("of its own forbids every other host", async () => {
    browser.built.headers = {};
    const { page } = await browser.open();
    const refused = await page.evaluate(() =>
      fetch("http://127.0.0.1:9/", { mode: "no-cors" }).then(
        () => "sent",
        (error) => String(error),
      ),
    );
    expect(refused).toMatch(/Failed to fetch/);
    const policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', "content");
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/);
    await page.context().close();
  });
});
