#!/usr/bin/env node
import { runCommandLine } from "./command-line.ts";

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

runCommandLine(process.argv.slice(2), process).then((exitCode) => {
  process.exitCode = exitCode;
  // After a signal an attempt to connect may still be under way; nobody waits for it.
  if (exitCode > 128) process.exit();
});
