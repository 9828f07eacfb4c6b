"""redis-py as a cluster client. Argument: the port of any node."""

import logging
import sys

from redis.cluster import RedisCluster
from steps import eventually, step

# It logs every redirection as an exception.
logging.disable()
r = RedisCluster(host="127.0.0.1", port=int(sys.argv[1]), socket_timeout=30)
assert r.cluster_info()["cluster_state"] == "ok" or r.cluster_info()["cluster_state"] == b"ok"

keys = {f"key:{index}": bytes([index, 255]) for index in range(100)}
for key, value in keys.items():
    r.set(key, value)
assert {key: r.get(key) for key in keys} == keys
assert r.mget_nonatomic(*keys) == list(keys.values())
assert {key.decode() for key in r.scan_iter("key:*")} == set(keys)
# All in slot 12182.
tagged = [f"{{foo}}{index}" for index in range(20)]
assert r.mset(dict.fromkeys(tagged, "1"))


def all_there(value):
    return [r.get(key) for key in tagged] == [value] * 20


with r.pipeline() as pipe:
    for key in keys:
        pipe.get(key)
    assert pipe.execute() == list(keys.values())

step("migrate")
assert all_there(b"1")
r.set("{foo}new", "1")
step("finish")
assert all_there(b"1") and r.get("{foo}new") == b"1"
for key in tagged:
    r.set(key, "2")
step("failover")
eventually("keys are found at the replica that took over", lambda: all_there(b"2"))
step("kill")
eventually("keys are found at the other's successor", lambda: all_there(b"2"))
for key in tagged:
    r.set(key, "3")
assert all_there(b"3")
print("done")
