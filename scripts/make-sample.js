// Writes samples/conversation-sample.jsonl: a made-up trace of the shape of the public Mooncake conversation trace.
// The same seed gives the same bytes. Usage: node scripts/make-sample.js [--check]
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("../samples/conversation-sample.jsonl", import.meta.url);
const SEED = 20_260_101;
const REQUESTS = 400;
const TOKENS_PER_BLOCK = 512;
/** Share of requests that go on with an earlier conversation instead of beginning one. */
const GOES_ON = 0.42;
/** Most requests share a first block (a system prompt); a few have a prompt of their own. */
const SHARED_PROMPT = 0.9;

/** mulberry32: 32 bits of state, one number in [0, 1) a call. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function makeTrace() {
  const random = randomNumbers(SEED);
  // Long-tailed: most prompts are short, some are very long.
  const skewed = (median, spread) =>
    Math.round(median * Math.exp((random() + random() + random() - 1.5) * spread));
  const conversations = [];
  let nextId = 1;
  let timestamp = 0;
  const lines = [];
  for (let i = 0; i < REQUESTS; i++) {
    let conversation;
    if (conversations.length > 0 && random() < GOES_ON) {
      // Rather a recent one: people answer within minutes.
      const back = Math.min(conversations.length, 1 + Math.floor(random() * random() * 60));
      conversation = conversations[conversations.length - back];
    } else {
      const shared = random() < SHARED_PROMPT;
      conversation = { ids: shared ? [0] : [], tokens: shared ? TOKENS_PER_BLOCK : 0 };
      conversations.push(conversation);
    }
    conversation.tokens += 1 + skewed(4500, 2);
    const { ids, tokens } = conversation;
    while (ids.length < Math.ceil(tokens / TOKENS_PER_BLOCK)) ids.push(nextId++);
    const outputLength = 1 + skewed(250, 1.6);
    const request = { timestamp, input_length: tokens, output_length: outputLength, hash_ids: ids };
    lines.push(JSON.stringify(request));
    // Only full blocks keep their ids: the answer goes on in the last one and so makes another block of it.
    ids.length = Math.floor(tokens / TOKENS_PER_BLOCK);
    conversation.tokens += outputLength;
    timestamp += Math.floor(random() * 600);
  }
  return `${lines.join("\n")}\n`;
}

const trace = makeTrace();
if (process.argv.includes("--check")) {
  if (readFileSync(FILE, "utf8") !== trace) {
    console.error("samples/conversation-sample.jsonl is not what scripts/make-sample.js writes");
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, trace);
}
