import { createServer } from "node:net";
import { ConfigError } from "../errors.ts";

/** Redis' default distance between a node's port and its cluster bus. */
export const BUS_OFFSET = 10_000;
/** Ports 11000 to 20999, buses 21000 to 30999: apart from one another and below Linux' ephemeral range (32768). */
const FIRST_PORT = 11_000;
const PORTS = 10_000;
const ATTEMPTS = 200;

const taken = new Set<number>();

/** A port whose cluster bus port is free as well. It is not given out twice by this process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (taken.has(port)) continue;
    if ((await canListen(port)) && (await canListen(port + BUS_OFFSET))) {
      taken.add(port);
      return port;
    }
  }
  throw new ConfigError("NO_FREE_PORT", `No free pair of ports found in ${ATTEMPTS} attempts.`);
}

export function releasePort(port: number): void {
  taken.delete(port);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
