import type { ClientOptions } from "../cluster/options.ts";
import { agree, type Setting, setting } from "./agreement.ts";
import { contradiction } from "./config-error.ts";
import type { Place } from "./connector-place.ts";
import type { Environment } from "./connector-url.ts";
import type { ExtraConfig } from "./extra-config.ts";

/** User name and password of the servers and of the Sentinels. Throws ConfigError `CONTRADICTION`, which shows no password. */
export function readLogin(place: Place, extra: ExtraConfig, env: Environment): ClientOptions {
  const { url } = place;
  const username = agree([
    setting(url.name, url.target.credentials?.username),
    setting(url.name, url.query.username),
    setting("redis_username", extra.redis_username),
    setting("valkey_username", extra.valkey_username),
    setting("username", extra.username),
    place.username,
  ]);
  const password = agree(
    [
      setting(url.name, url.target.credentials?.password || undefined),
      setting(url.name, url.query.password),
      setting("redis_password", extra.redis_password),
      setting("valkey_password", extra.valkey_password),
      setting("password", extra.password),
      place.password,
    ],
    { secret: true },
  );
  const login = {
    username: username ?? respFallback(place, env, "USERNAME"),
    password: password ?? respFallback(place, env, "PASSWORD"),
  };
  requirePassword(login.username, login.password?.value);
  return {
    username: login.username?.value,
    password: login.password?.value,
    ...readSentinelLogin(place, extra),
  };
}

/** LMCache's RESP connector looks there for what its keys leave out. */
function respFallback({ url }: Place, env: Environment, part: string): Setting<string> | undefined {
  const name = `LMCACHE_RESP_${part}`;
  return url.scheme === "resp" ? setting(name, env[name] || undefined) : undefined;
}

/** LMCache has no keys for these: its Sentinels ask for no password. */
function readSentinelLogin({ url }: Place, extra: ExtraConfig): ClientOptions {
  const username = setting("sentinel_username", extra.sentinel_username);
  const password = setting("sentinel_password", extra.sentinel_password);
  const given = username ?? password;
  if (given !== undefined && url.target.sentinelName === undefined)
    throw contradiction(given.name, `there are no Sentinels in ${url.name}`);
  requirePassword(username, password?.value);
  return { sentinelUsername: username?.value, sentinelPassword: password?.value };
}

function requirePassword(username: Setting<string> | undefined, password: string | undefined): void {
  if (username !== undefined && username.value !== "default" && password === undefined)
    throw contradiction(username.name, "a user name needs a password");
}
