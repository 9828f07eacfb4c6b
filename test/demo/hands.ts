import type { Page } from "playwright-core";

/** Pastes a text as a hand does: through the clipboard and Ctrl+V, with the focus where it is. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.keyboard.press("Control+V");
}

/** Waits until the element's text matches. */
export async function shows(page: Page, selector: string, pattern: RegExp): Promise<string> {
  const handle = await page.waitForFunction(
    ([found, source, flags]) => {
      const text = document.querySelector(found!)?.textContent ?? "";
      return new RegExp(source!, flags).test(text) ? `${text}\n` : false;
    },
    [selector, pattern.source, pattern.flags],
  );
  return String(await handle.jsonValue()).slice(0, -1);
}
