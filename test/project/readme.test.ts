import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithServer } from "../rig/gate.ts";
import { type RigCluster, type RigServers, startCluster, startServer } from "../rig/servers.ts";
import { replacePorts, runnableSnippets, snippetFiles } from "./readme-snippets.ts";
import { ROOT } from "./source-tree.ts";

const run = promisify(execFile);
const STANDALONE_PORT = 6379;
const CLUSTER_PORT = 7000;

const RECIPES = readdirSync(join(ROOT, "docs/recipes"))
  .filter((name) => name.endsWith(".md"))
  .sort()
  .map((name) => `docs/recipes/${name}`);

/** Texts whose snippets are run. */
const TEXTS = [
  "README.md",
  "docs/connector.md",
  "docs/adapters.md",
  "docs/cache.md",
  "docs/embedded.md",
  "docs/telemetry.md",
  ...RECIPES,
].map((path) => ({
  path,
  markdown: readFileSync(join(ROOT, path), "utf8"),
}));

describe.each(TEXTS)("$path", ({ path, markdown }) => {
  test("links to files and headings that exist", () => {
    const links = [...markdown.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map((match) => match[1] as string);
    const anchors = new Set(
      [...markdown.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] as string)),
    );
    const broken = links.filter((link) => {
      const [file = "", anchor] = link.split("#");
      if (file !== "") return !existsSync(join(dirname(join(ROOT, path)), file));
      return !anchors.has(anchor ?? "");
    });
    expect(broken).toEqual([]);
  });

  test("has no placeholder left", () => {
    expect(markdown).not.toMatch(/^[A-Z_]{6,}$/m);
  });

  test("names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const named = [...markdown.matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] as string);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("has at least one snippet that is run", () => {
    expect(runnableSnippets(markdown, new Map()).length).toBeGreaterThan(0);
  });
});

describeWithServer("the snippets marked `run`", () => {
  let cluster: RigCluster;
  let standalone: RigServers;
  let folder = "";
  const ports = new Map<number, number>();

  beforeAll(async () => {
    [cluster, standalone] = await Promise.all([startCluster(), startServer()]);
    cluster.nodes.forEach((node, index) => {
      ports.set(CLUSTER_PORT + index, node.port);
    });
    ports.set(STANDALONE_PORT, standalone.node.port);
    // Inside the repository, so that "slotpack" means this package; not under node_modules, where it would not.
    mkdirSync(join(ROOT, "build"), { recursive: true });
    folder = mkdtempSync(join(ROOT, "build", "readme-"));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await Promise.all([cluster.stop(), standalone.stop()]);
  });

  const snippets = TEXTS.flatMap(({ path, markdown }) =>
    runnableSnippets(markdown, new Map()).map(({ line }, index) => ({ path, markdown, line, index })),
  );
  test.each(snippets)(
    "that of $path on line $line runs to its end and prints what it says",
    async ({ markdown, index, line }) => {
      const snippet = runnableSnippets(markdown, ports)[index];
      for (const { name, text } of snippetFiles(markdown, ports)) writeFileSync(join(folder, name), text);
      const file = join(folder, `line-${line}.${snippet?.extension}`);
      writeFileSync(file, snippet?.code ?? "");
      const env = { ...process.env, SLOTPACK_URL: cluster.url };
      const { stdout } = await run(process.execPath, ["--no-warnings", file], {
        cwd: folder,
        env,
        timeout: 30_000,
      });
      if (snippet?.output !== undefined) {
        expect(stdout.trim()).toBe(replacePorts(snippet.output, ports));
      }
    },
  );
});

describe("the snippet reader", () => {
  test("finds the files that a text asks for, with the ports replaced", () => {
    const markdown = [
      "```yaml file=a.yaml",
      "url: redis://localhost:7000",
      "```",
      "```yaml",
      "no: file",
      "```",
    ].join("\n");
    expect(snippetFiles(markdown, new Map([[7000, 1]]))).toEqual([
      { name: "a.yaml", text: "url: redis://127.0.0.1:1\n" },
    ]);
  });

  test("takes marked blocks only, strips their types and replaces known ports", () => {
    const markdown = [
      "```ts run",
      'const url: string = "redis://127.0.0.1:7000,localhost:7001,localhost:9";',
      "```",
      "",
      "```text output",
      "hello",
      "```",
      "```ts",
      "not run",
      "```",
      "```js run cjs",
      "x;",
      "```",
    ].join("\n");
    const ports = new Map([
      [7000, 1],
      [7001, 2],
    ]);
    const code = expect.stringContaining('const url = "redis://127.0.0.1:1,127.0.0.1:2,localhost:9";');
    expect(runnableSnippets(markdown, ports)).toEqual([
      { line: 1, code, extension: "mjs", output: "hello" },
      { line: 11, code: "x;\n", extension: "cjs", output: undefined },
    ]);
  });
});

/** As GitHub makes anchors of headings. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}
