import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What is run on the keys, as arguments of node. */
export interface Contestant {
  readonly name: string;
  readonly args: readonly string[];
}

/** One run on keys from a pipe. */
export interface CliRun {
  /** From the start of the process to its end. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most memory that it ever had, in bytes. */
  readonly maxRss: number;
}

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
/** The least that reading lines takes in Node: nothing is done with them. */
const READLINE = `
import { createInterface } from "node:readline";
let lines = 0;
createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", () => lines++);`;
/** Has a process tell on file descriptor 3 what it took. */
const TELL = `data:text/javascript,import{writeSync}from"node:fs";process.on("exit",()=>{const u=process.resourceUsage();writeSync(3,JSON.stringify([u.maxRSS,u.userCPUTime+u.systemCPUTime]))})`;

export const CONTESTANTS: readonly Contestant[] = [
  { name: "readline alone", args: ["--input-type=module", "--eval", READLINE] },
  { name: "slotpack slot", args: [MAIN, "slot"] },
  { name: "slotpack slot --json", args: [MAIN, "slot", "--json"] },
  { name: "slotpack plan", args: [MAIN, "plan", "--primaries", "3"] },
];

/** `cat FILE | node …`, its output thrown away. */
export async function runOnPipe({ name, args }: Contestant, file: string): Promise<CliRun> {
  const began = performance.now();
  const command = [
    "sh",
    "-c",
    'cat "$0" | "$@" > /dev/null',
    file,
    process.execPath,
    "--import",
    TELL,
    ...args,
  ];
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "ignore", "inherit", "pipe"] });
  let told = "";
  child.stdio[3]!.on("data", (chunk) => {
    told += chunk;
  });
  const [code] = await once(child, "close");
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  const [kilobytes, microseconds] = JSON.parse(told) as [number, number];
  return { seconds, cpuSeconds: microseconds / 1e6, maxRss: kilobytes * 1024 };
}
