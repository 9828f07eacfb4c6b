import type { Cluster, Redis } from "ioredis";
import type { ConnectOptions, ConnectPlan } from "./connect-plan.ts";
import type { Credentials } from "./connection.ts";
import type { ClientOptions } from "./options.ts";

/** What a client was made with, for another one like it. It holds passwords. */
export interface ClientOrigin {
  readonly target: string | Redis | Cluster | ConnectOptions;
  readonly options: ClientOptions;
  /** Tells what the user's function for credentials gave last, undefined while nobody asked it; undefined where there is none. */
  readonly credentials: (() => Credentials | undefined) | undefined;
}

const origins = new WeakMap<object, ClientOrigin>();

/** The plan with credentials that are remembered whenever they are asked for, and the origin that tells them. */
export function watchCredentials(
  plan: ConnectPlan,
  target: ClientOrigin["target"],
  options: ClientOptions,
): { readonly plan: ConnectPlan; readonly origin: ClientOrigin } {
  let last: Credentials | undefined;
  const { credentials } = plan;
  const given = options.credentials ?? (target as ConnectOptions).credentials;
  if (credentials === undefined || given === undefined)
    return { plan, origin: { target, options, credentials: undefined } };
  return {
    plan: {
      ...plan,
      credentials: async () => {
        last = await credentials();
        return last;
      },
    },
    origin: { target, options, credentials: () => last },
  };
}

/** Notes what a client was made with. */
export function setOrigin(client: object, origin: ClientOrigin): void {
  origins.set(client, origin);
}

export function originOf(client: object): ClientOrigin | undefined {
  return origins.get(client);
}
