import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Each line on stdin replaces the list of pids. End of input means that the parent is gone, however it went
 * (exit, SIGINT, SIGTERM, SIGKILL): the pipe closes in every case, which no handler inside the parent could promise.
 */
const WATCH =
  'while read -r line; do pids=$line; done; [ -n "$pids" ] && kill -9 $pids 2>/dev/null; rm -rf "$1"';

interface Guard {
  readonly folder: string;
  readonly watcher: ChildProcess;
}

const pids = new Set<number>();
let guard: Guard | undefined;
let users = 0;

/** A temporary folder that outlives neither its users nor this process. Pair with {@link closeGuard}. */
export function openGuard(): string {
  users++;
  if (guard === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "slotpack-"));
    // Detached: Ctrl-C in a terminal reaches the whole process group, and the watcher has to survive it.
    const watcher = spawn("sh", ["-c", WATCH, "slotpack-guard", folder], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    watcher.on("error", () => {});
    watcher.stdin?.on("error", () => {});
    watcher.unref();
    (watcher.stdin as unknown as { unref(): void }).unref();
    guard = { folder, watcher };
  }
  return guard.folder;
}

export function closeGuard(): void {
  users--;
  if (users > 0 || guard === undefined) return;
  rmSync(guard.folder, { recursive: true, force: true });
  guard.watcher.stdin?.end();
  guard = undefined;
}

export function guardProcess(pid: number): void {
  pids.add(pid);
  report();
}

export function releaseProcess(pid: number): void {
  pids.delete(pid);
  report();
}

function report(): void {
  guard?.watcher.stdin?.write(`${[...pids].join(" ")}\n`);
}
