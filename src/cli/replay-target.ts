import { isEmbedded, startEmbedded } from "../cluster/embedded.ts";
import { redactTarget } from "../cluster/target.ts";
import { startLocalCluster } from "./local-servers.ts";

/** Primaries that `--target local` starts. */
const LOCAL_PRIMARIES = 3;

/** Where a replay works. */
export interface ReplayTarget extends AsyncDisposable {
  /** For the client; may hold a password. */
  url: string;
  /** For people: without credentials. */
  name: string;
  /** Started for this run, and gone with everything in it when it is disposed of. */
  local: boolean;
}

/** Starts local primaries for `local` and what an `embedded://` target names, which plain ioredis could not; any other target is left for the client to judge. */
export async function openReplayTarget(target: string): Promise<ReplayTarget> {
  if (isEmbedded(target)) {
    const servers = await startEmbedded(target);
    return { url: servers.url, name: target, local: true, [Symbol.asyncDispose]: () => servers.close() };
  }
  if (target !== "local") {
    return { url: target, name: redactTarget(target), local: false, async [Symbol.asyncDispose]() {} };
  }
  const servers = await startLocalCluster({ primaries: LOCAL_PRIMARIES });
  return { url: servers.url, name: "local", local: true, [Symbol.asyncDispose]: () => servers.stop() };
}
