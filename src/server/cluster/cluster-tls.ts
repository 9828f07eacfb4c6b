import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { ServerNode } from "../server-node.ts";

/**
 * With what a node speaks TLS to the others of its cluster, which MIGRATE does with `tls-cluster`, or where its only port has TLS; undefined: it does not.
 * The others' certificates are checked where an authority is given, host names never, as the real server does.
 */
export function clusterTls({ config, tls }: ServerNode): ConnectionOptions | undefined {
  if (config.flag("tls-cluster") && config.number("tls-port") !== 0) {
    const file = (name: string): Buffer | undefined => {
      const path = config.text(name);
      return path === "" ? undefined : readFileSync(path);
    };
    return optionsOf(
      file("tls-cert-file"),
      file("tls-key-file"),
      file("tls-ca-cert-file"),
      config.text("tls-key-file-pass"),
    );
  }
  return tls === undefined ? undefined : optionsOf(tls.cert, tls.key, tls.ca, tls.passphrase);
}

function optionsOf(
  cert: ConnectionOptions["cert"],
  key: ConnectionOptions["key"],
  ca: ConnectionOptions["ca"],
  passphrase: string | undefined,
): ConnectionOptions {
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
    ...(passphrase !== undefined && passphrase !== "" && { passphrase }),
    rejectUnauthorized: ca !== undefined,
    checkServerIdentity: () => undefined,
  };
}
