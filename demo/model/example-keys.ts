/** Numbers that are the same every time: a multiplicative generator modulo 2^31 - 1. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const hexDigits = (next: (below: number) => number, digits: number): string =>
  Array.from({ length: digits }, () => next(16).toString(16)).join("");

function shop(): string[] {
  const next = numbers(7);
  const keys: string[] = [];
  for (let i = 0; i < 220; i++) {
    // The first view's key is one of them.
    const user = i === 0 ? 1000 : 1001 + next(8999);
    keys.push(`{user:${user}}:cart`, `{user:${user}}:profile`);
    if (i % 3 === 0) keys.push(`{user:${user}}:orders`);
  }
  for (let i = 0; i < 420; i++) keys.push(`session:${hexDigits(next, 12)}`);
  for (let i = 0; i < 260; i++) keys.push(`product:${10000 + next(90000)}:price`);
  for (let i = 0; i < 90; i++) keys.push(`{checkout}:lock:${i}`);
  return keys;
}

function chunks(): string[] {
  const next = numbers(11);
  return Array.from({ length: 600 }, (_, i) => {
    const key = `vllm@meta-llama/Llama-3.1-8B-Instruct@8@${i % 8}@${hexDigits(next, 16)}`;
    return i % 2 === 0 ? `{${key}}:metadata` : `{${key}}:kv_bytes`;
  });
}

function queues(): string[] {
  const next = numbers(13);
  const names = ["mail", "thumbnails", "billing", "search-index"];
  return Array.from({ length: 400 }, () => `bull:{${names[Math.min(3, next(7))]!}}:${next(100000)}`);
}

function many(): string[] {
  const next = numbers(17);
  return Array.from({ length: 100_000 }, (_, i) =>
    i % 4 === 0 ? `{tenant:${next(3000)}}:doc:${i}` : `cache:page:${hexDigits(next, 10)}`,
  );
}

export interface Example {
  readonly title: string;
  readonly keys: () => string[];
}

export const EXAMPLES: Readonly<Record<string, Example>> = {
  shop: { title: "A shop: carts, sessions, one hot tag", keys: shop },
  chunks: { title: "LLM KV chunks, tagged pairs", keys: chunks },
  queues: { title: "Queues: four tags, four slots", keys: queues },
  many: { title: "100,000 keys", keys: many },
};

export const FIRST_EXAMPLE = "shop";
export const FIRST_KEY = "{user:1000}:cart";
export const FIRST_TOGETHER: string = [
  "{user:1000}:cart",
  "{user:1000}:profile",
  "{user:1000}:orders",
  "user:1000:coupons",
  "{user:1001}:cart",
].join("\n");
