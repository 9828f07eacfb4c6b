import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import { describeWithReference, ServerPair, type Step } from "./differential.ts";
import type { WireReply } from "./resp-reply.ts";

const HASH = "a".repeat(64);

/** Rules in the order of a hash table. */
const sortedRules = (reply: WireReply): WireReply => {
  if (typeof reply !== "string") return reply.map(sortedRules);
  return reply.includes(" ") ? reply.split(" ").sort().join(" ") : reply;
};

describeWithReference("the rules of a user", () => {
  for (const resp of [2, 3] as const) {
    describe(`in RESP${resp}`, () => {
      let pair: ServerPair;
      beforeAll(async () => {
        pair = await ServerPair.start({
          resp,
          normalise: { "acl list": sortedRules, "acl getuser": sortedRules },
        });
      });
      afterAll(() => pair.close());
      beforeEach(async () => {
        await pair.same([["ACL", "DELUSER", "u"]]);
      });

      test("are taken, refused and shown alike", async () => {
        const rules = [
          ["on"],
          ["OFF"],
          ["nopass"],
          [">secret"],
          [">secret", ">other"],
          ["<other"],
          ["<nosuch"],
          [`#${HASH}`],
          [`!${HASH}`],
          [`!${HASH}`],
          ["#abc"],
          ["!abc"],
          ["resetpass"],
          ["+get"],
          ["+GET", "-set"],
          ["+nosuch"],
          ["-nosuch"],
          ["+config|get"],
          ["-config|get"],
          ["+config|nosuch"],
          ["+config|"],
          ["+select|0"],
          ["+SELECT|1", "+select|0"],
          ["+select|"],
          ["-select|0"],
          ["+config|get|x"],
          ["+@nosuch"],
          ["-@nosuch"],
          ["~a*", "~b", "~a*"],
          ["~*"],
          ["~c"],
          ["resetkeys"],
          ["%R~r", "%W~w", "%RW~x", "%wr~y"],
          ["%R~w"],
          ["%~x"],
          ["%R"],
          ["%RR~x"],
          ["%X~x"],
          ["~with space"],
          ["allkeys"],
          ["&ch", "&other*", "&ch"],
          ["allchannels"],
          ["&x"],
          ["resetchannels"],
          ["(+get ~x)"],
          ["(+set", "~y)", "(%R~z", "-@all", "+get)"],
          ["(+nosuch)"],
          ["(+get"],
          ["(~*", "&*", "+@all)"],
          ["clearselectors"],
          ["skip-sanitize-payload"],
          ["sanitize-payload"],
          ["nosuch"],
          [""],
          ["+@all"],
          ["-flushall", "-config"],
          ["allcommands"],
          ["nocommands"],
          ["reset"],
        ];
        const steps: Step[] = [];
        for (const each of rules)
          steps.push(["ACL", "SETUSER", "u", ...each], ["ACL", "GETUSER", "u"], ["ACL", "LIST"]);
        await pair.same(steps);
      });
    });
  }
});
