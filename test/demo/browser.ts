import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { findExecutable } from "../../src/cli/server-binary.ts";
import { BuiltPage } from "./built-page.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Two noisy cores carry a browser, a build and other suites at the same time. */
const PATIENCE_MS = 90_000;
/** For `vi.setConfig`, in milliseconds. */
export const PATIENT = { testTimeout: 180_000, hookTimeout: 180_000 } as const;

/** A page in the browser, and what went wrong in it. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of the console and of scripts. */
  readonly errors: readonly string[];
  /** Requests that left for another origin. */
  readonly foreign: readonly string[];
}

/** Debian's Chromium over the built page. One for a file of tests. */
export class PageBrowser {
  readonly built: BuiltPage;
  readonly #browser: Browser;

  private constructor(built: BuiltPage, browser: Browser) {
    this.built = built;
    this.#browser = browser;
  }

  static async start(): Promise<PageBrowser> {
    const built = await BuiltPage.start();
    try {
      const executablePath = findExecutable(["chromium"], process.env.PATH ?? "")!;
      return new PageBrowser(
        built,
        await chromium.launch({ executablePath, args: FLAGS, timeout: PATIENCE_MS }),
      );
    } catch (error) {
      await built.stop();
      throw error;
    }
  }

  get version(): string {
    return this.#browser.version();
  }

  /** Opens the page in a profile of its own and waits until its first keys are shown. */
  async open(hash = "", options: BrowserContextOptions = {}): Promise<OpenPage> {
    const context: BrowserContext = await this.#browser.newContext({
      viewport: { width: 1280, height: 900 },
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const errors: string[] = [];
    const foreign: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith(this.built.origin)) foreign.push(request.url());
    });
    await page.goto(this.built.url + hash);
    await page.waitForSelector("#kernel-badge[data-kernel]");
    return { page, errors, foreign };
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.built.stop();
  }
}
