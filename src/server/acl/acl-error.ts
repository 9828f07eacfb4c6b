/** Why a rule cannot be taken; the messages are those of ACL SETUSER. */
export class AclError extends Error {}

type Fault =
  | "unknown"
  | "syntax"
  | "afterAllKeys"
  | "afterAllChannels"
  | "noSuchPassword"
  | "badHash"
  | "firstArgOfSubcommand";

export const ACL_ERROR: Readonly<Record<Fault, string>> = {
  unknown: "Unknown command or category name in ACL",
  syntax: "Syntax error",
  afterAllKeys:
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. " +
    "Try 'resetkeys' to start with an empty list of patterns",
  afterAllChannels:
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. " +
    "Try 'resetchannels' to start with an empty list of channels",
  noSuchPassword: "The password you are trying to remove from the user does not exist",
  badHash:
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters",
  firstArgOfSubcommand: "Allowing first-arg of a subcommand is not supported",
};
