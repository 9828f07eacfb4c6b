import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type ConnectionOptions as TlsOptions } from "node:tls";
import { ConfigError } from "../errors.ts";
import { agree, type Setting, setting } from "./agreement.ts";
import { contradiction } from "./config-error.ts";
import type { ConnectorUrl } from "./connector-url.ts";
import type { ExtraConfig } from "./extra-config.ts";

const DETAILS = [
  "tls_verify",
  "tls_insecure_skip_verify",
  "tls_check_hostname",
  "tls_server_name",
  "tls_ca_file",
  "tls_cert_file",
  "tls_key_file",
  "tls_key_password",
] as const;

/**
 * Options of `node:tls`, or undefined without TLS. `use_tls` and `tls_enable` switch TLS on and nothing off: certificates are verified unless
 * `tls_verify: false`, `tls_insecure_skip_verify: true` or `?ssl_cert_reqs=none` says otherwise. Throws ConfigError `CONTRADICTION`, or
 * `BAD_FILE` naming the key whose file cannot be used.
 */
export function readTls(url: ConnectorUrl, extra: ExtraConfig): TlsOptions | undefined {
  const { target, query, name } = url;
  const detail = <K extends (typeof DETAILS)[number]>(key: K, secret = false) =>
    agree<NonNullable<ExtraConfig[K]>>([setting(name, given(query, key)), setting(key, given(extra, key))], {
      secret,
    });
  const wanted = agree([
    setting(name, target.tls || undefined),
    setting("use_tls", extra.use_tls),
    setting("tls_enable", extra.tls_enable),
  ]);
  const first = DETAILS.find((key) => extra[key] !== undefined || query[key] !== undefined);
  if (wanted?.value && target.path !== undefined)
    throw contradiction(wanted.name, "a unix socket has no TLS");
  if (!wanted?.value) {
    if (first === undefined) return undefined;
    const isKey = extra[first] !== undefined;
    throw contradiction(
      isKey ? first : name,
      `${isKey ? "" : `${first} `}is set, but TLS is off; say rediss://, valkeys:// or use_tls: true`,
    );
  }
  const verify = readVerify(url, extra);
  const serverName = detail("tls_server_name");
  return {
    ...readFiles(
      detail("tls_ca_file"),
      detail("tls_cert_file"),
      detail("tls_key_file"),
      detail("tls_key_password", true),
    ),
    ...(serverName === undefined ? {} : { servername: serverName.value }),
    ...(verify?.value === false ? { rejectUnauthorized: false } : {}),
    ...(detail("tls_check_hostname")?.value === false ? { checkServerIdentity: () => undefined } : {}),
  };
}

/** Whether certificates are verified; undefined where nothing says it. */
function readVerify({ query, name }: ConnectorUrl, extra: ExtraConfig): Setting<boolean> | undefined {
  const verify = agree([setting(name, query.tls_verify), setting("tls_verify", extra.tls_verify)]);
  const skip = setting("tls_insecure_skip_verify", extra.tls_insecure_skip_verify);
  if (skip !== undefined && skip.value === verify?.value)
    throw contradiction(skip.name, `${skip.value} says the opposite of ${verify.name}`);
  return verify ?? (skip && { name: skip.name, value: !skip.value });
}

function given<K extends keyof ExtraConfig>(
  config: ExtraConfig,
  key: K,
): NonNullable<ExtraConfig[K]> | undefined {
  return config[key] ?? undefined;
}

type FileSetting = Setting<string> | undefined;

function readFiles(
  ca: FileSetting,
  cert: FileSetting,
  key: FileSetting,
  password: Setting<string> | undefined,
): TlsOptions {
  if (cert !== undefined && key === undefined)
    throw contradiction(cert.name, "a client's certificate needs its key in tls_key_file");
  if (key !== undefined && cert === undefined)
    throw contradiction(key.name, "a client's key needs its certificate in tls_cert_file");
  if (password !== undefined && key === undefined)
    throw contradiction(password.name, "there is no tls_key_file that it opens");
  const passphrase = password === undefined ? {} : { passphrase: password.value };
  const options: TlsOptions = {};
  // Node takes an authority that is no certificate without a word, and trusts nobody then.
  if (ca !== undefined) options.ca = readPem(ca, "certificates", (pem) => new X509Certificate(pem));
  if (cert !== undefined && key !== undefined) {
    options.cert = readPem(cert, "a certificate", (pem) => new X509Certificate(pem));
    options.key = readPem(key, "a private key that tls_key_password opens, if it needs one", (pem) =>
      createPrivateKey({ key: pem, ...passphrase }),
    );
    Object.assign(options, passphrase);
    const { cert: certificate, key: privateKey } = options;
    usable(key, "the private key of tls_cert_file", () =>
      createSecureContext({ cert: certificate, key: privateKey, ...passphrase } as TlsOptions),
    );
  }
  return options;
}

function readPem(file: Setting<string>, expected: string, parse: (pem: Buffer) => unknown): Buffer {
  const pem = usable(file, "a readable file", () => readFileSync(file.value));
  usable(file, `${expected} in PEM`, () => parse(pem));
  return pem;
}

function usable<T>(file: Setting<string>, expected: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const message = `${file.name}: expected ${expected}, got ${JSON.stringify(file.value)}`;
    throw new ConfigError("BAD_FILE", message, { option: file.name, cause });
  }
}
