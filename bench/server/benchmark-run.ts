import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { RunningServer } from "./contestant.ts";
import { cpuUs } from "./process-figures.ts";
import type { Row } from "./row.ts";

const run = promisify(execFile);

/** One run of redis-benchmark against one server. */
export interface Load {
  readonly perSecond: number;
  /** Microseconds of the server's and of redis-benchmark's CPU for one command. */
  readonly serverCpuUs: number;
  readonly clientCpuUs: number;
}

/** Sends so many commands over 50 connections. */
export async function benchmark(server: RunningServer, row: Row, commands: number): Promise<Load> {
  const args = [
    "-p",
    server.port,
    "-c",
    50,
    "--csv",
    "-n",
    commands,
    "-P",
    row.pipeline,
    "-r",
    row.keys,
    ...row.args,
  ];
  const before = cpuUs(server.pid);
  // `times` prints what the shell's children took, which Node does not tell.
  const { stdout } = await run("sh", ["-c", '"$@" && times', "sh", "redis-benchmark", ...args.map(String)], {
    maxBuffer: 1 << 24,
  });
  const serverCpuUs = (cpuUs(server.pid) - before) / commands;
  const line = stdout.split("\n").findLast((each) => each.startsWith('"') && !each.startsWith('"test"'));
  const perSecond = Number(line?.split('","').at(-7));
  if (!(perSecond > 0)) throw new Error(`redis-benchmark said: ${stdout.slice(0, 200)}`);
  const children = [
    ...stdout
      .trimEnd()
      .split("\n")
      .at(-1)!
      .matchAll(/(\d+)m([\d.]+)s/g),
  ];
  const seconds = children.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  return { perSecond, serverCpuUs, clientCpuUs: (seconds * 1e6) / commands };
}
