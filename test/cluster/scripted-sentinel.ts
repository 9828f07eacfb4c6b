import { resp, type ScriptedServer, startScripted } from "../rig/index.ts";

export const NAME = "scripted-primary";

/** What a scripted Sentinel knows; to be changed at any time. */
export interface SentinelState {
  /** `null` for a name that it does not monitor. */
  primary: { readonly host: string; readonly port: number } | null;
  epoch?: number;
  others?: readonly { readonly host: string; readonly port: number }[];
  /** Says nothing more to those who are subscribed. */
  mute?: boolean;
}

export interface ScriptedSentinel extends AsyncDisposable {
  readonly server: ScriptedServer;
  readonly state: SentinelState;
  /** How many connections are subscribed. */
  readonly subscribers: number;
  /** How often it was asked where the primary is. */
  readonly questions: number;
  /** Goes over to another primary and tells the subscribers. */
  switchTo(primary: { readonly host: string; readonly port: number }, epoch: number): void;
}

export async function startScriptedSentinel(state: SentinelState): Promise<ScriptedSentinel> {
  const server = await startScripted(({ name, text }) => {
    if (name === "PING" && state.mute) return null;
    if (name === "ECHO" || name === "ROLE") return `-ERR unknown command '${name}'\r\n`;
    if (name !== "SENTINEL") return undefined;
    switch (text[0]) {
      case "GET-MASTER-ADDR-BY-NAME":
        return state.primary === null || text[1] !== NAME
          ? "*-1\r\n"
          : resp([state.primary.host, String(state.primary.port)]);
      case "MASTER":
        return resp(["name", NAME, "config-epoch", String(state.epoch ?? 0)]);
      case "SENTINELS":
        return resp((state.others ?? []).map(({ host, port }) => ["ip", host, "port", String(port)]));
      default:
        return "-ERR unknown subcommand\r\n";
    }
  });
  const subscribed = () =>
    server.connections.filter(({ commands }) => commands.some(({ name }) => name === "SUBSCRIBE"));
  return {
    server,
    state,
    get subscribers() {
      return subscribed().length;
    },
    get questions() {
      return server.commands.filter(({ text }) => text[0] === "GET-MASTER-ADDR-BY-NAME").length;
    },
    switchTo(primary, epoch) {
      const old = state.primary ?? primary;
      state.primary = primary;
      state.epoch = epoch;
      const news = `${NAME} ${old.host} ${old.port} ${primary.host} ${primary.port}`;
      for (const connection of subscribed()) connection.write(resp(["message", "+switch-master", news]));
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

export interface ScriptedNode extends AsyncDisposable {
  readonly server: ScriptedServer;
  /** What it says to ROLE. */
  role: "master" | "slave";
  /** Holds back its answer to ROLE. */
  roleAfter: Promise<void> | undefined;
}

/** A node that answers every GET with its label, and SET as its role allows. */
export async function startScriptedNode(label: string, role: ScriptedNode["role"]): Promise<ScriptedNode> {
  const state: Pick<ScriptedNode, "role" | "roleAfter"> = { role, roleAfter: undefined };
  const server = await startScripted(async ({ name }) => {
    if (name === "ROLE") await state.roleAfter;
    const isPrimary = state.role === "master";
    if (name === "GET") return resp(label);
    if (name === "SET")
      return isPrimary ? "+OK\r\n" : "-READONLY You can't write against a read only replica.\r\n";
    if (name !== "ROLE") return undefined;
    return resp(isPrimary ? ["master", 0, []] : ["slave", "127.0.0.1", 1, "connect", 0]);
  });
  return Object.assign(state, { server, [Symbol.asyncDispose]: () => server.stop() });
}

/** `redis-sentinel://` with these Sentinels. */
export function sentinelUrl(...sentinels: readonly { readonly address: string }[]): string {
  return `redis-sentinel://${sentinels.map(({ address }) => address).join(",")}/${NAME}`;
}
