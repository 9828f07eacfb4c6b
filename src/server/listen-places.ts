import { readFileSync } from "node:fs";
import type { TLSSocket, TlsOptions } from "node:tls";
import type { Config } from "./config.ts";
import type { ServerOptions } from "./server-options.ts";

/** One address to listen on. */
export interface ListenPlace {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls: TlsOptions | undefined;
  /** The port is that of the parameter `port`, not `tls-port`. */
  readonly plain: boolean;
  /** Where the machine does not have the address, nothing is lost. */
  readonly optional: boolean;
}

const LOOPBACK = "127.0.0.1";
const EVERYWHERE: Readonly<Record<string, string>> = { "*": "0.0.0.0", "::*": "::" };

/**
 * Where a server listens: at `host`, or at the addresses of `bind` where the configuration has one, else on loopback only (unlike the real server,
 * which listens everywhere), each with the plain port and the `tls-port`.
 */
export function listenPlaces(options: ServerOptions, config: Config): ListenPlace[] {
  const hosts = hostsOf(options, config);
  const places: ListenPlace[] = [];
  const add = (port: number, tls: TlsOptions | undefined, plain: boolean) => {
    for (const { host, optional } of hosts) places.push({ host, port, tls, plain, optional });
  };
  const configured = options.configFile === undefined ? 0 : config.number("port");
  // In a redis.conf 0 is no port at all, but then there is another way in.
  const elsewhere = config.number("tls-port") !== 0 || config.text("unixsocket") !== "";
  const none = options.configFile !== undefined && configured === 0 && elsewhere;
  const plain = options.port ?? (none ? -1 : configured);
  if (plain !== -1) add(plain, options.tls, true);
  if (config.number("tls-port") !== 0) add(config.number("tls-port"), tlsOf(config), false);
  return places;
}

function hostsOf(options: ServerOptions, config: Config): { host: string; optional: boolean }[] {
  if (options.host !== undefined) return [{ host: options.host, optional: false }];
  const bind = config.text("bind");
  if (bind === "* -::*") return [{ host: LOOPBACK, optional: false }];
  return bind.split(" ").flatMap((word) => {
    const optional = word.startsWith("-");
    const host = optional ? word.slice(1) : word;
    return host === "" ? [] : [{ host: EVERYWHERE[host] ?? host, optional }];
  });
}

/** What `tls-auth-clients` says of a connection to the `tls-port`: it may be changed while the server runs. */
export function admits(config: Config, socket: TLSSocket): boolean {
  const clients = config.text("tls-auth-clients");
  if (clients === "no" || socket.authorized) return true;
  return clients === "optional" && Object.keys(socket.getPeerCertificate()).length === 0;
}

/** Certificates of clients are asked for and looked at by `admits`. */
function tlsOf(config: Config): TlsOptions {
  const file = (name: string) => {
    const path = config.text(name);
    return path === "" ? {} : { content: readFileSync(path) };
  };
  const passphrase = config.text("tls-key-file-pass");
  const { content: cert } = file("tls-cert-file");
  const { content: key } = file("tls-key-file");
  const { content: ca } = file("tls-ca-cert-file");
  return {
    ...(cert && { cert }),
    ...(key && { key }),
    ...(ca && { ca }),
    ...(passphrase !== "" && { passphrase }),
    requestCert: true,
    rejectUnauthorized: false,
  };
}
