import type { ContestantSource } from "../contestant.ts";
import { floorContestants } from "./floor.ts";
import { glideContestants } from "./glide.ts";
import { ioredisContestants } from "./ioredis.ts";
import { nodeRedisContestants } from "./node-redis.ts";
import { slotpackContestants } from "./slotpack.ts";

export const SOURCES: readonly ContestantSource[] = [
  ...slotpackContestants,
  ...ioredisContestants,
  ...nodeRedisContestants,
  ...glideContestants,
  ...floorContestants,
];

export const DEFAULT_IDS: readonly string[] = SOURCES.map(({ id }) => id);
