import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** LMCache's names of the layouts: lmcache_client.py tells what they are. */
export type PythonLayout = "A" | "B" | "C" | "D";

export interface PythonJob {
  readonly cluster: boolean;
  readonly host: string;
  readonly port: number;
  readonly layout: PythonLayout;
  readonly put?: readonly PythonRecord[];
  readonly get?: readonly string[];
  readonly exists?: readonly string[];
}

export interface PythonRecord {
  readonly key: string;
  readonly fmt: string;
  readonly dtypes: readonly (string | null)[];
  readonly shapes: readonly (readonly number[])[];
  readonly bytes: Uint8Array;
}

export interface PythonFound {
  /** As it is stored; undefined in layout D. */
  readonly metadata: Buffer | undefined;
  readonly bytes: Buffer;
  readonly fields: { fmt: string; dtypes: (string | null)[]; shapes: number[][]; length: number } | null;
}

export interface PythonResult {
  readonly get: (PythonFound | null)[];
  readonly exists: boolean[];
}

const SCRIPT = fileURLToPath(new URL("lmcache_client.py", import.meta.url));

/** The first python3 that imports redis-py and its cluster client: Debian's own is tried before those of the PATH. */
export function findPython(path: string = process.env.PATH ?? ""): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return ["/usr/bin/python3", ...folders.map((folder) => join(folder, "python3"))].find(
    (file) => spawnSync(file, ["-c", "import redis.cluster"], { stdio: "ignore" }).status === 0,
  );
}

/** Runs one job of lmcache_client.py; rejects with what Python wrote on stderr. */
export async function runPython(python: string, job: PythonJob): Promise<PythonResult> {
  const child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "pipe"] });
  const put = job.put?.map((record) => ({
    ...record,
    bytes: Buffer.from(record.bytes).toString("base64"),
  }));
  // A Python that has ended reads no more; what it wrote on stderr tells why.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify({ ...job, put }));
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`Python ended with ${status}: ${Buffer.concat(errors)}`);
  const { get, exists } = JSON.parse(String(Buffer.concat(output))) as {
    get: ({ metadata: string | null; bytes: string; fields: PythonFound["fields"] } | null)[];
    exists: boolean[];
  };
  return {
    exists,
    get: get.map((found) =>
      found === null
        ? null
        : {
            metadata: found.metadata === null ? undefined : Buffer.from(found.metadata, "base64"),
            bytes: Buffer.from(found.bytes, "base64"),
            fields: found.fields,
          },
    ),
  };
}
