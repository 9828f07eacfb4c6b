import type { Call } from "../call.ts";
import type { Client } from "../client.ts";
import { CommandError } from "../command-error.ts";
import { SYNTAX_ERROR, untilZero } from "../errors-text.ts";
import { parseInt64 } from "../protocol/int64.ts";
import { clientType, unknownType } from "./client-type.ts";

type Test = (client: Client) => boolean;

/** CLIENT KILL in both forms: one address, or any options that all have to hold. */
export function clientKill(call: Call): void {
  const { args, client, node, reply } = call;
  const old = args.length === 3;
  let skipSelf = !old;
  // Of an option given twice the last one counts.
  const tests = new Map<string, Test>();
  if (old) {
    const address = call.arg(2);
    tests.set("addr", ({ transport }) => transport?.address === address);
  }
  for (let index = 2; !old && index < args.length; index += 2) {
    if (index + 1 >= args.length) throw new CommandError(SYNTAX_ERROR);
    const option = call.word(index);
    if (option === "skipme") skipSelf = yesOrNo(call.word(index + 1));
    else tests.set(option, killTest(call, option, call.arg(index + 1)));
  }
  let killed = 0;
  let self = false;
  for (const candidate of [...node.clients]) {
    if ((skipSelf && candidate === client) || ![...tests.values()].every((test) => test(candidate))) continue;
    killed += 1;
    if (candidate === client) self = true;
    else candidate.kill();
  }
  if (!old) reply.integer(killed);
  else if (killed === 0) throw new CommandError("ERR No such client");
  else reply.ok();
  if (self) client.closeAfterReply = true;
}

function killTest(call: Call, option: string, value: string): Test {
  switch (option) {
    case "id": {
      const id = parseInt64(value) ?? 0;
      if (id < 1) throw new CommandError("ERR client-id should be greater than 0");
      return (client) => client.id === id;
    }
    case "type": {
      const type = clientType(value);
      if (type === undefined) throw unknownType(value);
      return type;
    }
    case "addr":
      return ({ transport }) => transport?.address === value;
    case "laddr":
      return ({ transport }) => transport?.localAddress === value;
    case "user": {
      const user = call.node.access.find(value);
      if (user === undefined) throw new CommandError(`ERR No such user '${untilZero(value)}'`);
      return (client) => client.user === user;
    }
    default:
      throw new CommandError(SYNTAX_ERROR);
  }
}

function yesOrNo(word: string): boolean {
  if (word !== "yes" && word !== "no") throw new CommandError(SYNTAX_ERROR);
  return word === "yes";
}
