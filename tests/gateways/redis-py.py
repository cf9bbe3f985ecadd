"""redis-py against Nexo: values, pipelines, transactions, locks, hashes, Pub/Sub. The port is the argument."""

import sys
import time

import redis

client = redis.Redis(port=int(sys.argv[1]), decode_responses=True, socket_timeout=10)
client.flushdb()
assert client.ping()
assert client.set("k", "v", ex=100) and client.get("k") == "v" and 90 < client.ttl("k") <= 100
assert client.set("k", "w", nx=True) is None
assert client.incrby("n", 41) == 41 and client.incrbyfloat("f", 10.5) == 10.5

with client.pipeline(transaction=False) as pipeline:
    for _ in range(100):
        pipeline.incr("n")
    assert pipeline.execute()[-1] == 141

with client.pipeline() as pipeline:
    pipeline.watch("n")
    before = int(pipeline.get("n"))
    client.set("n", 7)
    pipeline.multi()
    pipeline.set("n", before + 1)
    try:
        pipeline.execute()
        raise AssertionError("a watched key had changed")
    except redis.WatchError:
        pass

assert client.hset("h", mapping={"a": 1, "b": 2}) == 2 and client.hgetall("h") == {"a": "1", "b": "2"}
assert sorted(client.scan_iter(count=2)) == ["f", "h", "k", "n"]
try:
    client.get("h")
    raise AssertionError("a hash is no value")
except redis.ResponseError as error:
    assert str(error).startswith("WRONGTYPE")

subscriber = client.pubsub(ignore_subscribe_messages=True)
subscriber.subscribe("news")
subscriber.psubscribe("ne*")
time.sleep(0.2)
subscriber.get_message(timeout=1)
subscriber.get_message(timeout=1)
assert client.publish("news", "hello") == 2
messages = []
deadline = time.time() + 5
while len(messages) < 2 and time.time() < deadline:
    message = subscriber.get_message(timeout=1)
    if message:
        messages.append((message["type"], message["channel"], message["data"]))
assert sorted(messages) == [("message", "news", "hello"), ("pmessage", "news", "hello")], messages
client.flushdb()
