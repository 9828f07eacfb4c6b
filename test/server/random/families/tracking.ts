import type { Args, Family, Turn, World } from "../world.ts";

const PREFIXES = ["", "a", "{t}", "n", "n1", "k", "nosuch"] as const;

function tracking(world: World): Turn | Args {
  const { draw } = world;
  switch (draw.integer(8)) {
    case 0:
      return ["CLIENT", "TRACKINGINFO"];
    case 1:
      return ["CLIENT", "GETREDIR"];
    case 2:
    case 3:
      return ["CLIENT", world.word("caching"), world.word("yes", "no", ...(draw.chance(0.1) ? ["x"] : []))];
    case 4:
      return ["CLIENT", "TRACKING", world.word("off")];
    default: {
      const options = draw.some(
        ["bcast", "optin", "optout", "noloop", "prefix", "redirect", "noloop"],
        0,
        draw.chance(0.7) ? 1 : 4,
      );
      // Of three prefixes that overlap the real server replies twice.
      while (options.filter((option) => option === "prefix").length > 2)
        options.splice(options.indexOf("prefix"), 1);
      if (options.includes("prefix") && draw.chance(0.8)) options.push("bcast");
      return [
        "CLIENT",
        "TRACKING",
        world.word("on"),
        ...options.flatMap((option) => {
          if (option === "prefix") return [option, draw.pick(PREFIXES)];
          if (option === "redirect")
            return [
              option,
              draw.pick([`{id:${world.connection()}}`, "{id:s}", "{id:s}", "99999999", "0", "x"]),
            ];
          return [world.word(option)];
        }),
      ];
    }
  }
}

/** Invalidations with REDIRECT reach RESP2 connections by this channel. */
function redirected(world: World): Turn {
  return {
    steps: [["SUBSCRIBE", "__redis__:invalidate"]],
    mutation: "none",
    ...(world.duel.inMulti("s") ? {} : { on: "s" }),
  };
}

export const TRACKING: Family = { name: "tracking", weight: 6, turn: tracking };
export const REDIRECTED: Family = { name: "redirected", weight: 1, turn: redirected };
