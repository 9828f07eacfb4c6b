"""Writes and reads records as LMCache's Redis and Valkey connectors do, with nothing but redis-py.

A job comes as one JSON object on stdin, the results go as one JSON object to stdout:

    {"cluster": bool, "host": str, "port": int, "layout": "A" | "B" | "C" | "D",
     "put":    [{"key", "fmt", "dtypes", "shapes", "bytes": base64}],
     "get":    [key, ...],
     "exists": [key, ...]}

    {"get": [null | {"metadata": base64 | null, "bytes": base64, "fields": {...} | null}], "exists": [bool]}

Layouts:
    A  k+"metadata", k+"kv_bytes"          single commands; bytes first; a reader deletes metadata without bytes
    B  k+":metadata", k+":kv_bytes"        MGET and a pipeline of two SETs; single commands on a cluster
    C  "{"+k+"}:metadata", "...:kv_bytes"  as B; on a cluster MGET, since both halves share a slot (not where k begins with "}")
    D  k                                   the bytes alone
"""

import base64
import json
import struct
import sys

import redis
import redis.cluster

FORMATS = {
    "UNDEFINED": 0,
    "KV_2LTD": 1,
    "KV_T2D": 2,
    "KV_2TD": 3,
    "BINARY": 4,
    "BINARY_BUFFER": 5,
    "KV_MLA_FMT": 6,
    "EC_TD": 7,
    "HS_TD": 8,
}
DTYPES = {
    None: 0,
    "float16": 2,
    "bfloat16": 3,
    "float32": 4,
    "float64": 5,
    "uint8": 6,
    "float8_e4m3fn": 7,
    "float8_e5m2": 8,
}
FORMAT_NAMES = {code: name for name, code in FORMATS.items()}
DTYPE_NAMES = {**{code: name for name, code in DTYPES.items()}, 1: "float16"}


def pack_metadata(length, fmt, dtypes, shapes):
    numbers = [length, FORMATS[fmt]]
    for dtype, shape in zip(dtypes, shapes):
        assert len(shape) <= 4, "Shape dimension must be <= 4"
        numbers += [DTYPES[dtype], *shape, *([0] * (4 - len(shape)))]
    return struct.pack("i" * len(numbers), *numbers)


def unpack_metadata(encoded):
    groups = (len(encoded) - 8) // 20
    numbers = struct.unpack_from("i" * (2 + 5 * groups), encoded)
    fmt = FORMAT_NAMES[numbers[1]]
    dtypes, shapes = [], []
    for group in range(groups):
        dtype, *shape = numbers[2 + 5 * group : 7 + 5 * group]
        while fmt not in ("BINARY", "BINARY_BUFFER") and len(shape) > 1 and shape[-1] == 0:
            shape.pop()
        dtypes.append(DTYPE_NAMES[dtype])
        shapes.append(shape)
    return {"length": numbers[0], "fmt": fmt, "dtypes": dtypes, "shapes": shapes}


def names(layout, key):
    if layout == "A":
        return key + "metadata", key + "kv_bytes"
    if layout == "B":
        return f"{key}:metadata", f"{key}:kv_bytes"
    if layout == "C":
        return f"{{{key}}}:metadata", f"{{{key}}}:kv_bytes"
    return None, key


def put(client, job, record):
    metadata_name, bytes_name = names(job["layout"], record["key"])
    value = base64.b64decode(record["bytes"])
    if metadata_name is None:
        client.set(bytes_name, value)
        return
    metadata = pack_metadata(len(value), record["fmt"], record["dtypes"], record["shapes"])
    if job["layout"] == "A" or job["cluster"]:
        # kv bytes first, so that metadata is never there without them.
        client.set(bytes_name, value)
        client.set(metadata_name, metadata)
        return
    pipeline = client.pipeline()
    pipeline.set(bytes_name, value)
    pipeline.set(metadata_name, metadata)
    pipeline.execute()


def get(client, job, key):
    metadata_name, bytes_name = names(job["layout"], key)
    metadata = None
    if metadata_name is None:
        value = client.get(bytes_name)
    elif job["layout"] == "A":
        metadata = client.get(metadata_name)
        if metadata is None:
            return None
        value = client.get(bytes_name)
        if value is None:
            client.delete(metadata_name)
    elif job["cluster"] and client.keyslot(metadata_name) != client.keyslot(bytes_name):
        metadata, value = client.get(metadata_name), client.get(bytes_name)
    else:
        metadata, value = client.mget([metadata_name, bytes_name])
    if value is None or (metadata_name is not None and metadata is None):
        return None
    fields = None if metadata is None else unpack_metadata(metadata)
    if fields is not None and fields["length"] != len(value):
        raise ValueError("memoryview assignment: lvalue and rvalue have different structures")
    return {
        "metadata": None if metadata is None else base64.b64encode(metadata).decode(),
        "bytes": base64.b64encode(value).decode(),
        "fields": fields,
    }


def exists(client, job, key):
    metadata_name, bytes_name = names(job["layout"], key)
    return client.exists(metadata_name or bytes_name) == 1


def main():
    job = json.load(sys.stdin)
    connect = redis.cluster.RedisCluster if job["cluster"] else redis.Redis
    client = connect(host=job["host"], port=job["port"])
    for record in job.get("put", []):
        put(client, job, record)
    json.dump(
        {
            "get": [get(client, job, key) for key in job.get("get", [])],
            "exists": [exists(client, job, key) for key in job.get("exists", [])],
        },
        sys.stdout,
    )


main()
