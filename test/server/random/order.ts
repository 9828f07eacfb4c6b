import type { WireReply } from "../resp-reply.ts";

/**
 * What comes of a hash table has no order: messages by several patterns to the same connection, and confirmations of an UNSUBSCRIBE that names
 * nothing (their counts stay where they are).
 */
export function inOrder(heard: readonly WireReply[]): WireReply[] {
  const items = [...heard];
  const group = (item: WireReply | undefined): string => {
    if (item === undefined || typeof item === "string" || typeof item[1] !== "string") return "";
    // All connections are told in the order of a list that the real server turns round.
    if (item[1] === "$invalidate" && !Array.isArray(item[2])) return item[1];
    if (item[1] === "$pmessage") return JSON.stringify([item[3], item[4]]);
    return /^\$[ps]?unsubscribe$/.test(item[1]) ? item[1] : "";
  };
  for (let start = 0; start < items.length; ) {
    const kind = group(items[start]);
    let end = start + 1;
    while (kind !== "" && group(items[end]) === kind) end += 1;
    const names = items
      .slice(start, end)
      .map((item) => JSON.stringify(item[2]))
      .sort();
    if (end - start > 1) {
      for (const [index, name] of names.entries()) {
        const item = items[start + index] as readonly WireReply[];
        items[start + index] = [item[0], item[1], JSON.parse(name), ...item.slice(3)] as WireReply;
      }
    }
    start = end;
  }
  return items;
}
