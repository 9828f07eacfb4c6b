import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PackedProject } from "./packed.ts";
import { ROOT } from "./source-tree.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Record<string, string | { types: string; default: string }>;
  readonly bin: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

interface LockEntry {
  readonly resolved?: string;
  readonly optionalDependencies?: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === "string" ? [] : [[path, target] as const],
);

describe("the packed package", () => {
  let project: PackedProject;
  beforeAll(async () => {
    if (!existsSync(join(ROOT, "dist", "index.js")))
      throw new Error("run `npm run build` first, as `npm test` does");
    project = await PackedProject.make(Object.keys(manifest.dependencies));
  });
  afterAll(() => project?.remove());

  test("holds the build, the documents and nothing else", () => {
    const allowed =
      /^(dist\/.+\.(js|js\.map|d\.ts)|docs\/.+\.(md|svg)|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;
    expect(project.files.filter((file) => !allowed.test(file))).toEqual([]);
    for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "package.json"])
      expect(project.files).toContain(file);
  });

  test("holds every file that its exports and its bin name", () => {
    const named = [
      ...entries.flatMap(([, { types, default: code }]) => [types, code]),
      ...Object.values(manifest.bin),
    ];
    expect(named.map((file) => file.slice(2)).filter((file) => !project.files.includes(file))).toEqual([]);
  });

  test("imports no file by its source's extension", () => {
    const code = project.files.filter((file) => file.endsWith(".js"));
    const unpacked = join(project.folder, "node_modules", "slotpack");
    const wrong = code.filter((file) =>
      /\b(from|import\()\s*["']\.[^"']*\.ts["']/.test(readFileSync(join(unpacked, file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });

  test("names a missing ioredis instead of failing somewhere inside", async () => {
    const slots = await project.node('console.log((await import("slotpack/slots")).keySlot("123456789"))');
    expect(slots).toBe("12739");
    const failure = await project.node(`
      const { connect } = await import("slotpack");
      await connect("redis://127.0.0.1:1").catch((error) => console.log(error.code, error.message));
    `);
    expect(failure).toMatch(/ioredis/);
    expect(failure).not.toMatch(/^ERR_MODULE_NOT_FOUND/);
  });

  test("names the missing peer of an adapter that cannot do without", async () => {
    const failure = await project.node(
      'await import("slotpack/adapters/express-session").catch((error) => console.log(error.message))',
    );
    expect(failure).toMatch(/express-session/);
  });

  describe("beside its peers", () => {
    beforeAll(async () => {
      const types = ["@types/node", "undici-types", "@types/express-session"];
      for (const name of [...Object.keys(manifest.peerDependencies), ...types]) await project.link(name);
    });

    test.each(entries.map(([path]) => `${manifest.name}${path.slice(1)}`))(
      "exports %s to import and to require",
      async (name) => {
        const imported = await project.node(
          `console.log(Object.keys(await import("${name}")).sort().join())`,
        );
        const required = await project.node(
          `console.log(Object.keys(require("${name}")).sort().join())`,
          "commonjs",
        );
        expect(imported.length).toBeGreaterThan(0);
        // Node adds it where there is a default export.
        expect(
          required
            .split(",")
            .filter((key) => key !== "__esModule")
            .join(),
        ).toBe(imported);
      },
    );

    test("shuts every path that is not exported", async () => {
      const outcome = await project.node(
        'await import("slotpack/dist/index.js").catch((error) => console.log(error.code))',
      );
      expect(outcome).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED");
    });

    test("has a bin that runs and tells its commands", () => {
      const file = join(project.folder, "node_modules/slotpack", manifest.bin.slotpack as string);
      expect(readFileSync(file, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
      expect(execFileSync(process.execPath, [file, "--help"], { encoding: "utf8" })).toContain("replay");
    });

    test("has types that the type tests accept in a strict project", async () => {
      const files = readdirSync(join(ROOT, "test/types")).filter((file) => file.endsWith(".test-d.ts"));
      expect(files.length).toBeGreaterThan(0);
      writeFileSync(join(project.folder, "package.json"), '{ "type": "module" }');
      for (const file of files) {
        const text = readFileSync(join(ROOT, "test/types", file), "utf8");
        const packed = text
          .replaceAll("../../src/index.ts", "slotpack")
          .replaceAll(/\.\.\/\.\.\/src\/(slots|cache|recipes)\/index\.ts/g, "slotpack/$1")
          .replaceAll(/\.\.\/\.\.\/src\/adapters\/([a-z-]+)\.ts/g, "slotpack/adapters/$1");
        writeFileSync(join(project.folder, file), packed);
      }
      cpSync(join(ROOT, "test/types/equal.ts"), join(project.folder, "equal.ts"));
      expect(await project.check(["--allowImportingTsExtensions", ...files])).toBe("");
    });
  });
});

describe("the repository", () => {
  const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .filter((file) => existsSync(join(ROOT, file)));
  const text = (file: string): string => readFileSync(join(ROOT, file), "latin1");

  test("names no registry and no path of a machine", () => {
    // Put together here, so that this file does not find itself.
    const hosts = ["registry.npmjs", "registry.yarnpkg", "npmmirror", "artifactory", "npm.pkg.github"];
    const folders = ["work", "root", "home/[a-z][a-z0-9_-]*", "Users/[A-Za-z][A-Za-z0-9_-]*", "farm"];
    const registry = new RegExp(hosts.map((host) => host.replaceAll(".", "\\.")).join("|"));
    const path = new RegExp(`(^|[^A-Za-z0-9.*_/-])/(${folders.join("|")})/`, "m");
    const found = tracked
      .filter((file) => file !== "test/project/package.test.ts")
      .flatMap((file) =>
        [registry, path]
          .flatMap((pattern) => pattern.exec(text(file))?.[0] ?? [])
          .map((hit) => `${file}: ${hit}`),
      );
    expect(found).toEqual([]);
  });

  test("has a lock file without addresses, complete for every platform, and dependencies of exact versions", () => {
    const lock = JSON.parse(text("package-lock.json")) as { packages: Record<string, LockEntry> };
    const resolved = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);
    expect(resolved).toEqual([]);
    // A registry mirror that lacks some platforms leaves them out, and `npm ci` then refuses the lock file.
    const optional = Object.values(lock.packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}),
    );
    expect(optional.filter((name) => !(`node_modules/${name}` in lock.packages))).toEqual([]);
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => /^[\^~>*]|latest/.test(version))).toEqual([]);
  });

  test("has a changelog whose newest entry is the version of the package", () => {
    expect(/^## (\S+)/m.exec(text("CHANGELOG.md"))?.[1]).toBe(manifest.version);
  });

  test("keeps what it builds out of version control", () => {
    expect(
      tracked.filter((file) => /^(dist|build|node_modules|coverage)\/|\.tgz$|\.log$/.test(file)),
    ).toEqual([]);
  });
});
