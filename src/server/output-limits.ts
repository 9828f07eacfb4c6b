import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import { type ClientClass, type OutputLimit, readOutputLimits } from "./config/word-lists.ts";
import type { Config } from "./config.ts";

/** client-output-buffer-limit: which connections have to go because they do not read their replies. */
export class OutputLimits {
  #limits: Record<ClientClass, OutputLimit> | undefined;

  constructor(config: Config) {
    config.watch("client-output-buffer-limit", (value) => {
      this.#limits = readOutputLimits(value.text);
    });
  }

  /** True where the hard limit is reached, or the soft one for too long. */
  exceeded(client: Client, clock: Clock): boolean {
    const limit = this.#limits?.[classOf(client)];
    if (limit === undefined || (limit.hardBytes === 0 && limit.softBytes === 0)) return false;
    const bytes = client.outputBytes;
    if (limit.hardBytes > 0 && bytes >= limit.hardBytes) return true;
    if (limit.softBytes === 0 || bytes < limit.softBytes) {
      client.softLimitSince = 0;
      return false;
    }
    const now = clock.nowMs();
    if (client.softLimitSince === 0) client.softLimitSince = now;
    return now - client.softLimitSince > limit.softSeconds * 1000;
  }
}

/** As CLIENT LIST TYPE and the limits sort connections; `master` counts as normal for the limits. */
export function classOf(client: Client): ClientClass {
  if (client.replica && !client.monitor) return "slave";
  return client.subscribed ? "pubsub" : "normal";
}
