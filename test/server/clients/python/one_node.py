"""redis-py on one node: what its users do. Argument: the port of a server with a password."""

import os
import sys

import redis
from steps import eventually, fails, step

HERE = {"host": "127.0.0.1", "port": int(sys.argv[1]), "socket_timeout": 30}
PASSWORD = "s e/cret"

r = redis.Redis(**HERE, password=PASSWORD, client_name="snake")
assert r.client_getname() in (b"snake", "snake")
assert r.info("server")["redis_version"] == "7.0.15"

# Strings and bytes of any kind.
for value in (b"", bytes(range(256)), os.urandom(1_500_000), "schön 漢字".encode()):
    assert r.set("k", value) is True
    assert r.get("k") == value
assert r.get("none") is None
text = redis.Redis(**HERE, password=PASSWORD, decode_responses=True)
assert text.get("k") == "schön 漢字"
assert r.mset({"a": 1, "b": 2.5}) is True
assert r.mget("a", "none", "b") == [b"1", None, b"2.5"]
assert r.setnx("a", "x") is False and r.getrange("a", 0, 0) == b"1"
assert r.incr("a") == 2 and r.incrbyfloat("b", 0.5) == 3.0
assert r.setbit("bits", 7, 1) == 0 and r.bitcount("bits") == 1

# Time to live.
r.set("t", "1", px=100_000)
assert 0 < r.pttl("t") <= 100_000
assert r.persist("t") and r.ttl("t") == -1
r.set("t", "1", px=20)
eventually("the key expires", lambda: r.exists("t") == 0)

# Pipelines, transactions, and keys that change after WATCH.
with r.pipeline(transaction=False) as pipe:
    for index in range(500):
        pipe.set(f"it:{index}", index)
    pipe.incr("it:1").execute_command("NOSUCH")
    replies = pipe.execute(raise_on_error=False)
assert replies[:500] == [True] * 500 and replies[500] == 2
assert isinstance(replies[501], redis.ResponseError) and "unknown command" in str(replies[501])
with r.pipeline() as pipe:
    assert pipe.set("n", 1).incr("n").get("n").execute() == [True, 2, b"2"]
    pipe.watch("n")
    before = int(pipe.get("n"))
    text.set("n", 10)
    pipe.multi()
    pipe.set("n", before + 1)
    fails(redis.WatchError, "Watched variable changed", pipe.execute)
assert r.transaction(lambda pipe: pipe.multi() or pipe.incr("n"), "n") == [11]

# Keys.
assert {key for key in r.scan_iter("it:*", count=50)} == {f"it:{index}".encode() for index in range(500)}
assert r.type("n") == b"string" and r.object("encoding", "n") == b"int"
assert r.rename("n", "m") and r.delete("m") == 1
dumped = r.dump("a")
assert r.restore("copy", 0, dumped) and r.get("copy") == b"2"

# Pub/sub.
heard = r.pubsub()
heard.subscribe("news")
heard.psubscribe("weather.*")
eventually("it is subscribed", lambda: r.pubsub_numsub("news") == [(b"news", 1)] and r.pubsub_numpat() == 1)
assert r.publish("news", "one") == 1 and r.publish("weather.rain", b"\xff") == 1
messages = []


def hear():
    message = heard.get_message(timeout=0.1)
    if message is not None and message["type"].endswith("message"):
        messages.append((message["type"], message["channel"], message["data"]))
    return len(messages) == 2


eventually("the messages come", hear)
assert messages == [("message", b"news", b"one"), ("pmessage", b"weather.rain", b"\xff")], messages

# Locks need Lua; their first half does not.
assert r.set("lock", "token", nx=True, px=10_000) is True
assert r.set("lock", "token", nx=True, px=10_000) is None

# Databases, users, errors.
other = redis.Redis(**HERE, password=PASSWORD, db=5)
assert other.get("k") is None and other.set("k", 1) and r.move("a", 5) and other.dbsize() == 2
app = redis.Redis(**HERE, username="app", password="pw")
assert app.set("public:a", 1) and app.acl_whoami() in (b"app", "app")
fails(redis.exceptions.NoPermissionError, "no permissions to access one of the keys", lambda: app.get("private"))
fails(
    redis.RedisError,
    "invalid username-password pair",
    redis.Redis(**HERE, username="app", password="wrong").ping,
)
fails(redis.exceptions.AuthenticationError, "uthentication required", redis.Redis(**HERE).ping)
fails(redis.ResponseError, "value is not an integer", lambda: r.incr("k"))
fails(redis.ResponseError, "unknown command 'LPUSH'", lambda: r.lpush("list", 1))
assert r.config_get("timeout") == {"timeout": "0"}
assert any(client["name"] == "snake" for client in r.client_list())
with r.monitor() as monitor:
    other.echo("x")
    assert monitor.next_command()["command"].lower() == "echo x"
assert isinstance(r.slowlog_get(), list) and r.memory_usage("k") > 0

step("kill")
eventually("it works again", r.ping)
assert r.get("k") is None
assert heard.connection is not None


def hear_again():
    r.publish("news", "after")
    message = heard.get_message(timeout=0.1)
    return message is not None and message["data"] == b"after"


eventually("it is subscribed again", hear_again)
print("done")
