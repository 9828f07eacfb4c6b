import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { promisify } from "node:util";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The built page, served from a subpath of a file server with headers of the test's choice. */
export class BuiltPage {
  /** Every file by its path in the build. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Sent with every response. */
  headers: Readonly<Record<string, string>> = {};
  readonly #server: Server;

  private constructor(files: ReadonlyMap<string, Buffer>, server: Server) {
    this.files = files;
    this.#server = server;
  }

  /** Runs Vite into a folder of the test's own, and starts the server. */
  static async start(): Promise<BuiltPage> {
    const files = await build();
    const server = createServer();
    const page = new BuiltPage(files, server);
    server.on("request", ({ url = "" }, response) => {
      const path = new URL(url, "http://host").pathname.replace(/^\/some\/folder\//, "") || "index.html";
      const file = files.get(path);
      response.writeHead(file === undefined ? 404 : 200, {
        "content-type": TYPES[extname(path)] ?? "text/plain",
        ...page.headers,
      });
      response.end(file);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return page;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/some/folder/`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

async function build(): Promise<Map<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), "slotpack-page-"));
  try {
    const vite = join(process.cwd(), "node_modules", "vite", "bin", "vite.js");
    const args = [vite, "build", "demo", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
    // Vite takes NODE_ENV=test, which vitest sets, for a build with its development conditions.
    await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, NODE_ENV: "production" },
    });
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return new Map(
      files.map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length + 1), readFileSync(path)];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
