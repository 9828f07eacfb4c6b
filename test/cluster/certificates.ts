import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, releasePort } from "../../src/cli/free-port.ts";
import { startServer } from "../rig/index.ts";

/** A certificate authority of its own and a certificate of 127.0.0.1 and localhost, in a temporary folder. */
export interface Certificates extends Disposable {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly ca: Buffer;
}

export function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "slotpack-ca-"));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "2",
    "-subj",
    "/CN=Test CA",
  );
  openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  writeFileSync(file("san.cnf"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const signing = [
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-extfile",
    "san.cnf",
    "-days",
    "2",
  ];
  openssl("x509", "-req", "-in", "server.csr", "-out", "server.crt", ...signing);
  return {
    caFile: file("ca.crt"),
    certFile: file("server.crt"),
    keyFile: file("server.key"),
    ca: readFileSync(file("ca.crt")),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** Whether the server on the PATH was built with TLS. */
export async function serverHasTls(): Promise<boolean> {
  const port = await freePort();
  try {
    await using server = await startServer({ config: { "tls-port": port } });
    return server !== undefined;
  } catch (error) {
    // With TLS compiled in, the server asks for a certificate; without, it does not know the option.
    return !/bad directive|unknown|wrong number/i.test((error as Error).message);
  } finally {
    releasePort(port);
  }
}
