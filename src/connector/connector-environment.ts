import { ConfigError } from "../errors.ts";
import { type Setting, setting } from "./agreement.ts";
import { badSetting, contradiction } from "./config-error.ts";
import { type ConnectorUrl, readConnectorUrl } from "./connector-url.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the variables say to connect, and as whom. */
export interface EnvironmentPlace {
  readonly url: ConnectorUrl;
  readonly username: Setting<string> | undefined;
  readonly password: Setting<string> | undefined;
}

const FAMILIES = ["VALKEY", "REDIS"];

/**
 * `VALKEY_URL`, or `VALKEY_HOST` and `VALKEY_PORT`, with `VALKEY_USERNAME` and `VALKEY_PASSWORD`; where none of them names a place, the `REDIS_`
 * ones. The families are never mixed: one server's password is not sent to another. An empty variable counts as none. Undefined when no
 * variable names a place. Throws ConfigError `BAD_OPTION`, `BAD_URL` or `CONTRADICTION` naming the variable.
 */
export function readEnvironment(env: Environment): EnvironmentPlace | undefined {
  for (const family of FAMILIES) {
    const read = (name: string) => setting(`${family}_${name}`, env[`${family}_${name}`] || undefined);
    const [address, host, username, password] = ["URL", "HOST", "USERNAME", "PASSWORD"].map(read);
    const port = readPort(read("PORT"), host !== undefined);
    const place = address ?? host ?? port;
    if (place === undefined) continue;
    refuseStrayLogin(env, family);
    const url =
      address === undefined
        ? readConnectorUrl(addressUrl(host?.value, port?.value), place.name, env)
        : readConnectorUrl(address.value, address.name, env);
    if (address !== undefined) checkAddress(url, address.name, host, port);
    return { url, username, password };
  }
  return undefined;
}

/** Kubernetes gives every pod `VALKEY_PORT=tcp://10.0.0.1:6379` for a service named valkey: its port counts beside a host, and alone it is no place. */
function readPort(port: Setting<string> | undefined, hasHost: boolean): Setting<number> | undefined {
  if (port === undefined) return undefined;
  const link = /^tcp:\/\/[^/]*:(\d+)$/.exec(port.value)?.[1];
  if (link !== undefined && !hasHost) return undefined;
  const text = link ?? port.value;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 65_535) throw badSetting(port.name, "a port from 1 to 65535", port.value);
  return { name: port.name, value: number };
}

function addressUrl(host = "127.0.0.1", port = 6379): string {
  return `redis://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}

function checkAddress(
  { target }: ConnectorUrl,
  source: string,
  host: Setting<string> | undefined,
  port: Setting<number> | undefined,
): void {
  const bare = host?.value.replace(/^\[(.*)\]$/, "$1");
  if (host !== undefined && !target.seeds.some((seed) => seed.host === bare))
    throw contradiction(host.name, `${JSON.stringify(host.value)} is not a host of ${source}`);
  if (port !== undefined && !target.seeds.some((seed) => seed.port === port.value))
    throw contradiction(port.name, `${port.value} is not a port of ${source}`);
}

/** A password of the family that comes first, without its place: whoever set it meant another server. */
function refuseStrayLogin(env: Environment, family: string): void {
  const [first] = FAMILIES;
  if (family === first) return;
  for (const name of [`${first}_PASSWORD`, `${first}_USERNAME`])
    if (env[name])
      throw new ConfigError(
        "CONTRADICTION",
        `${name}: set without ${first}_URL or ${first}_HOST, while ${family}_ variables name the server`,
        { option: name },
      );
}
