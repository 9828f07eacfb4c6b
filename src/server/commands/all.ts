import type { Command } from "../command.ts";
import { ACL_COMMANDS } from "./acl.ts";
import { BIT_COMMANDS } from "./bits.ts";
import { CLIENT_SUBCOMMANDS } from "./client.ts";
import { CLIENT_TRACKING_SUBCOMMANDS } from "./client-tracking.ts";
import { CLUSTER_COMMANDS } from "./cluster.ts";
import { COMMAND_COMMANDS } from "./command.ts";
import { CONFIG_COMMANDS } from "./config.ts";
import { CONNECTION_COMMANDS } from "./connection.ts";
import { container } from "./container.ts";
import { DEBUG_COMMANDS } from "./debug.ts";
import { FUNCTION_COMMANDS } from "./function.ts";
import { GENERIC_COMMANDS } from "./generic.ts";
import { MEMORY_COMMANDS } from "./memory.ts";
import { OBSERVE_COMMANDS } from "./observe.ts";
import { PUBSUB_COMMANDS } from "./pubsub.ts";
import { SERVER_COMMANDS } from "./server.ts";
import { STRING_COMMANDS } from "./strings.ts";
import { TRANSACTION_COMMANDS } from "./transaction.ts";

/** Every command of a node; a family adds its list here. */
export const ALL_COMMANDS: readonly (readonly Command[])[] = [
  CONNECTION_COMMANDS,
  [container("client", "2.4.0", CLIENT_SUBCOMMANDS, CLIENT_TRACKING_SUBCOMMANDS)],
  COMMAND_COMMANDS,
  CONFIG_COMMANDS,
  SERVER_COMMANDS,
  TRANSACTION_COMMANDS,
  GENERIC_COMMANDS,
  STRING_COMMANDS,
  BIT_COMMANDS,
  PUBSUB_COMMANDS,
  OBSERVE_COMMANDS,
  DEBUG_COMMANDS,
  ACL_COMMANDS,
  MEMORY_COMMANDS,
  CLUSTER_COMMANDS,
  FUNCTION_COMMANDS,
];
