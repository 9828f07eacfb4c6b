import { afterAll, beforeAll, test } from "vitest";
import { describeWithReference } from "../differential.ts";
import { ClusterPair } from "./cluster-pair.ts";

// Slots: foo 12182 (node 2), {foo}… too; bar 5061 (node 0), hello 866 (node 0).
describeWithReference("routing compared with a real cluster", () => {
  let pair: ClusterPair;

  beforeAll(async () => {
    pair = await ClusterPair.start({ replicas: 1 });
  });

  afterAll(() => pair.close());

  test("a key of another node's slot gets MOVED, keys of several slots CROSSSLOT", async () => {
    await pair.same(0, "GET", "foo");
    await pair.same(2, "SET", "foo", "1");
    await pair.same(2, "SET", "bar", "1");
    await pair.same(0, "MGET", "foo", "bar");
    await pair.same(0, "MGET", "foo", "foo");
    await pair.same(2, "MSET", "{foo}1", "a", "{foo}2", "b");
    await pair.same(2, "DEL", "{foo}1", "{foo}2");
    await pair.same(0, "SET", "foo");
    await pair.same(0, "EXISTS");
    await pair.same(0, "PING");
    await pair.same(0, "DBSIZE");
    await pair.same(0, "SELECT", "1");
    await pair.same(0, "SELECT", "0");
  });

  test("a transaction is routed as a whole, and a redirected command spoils it", async () => {
    await pair.same(2, "MULTI");
    await pair.same(2, "SET", "foo", "2");
    await pair.same(2, "GET", "bar");
    await pair.same(2, "EXEC");
    await pair.same(2, "MULTI");
    await pair.same(2, "GET", "foo");
    await pair.same(2, "PING");
    await pair.same(2, "EXEC");
    await pair.same(0, "MULTI");
    await pair.same(0, "GET", "bar");
    await pair.same(0, "GET", "hello");
    await pair.same(0, "EXEC");
    await pair.same(0, "EXEC");
    await pair.same(0, "WATCH", "foo");
  });

  test("a replica redirects reads until READONLY, and writes always", async () => {
    await pair.same(2, "SET", "foo", "3");
    await pair.same(5, "GET", "foo");
    await pair.same(5, "READONLY");
    await pair.eventuallySame(5, "GET", "foo");
    await pair.same(5, "SET", "foo", "4");
    await pair.same(5, "GET", "bar");
    await pair.same(5, "MULTI");
    await pair.same(5, "GET", "foo");
    await pair.same(5, "EXEC");
    await pair.same(5, "MULTI");
    await pair.same(5, "SET", "foo", "5");
    await pair.same(5, "EXEC");
    await pair.same(5, "FLUSHALL");
    await pair.same(5, "READWRITE");
    await pair.same(5, "GET", "foo");
    await pair.same(5, "WAIT", "1", "10");
    await pair.same(5, "CLUSTER", "SETSLOT", "12182", "STABLE");
  });

  test("a half-migrated slot gives ASK, TRYAGAIN and ASKING as the real one does", async () => {
    await pair.same(2, "SET", "{foo}1", "a");
    await pair.same(2, "SET", "{foo}2", "b");
    await pair.same(0, "CLUSTER", "SETSLOT", "12182", "IMPORTING", "$2");
    await pair.same(2, "CLUSTER", "SETSLOT", "12182", "MIGRATING", "$0");
    await pair.same(2, "GET", "{foo}1");
    await pair.same(2, "GET", "{foo}none");
    await pair.same(2, "SET", "{foo}none", "1");
    await pair.same(2, "MGET", "{foo}1", "{foo}2");
    await pair.same(2, "MGET", "{foo}1", "{foo}none");
    await pair.same(2, "MGET", "{foo}none", "{foo}none2");
    await pair.same(2, "MIGRATE", "127.0.0.1", "@0", "{foo}1", "0", "5000");
    await pair.same(2, "GET", "{foo}1");
    await pair.same(2, "MGET", "{foo}1", "{foo}2");
    await pair.same(2, "MIGRATE", "127.0.0.1", "@0", "{foo}1", "0", "5000");
    await pair.same(0, "GET", "{foo}1");
    await pair.same(0, "ASKING");
    await pair.same(0, "GET", "{foo}1");
    await pair.same(0, "GET", "{foo}1");
    await pair.same(0, "ASKING");
    await pair.same(0, "PING");
    await pair.same(0, "GET", "{foo}1");
    await pair.same(0, "ASKING");
    await pair.same(0, "MGET", "{foo}1", "{foo}2");
    await pair.same(0, "ASKING");
    await pair.same(0, "MGET", "{foo}1", "{foo}1");
    await pair.same(0, "ASKING");
    await pair.same(0, "MSET", "{foo}8", "1", "{foo}9", "2");
    await pair.same(0, "ASKING");
    await pair.same(0, "SET", "{foo}new", "1");
    await pair.same(0, "ASKING");
    await pair.same(0, "GET", "bar");
    await pair.same(0, "CLUSTER", "COUNTKEYSINSLOT", "12182");
    await pair.same(2, "CLUSTER", "COUNTKEYSINSLOT", "12182");
    await pair.same(1, "GET", "{foo}1");
  });

  test("ASKING before MULTI lasts for the whole transaction", async () => {
    await pair.same(0, "ASKING");
    await pair.same(0, "MULTI");
    await pair.same(0, "GET", "{foo}1");
    await pair.same(0, "SET", "{foo}new", "2");
    await pair.same(0, "EXEC");
    await pair.same(0, "GET", "{foo}1");
    await pair.same(2, "MULTI");
    await pair.same(2, "GET", "{foo}2");
    await pair.same(2, "GET", "{foo}1");
    await pair.same(2, "EXEC");
    await pair.same(2, "MULTI");
    await pair.same(2, "GET", "{foo}2");
    await pair.same(2, "EXEC");
    await pair.same(0, "MULTI");
    await pair.same(0, "ASKING");
    await pair.same(0, "GET", "{foo}1");
    await pair.same(0, "DISCARD");
  });

  test("the hand-over is refused while keys are left, and ends both states", async () => {
    await pair.same(2, "CLUSTER", "SETSLOT", "12182", "NODE", "$0");
    await pair.same(2, "MIGRATE", "127.0.0.1", "@0", "", "0", "5000", "KEYS", "{foo}2", "foo", "{foo}none");
    await pair.same(0, "CLUSTER", "SETSLOT", "12182", "NODE", "$0");
    await pair.same(2, "CLUSTER", "SETSLOT", "12182", "NODE", "$0");
    await pair.same(2, "GET", "{foo}2");
    await pair.same(0, "GET", "{foo}2");
    await pair.same(0, "MGET", "{foo}1", "foo");
    await pair.eventuallySame(1, "GET", "foo");
    await pair.same(0, "CLUSTER", "COUNTKEYSINSLOT", "12182");
  });

  test("a slot of nobody's is down, and with it the cluster", async () => {
    await pair.same(1, "CLUSTER", "DELSLOTS", "5500");
    await pair.same({ node: 1, on: "tag" }, "CLUSTER", "DELSLOTS", "5500");
    await pair.eventuallySame(1, "GET", "{1tc}");
    await pair.eventuallySame(1, "GET", "bar");
    await pair.same(1, "CLUSTER", "ADDSLOTS", "5500");
  });
});
