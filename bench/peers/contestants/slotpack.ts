import type { KvRecord } from "../../../src/records/record.ts";
import type { Address, Contestant, ContestantSource } from "../contestant.ts";
import type { Workload } from "../workload.ts";

/** Imported when it is opened, so that a broken build shows in the table like any other contestant that cannot be loaded. */
async function open(nodes: readonly Address[], integrity: boolean): Promise<Contestant> {
  const { connect } = await import("../../../src/cluster/connect.ts");
  const { RecordStore } = await import("../../../src/records/record-store.ts");
  const { lmcacheMetadata } = await import("../../../src/records/lmcache-metadata.ts");
  const { msgpackMetadata } = await import("../../../src/records/msgpack-metadata.ts");
  const seeds = nodes.map(({ host, port }) => `${host}:${port}`).join(",");
  const client = await connect(`redis-cluster://${seeds}`, { integrity });

  function contestantOf<M>(
    store: InstanceType<typeof RecordStore<M>>,
    codec: ReturnType<typeof msgpackMetadata<M>>,
  ) {
    return {
      read: (load: Workload) => ({
        run: () => store.getMany(load.keys),
        records: async () =>
          (await store.getMany(load.keys)).map(
            (record) =>
              record && { metadata: codec.encode(record.metadata, record.bytes.length), bytes: record.bytes },
          ),
      }),
      write: (load: Workload) => {
        const records = load.keys.map((key, i): KvRecord<M> => {
          const bytes = load.values[i]!;
          const metadata = codec.decode(load.metadata[i]!, bytes.length);
          if (metadata === undefined)
            throw new Error(`slotpack's codec does not know the metadata of record ${i}`);
          return { key, metadata, bytes };
        });
        return { run: () => store.putMany(records) };
      },
    };
  }

  const metadata = msgpackMetadata<unknown>();
  const pair = contestantOf(new RecordStore<unknown>(client, { metadata }), metadata);
  const lmcache = contestantOf(new RecordStore(client, { metadata: lmcacheMetadata() }), lmcacheMetadata());
  const sideOf = (load: Workload) => (load.fields === null ? pair : lmcache);
  return {
    prepareRead: (load) => sideOf(load).read(load),
    prepareWrite: (load) => sideOf(load).write(load),
    close: () => client.close(),
  };
}

export const slotpackContestants: readonly ContestantSource[] = [
  { id: "slotpack", label: "slotpack", kind: "slotpack", open: (nodes) => open(nodes, true) },
  {
    id: "slotpack-no-nonce",
    label: "slotpack, integrity: false",
    kind: "slotpack",
    open: (nodes) => open(nodes, false),
  },
];
