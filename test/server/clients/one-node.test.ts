import { describeUnless } from "../../rig/gate.ts";
import { findGlide, glideDriver, glideMissing } from "./glide-driver.ts";
import { IOREDIS } from "./ioredis-driver.ts";
import { describeOnOneNode } from "./node-contract.ts";
import { NODE_REDIS } from "./node-redis-driver.ts";

for (const [name, open] of Object.entries({ ...IOREDIS, ...NODE_REDIS })) describeOnOneNode(name, open);

const glide = await findGlide();
describeUnless("glide", glideMissing(glide), "GLIDE", () => {
  if (glide !== undefined) describeOnOneNode("GLIDE 2", glideDriver(glide));
});
