import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import session, { type SessionOptions, type Store } from "express-session";

/** What a page may do with its request's session. */
export type Page = (request: SessionRequest, response: ServerResponse) => void | Promise<void>;

export interface SessionRequest extends IncomingMessage {
  session: session.Session & { visits?: number; user?: string };
  sessionID: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** express-session's middleware on a server of node:http, and one browser with its cookie. */
export class SessionServer {
  readonly #server: Server;
  #cookie = "";

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(
    store: Store,
    pages: Readonly<Record<string, Page>>,
    options: Partial<SessionOptions> = {},
  ): Promise<SessionServer> {
    const middleware = session({ secret: "s", resave: false, saveUninitialized: false, ...options, store });
    const server = createServer((request, response) => {
      const next = async (error?: unknown): Promise<void> => {
        // An error that comes once the answer has been sent has nowhere to go.
        if (error !== undefined && !response.headersSent) response.statusCode = 500;
        if (error !== undefined && !response.writableEnded) return void response.end(`${error}`);
        if (error === undefined) await pages[request.url ?? ""]?.(request as SessionRequest, response);
      };
      middleware(request as never, response as never, next as never);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new SessionServer(server);
  }

  async get(page: string): Promise<Answer> {
    const { port } = this.#server.address() as AddressInfo;
    const headers = this.#cookie === "" ? {} : { cookie: this.#cookie };
    const response = await fetch(`http://127.0.0.1:${port}${page}`, { headers });
    const cookie = response.headers.get("set-cookie")?.split(";")[0];
    if (cookie !== undefined) this.#cookie = cookie;
    return { status: response.status, body: await response.text() };
  }

  forgetCookie(): void {
    this.#cookie = "";
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
