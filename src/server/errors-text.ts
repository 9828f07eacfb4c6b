/** Error replies that several commands share, as they stand on the wire behind `-`. */
export const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
export const SYNTAX_ERROR = "ERR syntax error";
export const NOT_AN_INTEGER = "ERR value is not an integer or out of range";
export const NOT_A_FLOAT = "ERR value is not a valid float";
export const OUT_OF_RANGE = "ERR value is out of range";
export const MUST_BE_POSITIVE = "ERR value is out of range, must be positive";
export const NO_SUCH_KEY = "ERR no such key";
export const INDEX_OUT_OF_RANGE = "ERR index out of range";
export const SAME_OBJECT = "ERR source and destination objects are the same";
export const INVALID_CURSOR = "ERR invalid cursor";
export const STRING_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
export const INVALID_DB_INDEX = "ERR invalid DB index";
export const DB_OUT_OF_RANGE = "ERR DB index is out of range";
export const NO_AUTH = "NOAUTH Authentication required.";
export const OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";
export const EXEC_ABORT = "EXECABORT Transaction discarded because of previous errors.";
export const TIMEOUT_NOT_AN_INTEGER = "ERR timeout is not an integer or out of range";
export const TIMEOUT_NEGATIVE = "ERR timeout is negative";
export const TIMEOUT_OUT_OF_RANGE = "ERR timeout is out of range";

/** An argument as it stands in the real server's texts: up to its first zero byte. */
export function untilZero(argument: string): string {
  const zero = argument.indexOf("\0");
  return zero < 0 ? argument : argument.slice(0, zero);
}

export function invalidExpire(command: string): string {
  return `ERR invalid expire time in '${command}' command`;
}

export function wrongArgumentCount(command: string): string {
  return `ERR wrong number of arguments for '${command}' command`;
}

/** For containers without a table of subcommands: `Try … HELP.` */
export function unknownSubcommand(container: string, given: string): string {
  return `ERR unknown subcommand '${given.slice(0, 128)}'. Try ${container.toUpperCase()} HELP.`;
}

/** For subcommands whose own look at the number of arguments fails. */
export function subcommandSyntax(container: string, given: string): string {
  return `ERR unknown subcommand or wrong number of arguments for '${untilZero(given).slice(0, 128)}'. Try ${container.toUpperCase()} HELP.`;
}
