import { type Reply, ReplyError } from "../bytes/reply.ts";
import { ServerError } from "../errors.ts";
import type { NodeAddress } from "./redirect.ts";

/** What is asked of a Sentinel about a primary, in one write; {@link readOpinion} reads the replies. */
export function sentinelQuestions(name: string): string[][] {
  return [
    ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name],
    ["SENTINEL", "MASTER", name],
    ["SENTINEL", "SENTINELS", name],
  ];
}

/** What one Sentinel says, addresses as it announces them. */
export interface Opinion {
  readonly primary: NodeAddress;
  /** Grows with every failover; 0 where the Sentinel does not tell it. */
  readonly epoch: number;
  /** The other Sentinels that it knows. */
  readonly sentinels: readonly NodeAddress[];
}

/** Throws an error with the code `UNKNOWN_NAME` or `NO_SENTINEL`, or a ServerError. Only the first reply is needed. */
export function readOpinion(name: string, [address, primary, sentinels]: readonly Reply[]): Opinion {
  if (address instanceof ReplyError) {
    if (/unknown command/i.test(address.message))
      throw coded("NO_SENTINEL", `it is no Sentinel (${address.message})`);
    throw new ServerError(address.code, address.message);
  }
  if (address === null) throw coded("UNKNOWN_NAME", `it monitors no primary of the name "${name}"`);
  const [host, port] = Array.isArray(address) ? address.map(String) : [];
  const found = readAddress(host, port);
  if (found === undefined) throw coded("BAD_ADDRESS", "it tells an address that is none");
  return {
    primary: found,
    epoch: readEpoch(fieldsOf(primary).get("config-epoch")),
    sentinels: (Array.isArray(sentinels) ? sentinels : []).flatMap((entry) => {
      const fields = fieldsOf(entry);
      return readAddress(fields.get("ip"), fields.get("port")) ?? [];
    }),
  };
}

/**
 * The replicas of a node that says by ROLE that it is a primary. Who may not ask believes the Sentinel. Throws an error with the code
 * `NO_PRIMARY` for a replica, or a ServerError.
 */
export function readPrimaryRole(reply: Reply): readonly NodeAddress[] {
  if (reply instanceof ReplyError) {
    if (reply.code === "NOPERM" || /unknown command/i.test(reply.message)) return [];
    throw new ServerError(reply.code, reply.message);
  }
  const [role, , replicas] = Array.isArray(reply) ? reply : [];
  if (String(role) !== "master") throw coded("NO_PRIMARY", `it is no primary, its role is ${String(role)}`);
  return (Array.isArray(replicas) ? replicas : []).flatMap((replica) => {
    const [host, port] = Array.isArray(replica) ? replica.map(String) : [];
    return readAddress(host, port) ?? [];
  });
}

function fieldsOf(reply: Reply | undefined): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (!Array.isArray(reply)) return fields;
  for (let i = 0; i + 1 < reply.length; i += 2) fields.set(String(reply[i]), String(reply[i + 1]));
  return fields;
}

function readAddress(host: string | undefined, port: string | undefined): NodeAddress | undefined {
  if (host === undefined || !/^[\w.:%-]+$/.test(host) || !/^\d{1,5}$/.test(port ?? "")) return undefined;
  const number = Number(port);
  return number >= 1 && number <= 65_535 ? { host, port: number } : undefined;
}

function readEpoch(text: string | undefined): number {
  const epoch = Number(text);
  return Number.isSafeInteger(epoch) && epoch >= 0 ? epoch : 0;
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
