import type { ClockTimer } from "./clock.ts";
import { OutputLimits } from "./output-limits.ts";
import type { ServerNode } from "./server-node.ts";

/** The timer behind `hooks.cron`, and what it does for connections: `timeout`, output limits, operations per second. */
export function attachHousekeeping(node: ServerNode): void {
  const limits = new OutputLimits(node.config);
  let timer: ClockTimer | undefined;
  node.config.watch("hz", ({ number }) => {
    timer?.cancel();
    const hertz = Math.min(500, Math.max(1, number));
    timer = node.clock.every(Math.floor(1000 / hertz), () => {
      if (!node.cronPaused) for (const hook of node.hooks.cron) hook();
    });
  });
  node.hooks.stop.push(() => timer?.cancel());

  let sampledAt = node.clock.nowMs();
  let sampled = 0;
  node.hooks.cron.push(() => {
    const now = node.clock.nowMs();
    closeIdle(node, now);
    for (const client of node.clients) if (limits.exceeded(client, node.clock)) client.kill();
    if (now - sampledAt < 100) return;
    const { stats } = node;
    stats.opsPerSecond = Math.max(
      0,
      Math.round(((stats.totalCommands - sampled) * 1000) / (now - sampledAt)),
    );
    sampled = stats.totalCommands;
    sampledAt = now;
  });
}

/** Source: clientsCronHandleTimeout. */
function closeIdle(node: ServerNode, now: number): void {
  const seconds = node.config.number("timeout");
  if (seconds === 0) return;
  for (const client of node.clients) {
    const exempt = client.replica || client.master || client.blocked !== undefined || client.subscribed;
    if (!exempt && now - client.lastInteraction > seconds * 1000) client.kill();
  }
}
