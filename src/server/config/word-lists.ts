import { memorySize } from "./kinds.ts";
import { ConfigRefusal } from "./parameter.ts";

export const DEFAULT_OUTPUT_LIMITS = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";

export type ClientClass = "normal" | "slave" | "pubsub";

export interface OutputLimit {
  /** Bytes at which the connection is closed at once; 0: never. */
  readonly hardBytes: number;
  /** Bytes that may not be exceeded for longer than `softSeconds`; 0: no such limit. */
  readonly softBytes: number;
  readonly softSeconds: number;
}

/** client-output-buffer-limit in its normal form, as numbers. */
export function readOutputLimits(value: string): Record<ClientClass, OutputLimit> {
  const words = value.split(" ");
  const limits = {} as Record<ClientClass, OutputLimit>;
  for (let index = 0; index < words.length; index += 4) {
    limits[words[index] as ClientClass] = {
      hardBytes: Number(words[index + 1]),
      softBytes: Number(words[index + 2]),
      softSeconds: Number(words[index + 3]),
    };
  }
  return limits;
}

/** Classes that are not named keep what they have. */
export function outputLimits(value: string, before: string): string {
  if (value === "") return before;
  const words = value.split(" ");
  if (words.length % 4 !== 0) {
    throw new ConfigRefusal("Wrong number of arguments in buffer limit configuration.");
  }
  const limits = new Map<string, string>();
  const known = before.split(" ");
  for (let index = 0; index < known.length; index += 4) {
    limits.set(known[index] as string, known.slice(index + 1, index + 4).join(" "));
  }
  for (let index = 0; index < words.length; index += 4) {
    const name = (words[index] as string).toLowerCase();
    const limited = name === "replica" ? "slave" : name;
    if (!limits.has(limited)) {
      throw new ConfigRefusal("Invalid client class specified in buffer limit configuration.");
    }
    const [hard, soft] = [memorySize(words[index + 1] as string), memorySize(words[index + 2] as string)];
    const seconds = words[index + 3] as string;
    if (hard === undefined || soft === undefined || !/^\d*$/.test(seconds)) {
      throw new ConfigRefusal("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits.set(limited, `${hard} ${soft} ${Number(seconds)}`);
  }
  return [...limits].map(([name, limit]) => `${name} ${limit}`).join(" ");
}

export function snapshotRules(value: string): string {
  if (value === "") return "";
  const words = value.split(" ");
  const valid = words.every(
    (word, index) => /^-?\d+$/.test(word) && Number(word) >= (index % 2 === 0 ? 1 : 0),
  );
  if (words.length % 2 !== 0 || !valid) throw new ConfigRefusal("Invalid save parameters");
  return words.map(Number).join(" ");
}

export function scoreValues(value: string): string {
  const words = value.split(" ");
  if (words.length !== 3) throw new ConfigRefusal("wrong number of arguments");
  if (words.some((word) => !/^-?\d+$/.test(word) || Math.abs(Number(word)) > 2000)) {
    throw new ConfigRefusal("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
  }
  return words.map(Number).join(" ");
}

export function bindAddresses(value: string): string {
  if (value.split(" ").length > 16) throw new ConfigRefusal("Too many bind addresses specified.");
  return value;
}

export function replicaOf(value: string): string {
  const words = value.split(" ");
  if (value === "" || (words.length === 2 && words[0] === "no" && words[1] === "one")) return "";
  if (words.length !== 2) throw new ConfigRefusal("wrong number of arguments");
  if (!/^\d+$/.test(words[1] as string) || Number(words[1]) > 65535) {
    throw new ConfigRefusal("Invalid master port");
  }
  return value;
}

export function percentiles(value: string): string {
  if (value === "") return "";
  return value
    .split(" ")
    .map((word) => {
      const number = Number(word);
      if (word === "" || Number.isNaN(number)) {
        throw new ConfigRefusal("Invalid latency-tracking-info-percentiles parameters");
      }
      if (number < 0 || number > 100) {
        throw new ConfigRefusal(
          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
        );
      }
      return String(Number(number.toFixed(6)));
    })
    .join(" ");
}

export function announcedHostname(value: string): string {
  if (value.length >= 256) throw new ConfigRefusal("Hostnames must be less than 256 characters");
  if (!/^[A-Za-z0-9.-]*$/.test(value)) {
    throw new ConfigRefusal("Hostnames may only contain alphanumeric characters, hyphens or dots");
  }
  return value;
}

/** `relative` is another word for `yes`. */
export function scoreAdjustment(value: string): string {
  const word = value.toLowerCase();
  if (!["no", "yes", "relative", "absolute"].includes(word)) {
    throw new ConfigRefusal("argument(s) must be one of the following: no, yes, relative, absolute");
  }
  return word === "relative" ? "yes" : word;
}

const TITLE_WORDS: Readonly<Record<string, string>> = {
  title: "x",
  "listen-addr": "x",
  "server-mode": "x",
  port: "x",
  "tls-port": "x",
  unixsocket: "",
  "config-file": "",
};
const BAD_TITLE = "template format is invalid or contains unknown variables";

/** The words must be known, and something must be left when they are filled in. */
export function titleTemplate(value: string): string {
  const filled = value.replace(/\{\{|\{([^}]*)\}?/g, (part, word: string | undefined) => {
    if (word === undefined) return "{";
    const known = part.endsWith("}") ? TITLE_WORDS[word] : undefined;
    if (known === undefined) throw new ConfigRefusal(BAD_TITLE);
    return known;
  });
  if (filled.replaceAll(" ", "") === "") throw new ConfigRefusal(BAD_TITLE);
  return value;
}
