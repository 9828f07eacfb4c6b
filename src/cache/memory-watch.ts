import type { Reply } from "../bytes/reply.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { ServerError } from "../errors.ts";
import type { MemoryWishes } from "./memory-wishes.ts";

/**
 * Applies or compares the memory settings of all primaries, now and whenever a node's connection has been made anew: a restart loses what CONFIG
 * SET did, and a failover brings a server with settings of its own. What a server does not allow or does not tell is one process warning
 * (`CACHE_MEMORY_SETTINGS`); nothing here fails a call.
 */
export class MemoryWatch {
  readonly #wishes: MemoryWishes;
  readonly #client: SlotClient;
  readonly #warned: Set<string>;
  readonly #onNodeUp = (): void => void this.look();
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** `warned` holds the warnings that were given, over reconnects. */
  constructor(client: SlotClient, wishes: MemoryWishes, warned: Set<string>) {
    this.#client = client;
    this.#wishes = wishes;
    this.#warned = warned;
    client.on("nodeUp", this.#onNodeUp);
  }

  /** Resolves when every primary has been looked at, or could not be; never rejects. */
  look(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#lookUntilQuiet();
    return this.#running;
  }

  stop(): void {
    this.#stopped = true;
    this.#client.off("nodeUp", this.#onNodeUp);
  }

  async #lookUntilQuiet(): Promise<void> {
    do {
      this.#again = false;
      for (const [name, value] of this.#wishes.settings) {
        if (this.#stopped) break;
        await (this.#wishes.apply ? this.#apply(name, value) : this.#compare(name, value));
      }
    } while (this.#again && !this.#stopped);
    this.#running = undefined;
  }

  async #apply(name: string, value: string): Promise<void> {
    const refusal = await this.#ask(["CONFIG", "SET", name, value]).catch(refusalOf);
    if (refusal instanceof ServerError)
      this.#warn(`${name} could not be set to ${value}: a server answered "${refusal.message}"`);
  }

  async #compare(name: string, value: string): Promise<void> {
    const replies = await this.#ask(["CONFIG", "GET", name]).catch(refusalOf);
    if (replies instanceof ServerError)
      this.#warn(`${name} could not be compared with ${value}: a server answered "${replies.message}"`);
    for (const reply of Array.isArray(replies) ? replies : []) {
      const actual = Array.isArray(reply) ? reply[1] : undefined;
      if (actual == null)
        this.#warn(`${name} could not be compared with ${value}: a server does not tell it`);
      else if (String(actual) !== value)
        this.#warn(
          `${name} of a server is ${actual}, not ${value}: set it there, or allow it to be set with applyMemorySettings: true`,
        );
    }
  }

  #ask(command: readonly string[]): Promise<Reply[]> {
    return this.#client.askPrimaries("memory settings", command);
  }

  #warn(warning: string): void {
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    process.emitWarning(warning, { type: "SlotpackWarning", code: "CACHE_MEMORY_SETTINGS" });
  }
}

/** The next `nodeUp` asks again for what no server answered. */
function refusalOf(error: unknown): ServerError | undefined {
  return error instanceof ServerError ? error : undefined;
}
