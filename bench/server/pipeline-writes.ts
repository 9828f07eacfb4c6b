import { once } from "node:events";
import { connect } from "node:net";
import { encodeCommand } from "../../src/cli/server-command.ts";
import type { RunningServer } from "./contestant.ts";

const COMMANDS = 10_000;

/** Socket writes with which a server answers 10,000 GETs in one piece, as its INFO counts them; undefined where it does not. */
export async function writesOfPipeline(server: RunningServer): Promise<number | undefined> {
  const count = async (): Promise<number> => {
    const info = String(await server.connection.send("INFO", "stats"));
    return Number(/^total_writes_processed:(\d+)/m.exec(info)?.[1]);
  };
  const before = await count();
  if (!(before >= 0)) return undefined;
  await server.connection.send("SET", "key", "value");
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  let missing = COMMANDS * "$5\r\nvalue\r\n".length;
  socket.write(Buffer.concat(Array.from({ length: COMMANDS }, () => encodeCommand(["GET", "key"]))));
  for await (const chunk of socket) {
    missing -= (chunk as Buffer).length;
    if (missing === 0) break;
  }
  socket.destroy();
  // Without those of SET and the INFO before.
  return (await count()) - before - 2;
}
