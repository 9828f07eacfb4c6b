import { describe } from "vitest";
import { findGlide, glideDriver } from "./glide-driver.ts";
import { IOREDIS } from "./ioredis-driver.ts";
import { describeOnOneNode } from "./node-contract.ts";
import { NODE_REDIS } from "./node-redis-driver.ts";

for (const [name, open] of Object.entries({ ...IOREDIS, ...NODE_REDIS })) describeOnOneNode(name, open);

const glide = await findGlide();
if (glide !== undefined) describeOnOneNode("GLIDE 2", glideDriver(glide));
else describe.skip("GLIDE 2 on one node (has no native part here)", () => {});
