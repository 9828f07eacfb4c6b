import { ConfigError } from "../errors.ts";
import { type ExtraConfig, isSeconds } from "./extra-config.ts";

export interface UrlQuery {
  readonly values: ExtraConfig;
  /** As it stands in the URL. */
  readonly database: string | undefined;
  /** Parameters that mean nothing here, as `?name`. */
  readonly ignored: readonly string[];
}

type Translate = (text: string) => ExtraConfig | undefined;

/** Parameters of redis-py's `ConnectionPool.from_url`, to which LMCache hands the whole URL, as the keys that mean the same. */
const PARAMETERS: Readonly<Record<string, Translate>> = {
  username: (text) => ({ username: text }),
  password: (text) => ({ password: text }),
  max_connections: (text) => (/^[1-9]\d{0,8}$/.test(text) ? { max_connections: Number(text) } : undefined),
  socket_timeout: (text) => seconds(text, (value) => ({ request_timeout: value })),
  socket_connect_timeout: (text) => seconds(text, (value) => ({ connection_timeout: value })),
  // In so many words: the only way to leave certificates unverified through a URL.
  ssl_cert_reqs: (text) =>
    text === "none"
      ? { tls_verify: false }
      : /^(required|optional)$/.test(text)
        ? { tls_verify: true }
        : undefined,
  ssl_check_hostname: (text) => flag(text, (value) => ({ tls_check_hostname: value })),
  ssl_ca_certs: (text) => ({ tls_ca_file: text }),
  ssl_certfile: (text) => ({ tls_cert_file: text }),
  ssl_keyfile: (text) => ({ tls_key_file: text }),
  ssl_password: (text) => ({ tls_key_password: text }),
};
/** redis-py's parameters about its own connections and strings. */
const FOREIGN =
  /^(decode_responses|encoding|encoding_errors|client_name|lib_name|lib_version|protocol|health_check_interval|retry_on_timeout|socket_keepalive|socket_read_size|timeout)$/;

/** Throws ConfigError `BAD_URL`, which shows names, but no values: one may be a password. */
export function readUrlQuery(query: string, name: string): UrlQuery {
  let values: ExtraConfig = {};
  let database: string | undefined;
  const ignored: string[] = [];
  const seen = new Set<string>();
  for (const [parameter, text] of new URLSearchParams(query)) {
    if (seen.has(parameter)) throw badQuery(name, `?${parameter} is given twice`);
    seen.add(parameter);
    if (parameter === "db") database = text;
    else if (FOREIGN.test(parameter)) ignored.push(`?${parameter}`);
    else {
      const translate = Object.hasOwn(PARAMETERS, parameter) ? PARAMETERS[parameter]! : undefined;
      if (translate === undefined) throw badQuery(name, `unknown parameter ?${parameter}`);
      const value = translate(text);
      if (value === undefined) throw badQuery(name, `?${parameter} has no value that redis-py understands`);
      values = { ...values, ...value };
    }
  }
  if (database !== undefined && !/^\d{1,9}$/.test(database))
    throw badQuery(name, "expected a database number behind ?db=");
  return { values, database, ignored };
}

function seconds(text: string, make: (value: number) => ExtraConfig): ExtraConfig | undefined {
  const value = Number(text);
  return text.trim() !== "" && isSeconds(value) ? make(value) : undefined;
}

/** As redis-py reads a truth value. */
function flag(text: string, make: (value: boolean) => ExtraConfig): ExtraConfig | undefined {
  if (/^(1|t|true|y|yes)$/i.test(text)) return make(true);
  return /^(0|f|false|n|no)$/i.test(text) ? make(false) : undefined;
}

function badQuery(name: string, why: string): ConfigError {
  return new ConfigError("BAD_URL", `${name}: ${why}`, { option: name });
}
