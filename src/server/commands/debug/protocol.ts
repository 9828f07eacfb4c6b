import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import type { ReplyWriter } from "../../protocol/reply-writer.ts";

const REPLIES: Record<string, (reply: ReplyWriter) => void> = {
  string: (reply) => reply.bulk("Hello World"),
  integer: (reply) => reply.integer(12345),
  double: (reply) => reply.double(3141 / 1000),
  bignum: (reply) => reply.bigNumber("1234567999999999999999999999999999999"),
  null: (reply) => reply.null(),
  array: (reply) => {
    reply.array(3);
    for (let index = 0; index < 3; index += 1) reply.integer(index);
  },
  set: (reply) => {
    reply.set(3);
    for (let index = 0; index < 3; index += 1) reply.integer(index);
  },
  map: (reply) => {
    reply.map(3);
    for (let index = 0; index < 3; index += 1) {
      reply.integer(index);
      reply.boolean(index === 1);
    }
  },
  attrib: (reply) => {
    if (reply.resp === 3) reply.raw("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n");
    reply.bulk("Some real reply following the attribute");
  },
  push: (reply) => {
    if (reply.resp === 2) throw new CommandError("ERR RESP2 is not supported by this command");
    reply.outOfBand(() => {
      reply.push(2);
      reply.bulk("server-cpu-usage");
      reply.integer(42);
    });
    reply.bulk("Some real reply following the push reply");
  },
  verbatim: (reply) => reply.verbatim("This is a verbatim\nstring"),
  true: (reply) => reply.boolean(true),
  false: (reply) => reply.boolean(false),
};

/** DEBUG PROTOCOL: a reply of each type, the same as the real server's, for tests of clients. */
export function protocol(call: Call): void {
  const write = REPLIES[call.word(2)];
  if (write !== undefined) return write(call.reply);
  const names = "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false";
  throw new CommandError(`ERR Wrong protocol type name. Please use one of the following: ${names}`);
}
