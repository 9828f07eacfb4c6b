/** An error reply: the text as it stands on the wire behind `-`, its code first (`ERR syntax error`). */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
