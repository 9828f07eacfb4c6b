import { createShape } from "../cluster/command-shape.ts";
import type { RecordLayout } from "./record-layout.ts";

/** Bytes at the start of a packed record that tell the lengths of its parts; see record-header.ts. */
const HEADER_LAST = "15";

/** `k:packed`: header, metadata and bytes in one value. */
export function packedLayout(keyPrefix: string): RecordLayout {
  const record = { name: { prefix: keyPrefix, suffix: ":packed" } };
  const route = record.name;
  const packedName = (key: string) => `${key}:packed`;
  const probe = createShape(
    [
      ["GETRANGE", record, "0", HEADER_LAST],
      ["STRLEN", record],
    ],
    route,
  );
  return {
    name: "packed",
    kind: "packed",
    read: createShape([["GET", record]], route),
    probe,
    remove: createShape([["UNLINK", record]], route),
    write: (ttl) => {
      const tail = ttl === undefined ? [] : ["PX", String(ttl.metadataMs)];
      return createShape([["SET", record, { record: { metadata: 1, bytes: 0 } }, ...tail]], route);
    },
    colocated: () => true,
    metadataName: packedName,
    bytesName: packedName,
  };
}
