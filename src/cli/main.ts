#!/usr/bin/env node
import { setImmediate } from "node:timers/promises";
import { runCommandLine } from "./command-line.ts";
import { reportFailure } from "./failure.ts";

let lost: Error | undefined;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`| head`) is no error.
  if (error.code !== "EPIPE") lost = error;
});

runCommandLine(process.argv.slice(2), process).then(async (exitCode) => {
  // The last write of a command may fail behind it.
  await setImmediate();
  process.exitCode = exitCode === 0 && lost !== undefined ? reportFailure(process, lost) : exitCode;
  // After a signal an attempt to connect may still be under way; nobody waits for it.
  if (exitCode > 128) process.exit();
});
