import { Decoder, Encoder } from "@msgpack/msgpack";
import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";

/** Values as bytes and back. Both directions are synchronous and may throw; a ConfigError is the caller's fault. */
export interface ValueCodec<V> {
  readonly name: string;
  /** May return the caller's own bytes. */
  encode(value: V): Uint8Array;
  /** The result belongs to the caller and may be a view of `bytes`. */
  decode(bytes: Uint8Array): V;
}

/** The codecs that are built in, by name. */
export type CodecName = "bytes" | "text" | "json" | "msgpack";

const BUILT_IN: Readonly<Record<CodecName, () => ValueCodec<never>>> = {
  bytes: bytesCodec,
  text: textCodec,
  json: jsonCodec,
  msgpack: msgpackCodec,
};

/** Bytes as they are: takes a Uint8Array or a string (UTF-8), gives a Buffer. */
export function bytesCodec<V = Uint8Array>(): ValueCodec<V> {
  return {
    name: "bytes",
    encode(value: unknown) {
      if (typeof value === "string") return Buffer.from(value);
      if (value instanceof Uint8Array) return value;
      throw badValue("bytes", "a Uint8Array or a string", value);
    },
    decode: (bytes) => asBuffer(bytes) as V,
  };
}

/** Strings as UTF-8; a lone surrogate becomes U+FFFD. */
export function textCodec<V = string>(): ValueCodec<V> {
  return {
    name: "text",
    encode(value: unknown) {
      if (typeof value === "string") return Buffer.from(value);
      throw badValue("text", "a string", value);
    },
    decode: (bytes) => asBuffer(bytes).toString() as V,
  };
}

/** JSON as `JSON.stringify` writes it: a Date becomes a string, and fields that are `undefined` are left out. */
export function jsonCodec<V = unknown>(): ValueCodec<V> {
  return {
    name: "json",
    encode(value) {
      const text: string | undefined = JSON.stringify(value);
      if (text !== undefined) return Buffer.from(text);
      throw badValue("json", "a value that JSON has", value);
    },
    decode: (bytes) => JSON.parse(asBuffer(bytes).toString()) as V,
  };
}

/** MessagePack: plain values, bytes (a Uint8Array) and dates. Fields that are `undefined` are left out. */
export function msgpackCodec<V = unknown>(): ValueCodec<V> {
  const encoder = new Encoder({ ignoreUndefined: true });
  const decoder = new Decoder();
  return {
    name: "msgpack",
    encode: (value) => encoder.encode(value),
    // Of a Buffer the bytes within would be Buffers.
    decode: (bytes) => decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)) as V,
  };
}

/** The codec that an option names or is. Throws ConfigError `BAD_OPTION`. */
export function resolveCodec<V>(codec: CodecName | ValueCodec<V> = "bytes"): ValueCodec<V> {
  if (typeof codec === "string" && Object.hasOwn(BUILT_IN, codec)) return BUILT_IN[codec]() as ValueCodec<V>;
  const { name, encode, decode } = Object(codec) as Partial<ValueCodec<V>>;
  if (typeof name === "string" && typeof encode === "function" && typeof decode === "function")
    return codec as ValueCodec<V>;
  const got = typeof codec === "string" ? JSON.stringify(codec) : describe(codec);
  const names = Object.keys(BUILT_IN).join(", ");
  throw new ConfigError(
    "BAD_OPTION",
    `codec: expected one of ${names}, or { name, encode, decode }, got ${got}`,
    {
      option: "codec",
    },
  );
}

function badValue(codec: CodecName, expected: string, got: unknown): ConfigError {
  return new ConfigError("BAD_VALUE", `the codec "${codec}" takes ${expected}, got ${describe(got)}`, {
    option: "value",
  });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
