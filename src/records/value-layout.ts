import { createShape } from "../cluster/command-shape.ts";
import type { RecordLayout } from "./record-layout.ts";

/** `k`: the bytes alone, as LMCache's `resp://` and newer `valkey://` connectors write them. What they are has to be known otherwise. */
export function valueLayout(keyPrefix: string): RecordLayout {
  const value = { name: { prefix: keyPrefix, suffix: "" } };
  const route = value.name;
  const name = (key: string) => key;
  // STRLEN does not tell an empty value from a missing one.
  const probe = createShape(
    [
      ["STRLEN", value],
      ["EXISTS", value],
    ],
    route,
  );
  return {
    name: "value-only",
    kind: "value",
    read: createShape([["GET", value]], route),
    probe,
    remove: createShape([["UNLINK", value]], route),
    write: (ttl) => {
      const tail = ttl === undefined ? [] : ["PX", String(ttl.metadataMs)];
      return createShape([["SET", value, { value: 0 }, ...tail]], route);
    },
    colocated: () => true,
    metadataName: name,
    bytesName: name,
  };
}
