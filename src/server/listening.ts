import { admits, type ListenPlace, listenPlaces } from "./listen-places.ts";
import type { Listener, OpenAddress } from "./listener.ts";
import type { ServerNode } from "./server-node.ts";
import type { ServerOptions } from "./server-options.ts";

interface OpenPlace {
  readonly place: ListenPlace;
  readonly address: OpenAddress;
}

/** The addresses that a server listens at. CONFIG SET of `port`, `tls-port` and `bind` moves it to others; connections stay. */
export class Listening {
  readonly #options: ServerOptions;
  readonly #node: ServerNode;
  readonly #listener: Listener;
  #open: OpenPlace[] = [];
  #changing: Promise<void> = Promise.resolve();

  constructor(options: ServerOptions, node: ServerNode, listener: Listener) {
    this.#options = options;
    this.#node = node;
    this.#listener = listener;
  }

  /** Of the first address; "" without TCP. */
  get host(): string {
    return this.#open[0]?.place.host ?? "";
  }

  get tls(): boolean {
    return this.#open[0]?.place.tls !== undefined;
  }

  async start(): Promise<void> {
    const { config } = this.#node;
    this.#open = await this.#openAll(listenPlaces(this.#options, config));
    this.#notePort();
    if (this.#open[0]?.place.plain) config.force("port", String(this.#node.port));
  }

  /** Goes where the configuration says now. Rejects, and stays where it was, where an address cannot be had. */
  change(): Promise<void> {
    const changed = this.#changing.then(() => this.#change());
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #change(): Promise<void> {
    const { config } = this.#node;
    const options = { ...this.#options, host: undefined, port: config.number("port") || -1 };
    const wanted = listenPlaces(options, config);
    const added = wanted.filter((place) => !this.#open.some((open) => isAt(open, place)));
    const left = this.#open.filter((open) => !wanted.some((place) => isAt(open, place)));
    // Of two addresses with one port the one may include the other, so that they cannot be open together.
    const inTheWay = left.filter(({ address }) => added.some(({ port }) => port === address.port));
    for (const { address } of inTheWay) address.close();
    let opened: OpenPlace[];
    try {
      opened = await this.#openAll(added);
    } catch (error) {
      const again = await this.#openAll(
        inTheWay.map(({ place, address }) => ({ ...place, port: address.port })),
      );
      this.#open = [...this.#open.filter((open) => !inTheWay.includes(open)), ...again];
      throw error;
    }
    for (const open of left) if (!inTheWay.includes(open)) open.address.close();
    this.#open = [...this.#open.filter((open) => !left.includes(open)), ...opened];
    this.#notePort();
  }

  #notePort(): void {
    const open = this.#open.find(({ place }) => place.plain) ?? this.#open[0];
    this.#node.port = open?.address.port ?? 0;
  }

  /** All of them or, but for those that may be missing, none. */
  async #openAll(places: readonly ListenPlace[]): Promise<OpenPlace[]> {
    const { config } = this.#node;
    const opened: OpenPlace[] = [];
    for (const place of places) {
      const { host, tls, plain, optional } = place;
      // Every address has the port that was free at the first.
      const port = place.port !== 0 ? place.port : (opened[0]?.address.port ?? 0);
      try {
        const check = plain ? undefined : admits.bind(undefined, config);
        opened.push({ place, address: await this.#listener.listen({ port, host }, tls, check) });
      } catch (error) {
        if (optional && (error as NodeJS.ErrnoException).code !== "EADDRINUSE") continue;
        for (const { address } of opened) address.close();
        throw error;
      }
    }
    return opened;
  }
}

function isAt({ place, address }: OpenPlace, { host, port, plain }: ListenPlace): boolean {
  return place.host === host && place.plain === plain && address.port === port;
}
