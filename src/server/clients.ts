import { Client, type ClientInit } from "./client.ts";

/** The connections of one node, by id. */
export class Clients {
  readonly #byId = new Map<number, Client>();
  #nextId = 1;

  get size(): number {
    return this.#byId.size;
  }

  /** A client with the next id; it is listed from now on. */
  open(init: Omit<ClientInit, "id">): Client {
    const client = new Client({ ...init, id: this.#nextId });
    this.#nextId += 1;
    this.#byId.set(client.id, client);
    return client;
  }

  /** A client that is nobody's connection (a script, a replica's stream): not listed. */
  detached(now: number): Client {
    return new Client({ id: 0, user: undefined, now });
  }

  close(client: Client): void {
    this.#byId.delete(client.id);
  }

  get(id: number): Client | undefined {
    return this.#byId.get(id);
  }

  [Symbol.iterator](): IterableIterator<Client> {
    return this.#byId.values();
  }
}
