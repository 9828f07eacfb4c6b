/** Command lines for the help of each command. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  slot: [
    "slotpack slot user:1 '{user:1}:cart'",
    "zcat keys.txt.gz | slotpack slot | cut -f1 | sort | uniq -c | sort -rn | head",
    "slotpack slot --tag --json '{user:1}:cart'",
  ],
  tag: [
    "slotpack tag 866",
    "slotpack tag 0-5460 --json",
    'slotpack slot "{$(slotpack tag 866 | cut -f2)}:session"',
  ],
  plan: [
    "slotpack plan --target redis-cluster://10.0.0.1:7000 < keys.txt",
    "redis-cli cluster nodes > nodes.txt; slotpack plan --nodes nodes.txt user:1 user:2",
    "slotpack plan --primaries 6 --chunk-size 128 --json < keys.txt",
  ],
  get: [
    "slotpack get chunk-1 --target redis://10.0.0.1:6379",
    "slotpack get chunk-1 chunk-2 --layout packed --json | jq .metadata.shapes",
    "slotpack get chunk-1 --raw > chunk-1.bin",
  ],
  put: [
    `slotpack put doc-1 doc.bin --metadata '{"source":"wiki"}' --target redis://10.0.0.1:6379`,
    `slotpack put chunk-1 - --metadata '{"fmt":"KV_2LTD","dtypes":["float16"],"shapes":[[2,1,4,8]]}'`,
    "head -c 4096 /dev/urandom | slotpack put noise - --layout packed --ttl 60",
  ],
  ls: [
    "slotpack ls --target redis://10.0.0.1:6379",
    "slotpack ls meta-llama/ --long --layout upstream-pair",
    "slotpack ls --json | jq -r .key | head",
  ],
  rm: [
    "slotpack rm chunk-1 chunk-2 --target redis://10.0.0.1:6379",
    "slotpack rm --prefix test/ --dry-run",
    "slotpack ls tmp/ | slotpack rm --layout any --yes",
  ],
  replay: [
    "slotpack replay conversation_trace.jsonl",
    "slotpack replay trace.jsonl --target redis-cluster://10.0.0.1:7000,10.0.0.2:7000 --concurrency 8",
    "slotpack replay trace.jsonl --target embedded://cluster",
    "zcat trace.jsonl.gz | slotpack replay - --requests 1000 --json",
  ],
  serve: [
    "slotpack serve",
    "slotpack serve --cluster 3x1 --port 7000",
    "slotpack serve redis.conf --port 0 --json | jq -r .url",
  ],
  sweep: [
    "slotpack sweep --target redis://10.0.0.1:6379 --dry-run",
    "slotpack sweep --target redis-cluster://10.0.0.1:7000 --layout upstream-pair --grace 30",
    "SLOTPACK_URL=valkeys://user:password@cache.example.com slotpack sweep --layout any --json",
  ],
};
