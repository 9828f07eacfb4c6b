import { expect } from "vitest";
import { type ConnectorSettings, readConnectorConfig } from "../../src/connector/connector-config.ts";
import { ConfigError } from "../../src/errors.ts";

/** The password of these tests; no error holds it. */
export const SECRET = "s3cr3t-pass";

/** The ConfigError with which the settings are refused. */
export function refusal(settings: ConnectorSettings): ConfigError {
  return refusalOf(() => readConnectorConfig({ env: {}, ...settings }));
}

export function refusalOf(read: () => unknown): ConfigError {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const text = `${(error as Error).stack} ${String((error as Error).cause)}`;
    expect(text).not.toContain(SECRET);
    return error as ConfigError;
  }
  throw new Error("the settings were accepted");
}
