import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { describeWithReference, ServerPair } from "../differential.ts";
import { Draw } from "../draw.ts";
import { requestStream } from "./request-streams.ts";

/** More of them in a long run: PARSER_EXCHANGES=100000. */
const EXCHANGES = Number(process.env.PARSER_EXCHANGES ?? 3000);
const SEED = Number(process.env.PARSER_SEED ?? 20_261_121);
const AT_ONCE = 20;
/** What the real server reads at once: it closes without unread bytes behind an error then, so that the error always arrives. */
const READ_AT_ONCE = 16 * 1024;

/** All that is answered until the server has seen the end of the stream, or closes. */
async function exchange(port: number, stream: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.end(Buffer.from(stream, "latin1"));
  await once(socket, "close");
  return received;
}

describeWithReference("mutated requests", () => {
  test(
    "are answered with the real server's bytes",
    async () => {
      const pair = await ServerPair.start();
      try {
        for (let seed = SEED; seed < SEED + EXCHANGES; seed += AT_ONCE) {
          const streams = Array.from({ length: AT_ONCE }, (_, index) =>
            requestStream(new Draw(seed + index)),
          );
          await Promise.all(
            streams.map(async (stream, index) => {
              if (stream.length >= READ_AT_ONCE) return;
              const [ours, real] = await Promise.all([
                exchange(pair.ours.port, stream),
                exchange(pair.real.node.port, stream),
              ]);
              expect({ seed: seed + index, stream, reply: ours }).toEqual({
                seed: seed + index,
                stream,
                reply: real,
              });
            }),
          );
        }
      } finally {
        await pair.close();
      }
    },
    120_000 + EXCHANGES * 10,
  );
});
