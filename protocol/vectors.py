#!/usr/bin/env python3
"""Writes vectors.json, the golden frames, from a second implementation of docs/protocol.md.

    python3 protocol/vectors.py > protocol/vectors.json     the golden frames
    python3 protocol/vectors.py --example NAME              one of them, as docs/protocol.md shows it

It knows nothing of the C# code, so what both agree on is the text's meaning and not one program's habit. The tests read
vectors.json alone. To add a frame, add a call below and write the file anew; the frames that were there must not change.
"""
import json
import struct
import sys

REQUEST, REPLY, ERROR, PUSH, END, NOTICE = range(6)
KINDS = ["Request", "Reply", "Error", "Push", "End", "Notice"]
HELLO, PING, GOAWAY, CANCEL, CREDIT, STOP, INFO, REPORT = range(1, 9)
GET, SET, DELETE, EXISTS, TTL, EXPIRE, TAKE, TOUCH, INCREMENT, APPEND, LENGTH, RANGE = range(0x0101, 0x010D)
MULTI_GET, MULTI_SET, MULTI_DELETE = 0x0110, 0x0111, 0x0112
SCAN, COUNT, CLEAR = 0x0118, 0x0119, 0x011A
HASH_SET, HASH_GET, HASH_MULTI_GET, HASH_DELETE, HASH_GET_ALL, HASH_INCREMENT, HASH_LENGTH = range(0x0120, 0x0127)
WATCH = 0x0130
DECLARE, DESCRIBE, LIST, UPDATE, PAUSE, RESUME, PURGE, QUEUE_DELETE, STATS = range(0x0201, 0x020A)
PUSH_ONE, PUSH_BATCH, CONSUME, PULL = range(0x0210, 0x0214)
ACK, NACK, DEAD_LETTER, EXTEND = range(0x0218, 0x021C)
PEEK = 0x0220
DEAD_LIST, DEAD_COUNT, DEAD_REDRIVE, DEAD_DELETE = range(0x0228, 0x022C)
SCHEDULE_SET, SCHEDULE_DESCRIBE, SCHEDULE_LIST, SCHEDULE_DELETE = range(0x0230, 0x0234)
PUBLISH, PUBLISH_BATCH, SUBSCRIBE, FILTERS = range(0x0301, 0x0305)
RETAINED_LIST, RETAINED_CLEAR, WILL, WILL_CLEAR, TOPIC_LIST, TOPIC_STATS, SUBSCRIBERS = range(0x0308, 0x030F)
BINDING_SET, BINDING_DESCRIBE, BINDING_LIST, BINDING_DELETE = range(0x0310, 0x0314)
STREAM_CREATE, STREAM_DESCRIBE, STREAM_LIST, STREAM_UPDATE, STREAM_TRIM, STREAM_DELETE, STREAM_STATS = range(0x0401, 0x0408)
STREAM_APPEND, STREAM_APPEND_BATCH, STREAM_READ, STREAM_TAIL = range(0x0410, 0x0414)
GROUP_CREATE, GROUP_DESCRIBE, GROUP_LIST, GROUP_DELETE, GROUP_SEEK = range(0x0420, 0x0425)
GROUP_JOIN, GROUP_PULL, GROUP_HEARTBEAT, GROUP_COMMIT, GROUP_ACK, GROUP_NACK, GROUP_LEAVE = range(0x0428, 0x042F)
ADMIN_CONNECTIONS, ADMIN_DISCONNECT, ADMIN_SNAPSHOT, ADMIN_BACKUP, ADMIN_SLOWEST = 0x0502, 0x0503, 0x0510, 0x0511, 0x0512
NAMES = {
    HELLO: "Hello", PING: "Ping", GOAWAY: "GoAway", CANCEL: "Cancel", CREDIT: "Credit", STOP: "Stop", INFO: "Info",
    REPORT: "Report",
    GET: "StoreGet", SET: "StoreSet", DELETE: "StoreDelete", EXISTS: "StoreExists", TTL: "StoreTtl",
    EXPIRE: "StoreExpire", TAKE: "StoreTake", TOUCH: "StoreTouch", INCREMENT: "StoreIncrement",
    APPEND: "StoreAppend", LENGTH: "StoreLength", RANGE: "StoreRange", MULTI_GET: "StoreMultiGet",
    MULTI_SET: "StoreMultiSet", MULTI_DELETE: "StoreMultiDelete", SCAN: "StoreScan", COUNT: "StoreCount",
    CLEAR: "StoreClear", HASH_SET: "StoreHashSet", HASH_GET: "StoreHashGet", HASH_MULTI_GET: "StoreHashMultiGet",
    HASH_DELETE: "StoreHashDelete", HASH_GET_ALL: "StoreHashGetAll", HASH_INCREMENT: "StoreHashIncrement",
    HASH_LENGTH: "StoreHashLength", WATCH: "StoreWatch",
    DECLARE: "QueueDeclare", DESCRIBE: "QueueDescribe", LIST: "QueueList", UPDATE: "QueueUpdate", PAUSE: "QueuePause",
    RESUME: "QueueResume", PURGE: "QueuePurge", QUEUE_DELETE: "QueueDelete", STATS: "QueueStats", PUSH_ONE: "QueuePush",
    PUSH_BATCH: "QueuePushBatch", CONSUME: "QueueConsume", PULL: "QueuePull", ACK: "QueueAck", NACK: "QueueNack",
    DEAD_LETTER: "QueueDeadLetter", EXTEND: "QueueExtend", PEEK: "QueuePeek", DEAD_LIST: "QueueDeadList",
    DEAD_COUNT: "QueueDeadCount", DEAD_REDRIVE: "QueueDeadRedrive", DEAD_DELETE: "QueueDeadDelete",
    SCHEDULE_SET: "ScheduleSet", SCHEDULE_DESCRIBE: "ScheduleDescribe", SCHEDULE_LIST: "ScheduleList",
    SCHEDULE_DELETE: "ScheduleDelete",
    PUBLISH: "TopicPublish", PUBLISH_BATCH: "TopicPublishBatch", SUBSCRIBE: "TopicSubscribe", FILTERS: "TopicFilters",
    RETAINED_LIST: "RetainedList", RETAINED_CLEAR: "RetainedClear", WILL: "TopicWill", WILL_CLEAR: "TopicWillClear",
    TOPIC_LIST: "TopicList", TOPIC_STATS: "TopicStats", SUBSCRIBERS: "TopicSubscribers", BINDING_SET: "BindingSet",
    BINDING_DESCRIBE: "BindingDescribe", BINDING_LIST: "BindingList", BINDING_DELETE: "BindingDelete",
    STREAM_CREATE: "StreamCreate", STREAM_DESCRIBE: "StreamDescribe", STREAM_LIST: "StreamList", STREAM_UPDATE: "StreamUpdate",
    STREAM_TRIM: "StreamTrim", STREAM_DELETE: "StreamDelete", STREAM_STATS: "StreamStats", STREAM_APPEND: "StreamAppend",
    STREAM_APPEND_BATCH: "StreamAppendBatch", STREAM_READ: "StreamRead", STREAM_TAIL: "StreamTail",
    GROUP_CREATE: "GroupCreate", GROUP_DESCRIBE: "GroupDescribe", GROUP_LIST: "GroupList", GROUP_DELETE: "GroupDelete",
    GROUP_SEEK: "GroupSeek", GROUP_JOIN: "GroupJoin", GROUP_PULL: "GroupPull", GROUP_HEARTBEAT: "GroupHeartbeat",
    GROUP_COMMIT: "GroupCommit", GROUP_ACK: "GroupAck", GROUP_NACK: "GroupNack", GROUP_LEAVE: "GroupLeave",
    ADMIN_CONNECTIONS: "AdminConnections", ADMIN_DISCONNECT: "AdminDisconnect", ADMIN_SNAPSHOT: "AdminSnapshot", ADMIN_BACKUP: "AdminBackup",
    ADMIN_SLOWEST: "AdminSlowest",
}
U64_MAX, I64_MAX, I64_MIN = 2**64 - 1, 2**63 - 1, -2**63
U32_MAX, NEW_YEAR, LEASE = 2**32 - 1, 1767225600000, 0x9E3779B97F4A7C15
ALL_BYTES = bytes(range(256))
frames, examples, invalid = [], {}, []


def u8(label, n): return [(struct.pack("<B", n), f"{label} {n}")]
def u16(label, n): return [(struct.pack("<H", n), f"{label} {n}")]
def u32(label, n): return [(struct.pack("<I", n), f"{label} {n}")]
def u64(label, n): return [(struct.pack("<Q", n), f"{label} {n}")]
def i64(label, n): return [(struct.pack("<q", n), f"{label} {n}")]


def shown(data):
    printable = data.isascii() and data.decode("ascii").isprintable()
    return f'"{data.decode("ascii")}"' if printable else f"{len(data)} bytes"


def rest(label, data): return [(data, f"{label} {shown(data)}")] if data else []
def blob(label, data): return u32(f"length of {label}", len(data)) + rest(label, data)
def text(label, value): return blob(label, value.encode())
def flag(label, value): return u8(label, 1 if value else 0)


def blobs(label, items):
    return u32("count", len(items)) + [part for item in items for part in blob(label, item)]


def pairs(first, second, items):
    parts = u32("count", len(items))
    for a, b in items:
        parts += u32(f"length of {first}", len(a)) + u32(f"length of {second}", len(b)) + rest(first, a) + rest(second, b)
    return parts


def tagged(tag, label, data):
    return u16("tag", tag) + u16("length", len(data)) + rest(label, data)


def header_block(headers):
    return b"".join(
        struct.pack("<B", len(key.encode())) + key.encode() + struct.pack("<H", len(value)) + value for key, value in headers)


def add(name, description, opcode, kind, correlation, body, parts, fields, headers=None, durability=0):
    if headers is not None:
        block = header_block(headers)
        parts = u16("length of the header block", len(block)) + rest("headers", block) + parts
    payload = b"".join(part for part, _ in parts)
    flags = (1 if headers is not None else 0) | durability << 1
    head = [
        (struct.pack("<I", 8 + len(payload)), f"length {8 + len(payload)}"),
        (struct.pack("<H", opcode), f"opcode 0x{opcode:04X} {NAMES.get(opcode, '')}".strip()),
        (struct.pack("<B", kind), f"kind {kind} {KINDS[kind]}"),
        (struct.pack("<B", flags), f"flags {flags}"),
        (struct.pack("<I", correlation), f"correlation {correlation}"),
    ]
    frame = {
        "name": name, "description": description, "hex": b"".join(part for part, _ in head + parts).hex(),
        "opcode": opcode, "kind": kind, "correlation": correlation, "durability": durability,
    }
    if headers is not None:
        frame["headers"] = [[key, value.hex()] for key, value in headers]
    frame["body"] = body
    frame["fields"] = fields
    assert name not in examples, name
    frames.append(frame)
    examples[name] = head + parts


def hello():
    tags = [("clientName", 1), ("user", 2), ("password", 3), ("token", 4), ("namespace", 5)]

    def one(name, description, low, high, correlation=1, **fields):
        parts = u16("versionMin", low) + u16("versionMax", high)
        for label, tag in tags:
            if label in fields:
                parts += tagged(tag, label, fields[label].encode())
        add(name, description, HELLO, REQUEST, correlation, "hello",
            parts, {"versionMin": low, "versionMax": high} | {label: fields.get(label) for label, _ in tags})

    one("hello-anonymous", "no fields at all", 1, 1)
    one("hello-with-token", "client name and token", 1, 1, clientName="tour", token="s3cret")
    one("hello-with-password", "user and password, in UTF-8", 1, 1, user="žofie", password="пароль 🔑")
    one("hello-empty-name", "a field that is there and empty", 1, 1, clientName="")
    one("hello-version-range", "a client of many versions", 1, 65535, correlation=2**32 - 1, clientName="newer")
    one("hello-namespace", "a namespace is asked for", 1, 1, token="s3cret", namespace="shop")

    numbers = [("frameBytesMax", 2), ("inFlightMax", 3), ("keyBytesMax", 4), ("valueBytesMax", 5), ("idleTimeoutMs", 6)]

    def reply(name, description, server_id, version, values, namespace=None):
        parts = u16("version", 1) + [(bytes.fromhex(server_id), "serverId")] + tagged(1, "serverVersion", version.encode())
        for (label, tag), value in zip(numbers, values):
            parts += u16("tag", tag) + u16("length", 4) + u32(label, value)
        if namespace is not None:
            parts += tagged(7, "namespace", namespace.encode())
        add(name, description, HELLO, REPLY, 1, "hello-reply", parts,
            {"version": 1, "serverId": server_id, "serverVersion": version} | {l: v for (l, _), v in zip(numbers, values)}
            | {"namespace": namespace})

    reply("hello-reply", "the defaults", "00112233445566778899aabbccddeeff", "0.1.0",
          [16777216, 1024, 65536, 16710656, 120000])
    reply("hello-reply-edges", "numbers at their ends", "ffffffffffffffffffffffffffffff00", "",
          [2**32 - 1, 0, 1, 2**32 - 1, 0])
    reply("hello-reply-namespace", "in a namespace that is not the default one", "00112233445566778899aabbccddeeff", "0.1.0",
          [16777216, 1024, 65536, 16710656, 120000], namespace="shop")


def connection():
    for name, description, kind, body in [
            ("ping", "with a body", REQUEST, b"abc"), ("ping-reply", "the same body comes back", REPLY, b"abc"),
            ("ping-empty", "without a body", REQUEST, b""), ("ping-64-bytes", "the longest body", REQUEST, bytes(range(192, 256)))]:
        add(name, description, PING, kind, 5, "bytes", rest("body", body), {"bytes": body.hex()})
    for name, opcode in [("cancel", CANCEL), ("stop", STOP)]:
        add(name, "a notice without a body", opcode, NOTICE, 7, "empty", [], {})
    for name, number in [("credit", 100), ("credit-one", 1), ("credit-max", 1000000)]:
        add(name, f"{number} more items", CREDIT, NOTICE, 9, "credit", u32("credits", number), {"credits": number})
    add("info", "asks for facts", INFO, REQUEST, 3, "empty", [], {})
    for name, description, facts in [
            ("info-reply", "two facts", [("server.version", "0.1.0"), ("store.entries", "0")]),
            ("info-reply-empty", "no facts", []), ("info-reply-utf8", "empty and multi-byte texts", [("", ""), ("měsíc", "🌙")])]:
        parts = u32("count", len(facts))
        for key, value in facts:
            parts += text("name", key) + text("value", value)
        add(name, description, INFO, REPLY, 3, "info", parts, {"facts": [list(fact) for fact in facts]})


def errors():
    def one(name, description, opcode, kind, correlation, code, retryable, message, detail=b""):
        parts = (u16("code", code) + flag("retryable", retryable) + u8("detailBytes", len(detail))
                 + rest("detail", detail) + rest("message", message.encode()))
        add(name, description, opcode, kind, correlation, "error", parts,
            {"code": code, "retryable": retryable, "detail": detail.hex(), "message": message})

    one("error-unknown-opcode", "the connection lives", 0x7F01, ERROR, 11, 107, False, "0x7F01 is not served")
    one("error-malformed", "no message", SET, ERROR, 12, 100, False, "")
    one("error-cancelled", "the one answer to a request that was cancelled", COUNT, ERROR, 13, 502, False, "Cancelled.")
    one("error-out-of-memory", "a retryable error", SET, ERROR, 14, 304, True, "at the limit")
    one("error-wrong-type", "UTF-8 in a message", GET, ERROR, 0, 404, False, "není hodnota")
    one("error-with-detail", "a detail stands before the message", HELLO, ERROR, 1, 202, True, "wait", struct.pack("<I", 1500))
    one("error-longest-detail", "a code and a detail that no client of this version knows", 0x0410, ERROR, 2, 65535, False, "later", ALL_BYTES[:255])
    one("error-storage-full", "a retryable error: the disk", SET, ERROR, 15, 307, True, "the disk is full")
    one("error-storage-failed", "a write whose outcome is unknown", INCREMENT, ERROR, 16, 503, False, "the log has failed")
    one("goaway-recovering", "the server is not ready yet", GOAWAY, NOTICE, 0, 504, True, "42 %")
    one("goaway-shutting-down", "the server stops", GOAWAY, NOTICE, 0, 501, True, "stopping")
    one("goaway-bad-magic", "a stranger is told", GOAWAY, NOTICE, 0, 101, False, "The first four bytes are NEXO.")
    one("goaway-from-client", "the client has no more to ask", GOAWAY, NOTICE, 0, 0, False, "")
    one("watch-end", "the answer to STOP", WATCH, END, 9, 0, False, "")
    one("watch-end-shutting-down", "ended by the server", WATCH, END, 9, 501, True, "stopping")


def condition(kind, operand=None):
    if kind == 3:
        return u64("version that must be there", operand), {"kind": 3, "version": str(operand)}
    if kind == 4:
        return blob("value that must be there", operand), {"kind": 4, "value": operand.hex()}
    return [], {"kind": kind}


def expiry(kind, ms=0):
    return (i64("ms" if kind == 2 else "time", ms), {"kind": kind, "ms": str(ms)}) if kind > 1 else ([], {"kind": kind})


def keys():
    binary = bytes([0, 255, 10, 13, 0])
    for name, description, opcode, key in [
            ("store-get", "a key of three bytes", GET, b"cat"), ("store-get-binary", "any bytes are a key", GET, binary),
            ("store-get-empty", "well formed, and answered with KeyInvalid", GET, b""),
            ("store-get-all-bytes", "every byte once", GET, ALL_BYTES), ("store-exists", "", EXISTS, b"cat"),
            ("store-ttl", "", TTL, b"cat"), ("store-take", "", TAKE, b"cat"), ("store-length", "", LENGTH, b"cat"),
            ("store-count", "by prefix", COUNT, b"user:"), ("store-count-all", "every key", COUNT, b""),
            ("store-clear", "by prefix", CLEAR, b"user:"), ("store-hash-get-all", "", HASH_GET_ALL, b"h"),
            ("store-hash-length", "", HASH_LENGTH, b"h")]:
        add(name, description, opcode, REQUEST, 16, "bytes", rest("key" if opcode not in (COUNT, CLEAR) else "prefix", key), {"bytes": key.hex()})
    add("store-get-fsync", "all that it saw is on disk", GET, REQUEST, 16, "bytes", rest("key", b"cat"), {"bytes": b"cat".hex()}, durability=3)
    add("store-get-traced", "with a header block", GET, REQUEST, 17, "bytes", rest("key", b"cat"), {"bytes": b"cat".hex()},
        headers=[("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ("tracestate", b"")])
    add("store-get-empty-block", "a header block without headers", GET, REQUEST, 18, "bytes", rest("key", b"cat"), {"bytes": b"cat".hex()}, headers=[])
    add("store-get-odd-headers", "binary value, a repeated name, the longest name", GET, REQUEST, 19, "bytes", [],
        {"bytes": ""}, headers=[("a", ALL_BYTES), ("a", b""), ("n" * 255, b"x")])

    for name, opcode, key, operand in [
            ("store-append", APPEND, b"log", b"line\n"), ("store-append-nothing", APPEND, b"log", b""),
            ("store-hash-get", HASH_GET, b"h", b"field"), ("store-hash-get-empty-field", HASH_GET, binary, b"")]:
        add(name, "", opcode, REQUEST, 20, "keyed", blob("key", key) + rest("operand", operand), {"key": key.hex(), "operand": operand.hex()})

    for name, first, last in [("store-range", 0, 3), ("store-range-from-end", -4, -1), ("store-range-extremes", I64_MIN, I64_MAX)]:
        add(name, "", RANGE, REQUEST, 21, "range", i64("first", first) + i64("last", last) + rest("key", b"cat"),
            {"first": str(first), "last": str(last), "key": b"cat".hex()})


def writes():
    def store_set(name, description, key, value, cond=(0,), exp=(0,), previous=False, **frame):
        (cond_parts, cond_fields), (exp_parts, exp_fields) = condition(*cond), expiry(*exp)
        parts = (u8("condition", cond[0]) + u8("expiry", exp[0]) + u8("options", 1 if previous else 0) + u8("reserved", 0)
                 + u32("length of key", len(key)) + exp_parts + cond_parts + rest("key", key) + rest("value", value))
        add(name, description, SET, REQUEST, 32, "set", parts, {
            "condition": cond_fields, "expiry": exp_fields, "returnPrevious": previous, "key": key.hex(), "value": value.hex()}, **frame)

    store_set("store-set", "always, without an expiry", b"cat", b"meow")
    store_set("store-set-empty", "empty key and value", b"", b"")
    store_set("store-set-binary", "any bytes", bytes([0, 1, 254, 255]), ALL_BYTES)
    store_set("store-set-if-absent", "a lock", b"lock", b"me", (1,), (2, 30000))
    store_set("store-set-if-present-keep", "keeps the expiry", b"cat", b"purr", (2,), (1,))
    store_set("store-set-if-version-ttl", "compare and set, for a minute", b"cat", b"purr", (3, 41), (2, 60000))
    store_set("store-set-if-version-max", "the largest version, and a time", b"cat", b"", (3, U64_MAX), (3, I64_MAX))
    store_set("store-set-if-value", "compares with a value, sends the old one back", b"cat", b"new", (4, b"old"), (0,), True)
    store_set("store-set-if-empty-value", "compares with the empty value", b"cat", b"new", (4, b""), (3, 1767225600000))
    store_set("store-set-expiry-min", "well formed, and answered with ExpiryOutOfRange", b"cat", b"", (0,), (2, I64_MIN))
    store_set("store-set-fsync", "asks for durability, with headers", b"cat", b"meow", durability=3, headers=[("traceparent", b"00-0")])
    store_set("store-set-memory", "asks for memory", b"cat", b"meow", durability=1)
    store_set("store-set-interval", "asks for the interval", b"cat", b"meow", durability=2)

    for name, cond in [("store-delete", (0,)), ("store-delete-if-version", (3, 41)), ("store-delete-if-value", (4, b"me"))]:
        cond_parts, cond_fields = condition(*cond)
        add(name, "", DELETE, REQUEST, 33, "delete", u8("condition", cond[0]) + cond_parts + rest("key", b"lock"),
            {"condition": cond_fields, "key": b"lock".hex()})

    for name, opcode, exp in [
            ("store-expire-persist", EXPIRE, (0,)), ("store-expire-after", EXPIRE, (2, 1)), ("store-expire-at", EXPIRE, (3, 1767225600000)),
            ("store-expire-negative", EXPIRE, (3, -1)), ("store-touch-after", TOUCH, (2, 60000)), ("store-touch-persist", TOUCH, (0,))]:
        exp_parts, exp_fields = expiry(*exp)
        add(name, "", opcode, REQUEST, 34, "expiry", u8("expiry", exp[0]) + exp_parts + rest("key", b"cat"), {"expiry": exp_fields, "key": b"cat".hex()})

    for name, delta, exp in [
            ("store-increment", 1, (0,)), ("store-increment-negative", -1, (2, 1000)), ("store-increment-min", I64_MIN, (1,)),
            ("store-increment-max", I64_MAX, (3, 1767225600000))]:
        exp_parts, exp_fields = expiry(*exp)
        add(name, "", INCREMENT, REQUEST, 35, "increment", i64("delta", delta) + u8("expiry", exp[0]) + exp_parts + rest("key", b"hits"),
            {"delta": str(delta), "expiry": exp_fields, "key": b"hits".hex()})


def many():
    for name, opcode, items in [
            ("store-multi-get", MULTI_GET, [b"a", b"bc"]), ("store-multi-get-none", MULTI_GET, []),
            ("store-multi-get-odd", MULTI_GET, [b"", b"\0", b"same", b"same"]), ("store-multi-delete", MULTI_DELETE, [b"a", b"b"])]:
        add(name, "", opcode, REQUEST, 48, "list", blobs("key", items), {"items": [item.hex() for item in items]})
    for name, exp, items in [
            ("store-multi-set", (0,), [(b"a", b"1"), (b"b", b"22")]), ("store-multi-set-ttl", (2, 5000), [(b"a", b"")]),
            ("store-multi-set-none", (1,), [])]:
        exp_parts, exp_fields = expiry(*exp)
        add(name, "", MULTI_SET, REQUEST, 49, "multi-set", u8("expiry", exp[0]) + exp_parts + pairs("key", "value", items),
            {"expiry": exp_fields, "pairs": [[a.hex(), b.hex()] for a, b in items]})
    for name, limit, cursor, prefix in [
            ("store-scan", 100, b"", b"user:"), ("store-scan-next", 10000, bytes([9, 0, 255]), b"user:"), ("store-scan-all", 1, b"", b"")]:
        add(name, "", SCAN, REQUEST, 50, "scan", u32("limit", limit) + blob("cursor", cursor) + rest("prefix", prefix),
            {"limit": limit, "cursor": cursor.hex(), "prefix": prefix.hex()})
    for name, items in [("store-hash-set", [(b"name", b"Tom"), (b"age", b"3")]), ("store-hash-set-none", []), ("store-hash-set-empty-field", [(b"", b"")])]:
        add(name, "", HASH_SET, REQUEST, 51, "hash-set", blob("key", b"h") + pairs("field", "value", items),
            {"key": b"h".hex(), "pairs": [[a.hex(), b.hex()] for a, b in items]})
    for name, opcode, items in [
            ("store-hash-multi-get", HASH_MULTI_GET, [b"name", b"age"]), ("store-hash-multi-get-none", HASH_MULTI_GET, []),
            ("store-hash-delete", HASH_DELETE, [b"name", b""])]:
        add(name, "", opcode, REQUEST, 52, "hash-fields", blob("key", b"h") + blobs("field", items),
            {"key": b"h".hex(), "fields": [item.hex() for item in items]})
    for name, delta in [("store-hash-increment", 5), ("store-hash-increment-min", I64_MIN)]:
        add(name, "", HASH_INCREMENT, REQUEST, 53, "hash-increment", i64("delta", delta) + blob("key", b"h") + rest("field", b"age"),
            {"delta": str(delta), "key": b"h".hex(), "field": b"age".hex()})
    for name, credits, prefix in [("store-watch", 1000, b"user:"), ("store-watch-all-no-credits", 0, b""), ("store-watch-max-credits", 1000000, ALL_BYTES)]:
        add(name, "", WATCH, REQUEST, 9, "watch", u32("credits", credits) + rest("prefix", prefix), {"credits": credits, "prefix": prefix.hex()})


def replies():
    def value(name, opcode, version=None, data=b""):
        found = version is not None
        add(name, "found" if found else "no such entry: an empty body", opcode, REPLY, 16, "value",
            u64("version", version) + rest("value", data) if found else [],
            {"found": found, "version": str(version or 0), "value": data.hex()})

    value("value-reply", GET, 42, b"meow")
    value("value-reply-not-found", GET)
    value("value-reply-empty-value", GET, U64_MAX, b"")
    value("value-reply-binary", TAKE, 1, ALL_BYTES)
    value("touch-reply", TOUCH, 2, b"meow")
    value("range-reply", RANGE, 3, b"eo")
    value("hash-get-reply", HASH_GET, 4, b"Tom")
    value("hash-get-reply-not-found", HASH_GET)

    for name, stored, found, version, previous in [
            ("set-reply-stored", True, False, 42, b""), ("set-reply-previous", True, True, 43, b"old"),
            ("set-reply-previous-empty", True, True, U64_MAX, b""), ("set-reply-condition-failed", False, True, 42, b""),
            ("set-reply-no-entry", False, False, 0, b"")]:
        add(name, "", SET, REPLY, 32, "set-reply", flag("stored", stored) + flag("previousFound", found) + u64("version", version) + rest("previous", previous),
            {"stored": stored, "previousFound": found, "version": str(version), "previous": previous.hex()})
    for name, outcome, version in [("delete-reply-not-found", 0, 0), ("delete-reply-deleted", 1, 42), ("delete-reply-condition-failed", 2, U64_MAX)]:
        add(name, "", DELETE, REPLY, 33, "delete-reply", u8("outcome", outcome) + u64("version", version), {"outcome": outcome, "version": str(version)})
    for name, state, ms in [("ttl-reply-not-found", 0, 0), ("ttl-reply-no-expiry", 1, 0), ("ttl-reply-expires", 2, 59999), ("ttl-reply-max", 2, I64_MAX)]:
        add(name, "", TTL, REPLY, 16, "ttl-reply", u8("state", state) + i64("remainingMs", ms), {"state": state, "remainingMs": str(ms)})
    for name, opcode, number in [
            ("count-reply", EXPIRE, 1), ("exists-reply", EXISTS, 0), ("length-reply-no-entry", LENGTH, -1), ("multi-delete-reply", MULTI_DELETE, 2),
            ("store-count-reply", COUNT, I64_MAX), ("store-clear-reply", CLEAR, 0), ("hash-delete-reply", HASH_DELETE, 1), ("hash-length-reply", HASH_LENGTH, 3)]:
        add(name, "", opcode, REPLY, 34, "count", i64("count", number), {"count": str(number)})
    for name, opcode, number, version in [
            ("number-reply", INCREMENT, 1, 44), ("number-reply-min", INCREMENT, I64_MIN, U64_MAX), ("append-reply", APPEND, 5, 1),
            ("hash-set-reply", HASH_SET, 2, 7), ("hash-increment-reply", HASH_INCREMENT, 8, 9)]:
        add(name, "", opcode, REPLY, 35, "number", i64("value", number) + u64("version", version), {"value": str(number), "version": str(version)})


def admin():
    add("admin-snapshot", "asks for a snapshot", ADMIN_SNAPSHOT, REQUEST, 48, "empty", [], {})
    for name, position, size in [("admin-snapshot-reply", 1234, 65536), ("admin-snapshot-reply-max", U64_MAX, I64_MAX)]:
        add(name, "", ADMIN_SNAPSHOT, REPLY, 48, "snapshot", u64("position", position) + i64("bytes", size),
            {"position": str(position), "bytes": str(size)})
    for name, credits in [("admin-backup", 64), ("admin-backup-no-credit", 0), ("admin-backup-max", 1_000_000)]:
        add(name, "opens a backup", ADMIN_BACKUP, REQUEST, 49, "backup", u32("credits", credits), {"credits": credits})
    add("admin-backup-reply", "", ADMIN_BACKUP, REPLY, 49, "empty", [], {})
    add("admin-connections", "", ADMIN_CONNECTIONS, REQUEST, 50, "scan", u32("limit", 100) + blob("cursor", b"") + rest("prefix", b"10.0."),
        {"limit": 100, "cursor": "", "prefix": b"10.0.".hex()})
    for name, cursor, connections in [
            ("admin-connections-reply", struct.pack("<Q", 7),
             [(7, 1, 2, 1767225600000, 1500, 42, 4096, 65536, 0, "10.0.0.7:51234", "ada", "tour", "shop")]),
            ("admin-connections-reply-end", b"", []),
            ("admin-connections-reply-max", b"", [
                (U64_MAX, 255, 255, I64_MAX, U64_MAX, U64_MAX, U64_MAX, U64_MAX, U64_MAX, "[::1]:1", "žofie", "", ""),
                (0, 0, 0, I64_MIN, 0, 0, 0, 0, 0, "", "", "", "")])]:
        parts, items = blob("cursor", cursor) + u32("count", len(connections)), []
        for id_, protocol, bits, connected, idle, requests, received, sent, pending, remote, user, client, space in connections:
            parts += (u64("id", id_) + u8("protocol", protocol) + u8("bits", bits) + u16("reserved", 0) + i64("connectedAtMs", connected)
                      + u64("idleMs", idle) + u64("requests", requests) + u64("receivedBytes", received) + u64("sentBytes", sent)
                      + u64("pendingBytes", pending) + text("remote", remote) + text("user", user) + text("client", client) + text("namespace", space))
            items.append({
                "id": str(id_), "protocol": protocol, "bits": bits, "connectedAtMs": str(connected), "idleMs": str(idle), "requests": str(requests),
                "receivedBytes": str(received), "sentBytes": str(sent), "pendingBytes": str(pending), "remote": remote, "user": user,
                "client": client, "namespace": space})
        add(name, "", ADMIN_CONNECTIONS, REPLY, 50, "connections", parts, {"cursor": cursor.hex(), "connections": items})
    add("admin-slowest", "", ADMIN_SLOWEST, REQUEST, 52, "slowest", u32("limit", 20), {"limit": 20})
    for name, operations in [
            ("admin-slowest-reply", [(3, 1767225600000, 812400, 1, 0, 7, "StoreCount", "user:", "10.0.0.7:51234", "ada", "tour", "shop")]),
            ("admin-slowest-reply-max", [
                (U64_MAX, I64_MAX, U64_MAX, 255, 255, U64_MAX, "žádost", "", "[::1]:1", "žofie", "", ""),
                (0, I64_MIN, 0, 0, 0, 0, "", "", "", "", "", "")])]:
        parts, items = u32("count", len(operations)), []
        for id_, at, micros, protocol, cause, connection, operation, subject, remote, user, client, space in operations:
            parts += (u64("id", id_) + i64("atMs", at) + u64("microseconds", micros) + u8("protocol", protocol) + u8("cause", cause)
                      + u16("reserved", 0) + u64("connection", connection) + text("operation", operation) + text("subject", subject)
                      + text("remote", remote) + text("user", user) + text("client", client) + text("namespace", space))
            items.append({
                "id": str(id_), "atMs": str(at), "microseconds": str(micros), "protocol": protocol, "cause": cause,
                "connection": str(connection), "operation": operation, "subject": subject, "remote": remote, "user": user,
                "client": client, "namespace": space})
        add(name, "", ADMIN_SLOWEST, REPLY, 52, "slowest-reply", parts, {"operations": items})
    add("admin-disconnect", "", ADMIN_DISCONNECT, REQUEST, 51, "disconnect", u64("id", 7), {"id": "7"})
    add("admin-disconnect-max", "", ADMIN_DISCONNECT, REQUEST, 51, "disconnect", u64("id", U64_MAX), {"id": str(U64_MAX)})
    add("admin-disconnect-reply", "it is being ended", ADMIN_DISCONNECT, REPLY, 51, "count", i64("count", 1), {"count": "1"})


def list_replies():
    def items(name, opcode, values):
        parts = u32("count", len(values))
        for code, found, version, data in values:
            parts += u16("code", code) + flag("found", found) + u64("version", version) + blob("value", data)
        add(name, "", opcode, REPLY, 48, "multi-value", parts, {"items": [
            {"code": c, "found": f, "version": str(v), "value": d.hex()} for c, f, v, d in values]})

    items("multi-value-reply", MULTI_GET, [(0, True, 42, b"1"), (0, False, 0, b"")])
    items("multi-value-reply-errors", MULTI_GET, [(404, False, 0, b""), (0, True, U64_MAX, b""), (401, False, 0, b"")])
    items("multi-value-reply-none", MULTI_GET, [])
    items("hash-multi-get-reply", HASH_MULTI_GET, [(0, True, 0, b"Tom"), (0, False, 0, b"")])

    for name, values in [("multi-set-reply", [(0, 45), (0, 46)]), ("multi-set-reply-errors", [(304, 0), (402, 0), (0, U64_MAX)]), ("multi-set-reply-none", [])]:
        parts = u32("count", len(values))
        for code, version in values:
            parts += u16("code", code) + u64("version", version)
        add(name, "", MULTI_SET, REPLY, 49, "multi-set-reply", parts, {"items": [{"code": c, "version": str(v)} for c, v in values]})

    for name, cursor, keys_found in [
            ("scan-reply", bytes([9, 0, 255]), [(0, b"user:1"), (1, b"user:2")]), ("scan-reply-last", b"", [(0, b"user:3")]),
            ("scan-reply-empty-page", bytes([7]), []), ("scan-reply-end", b"", [])]:
        parts = blob("cursor", cursor) + u32("count", len(keys_found))
        for kind, key in keys_found:
            parts += u8("entryKind", kind) + blob("key", key)
        add(name, "", SCAN, REPLY, 50, "scan-reply", parts, {"cursor": cursor.hex(), "keys": [{"entryKind": k, "key": key.hex()} for k, key in keys_found]})

    for name, version, fields in [("hash-reply", 7, [(b"name", b"Tom"), (b"age", b"3")]), ("hash-reply-not-found", None, []), ("hash-reply-binary", U64_MAX, [(b"", ALL_BYTES)])]:
        found = version is not None
        add(name, "", HASH_GET_ALL, REPLY, 16, "hash", u64("version", version) + pairs("field", "value", fields) if found else [],
            {"found": found, "version": str(version or 0), "pairs": [[a.hex(), b.hex()] for a, b in fields]})

    add("watch-reply", "the subscription is open", WATCH, REPLY, 9, "empty", [], {})
    for name, change, version, key in [
            ("watch-push-set", 1, 47, b"user:1"), ("watch-push-deleted", 2, 47, b"user:1"), ("watch-push-expired", 3, 48, bytes([0, 255])),
            ("watch-push-evicted", 4, U64_MAX, b"user:1"), ("watch-push-missed", 255, 12, b"")]:
        add(name, "", WATCH, PUSH, 9, "change", u8("change", change) + u64("version", version) + rest("key", key),
            {"change": change, "version": str(version), "key": key.hex()})


def optional(value, make):
    return [] if value is None else make(value)


def hexed(value): return None if value is None else value.hex()
def number(value): return None if value is None else str(value)


def item_headers(headers):
    block = header_block(headers)
    return u16("length of the header block", len(block)) + rest("headers", block), [[key, value.hex()] for key, value in headers]


def sized(parts):
    return u32("bytes of the message", sum(len(part) for part, _ in parts)) + parts


def queue_options(values):
    """Options by tag: a number, a text, or bytes for one that no version knows."""
    parts, fields = [], []
    for tag, value in values:
        if isinstance(value, int):
            parts += u16("tag", tag) + u16("length", 8) + u64("value", value)
            fields.append({"tag": tag, "number": str(value)})
        elif isinstance(value, str):
            parts += tagged(tag, "value", value.encode())
            fields.append({"tag": tag, "text": value})
        else:
            parts += tagged(tag, "value", value)
            fields.append({"tag": tag, "bytes": value.hex()})
    return parts, fields


DEFAULTS = [(1, 30000), (2, 5), (3, 2), (4, 1000), (5, 60000), (6, ""), (7, 0), (8, 0), (9, 0), (10, 0), (11, 300000), (12, 3),
            (13, 10), (14, 1), (15, 0), (16, 0)]


def queue_definitions():
    for name, description, queue, values in [
            ("queue-declare", "with a lease of a minute, three failures and an own dead-letter queue", "emails", [(1, 60000), (2, 3), (6, "failed")]),
            ("queue-declare-defaults", "no options at all", "emails", []),
            ("queue-declare-every-option", "out of any order", "žádosti", list(reversed(DEFAULTS))),
            ("queue-declare-unknown-option", "well formed, and answered with OptionUnknown", "emails", [(99, b"\1\2")])]:
        parts, fields = queue_options(values)
        add(name, description, DECLARE, REQUEST, 64, "queue-declare", text("name", queue) + parts, {"name": queue, "options": fields})
    parts, fields = queue_options(DEFAULTS)
    add("queue-declare-reply", "every option as it is", DECLARE, REPLY, 64, "queue-declare-reply",
        flag("created", True) + u64("revision", 1) + parts, {"created": True, "revision": "1", "options": fields})
    parts, fields = queue_options([(1, U64_MAX), (500, b"later"), (500, b""), (6, "failed")])
    add("queue-declare-reply-later", "it was there; an option that came later, for a client to pass over", DECLARE, REPLY, 64, "queue-declare-reply",
        flag("created", False) + u64("revision", U64_MAX) + parts, {"created": False, "revision": str(U64_MAX), "options": fields})
    for name, opcode, values in [("queue-describe-reply", DESCRIBE, DEFAULTS), ("queue-update-reply", UPDATE, [(2, 10)])]:
        parts, fields = queue_options(values)
        add(name, "", opcode, REPLY, 65, "queue-definition", u64("revision", 2) + parts, {"revision": "2", "options": fields})
    for name, description, revision, values in [
            ("queue-update", "if it is the revision that was read", 1, [(2, 10)]), ("queue-update-any", "whichever revision; no option", 0, [])]:
        parts, fields = queue_options(values)
        add(name, description, UPDATE, REQUEST, 65, "queue-update", u64("revision", revision) + text("name", "emails") + parts,
            {"revision": str(revision), "name": "emails", "options": fields})

    for name, opcode in [("queue-describe", DESCRIBE), ("queue-stats", STATS)]:
        add(name, "", opcode, REQUEST, 66, "bytes", rest("name", b"emails"), {"bytes": b"emails".hex()})
    for name, limit, cursor, prefix in [("queue-list", 100, b"", b"mail"), ("queue-list-next", 10000, b"mail-7", b"")]:
        add(name, "", LIST, REQUEST, 67, "scan", u32("limit", limit) + blob("cursor", cursor) + rest("prefix", prefix),
            {"limit": limit, "cursor": cursor.hex(), "prefix": prefix.hex()})
    for name, cursor, queues in [
            ("queue-list-reply", b"mail-7", [(0, 3, 1, 0, 0, "mail"), (3, 0, 0, 2, 5, "mail-7")]), ("queue-list-reply-end", b"", []),
            ("queue-list-reply-max", b"", [(255, U64_MAX, U64_MAX, U64_MAX, U64_MAX, "")])]:
        parts = blob("cursor", cursor) + u32("count", len(queues))
        for paused, ready, leased, delayed, dead, queue in queues:
            parts += (u8("paused", paused) + u64("ready", ready) + u64("leased", leased) + u64("delayed", delayed) + u64("dead", dead)
                      + text("name", queue))
        add(name, "", LIST, REPLY, 67, "queue-list", parts, {"cursor": cursor.hex(), "queues": [
            {"paused": p, "ready": str(r), "leased": str(l), "delayed": str(y), "dead": str(d), "name": n} for p, r, l, y, d, n in queues]})

    for name, opcode, flow in [("queue-pause", PAUSE, 1), ("queue-pause-both", PAUSE, 3), ("queue-resume", RESUME, 2)]:
        add(name, "", opcode, REQUEST, 68, "queue-pause", u8("flow", flow) + rest("name", b"emails"), {"flow": flow, "name": "emails"})
    for name, opcode in [("queue-pause-reply", PAUSE), ("queue-resume-reply", RESUME)]:
        add(name, "", opcode, REPLY, 68, "empty", [], {})
    for name, parts_ in [("queue-purge", 1), ("queue-purge-all", 7)]:
        add(name, "", PURGE, REQUEST, 69, "queue-purge", u8("parts", parts_) + rest("name", b"emails"), {"parts": parts_, "name": "emails"})
    for name, conditions in [("queue-delete", 0), ("queue-delete-if-empty-and-unused", 3)]:
        add(name, "", QUEUE_DELETE, REQUEST, 70, "queue-delete", u8("conditions", conditions) + rest("name", b"emails"),
            {"conditions": conditions, "name": "emails"})
    for name, opcode, count in [("queue-purge-reply", PURGE, 12), ("queue-delete-reply", QUEUE_DELETE, 0)]:
        add(name, "", opcode, REPLY, 69, "count", i64("count", count), {"count": str(count)})
    for name, values in [
            ("queue-stats-reply", [(1, 3), (2, 1), (6, 2), (19, 1500)]), ("queue-stats-reply-all", [(stat, stat * 1000) for stat in range(1, 25)]),
            ("queue-stats-reply-later", [(65535, U64_MAX)]), ("queue-stats-reply-none", [])]:
        parts = u32("count", len(values))
        for stat, value in values:
            parts += u16("stat", stat) + u64("value", value)
        add(name, "", STATS, REPLY, 66, "queue-stats", parts, {"stats": [[stat, str(value)] for stat, value in values]})


def message(delay=None, due=None, ttl=None, dedup=None, group=None):
    """The optional parts of a pushed message, and which there are."""
    values = [("delayMs", delay, i64), ("dueAt", due, i64), ("ttlMs", ttl, i64), ("dedupId", dedup, blob), ("group", group, blob)]
    present = sum(1 << bit for bit, (_, value, _) in enumerate(values) if value is not None)
    parts = [part for label, value, make in values if value is not None for part in make(label, value)]
    fields = {label: (hexed if make is blob else number)(value) for label, value, make in values}
    return present, parts, fields


def pushes():
    def push(name, description, body, priority=0, queue="emails", headers=None, **options):
        present, parts, fields = message(**options)
        add(name, description, PUSH_ONE, REQUEST, 80, "queue-push",
            u8("present", present) + u8("priority", priority) + u16("reserved", 0) + text("queue", queue) + parts + rest("body", body),
            {"queue": queue, "priority": priority} | fields | {"body": body.hex()}, headers=headers)

    push("queue-push", "nothing but a body", b"hello")
    push("queue-push-empty", "an empty body and name; answered with NameInvalid", b"", queue="")
    push("queue-push-priority", "with headers, which go with the message", b"hello", 9, headers=[("traceparent", b"00-0"), ("reply-to", b"answers")])
    push("queue-push-delay", "in a minute, once", b"hello", delay=60000, dedup=b"order-7")
    push("queue-push-due", "at a time, in a group, for an hour", b"hello", 3, due=NEW_YEAR, ttl=3600000, group=b"tenant-1")
    push("queue-push-every-part", "well formed; a delay and a time together get InvalidArgument", ALL_BYTES, 255, "žádosti",
         delay=I64_MIN, due=I64_MAX, ttl=-1, dedup=ALL_BYTES, group=b"")
    for name, outcome, message_id in [
            ("queue-push-reply", 1, 7), ("queue-push-reply-duplicate", 2, 1), ("queue-push-reply-dead-lettered", 3, U64_MAX)]:
        add(name, "", PUSH_ONE, REPLY, 80, "queue-push-reply", u8("outcome", outcome) + u64("messageId", message_id),
            {"outcome": outcome, "messageId": str(message_id)})

    def batch(name, description, all_or_none, messages):
        parts = u8("bits", 1 if all_or_none else 0) + u8("reserved", 0) + u16("reserved", 0) + text("queue", "emails") + u32("count", len(messages))
        items = []
        for priority, body, headers, options in messages:
            present, optional_parts, fields = message(**options)
            block, header_fields = item_headers(headers)
            parts += sized(u8("present", present) + u8("priority", priority) + optional_parts + block + rest("body", body))
            items.append({"priority": priority} | fields | {"headers": header_fields, "body": body.hex()})
        add(name, description, PUSH_BATCH, REQUEST, 81, "queue-push-batch", parts, {"allOrNone": all_or_none, "queue": "emails", "messages": items})

    batch("queue-push-batch", "two messages, each for itself", False, [(0, b"one", [], {}), (5, b"two", [("reply-to", b"answers")], {"group": b"tenant-1"})])
    batch("queue-push-batch-all-or-none", "with every part", True, [
        (1, b"", [("a", ALL_BYTES), ("a", b"")], {"delay": 1, "due": NEW_YEAR, "ttl": I64_MAX, "dedup": b"order-7", "group": ALL_BYTES}), (0, ALL_BYTES, [], {"ttl": 1})])
    batch("queue-push-batch-none", "no message", False, [])
    for name, values in [
            ("queue-push-batch-reply", [(0, 1, 7), (0, 2, 3)]), ("queue-push-batch-reply-refused", [(306, 0, 0), (0, 3, U64_MAX), (400, 0, 0)]),
            ("queue-push-batch-reply-none", [])]:
        parts = u32("count", len(values))
        for code, outcome, message_id in values:
            parts += u16("code", code) + u8("outcome", outcome) + u64("messageId", message_id)
        add(name, "", PUSH_BATCH, REPLY, 81, "queue-push-batch-reply", parts,
            {"items": [{"code": c, "outcome": o, "messageId": str(i)} for c, o, i in values]})


def consuming():
    for name, description, credits, options, lease in [
            ("queue-consume", "a prefetch of 100", 100, 1, 0), ("queue-consume-at-most-once", "no credit yet", 0, 2, 0),
            ("queue-consume-max", "the most credits, the longest lease", 1000000, 3, U32_MAX)]:
        add(name, description, CONSUME, REQUEST, 82, "queue-consume",
            u32("credits", credits) + u8("options", options) + u8("reserved", 0) + u16("reserved", 0) + u32("leaseMs", lease) + rest("queue", b"emails"),
            {"credits": credits, "options": options, "leaseMs": lease, "queue": "emails"})
    add("queue-consume-reply", "the subscription is open", CONSUME, REPLY, 82, "empty", [], {})
    for name, description, values in [
            ("queue-pull", "waits for ten messages up to 30 s", (30000, 10, 0, 0, 0)), ("queue-pull-now", "does not wait; settled by delivery", (0, 1, 65536, 5000, 2)),
            ("queue-pull-max", "", (U32_MAX, U32_MAX, U32_MAX, U32_MAX, 0))]:
        labels = ["waitMs", "messagesMax", "bytesMax", "leaseMs"]
        parts = [part for label, value in zip(labels, values) for part in u32(label, value)]
        add(name, description, PULL, REQUEST, 83, "queue-pull", parts + u8("options", values[4]) + rest("queue", b"emails"),
            dict(zip(labels, values)) | {"options": values[4], "queue": "emails"})

    def deliveries(name, description, opcode, kind, messages):
        parts, items = u32("count", len(messages)), []
        for message_id, lease, enqueued, ends, attempt, priority, flags, group, headers, body in messages:
            block, header_fields = item_headers(headers)
            parts += sized(
                u64("messageId", message_id) + u64("lease", lease) + i64("enqueuedAt", enqueued) + i64("leaseEndsAt", ends) + u32("attempt", attempt)
                + u8("present", 0 if group is None else 1) + u8("priority", priority) + u8("flags", flags) + u8("reserved", 0)
                + optional(group, lambda value: blob("group", value)) + block + rest("body", body))
            items.append({
                "messageId": str(message_id), "lease": str(lease), "enqueuedAt": str(enqueued), "leaseEndsAt": str(ends), "attempt": attempt,
                "priority": priority, "flags": flags, "group": hexed(group), "headers": header_fields, "body": body.hex()})
        add(name, description, opcode, kind, 82 if opcode == CONSUME else 83, "deliveries", parts, {"messages": items})

    first = (7, LEASE, NEW_YEAR, NEW_YEAR + 30000, 1, 0, 0, None, [], b"hello")
    deliveries("queue-delivery", "one message, one credit", CONSUME, PUSH, [first])
    deliveries("queue-deliveries", "two messages, two credits", CONSUME, PUSH, [
        first, (8, U64_MAX, NEW_YEAR, NEW_YEAR + 30000, 2, 5, 1, b"tenant-1", [("reply-to", b"answers")], b"again")])
    deliveries("queue-delivery-settled", "settled by delivery: without a lease", CONSUME, PUSH, [(9, 0, NEW_YEAR, 0, 1, 0, 0, None, [], b"")])
    deliveries("queue-delivery-edges", "numbers at their ends, and flags that came later", CONSUME, PUSH, [
        (U64_MAX, U64_MAX, I64_MIN, I64_MAX, U32_MAX, 255, 255, ALL_BYTES, [("n" * 255, ALL_BYTES), ("a", b"")], ALL_BYTES)])
    deliveries("queue-pull-reply", "the same list", PULL, REPLY, [first])
    deliveries("queue-pull-reply-none", "the wait is over", PULL, REPLY, [])


def settling():
    def leases(items):
        parts = u32("count", len(items))
        for message_id, lease in items:
            parts += u64("messageId", message_id) + u64("lease", lease)
        return parts, [[str(message_id), str(lease)] for message_id, lease in items]

    two, two_fields = leases([(7, LEASE), (8, U64_MAX)])
    for name, items in [("queue-ack", [(7, LEASE)]), ("queue-ack-many", [(7, LEASE), (8, U64_MAX), (U64_MAX, 0)]), ("queue-ack-none", [])]:
        parts, fields = leases(items)
        add(name, "", ACK, REQUEST, 84, "queue-ack", text("queue", "emails") + parts, {"queue": "emails", "leases": fields})
    one, one_fields = leases([(7, LEASE)])
    for name, action, delay, reason, parts, fields in [
            ("queue-nack", 0, 0, "no route to host", one, one_fields), ("queue-nack-now", 1, 0, "", one, one_fields),
            ("queue-nack-delay", 2, 60000, "later", two, two_fields), ("queue-nack-give-back", 3, 0, "", two, two_fields),
            ("queue-nack-negative-delay", 2, I64_MIN, "není kam", one, one_fields)]:
        add(name, "", NACK, REQUEST, 85, "queue-nack",
            u8("action", action) + u8("reserved", 0) + u16("reserved", 0) + i64("delayMs", delay) + text("queue", "emails") + text("reason", reason) + parts,
            {"action": action, "delayMs": str(delay), "queue": "emails", "reason": reason, "leases": fields})
    add("queue-dead-letter", "", DEAD_LETTER, REQUEST, 86, "queue-dead-letter", text("queue", "emails") + text("reason", "no such user") + two,
        {"queue": "emails", "reason": "no such user", "leases": two_fields})
    for name, lease in [("queue-extend", 60000), ("queue-extend-as-the-queue", 0)]:
        add(name, "", EXTEND, REQUEST, 87, "queue-extend", u32("leaseMs", lease) + text("queue", "emails") + two,
            {"leaseMs": lease, "queue": "emails", "leases": two_fields})
    for name, opcode, codes in [
            ("queue-ack-reply", ACK, [0]), ("queue-ack-reply-lost", ACK, [0, 413]), ("queue-ack-reply-none", ACK, []), ("queue-nack-reply", NACK, [0, 0]),
            ("queue-dead-letter-reply", DEAD_LETTER, [0, 65535])]:
        parts = u32("count", len(codes)) + [part for code in codes for part in u16("code", code)]
        add(name, "", opcode, REPLY, 84, "per-item", parts, {"codes": codes})
    for name, values in [("queue-extend-reply", [(0, NEW_YEAR + 60000), (413, 0)]), ("queue-extend-reply-none", [])]:
        parts = u32("count", len(values))
        for code, ends in values:
            parts += u16("code", code) + i64("leaseEndsAt", ends)
        add(name, "", EXTEND, REPLY, 87, "queue-extend-reply", parts, {"items": [{"code": c, "leaseEndsAt": str(e)} for c, e in values]})


def dead_filter(ids=(), source=None, cause=None, reason=None, died_from=None, died_to=None, attempts=None):
    parts = []
    for message_id in ids:
        parts += u16("tag", 1) + u16("length", 8) + u64("messageId", message_id)
    parts += optional(source, lambda value: tagged(2, "source", value.encode()))
    parts += optional(cause, lambda value: u16("tag", 3) + u16("length", 2) + u16("cause", value))
    parts += optional(reason, lambda value: tagged(4, "reasonText", value.encode()))
    parts += optional(died_from, lambda value: u16("tag", 5) + u16("length", 8) + i64("diedFrom", value))
    parts += optional(died_to, lambda value: u16("tag", 6) + u16("length", 8) + i64("diedTo", value))
    parts += optional(attempts, lambda value: u16("tag", 7) + u16("length", 4) + u32("attemptsMin", value))
    return parts, {
        "messageIds": [str(message_id) for message_id in ids], "source": source, "cause": cause, "reasonText": reason,
        "diedFrom": number(died_from), "diedTo": number(died_to), "attemptsMin": attempts}


def looking():
    for name, which, size, limit, cursor in [("queue-peek", 0, 0, 10, b""), ("queue-peek-delayed", 2, 65536, 10000, bytes([7, 0])), ("queue-peek-leased", 1, 1, 1, b"")]:
        add(name, "", PEEK, REQUEST, 88, "queue-peek",
            u8("which", which) + u32("bytesMax", size) + u32("limit", limit) + blob("cursor", cursor) + rest("queue", b"emails"),
            {"which": which, "bytesMax": size, "limit": limit, "cursor": cursor.hex(), "queue": "emails"})

    def kept(name, description, opcode, cursor, messages):
        parts, items = blob("cursor", cursor) + u32("count", len(messages)), []
        for message_id, enqueued, attempts, failures, priority, group, visible, expires, dead, headers, body in messages:
            present = sum(1 << bit for bit, value in enumerate([group, visible, expires, dead]) if value is not None)
            block, header_fields = item_headers(headers)
            parts += sized(
                u64("messageId", message_id) + i64("enqueuedAt", enqueued) + u32("attempts", attempts) + u32("failures", failures)
                + u8("present", present) + u8("priority", priority) + u16("reserved", 0) + optional(group, lambda value: blob("group", value))
                + optional(visible, lambda value: i64("visibleAt", value)) + optional(expires, lambda value: i64("expiresAt", value))
                + optional(dead, lambda value: i64("diedAt", value[0]) + u16("cause", value[1]) + text("source", value[2]) + text("reason", value[3]))
                + block + rest("body", body))
            items.append({
                "messageId": str(message_id), "enqueuedAt": str(enqueued), "attempts": attempts, "failures": failures, "priority": priority,
                "group": hexed(group), "visibleAt": number(visible), "expiresAt": number(expires),
                "dead": None if dead is None else {"diedAt": str(dead[0]), "cause": dead[1], "source": dead[2], "reason": dead[3]},
                "headers": header_fields, "body": body.hex()})
        add(name, description, opcode, REPLY, 88, "kept", parts, {"cursor": cursor.hex(), "messages": items})

    kept("queue-peek-reply", "a ready message, and more to come", PEEK, bytes([7, 0]), [(7, NEW_YEAR, 0, 0, 0, None, None, None, None, [], b"hello")])
    kept("queue-peek-reply-delayed", "the last page", PEEK, b"", [(8, NEW_YEAR, 1, 1, 5, b"tenant-1", NEW_YEAR + 1000, NEW_YEAR + 3600000, None, [("reply-to", b"answers")], b"")])
    kept("queue-peek-reply-end", "an empty page that is the last", PEEK, b"", [])
    kept("queue-dead-list-reply", "a dead letter", DEAD_LIST, b"", [
        (3, NEW_YEAR, 5, 5, 0, None, None, None, (NEW_YEAR + 60000, 1, "emails", "no route to host"), [], b"hello")])
    kept("queue-dead-list-reply-edges", "every part, and a cause that came later", DEAD_LIST, ALL_BYTES, [
        (U64_MAX, I64_MIN, U32_MAX, U32_MAX, 255, ALL_BYTES, I64_MAX, I64_MIN, (I64_MAX, 65535, "", "není kam"), [("a", ALL_BYTES)], ALL_BYTES),
        (1, 0, 0, 0, 0, b"", None, None, (0, 0, "žádosti", ""), [], b"")])

    by_cause, by_cause_fields = dead_filter(cause=1, reason="no route", attempts=3)
    by_ids, by_ids_fields = dead_filter(ids=[3, U64_MAX])
    every, every_fields = dead_filter([1], "emails", 65535, "není", I64_MIN, I64_MAX, U32_MAX)
    for name, filter_parts, filter_fields in [
            ("queue-dead-list", by_cause, by_cause_fields), ("queue-dead-list-all", *dead_filter()), ("queue-dead-list-every-field", every, every_fields)]:
        add(name, "", DEAD_LIST, REQUEST, 89, "queue-dead-list",
            u32("bytesMax", 0) + u32("limit", 100) + blob("cursor", b"") + text("queue", "emails") + filter_parts,
            {"bytesMax": 0, "limit": 100, "cursor": "", "queue": "emails", "filter": filter_fields})
    for name, opcode, (filter_parts, filter_fields) in [
            ("queue-dead-count", DEAD_COUNT, dead_filter(died_from=NEW_YEAR)), ("queue-dead-delete", DEAD_DELETE, (by_ids, by_ids_fields)),
            ("queue-dead-delete-all", DEAD_DELETE, dead_filter())]:
        add(name, "", opcode, REQUEST, 90, "queue-dead-select", text("queue", "emails") + filter_parts, {"queue": "emails", "filter": filter_fields})
    for name, description, rate, limit, target, (filter_parts, filter_fields) in [
            ("queue-dead-redrive", "a hundred a second, to where they came from", 100, 0, "", (by_cause, by_cause_fields)),
            ("queue-dead-redrive-one", "one message, to another queue", 0, 1, "emails-slow", dead_filter(ids=[3])),
            ("queue-dead-redrive-max", "", U32_MAX, U64_MAX, "žádosti", (every, every_fields))]:
        add(name, description, DEAD_REDRIVE, REQUEST, 91, "queue-dead-redrive",
            u32("perSecondMax", rate) + u64("messagesMax", limit) + text("queue", "emails") + text("target", target) + filter_parts,
            {"perSecondMax": rate, "messagesMax": str(limit), "queue": "emails", "target": target, "filter": filter_fields})
    for name, opcode, count in [("queue-dead-count-reply", DEAD_COUNT, 12), ("queue-dead-redrive-reply", DEAD_REDRIVE, 12), ("queue-dead-delete-reply", DEAD_DELETE, 2)]:
        add(name, "", opcode, REPLY, 90, "count", i64("count", count), {"count": str(count)})


def schedules():
    def definition(catch_up, flags, priority, name, cron, zone, queue, ttl, group):
        present = (0 if ttl is None else 1) | (0 if group is None else 2)
        return (u8("catchUp", catch_up) + u8("present", present) + u8("priority", priority) + u8("flags", flags) + text("name", name)
                + text("cron", cron) + text("timeZone", zone) + text("queue", queue) + optional(ttl, lambda value: i64("ttlMs", value))
                + optional(group, lambda value: blob("group", value)),
                {"catchUp": catch_up, "flags": flags, "priority": priority, "name": name, "cron": cron, "timeZone": zone, "queue": queue,
                 "ttlMs": number(ttl), "group": hexed(group)})

    weekly = (1, 0, 0, "weekly", "0 9 * * MON", "Europe/Prague", "reports", None, None)
    often = (0, 1, 9, "often", "*/10 * * * * *", "", "žádosti", 60000, b"tenant-1")
    for name, description, values, body, headers in [
            ("schedule-set", "every Monday at nine, once more if one was missed", weekly, b"{}", None),
            ("schedule-set-every-part", "every ten seconds, and disabled", often, ALL_BYTES, [("content-type", b"text/plain")])]:
        parts, fields = definition(*values)
        add(name, description, SCHEDULE_SET, REQUEST, 96, "schedule-set", parts + rest("body", body), fields | {"body": body.hex()}, headers=headers)
    for name, created, next_at in [("schedule-set-reply", True, NEW_YEAR), ("schedule-set-reply-never", False, 0)]:
        add(name, "", SCHEDULE_SET, REPLY, 96, "schedule-set-reply", flag("created", created) + i64("nextAt", next_at), {"created": created, "nextAt": str(next_at)})
    for name, description, values, last, next_at, counts, error, headers in [
            ("schedule-describe-reply", "", weekly, NEW_YEAR, NEW_YEAR + 604800000, (3, 1, 0), 306, None),
            ("schedule-describe-reply-later", "a catch-up and flags that came later, and the message's headers", (7, 255, *often[2:]), I64_MIN, I64_MAX,
             (U64_MAX, U64_MAX, U64_MAX), 65535, [("content-type", b"text/plain")])]:
        parts, fields = definition(*values)
        parts += i64("lastAt", last) + i64("nextAt", next_at)
        for label, count in zip(["runs", "failed", "missed"], counts):
            parts += u64(label, count)
            fields[label] = str(count)
        add(name, description, SCHEDULE_DESCRIBE, REPLY, 97, "schedule", parts + u16("lastError", error) + rest("body", b"{}"),
            fields | {"lastAt": str(last), "nextAt": str(next_at), "lastError": error, "body": b"{}".hex()}, headers=headers)
    for name, opcode in [("schedule-describe", SCHEDULE_DESCRIBE), ("schedule-delete", SCHEDULE_DELETE)]:
        add(name, "", opcode, REQUEST, 97, "bytes", rest("name", b"weekly"), {"bytes": b"weekly".hex()})
    add("schedule-delete-reply", "", SCHEDULE_DELETE, REPLY, 97, "count", i64("count", 1), {"count": "1"})
    add("schedule-list", "", SCHEDULE_LIST, REQUEST, 98, "scan", u32("limit", 100) + blob("cursor", b"") + rest("prefix", b""),
        {"limit": 100, "cursor": "", "prefix": ""})
    for name, cursor, items in [("schedule-list-reply", b"weekly", [(0, 0, NEW_YEAR, *weekly[3:7]), (1, NEW_YEAR, 0, *often[3:7])]), ("schedule-list-reply-end", b"", [])]:
        parts = blob("cursor", cursor) + u32("count", len(items))
        for flags, last, next_at, schedule, cron, zone, queue in items:
            parts += u8("flags", flags) + i64("lastAt", last) + i64("nextAt", next_at) + text("name", schedule) + text("cron", cron) + text("timeZone", zone) + text("queue", queue)
        add(name, "", SCHEDULE_LIST, REPLY, 98, "schedule-list", parts, {"cursor": cursor.hex(), "schedules": [
            {"flags": f, "lastAt": str(l), "nextAt": str(n), "name": s, "cron": c, "timeZone": z, "queue": q} for f, l, n, s, c, z, q in items]})


def queue_errors():
    def one(name, description, opcode, kind, correlation, code, retryable, message_, detail=b""):
        parts = (u16("code", code) + flag("retryable", retryable) + u8("detailBytes", len(detail))
                 + rest("detail", detail) + rest("message", message_.encode()))
        add(name, description, opcode, kind, correlation, "error", parts,
            {"code": code, "retryable": retryable, "detail": detail.hex(), "message": message_})

    one("error-queue-full", "a push that may succeed later", PUSH_ONE, ERROR, 80, 306, True, "1000 messages")
    one("error-queue-conflict", "the tag of the first option that differs", DECLARE, ERROR, 64, 411, False, "leaseMs is 30000", struct.pack("<H", 1))
    one("error-option-unknown", "the tag of the option", DECLARE, ERROR, 64, 409, False, "option 99", struct.pack("<H", 99))
    one("error-rate-limited", "with the time to wait", PUSH_ONE, ERROR, 80, 308, True, "", struct.pack("<I", 1500))
    one("queue-consume-end", "the answer to STOP", CONSUME, END, 82, 0, False, "")
    one("queue-consume-end-deleted", "the queue was deleted", CONSUME, END, 82, 410, False, "emails was deleted")


def error_parts(code, retryable, message_, detail=b""):
    return (u16("code", code) + flag("retryable", retryable) + u8("detailBytes", len(detail))
            + rest("detail", detail) + rest("message", message_.encode())), {
        "code": code, "retryable": retryable, "detail": detail.hex(), "message": message_}


def publication(topic, body, flags=0, ttl=None):
    """A message that is published alone: in a publish, or as a will."""
    return (u8("present", 0 if ttl is None else 1) + u8("bits", flags) + u16("reserved", 0) + text("topic", topic)
            + optional(ttl, lambda value: i64("ttlMs", value)) + rest("body", body),
            {"flags": flags, "topic": topic, "ttlMs": number(ttl), "body": body.hex()})


def publishing():
    for name, description, kind, message_, headers in [
            ("topic-publish", "confirmed", REQUEST, ("sensors/1/temp", b"21.5"), None),
            ("topic-publish-notice", "not confirmed", NOTICE, ("sensors/1/temp", b"21.5"), None),
            ("topic-publish-notice-headers", "a question: the headers go with the message", NOTICE, ("quotes", b"AAPL"),
             [("reply-to", b"$inbox/0123456789abcdef0123456789abcdef"), ("correlation-id", b"7")]),
            ("topic-publish-retained", "kept for an hour", REQUEST, ("sensors/1/temp", b"21.5", 1, 3600000), None),
            ("topic-publish-clear", "an empty body: what is retained goes", REQUEST, ("sensors/1/temp", b"", 1), None),
            ("topic-publish-empty", "well formed, and answered with TopicInvalid", REQUEST, ("", b""), None),
            ("topic-publish-empty-levels", "four levels, of which two are empty", REQUEST, ("/měsíc//🌙", ALL_BYTES), None),
            ("topic-publish-edges", "well formed; the time to live is out of its range", REQUEST, ("t", b"", 1, I64_MIN), None)]:
        parts, fields = publication(*message_)
        add(name, description, PUBLISH, kind, 112, "topic-publish", parts, fields, headers=headers)
    for name, receivers, bindings in [("topic-publish-reply", 3, 1), ("topic-publish-reply-nobody", 0, 0), ("topic-publish-reply-max", U32_MAX, U32_MAX)]:
        add(name, "", PUBLISH, REPLY, 112, "topic-publish-reply", u32("receivers", receivers) + u32("bindings", bindings),
            {"receivers": receivers, "bindings": bindings})

    def batch(name, description, kind, messages):
        parts, items = u32("count", len(messages)), []
        for topic, body, flags, ttl, headers in messages:
            block, header_fields = item_headers(headers)
            parts += sized(
                u8("present", 0 if ttl is None else 1) + u8("bits", flags) + u16("length of topic", len(topic.encode())) + rest("topic", topic.encode())
                + optional(ttl, lambda value: i64("ttlMs", value)) + block + rest("body", body))
            items.append({"flags": flags, "topic": topic, "ttlMs": number(ttl), "headers": header_fields, "body": body.hex()})
        add(name, description, PUBLISH_BATCH, kind, 113, "topic-publish-batch", parts, {"messages": items})

    batch("topic-publish-batch", "two messages, the second retained", REQUEST, [
        ("sensors/1/temp", b"21.5", 0, None, []), ("sensors/2/temp", b"19", 1, None, [("unit", b"C")])])
    batch("topic-publish-batch-notice", "not confirmed", NOTICE, [("sensors/1/temp", b"21.5", 0, None, [])])
    batch("topic-publish-batch-edges", "", REQUEST, [
        ("", b"", 0, None, []), ("t" * 300, ALL_BYTES, 1, I64_MAX, [("n" * 255, ALL_BYTES), ("a", b"")]), ("/", b"", 1, I64_MIN, [])])
    batch("topic-publish-batch-none", "no message", REQUEST, [])
    for name, values in [
            ("topic-publish-batch-reply", [(0, 3, 0), (310, 0, 0)]), ("topic-publish-batch-reply-bindings", [(424, 2, 1), (0, U32_MAX, U32_MAX), (65535, 0, 0)]),
            ("topic-publish-batch-reply-none", [])]:
        parts = u32("count", len(values))
        for code, receivers, bindings in values:
            parts += u16("code", code) + u32("receivers", receivers) + u32("bindings", bindings)
        add(name, "", PUBLISH_BATCH, REPLY, 113, "topic-publish-batch-reply", parts,
            {"items": [{"code": c, "receivers": r, "bindings": b} for c, r, b in values]})

    refused = struct.pack("<III", 2, 1, 1)
    for name, description, opcode, correlation, error in [
            ("report", "one publish that was not confirmed: its binding's queue was full", PUBLISH, 112, (424, True, "orders is full", refused)),
            ("report-many", "of batches, without a message", PUBLISH_BATCH, U32_MAX, (310, True, ""))]:
        parts, fields = error_parts(*error)
        count = 1 if opcode == PUBLISH else U64_MAX
        add(name, description, REPORT, NOTICE, 0, "report",
            u16("opcode", opcode) + u16("reserved", 0) + u32("correlation", correlation) + u64("count", count) + parts,
            {"opcode": opcode, "correlation": correlation, "count": str(count), "error": fields})
    for name, description, opcode, kind, error in [
            ("error-topic-invalid", "a wildcard where a topic is wanted", PUBLISH, ERROR, (420, False, "a/+")),
            ("error-binding-refused", "two receivers, one binding that took it and one that did not", PUBLISH, ERROR, (424, True, "orders is full", refused)),
            ("topic-subscribe-end", "the answer to STOP", SUBSCRIBE, END, (0, False, "")),
            ("topic-subscribe-end-slow", "its policy was to end", SUBSCRIBE, END, (303, True, "1048576 bytes wait"))]:
        parts, fields = error_parts(*error)
        add(name, description, opcode, kind, 112 if kind == ERROR else 114, "error", parts, fields)


def filters(label, items):
    return u32("count", len(items)) + [part for item in items for part in text(label, item)]


def subscribing():
    for name, description, credits, when_slow, flags, outbox, items in [
            ("topic-subscribe", "two filters, the retained messages first", 1000, 0, 1, 0, ["sensors/+/temp", "alarms/#"]),
            ("topic-subscribe-shared", "one of a group; no credit yet", 0, 1, 2, 65536, ["$share/workers/orders/#"]),
            ("topic-subscribe-max", "well formed; a filter with its # in the middle gets FilterInvalid", 1000000, 2, 3, U32_MAX, ["a/#/b", ""]),
            ("topic-subscribe-none", "no filter: they come later", 1, 0, 0, 0, [])]:
        add(name, description, SUBSCRIBE, REQUEST, 114, "topic-subscribe",
            u32("credits", credits) + u8("whenSlow", when_slow) + u8("bits", flags) + u16("reserved", 0) + u32("outboxBytes", outbox) + filters("filter", items),
            {"credits": credits, "whenSlow": when_slow, "flags": flags, "outboxBytes": outbox, "filters": items})
    add("topic-subscribe-reply", "the subscription is open", SUBSCRIBE, REPLY, 114, "empty", [], {})

    def push(name, description, missed, messages):
        parts, items = u64("missed", missed) + u32("count", len(messages)), []
        for flags, topic, headers, body in messages:
            block, header_fields = item_headers(headers)
            parts += sized(u8("bits", flags) + u8("reserved", 0) + u16("length of topic", len(topic.encode())) + rest("topic", topic.encode()) + block + rest("body", body))
            items.append({"flags": flags, "topic": topic, "headers": header_fields, "body": body.hex()})
        add(name, description, SUBSCRIBE, PUSH, 114, "topic-push", parts, {"missed": str(missed), "messages": items})

    push("topic-push", "one message, one credit", 0, [(0, "sensors/1/temp", [], b"21.5")])
    push("topic-push-missed", "two messages, before which five were dropped; the first one is retained", 5, [
        (1, "sensors/2/temp", [("unit", b"C")], b"19"), (0, "alarms", [], b"")])
    push("topic-push-missed-only", "costs no credit", 12, [])
    push("topic-push-edges", "numbers at their ends, and bits that came later", U64_MAX, [(255, "t" * 300, [("n" * 255, ALL_BYTES), ("a", b"")], ALL_BYTES), (0, "/🌙", [], b"")])

    for name, description, subscription, added, removed in [
            ("topic-filters", "one more, one less", 114, ["alarms/+"], ["alarms/#"]), ("topic-filters-add", "", U32_MAX, ["a", "b", ""], []),
            ("topic-filters-remove", "", 0, [], ["žádosti/#"])]:
        add(name, description, FILTERS, REQUEST, 115, "topic-filters",
            u32("subscription", subscription) + filters("added", added) + filters("removed", removed),
            {"subscription": subscription, "added": added, "removed": removed})
    add("topic-filters-reply", "", FILTERS, REPLY, 115, "empty", [], {})


def retained():
    for name, size, limit, cursor, filter_ in [
            ("retained-list", 0, 100, b"", b"sensors/#"), ("retained-list-next", 65536, 10000, b"sensors/2/temp", b"#")]:
        add(name, "", RETAINED_LIST, REQUEST, 116, "retained-list",
            u32("bytesMax", size) + u32("limit", limit) + blob("cursor", cursor) + rest("filter", filter_),
            {"bytesMax": size, "limit": limit, "cursor": cursor.hex(), "filter": filter_.decode()})
    for name, cursor, messages in [
            ("retained-list-reply", b"sensors/2/temp", [
                (NEW_YEAR, 0, "sensors/1/temp", [], b"21.5"), (NEW_YEAR, NEW_YEAR + 3600000, "sensors/2/temp", [("unit", b"C")], b"19")]),
            ("retained-list-reply-end", b"", []),
            ("retained-list-reply-edges", ALL_BYTES, [(I64_MIN, I64_MAX, "", [("n" * 255, ALL_BYTES)], ALL_BYTES), (0, 0, "🌙", [], b"")])]:
        parts, items = blob("cursor", cursor) + u32("count", len(messages)), []
        for set_at, expires, topic, headers, body in messages:
            block, header_fields = item_headers(headers)
            parts += i64("setAt", set_at) + i64("expiresAt", expires) + text("topic", topic) + block + blob("body", body)
            items.append({"setAt": str(set_at), "expiresAt": str(expires), "topic": topic, "headers": header_fields, "body": body.hex()})
        add(name, "", RETAINED_LIST, REPLY, 116, "retained-list-reply", parts, {"cursor": cursor.hex(), "messages": items})
    add("retained-clear", "", RETAINED_CLEAR, REQUEST, 117, "bytes", rest("filter", b"sensors/#"), {"bytes": b"sensors/#".hex()})
    add("retained-clear-reply", "", RETAINED_CLEAR, REPLY, 117, "count", i64("count", 2), {"count": "2"})

    for name, description, delay, session, message_, headers in [
            ("topic-will", "at once", 0, b"", ("presence/42", b"gone"), None),
            ("topic-will-session", "unless it is back in half a minute; retained, with a header", 30000, b"s-42", ("presence/42", b"gone", 1, 86400000), [("unit", b"C")]),
            ("topic-will-edges", "", U32_MAX, ALL_BYTES, ("", b"", 1, I64_MIN), None)]:
        parts, fields = publication(*message_)
        add(name, description, WILL, REQUEST, 118, "topic-will", u32("delayMs", delay) + blob("session", session) + parts,
            {"delayMs": delay, "session": session.hex()} | fields, headers=headers)
    add("topic-will-reply", "", WILL, REPLY, 118, "empty", [], {})
    add("topic-will-clear", "", WILL_CLEAR, REQUEST, 119, "empty", [], {})
    add("topic-will-clear-reply", "there was one", WILL_CLEAR, REPLY, 119, "count", i64("count", 1), {"count": "1"})


def topic_lists():
    for name, opcode, limit, cursor, prefix in [
            ("topic-list", TOPIC_LIST, 100, b"", b"sensors/#"), ("topic-subscribers", SUBSCRIBERS, 100, b"", b"sensors/"),
            ("binding-list", BINDING_LIST, 10000, b"orders", b"")]:
        add(name, "", opcode, REQUEST, 120, "scan",
            u32("limit", limit) + blob("cursor", cursor) + rest("filter" if opcode == TOPIC_LIST else "prefix", prefix),
            {"limit": limit, "cursor": cursor.hex(), "prefix": prefix.hex()})
    for name, cursor, topics in [
            ("topic-list-reply", b"sensors/1/temp", [("sensors/1/temp", 3, 1200, 4800)]), ("topic-list-reply-end", b"", []),
            ("topic-list-reply-max", b"", [("", U64_MAX, U64_MAX, U64_MAX), ("🌙", 0, 0, 0)])]:
        parts = blob("cursor", cursor) + u32("count", len(topics))
        for topic, subscriptions, messages, size in topics:
            parts += text("topic", topic) + u64("subscriptions", subscriptions) + u64("messages", messages) + u64("bytes", size)
        add(name, "", TOPIC_LIST, REPLY, 120, "topic-list", parts, {"cursor": cursor.hex(), "topics": [
            {"topic": t, "subscriptions": str(s), "messages": str(m), "bytes": str(b)} for t, s, m, b in topics]})
    add("topic-stats", "", TOPIC_STATS, REQUEST, 121, "empty", [], {})
    for name, values in [
            ("topic-stats-reply", [(1, 3), (2, 5), (12, 1200), (15, 3600), (23, 1500)]), ("topic-stats-reply-all", [(stat, stat * 1000) for stat in range(1, 25)]),
            ("topic-stats-reply-later", [(65535, U64_MAX)]), ("topic-stats-reply-none", [])]:
        parts = u32("count", len(values))
        for stat, value in values:
            parts += u16("stat", stat) + u64("value", value)
        add(name, "", TOPIC_STATS, REPLY, 121, "topic-stats", parts, {"stats": [[stat, str(value)] for stat, value in values]})
    for name, cursor, subscribers in [
            ("topic-subscribers-reply", b"\7\0", [(7, 114, 0, 2, 3600, 5, 4096, "tour", "sensors/+/temp")]), ("topic-subscribers-reply-end", b"", []),
            ("topic-subscribers-reply-max", b"", [(U64_MAX, U32_MAX, 255, U32_MAX, U64_MAX, U64_MAX, U64_MAX, "žofie", ""), (0, 0, 0, 0, 0, 0, 0, "", "#")])]:
        parts, items = blob("cursor", cursor) + u32("count", len(subscribers)), []
        for connection_, subscription, when_slow, count, delivered, dropped, pending, client, first in subscribers:
            parts += (u64("connection", connection_) + u32("subscription", subscription) + u8("whenSlow", when_slow) + u8("reserved", 0) + u16("reserved", 0)
                      + u32("filters", count) + u64("delivered", delivered) + u64("dropped", dropped) + u64("pendingBytes", pending)
                      + text("client", client) + text("firstFilter", first))
            items.append({
                "connection": str(connection_), "subscription": subscription, "whenSlow": when_slow, "filters": count, "delivered": str(delivered),
                "dropped": str(dropped), "pendingBytes": str(pending), "client": client, "firstFilter": first})
        add(name, "", SUBSCRIBERS, REPLY, 120, "topic-subscribers", parts, {"cursor": cursor.hex(), "subscribers": items})


def bindings():
    def fields_of(values):
        return [part for tag, value in values for part in u16("tag", tag) + u16("length", len(value)) + (u8("value", value[0]) if tag == 1 else rest("value", value))]

    def binding(name, description, opcode, kind, target_kind, binding_name, filter_, target, options):
        add(name, description, opcode, kind, 122, "binding",
            u8("target", target_kind) + u8("reserved", 0) + u16("reserved", 0) + text("name", binding_name) + text("filter", filter_) + text("target's name", target) + fields_of(options),
            {"kind": target_kind, "name": binding_name, "filter": filter_, "target": target,
             "keyByTopic": next((value != b"\0" for tag, value in options if tag == 1), None), "unknownTag": next((tag for tag, _ in options if tag != 1), None)})

    binding("binding-set", "to a queue", BINDING_SET, REQUEST, 1, "orders", "orders/#", "orders", [])
    binding("binding-set-stream", "to a stream, keyed by topic", BINDING_SET, REQUEST, 2, "audit", "#", "žádosti", [(1, b"\1")])
    binding("binding-set-unknown-option", "well formed, and answered with OptionUnknown", BINDING_SET, REQUEST, 2, "", "", "", [(99, b"")])
    binding("binding-describe-reply", "every option as it is", BINDING_DESCRIBE, REPLY, 1, "orders", "orders/#", "orders", [(1, b"\0")])
    for name, created in [("binding-set-reply", True), ("binding-set-reply-same", False)]:
        add(name, "", BINDING_SET, REPLY, 122, "binding-set-reply", flag("created", created), {"created": created})
    for name, opcode in [("binding-describe", BINDING_DESCRIBE), ("binding-delete", BINDING_DELETE)]:
        add(name, "", opcode, REQUEST, 123, "bytes", rest("name", b"orders"), {"bytes": b"orders".hex()})
    add("binding-delete-reply", "there was none", BINDING_DELETE, REPLY, 123, "count", i64("count", 0), {"count": "0"})
    for name, cursor, items in [
            ("binding-list-reply", b"orders", [(1, "orders", "orders/#", "orders", 1200, 3)]), ("binding-list-reply-end", b"", []),
            ("binding-list-reply-max", b"", [(255, "", "", "", U64_MAX, U64_MAX), (2, "audit", "#", "žádosti", 0, 0)])]:
        parts = blob("cursor", cursor) + u32("count", len(items))
        for target_kind, binding_name, filter_, target, taken, refused in items:
            parts += (u8("target", target_kind) + text("name", binding_name) + text("filter", filter_) + text("target's name", target)
                      + u64("taken", taken) + u64("refused", refused))
        add(name, "", BINDING_LIST, REPLY, 120, "binding-list", parts, {"cursor": cursor.hex(), "bindings": [
            {"kind": k, "name": n, "filter": f, "target": t, "taken": str(a), "refused": str(r)} for k, n, f, t, a, r in items]})



STREAM_DEFAULTS = [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 3), (7, 16646144), (8, 604800000)]


def stream_definitions():
    for name, description, stream, values in [
            ("stream-create", "a day, and what groups have not read", "orders", [(1, 86400000), (4, 1)]),
            ("stream-create-defaults", "no options at all", "orders", []),
            ("stream-create-every-option", "out of any order", "žádosti", list(reversed(STREAM_DEFAULTS))),
            ("stream-create-unknown-option", "well formed, and answered with OptionUnknown", "orders", [(99, b"\1\2")])]:
        parts, fields = queue_options(values)
        add(name, description, STREAM_CREATE, REQUEST, 128, "stream-create", text("name", stream) + parts, {"name": stream, "options": fields})
    for name, created, revision, values in [
            ("stream-create-reply", True, 1, STREAM_DEFAULTS), ("stream-create-reply-later", False, U64_MAX, [(1, U64_MAX), (500, b"later"), (500, b"")])]:
        parts, fields = queue_options(values)
        add(name, "", STREAM_CREATE, REPLY, 128, "stream-create-reply",
            flag("created", created) + u64("revision", revision) + parts, {"created": created, "revision": str(revision), "options": fields})
    add("stream-describe", "", STREAM_DESCRIBE, REQUEST, 129, "bytes", rest("name", b"orders"), {"bytes": b"orders".hex()})
    for name, revision, first, next_, values in [("stream-describe-reply", 2, 100, 1300, STREAM_DEFAULTS), ("stream-describe-reply-max", U64_MAX, U64_MAX, U64_MAX, [])]:
        parts, fields = queue_options(values)
        add(name, "", STREAM_DESCRIBE, REPLY, 129, "stream-describe-reply", u64("revision", revision) + u64("first", first) + u64("next", next_) + parts,
            {"revision": str(revision), "first": str(first), "next": str(next_), "options": fields})
    for name, revision, values in [("stream-update", 1, [(1, 3600000)]), ("stream-update-any", 0, [])]:
        parts, fields = queue_options(values)
        add(name, "", STREAM_UPDATE, REQUEST, 130, "stream-update", u64("revision", revision) + text("name", "orders") + parts,
            {"revision": str(revision), "name": "orders", "options": fields})
    parts, fields = queue_options([(1, 3600000)])
    add("stream-update-reply", "", STREAM_UPDATE, REPLY, 130, "stream-update-reply", u64("revision", 2) + parts, {"revision": "2", "options": fields})

    for name, opcode, prefix in [("stream-list", STREAM_LIST, b"ord"), ("group-list", GROUP_LIST, b"orders")]:
        add(name, "", opcode, REQUEST, 131, "scan", u32("limit", 100) + blob("cursor", b"") + rest("prefix" if opcode == STREAM_LIST else "stream", prefix),
            {"limit": 100, "cursor": "", "prefix": prefix.hex()})
    for name, cursor, items in [
            ("stream-list-reply", b"orders", [(100, 1300, 65536, "orders")]), ("stream-list-reply-end", b"", []),
            ("stream-list-reply-max", b"", [(U64_MAX, U64_MAX, U64_MAX, ""), (0, 0, 0, "žádosti")])]:
        parts = blob("cursor", cursor) + u32("count", len(items))
        for first, next_, size, stream in items:
            parts += u64("first", first) + u64("next", next_) + u64("bytes", size) + text("name", stream)
        add(name, "", STREAM_LIST, REPLY, 131, "stream-list", parts, {"cursor": cursor.hex(), "streams": [
            {"first": str(f), "next": str(n), "bytes": str(b), "name": s} for f, n, b, s in items]})
    for name, by, value in [("stream-trim", 0, 1000), ("stream-trim-by-time", 1, NEW_YEAR), ("stream-trim-by-bytes", 2, 1048576), ("stream-trim-by-records", 3, U64_MAX)]:
        add(name, "", STREAM_TRIM, REQUEST, 132, "stream-trim", u8("by", by) + u64("value", value) + rest("name", b"orders"),
            {"by": by, "value": str(value), "name": "orders"})
    add("stream-trim-reply", "", STREAM_TRIM, REPLY, 132, "offset", u64("first", 1000), {"offset": "1000"})
    for name, conditions in [("stream-delete", 0), ("stream-delete-if-unused", 2)]:
        add(name, "", STREAM_DELETE, REQUEST, 133, "stream-delete", u8("conditions", conditions) + rest("name", b"orders"),
            {"conditions": conditions, "name": "orders"})
    add("stream-delete-reply", "", STREAM_DELETE, REPLY, 133, "count", i64("count", 300), {"count": "300"})
    for name, stream in [("stream-stats", b"orders"), ("stream-stats-all", b"")]:
        add(name, "", STREAM_STATS, REQUEST, 134, "bytes", rest("name", stream), {"bytes": stream.hex()})
    for name, values in [
            ("stream-stats-reply", [(1, 1), (2, 1200), (3, 65536), (17, 1500)]), ("stream-stats-reply-all", [(stat, stat * 1000) for stat in range(1, 19)]),
            ("stream-stats-reply-later", [(65535, U64_MAX)]), ("stream-stats-reply-none", [])]:
        parts = u32("count", len(values))
        for stat, value in values:
            parts += u16("stat", stat) + u64("value", value)
        add(name, "", STREAM_STATS, REPLY, 134, "stream-stats", parts, {"stats": [[stat, str(value)] for stat, value in values]})


def record_rest(key, headers, value):
    """What stands behind offset and time in both forms of a record."""
    block, header_fields = item_headers(headers)
    return optional(key, lambda data: blob("key", data)) + block + rest("value", value), header_fields


def appending():
    def append(name, description, value, stream="orders", expected=None, version=None, producer=None, timestamp=None, key=None, tombstone=False, headers=None):
        values = [expected, version, producer, timestamp, key]
        present = sum(1 << bit for bit, part in enumerate(values) if part is not None) | (128 if tombstone else 0)
        add(name, description, STREAM_APPEND, REQUEST, 136, "stream-append",
            u8("present", present) + u8("reserved", 0) + u16("reserved", 0) + text("stream", stream)
            + optional(expected, lambda number_: u64("expectedNext", number_)) + optional(version, lambda number_: u64("expectedKeyVersion", number_))
            + optional(producer, lambda pair: u64("producer", pair[0]) + u64("sequence", pair[1])) + optional(timestamp, lambda time: i64("timestamp", time))
            + optional(key, lambda data: blob("key", data)) + rest("value", value),
            {"stream": stream, "expectedNext": number(expected), "expectedKeyVersion": number(version),
             "producer": None if producer is None else [str(producer[0]), str(producer[1])], "timestamp": number(timestamp), "key": hexed(key),
             "tombstone": tombstone, "value": value.hex()}, headers=headers)

    append("stream-append", "nothing but a value", b"hello")
    append("stream-append-empty", "an empty value and name; answered with NameInvalid", b"", stream="")
    append("stream-append-key", "by an idempotent producer, with headers", b"created", producer=(LEASE, 0), key=b"order-7", headers=[("content-type", b"text/plain")])
    append("stream-append-expected", "if the key is at this version", b"paid", version=7, key=b"order-7")
    append("stream-append-tombstone", "the key has no value any more", b"", key=b"order-7", tombstone=True)
    append("stream-append-every-part", "", ALL_BYTES, "žádosti", U64_MAX, 0, (U64_MAX, U64_MAX), I64_MIN, b"")

    def batch(name, description, records, expected=None, version=None, producer=None):
        present = sum(1 << bit for bit, part in enumerate([expected, version, producer]) if part is not None)
        parts = (u8("present", present) + u8("reserved", 0) + u16("reserved", 0) + text("stream", "orders") + optional(expected, lambda number_: u64("expectedNext", number_))
                 + optional(version, lambda pair: u64("expectedKeyVersion", pair[0]) + blob("expectedKey", pair[1]))
                 + optional(producer, lambda pair: u64("producer", pair[0]) + u64("sequence", pair[1])) + u32("count", len(records)))
        items = []
        for timestamp, key, tombstone, headers, value in records:
            tail, header_fields = record_rest(key, headers, value)
            bits = (0 if timestamp is None else 1) | (0 if key is None else 2) | (128 if tombstone else 0)
            inner = u8("present", bits) + optional(timestamp, lambda time: i64("timestamp", time)) + tail
            parts += u32("bytes of the record", sum(len(part) for part, _ in inner)) + inner
            items.append({"timestamp": number(timestamp), "key": hexed(key), "tombstone": tombstone, "headers": header_fields, "value": value.hex()})
        add(name, description, STREAM_APPEND_BATCH, REQUEST, 137, "stream-append-batch", parts, {
            "stream": "orders", "expectedNext": number(expected), "expectedKeyVersion": None if version is None else [str(version[0]), version[1].hex()],
            "producer": None if producer is None else [str(producer[0]), str(producer[1])], "records": items})

    batch("stream-append-batch", "two records", [(None, b"order-7", False, [], b"created"), (None, b"order-7", False, [("content-type", b"text/plain")], b"paid")],
          version=(0, b"order-7"))
    batch("stream-append-batch-producer", "if the stream is where it was seen", [(NEW_YEAR, None, False, [], b"tick")], expected=100, producer=(LEASE, 41))
    batch("stream-append-batch-edges", "", [
        (I64_MIN, b"", True, [], b""), (I64_MAX, ALL_BYTES, False, [("n" * 255, ALL_BYTES), ("a", b"")], ALL_BYTES), (None, None, False, [], b"")],
          U64_MAX, (U64_MAX, ALL_BYTES), (U64_MAX, U64_MAX))
    batch("stream-append-batch-none", "no record", [])
    for name, opcode, outcome, offset, version, timestamp in [
            ("stream-append-reply", STREAM_APPEND, 1, 1300, 1301, NEW_YEAR), ("stream-append-batch-reply", STREAM_APPEND_BATCH, 1, 1301, 0, NEW_YEAR),
            ("stream-append-reply-duplicate", STREAM_APPEND, 2, 1300, 0, 0), ("stream-append-reply-conflict", STREAM_APPEND, 3, 1302, 9, NEW_YEAR),
            ("stream-append-reply-max", STREAM_APPEND, 255, U64_MAX, U64_MAX, I64_MIN)]:
        add(name, "", opcode, REPLY, 136, "stream-append-reply",
            u8("outcome", outcome) + u64("offset", offset) + u64("keyVersion", version) + i64("timestamp", timestamp),
            {"outcome": outcome, "offset": str(offset), "keyVersion": str(version), "timestamp": str(timestamp)})


def position(kind, value=0, bits=0):
    return (u8("from", kind) + u8("bits", bits) + u16("reserved", 0) + u64("value", value), {"kind": kind, "flags": bits, "value": str(value)})


def record_run(records):
    parts, items = [], []
    for offset, timestamp, given, key, tombstone, headers, value in records:
        tail, header_fields = record_rest(key, headers, value)
        bits = (1 if given else 0) | (0 if key is None else 2) | (128 if tombstone else 0)
        inner = u64("offset", offset) + i64("timestamp", timestamp) + u8("present", bits) + tail
        parts += u32("bytes of the record", sum(len(part) for part, _ in inner)) + inner
        items.append({"offset": str(offset), "timestamp": str(timestamp), "timestampGiven": given, "key": hexed(key), "tombstone": tombstone,
                      "headers": header_fields, "value": value.hex()})
    return parts, items


CREATED = (1300, NEW_YEAR, False, b"order-7", False, [], b"created")
PAID = (1301, NEW_YEAR, False, b"order-7", False, [("content-type", b"text/plain")], b"paid")
EDGES = [(U64_MAX, I64_MIN, True, b"", True, [], b""), (0, I64_MAX, True, ALL_BYTES, False, [("n" * 255, ALL_BYTES), ("a", b"")], ALL_BYTES), (0, 0, False, None, False, [], b"")]


def reading():
    for name, description, (parts, fields), wait, records, size, key in [
            ("stream-read", "from an offset on", position(0, 1300), 0, 1000, 65536, b""),
            ("stream-read-wait", "what comes next, within 30 s", position(3), 30000, 1, 0, b""),
            ("stream-read-backward", "the last ten of a key, the newest first", position(3, bits=1), 0, 10, 0, b"order-7"),
            ("stream-read-time", "", position(1, NEW_YEAR), 0, 100, 0, b""), ("stream-read-last", "", position(4, 10), 0, 10, 0, b""),
            ("stream-read-max", "", position(2, U64_MAX, 3), U32_MAX, U32_MAX, U32_MAX, ALL_BYTES)]:
        add(name, description, STREAM_READ, REQUEST, 138, "stream-read",
            parts + u32("waitMs", wait) + u32("recordsMax", records) + u32("bytesMax", size) + text("stream", "orders") + rest("key", key),
            {"from": fields, "waitMs": wait, "recordsMax": records, "bytesMax": size, "stream": "orders", "key": key.hex()})
    for name, description, first, next_, continue_at, records in [
            ("stream-read-reply", "two records", 100, 1302, 1302, [CREATED, PAID]), ("stream-read-reply-none", "the wait is over", 100, 1302, 1302, []),
            ("stream-read-reply-edges", "", U64_MAX, U64_MAX, U64_MAX, EDGES)]:
        parts, items = record_run(records)
        add(name, description, STREAM_READ, REPLY, 138, "stream-read-reply",
            u64("first", first) + u64("next", next_) + u64("continueAt", continue_at) + u32("count", len(records)) + parts,
            {"first": str(first), "next": str(next_), "continueAt": str(continue_at), "records": items})
    for name, description, credits, (parts, fields), size, key in [
            ("stream-tail", "what comes from now on", 1000, position(3), 0, b""), ("stream-tail-clamped", "no credit yet, of one key", 0, position(0, 7, 2), 65536, b"order-7"),
            ("stream-tail-max", "", 1000000, position(4, U64_MAX, 3), U32_MAX, b"")]:
        add(name, description, STREAM_TAIL, REQUEST, 139, "stream-tail",
            u32("credits", credits) + parts + u32("bytesMax", size) + text("stream", "orders") + rest("key", key),
            {"credits": credits, "from": fields, "bytesMax": size, "stream": "orders", "key": key.hex()})
    for name, first, next_ in [("stream-tail-reply", 100, 1300), ("stream-tail-reply-max", U64_MAX, U64_MAX)]:
        add(name, "the range that there is", STREAM_TAIL, REPLY, 139, "offset-range", u64("first", first) + u64("next", next_), {"first": str(first), "next": str(next_)})
    for name, description, continue_at, records in [
            ("stream-tail-push", "two records, two credits", 1302, [CREATED, PAID]), ("stream-tail-push-edges", "", U64_MAX, EDGES)]:
        parts, items = record_run(records)
        add(name, description, STREAM_TAIL, PUSH, 139, "stream-tail-push", u64("continueAt", continue_at) + u32("count", len(records)) + parts,
            {"continueAt": str(continue_at), "records": items})
    for name, description, opcode, kind, error in [
            ("error-offset-out-of-range", "with the range that there is", STREAM_READ, ERROR, (432, False, "7 is gone", struct.pack("<QQ", 100, 1302))),
            ("error-sequence-gap", "with the sequence that is expected", STREAM_APPEND, ERROR, (433, False, "", struct.pack("<Q", 41))),
            ("error-stream-conflict", "the tag of the first option that differs", STREAM_CREATE, ERROR, (431, False, "ageMs is 0", struct.pack("<H", 1))),
            ("stream-tail-end-deleted", "the stream was deleted", STREAM_TAIL, END, (430, False, "orders was deleted"))]:
        parts, fields = error_parts(*error)
        add(name, description, opcode, kind, 139 if kind == END else 138, "error", parts, fields)


GROUP_DEFAULTS = [(1, 5), (2, ""), (3, 30000), (4, 1000)]


def groups():
    def names(stream="orders", group="billing"):
        return text("stream", stream) + rest("group", group.encode()), {"stream": stream, "group": group}

    for name, description, mode, (parts, fields), stream, group, values in [
            ("group-create", "shared by key, from the beginning", 2, position(2), "orders", "billing", [(1, 3), (2, "orders.failed")]),
            ("group-create-ordered", "no options", 1, position(0, 1300, 2), "orders", "audit", []),
            ("group-create-every-option", "out of any order, and one that is not known", 2, position(4, U64_MAX, 3), "žádosti", "účty", [*reversed(GROUP_DEFAULTS), (99, b"\1")])]:
        option_parts, option_fields = queue_options(values)
        add(name, description, GROUP_CREATE, REQUEST, 144, "group-create",
            u8("mode", mode) + u8("reserved", 0) + u16("reserved", 0) + parts + text("stream", stream) + text("group", group) + option_parts,
            {"mode": mode, "from": fields, "stream": stream, "group": group, "options": option_fields})
    for name, created, position_, values in [("group-create-reply", True, 100, GROUP_DEFAULTS), ("group-create-reply-later", False, U64_MAX, [(500, b"later")])]:
        parts, fields = queue_options(values)
        add(name, "", GROUP_CREATE, REPLY, 144, "group-create-reply", flag("created", created) + u64("position", position_) + parts,
            {"created": created, "position": str(position_), "options": fields})
    for name, opcode in [("group-describe", GROUP_DESCRIBE), ("group-delete", GROUP_DELETE)]:
        parts, fields = names()
        add(name, "", opcode, REQUEST, 145, "group-name", parts, fields)
    for name, mode, numbers, members, values in [
            ("group-describe-reply", 2, [7, 1290, 12, 0], [(3, 1, 2, NEW_YEAR, NEW_YEAR + 1000, "worker-1")], GROUP_DEFAULTS),
            ("group-describe-reply-max", 255, [U64_MAX] * 4, [(U64_MAX, 255, U32_MAX, I64_MIN, I64_MAX, ""), (0, 2, 0, 0, 0, "účty")], [(500, b"later")]),
            ("group-describe-reply-empty", 1, [0, 0, 0, 0], [], [])]:
        labels = ["epoch", "position", "lag", "deadLetters"]
        parts = u8("mode", mode) + u8("reserved", 0) + u16("reserved", 0) + [part for label, value in zip(labels, numbers) for part in u64(label, value)] + u32("count", len(members))
        items = []
        for member, state, in_flight, joined, heard, member_name in members:
            parts += (u64("member", member) + u8("state", state) + u8("reserved", 0) + u16("reserved", 0) + u32("inFlight", in_flight)
                      + i64("joinedAt", joined) + i64("heardAt", heard) + text("name", member_name))
            items.append({"member": str(member), "state": state, "inFlight": in_flight, "joinedAt": str(joined), "heardAt": str(heard), "name": member_name})
        option_parts, option_fields = queue_options(values)
        add(name, "", GROUP_DESCRIBE, REPLY, 145, "group-describe-reply", parts + option_parts,
            {"mode": mode} | {label: str(value) for label, value in zip(labels, numbers)} | {"members": items, "options": option_fields})
    add("group-delete-reply", "", GROUP_DELETE, REPLY, 145, "count", i64("count", 1), {"count": "1"})
    for name, cursor, items in [
            ("group-list-reply", b"billing", [(2, 1290, 12, 1, "billing")]), ("group-list-reply-end", b"", []),
            ("group-list-reply-max", b"", [(255, U64_MAX, U64_MAX, U32_MAX, ""), (1, 0, 0, 0, "účty")])]:
        parts = blob("cursor", cursor) + u32("count", len(items))
        for mode, position_, lag, members, group in items:
            parts += u8("mode", mode) + u64("position", position_) + u64("lag", lag) + u32("members", members) + text("group", group)
        add(name, "", GROUP_LIST, REPLY, 131, "group-list", parts, {"cursor": cursor.hex(), "groups": [
            {"mode": m, "position": str(p), "lag": str(l), "members": c, "group": g} for m, p, l, c, g in items]})
    for name, description, dry, (parts, fields) in [
            ("group-seek", "an hour back", False, position(1, NEW_YEAR - 3600000)), ("group-seek-dry-run", "what the beginning would replay", True, position(2)),
            ("group-seek-max", "", True, position(0, U64_MAX, 3))]:
        name_parts, name_fields = names()
        add(name, description, GROUP_SEEK, REQUEST, 146, "group-seek", u8("bits", 1 if dry else 0) + u8("reserved", 0) + u16("reserved", 0) + parts + name_parts,
            {"dryRun": dry, "to": fields} | name_fields)
    for name, values in [("group-seek-reply", [1290, 900, 390, 8]), ("group-seek-reply-max", [U64_MAX] * 4)]:
        labels = ["before", "after", "replayed", "epoch"]
        add(name, "", GROUP_SEEK, REPLY, 146, "group-seek-reply", [part for label, value in zip(labels, values) for part in u64(label, value)],
            {label: str(value) for label, value in zip(labels, values)})


def state_parts(epoch, position_, state):
    return u64("epoch", epoch) + u64("position", position_) + u8("state", state), {"epoch": str(epoch), "position": str(position_), "state": state}


def members():
    for name, description, numbers, member_name in [
            ("group-join", "100 records at once, gone after half a minute of silence", [100, 30000, 0, 60000], "worker-1"),
            ("group-join-pull", "no credit: it pulls", [0, 0, 0, 0], ""), ("group-join-max", "", [1000000, U32_MAX, U32_MAX, U32_MAX], "účty")]:
        labels = ["credits", "sessionMs", "bytesMax", "leaseMs"]
        add(name, description, GROUP_JOIN, REQUEST, 147, "group-join",
            [part for label, value in zip(labels, numbers) for part in u32(label, value)] + text("stream", "orders") + text("group", "billing") + rest("name", member_name.encode()),
            dict(zip(labels, numbers)) | {"stream": "orders", "group": "billing", "name": member_name})
    for name, member, mode, state in [("group-join-reply", 3, 2, (7, 1290, 1)), ("group-join-reply-standby", 4, 1, (7, 1290, 2)), ("group-join-reply-max", U64_MAX, 255, (U64_MAX, U64_MAX, 255))]:
        parts, fields = state_parts(*state)
        add(name, "", GROUP_JOIN, REPLY, 147, "group-join-reply", u64("member", member) + u8("mode", mode) + u8("reserved", 0) + u16("reserved", 0) + parts,
            {"member": str(member), "mode": mode} | fields)

    def delivery(name, description, opcode, kind, epoch, leases, records):
        parts, items = record_run(records)
        lease_parts = [part for lease, attempt in leases or [] for part in u64("lease", lease) + u32("attempt", attempt)]
        add(name, description, opcode, kind, 147 if opcode == GROUP_JOIN else 148, "group-delivery",
            u64("epoch", epoch) + u32("count", len(records)) + u8("bits", 0 if leases is None else 1) + u8("reserved", 0) + u16("reserved", 0) + lease_parts + parts,
            {"epoch": str(epoch), "leases": None if leases is None else [[str(lease), str(attempt)] for lease, attempt in leases], "records": items})

    delivery("group-delivery", "two records, two credits, each with its lease", GROUP_JOIN, PUSH, 7, [(LEASE, 1), (U64_MAX, 2)], [CREATED, (1305, NEW_YEAR, False, b"order-8", False, [], b"created")])
    delivery("group-delivery-ordered", "to the active member: without leases", GROUP_JOIN, PUSH, 7, None, [CREATED, PAID])
    delivery("group-delivery-edges", "", GROUP_JOIN, PUSH, U64_MAX, [(0, 0), (U64_MAX, U32_MAX), (1, 1)], EDGES)
    delivery("group-pull-reply", "the same list", GROUP_PULL, REPLY, 7, [(LEASE, 1)], [CREATED])
    delivery("group-pull-reply-none", "the wait is over", GROUP_PULL, REPLY, 7, None, [])
    delivery("group-pull-reply-none-leased", "the wait is over, in the other mode", GROUP_PULL, REPLY, 7, [], [])
    for name, description, opcode, kind, state in [
            ("group-state", "the member is the active one now", GROUP_JOIN, NOTICE, (8, 1290, 1)), ("group-state-fenced", "another one has its records", GROUP_JOIN, NOTICE, (9, 1295, 3)),
            ("group-heartbeat-reply", "nothing has changed", GROUP_HEARTBEAT, REPLY, (7, 1290, 1)), ("group-heartbeat-reply-max", "", GROUP_HEARTBEAT, REPLY, (U64_MAX, U64_MAX, 255))]:
        parts, fields = state_parts(*state)
        add(name, description, opcode, kind, 147 if kind == NOTICE else 149, "group-state", parts, fields)
    tail, tail_fields = text("stream", "orders") + rest("group", b"billing"), {"stream": "orders", "group": "billing"}
    for name, opcode, member, epoch in [("group-heartbeat", GROUP_HEARTBEAT, 3, 7), ("group-leave", GROUP_LEAVE, U64_MAX, U64_MAX)]:
        add(name, "", opcode, REQUEST, 149, "group-member", u64("member", member) + u64("epoch", epoch) + tail, {"member": str(member), "epoch": str(epoch)} | tail_fields)
    add("group-leave-reply", "", GROUP_LEAVE, REPLY, 149, "empty", [], {})
    for name, values in [("group-pull", (30000, 10, 0)), ("group-pull-max", (U32_MAX, U32_MAX, U32_MAX))]:
        labels = ["waitMs", "recordsMax", "bytesMax"]
        add(name, "", GROUP_PULL, REQUEST, 148, "group-pull",
            u64("member", 3) + u64("epoch", 7) + [part for label, value in zip(labels, values) for part in u32(label, value)] + tail,
            {"member": "3", "epoch": "7"} | dict(zip(labels, values)) | tail_fields)
    for name, offset in [("group-commit", 1302), ("group-commit-max", U64_MAX)]:
        add(name, "", GROUP_COMMIT, REQUEST, 150, "group-commit", u64("member", 3) + u64("epoch", 7) + u64("offset", offset) + tail,
            {"member": "3", "epoch": "7", "offset": str(offset)} | tail_fields)
    add("group-commit-reply", "", GROUP_COMMIT, REPLY, 150, "offset", u64("position", 1302), {"offset": "1302"})

    def leases(items):
        parts = u32("count", len(items))
        for offset, lease in items:
            parts += u64("offset", offset) + u64("lease", lease)
        return parts, [[str(offset), str(lease)] for offset, lease in items]

    member_parts, member_fields = u64("member", 3) + u64("epoch", 7), {"member": "3", "epoch": "7"}
    both, both_fields = text("stream", "orders") + text("group", "billing"), {"stream": "orders", "group": "billing"}
    for name, items in [("group-ack", [(1300, LEASE)]), ("group-ack-many", [(1300, LEASE), (U64_MAX, U64_MAX), (0, 0)]), ("group-ack-none", [])]:
        parts, fields = leases(items)
        add(name, "", GROUP_ACK, REQUEST, 151, "group-ack", member_parts + both + parts, member_fields | both_fields | {"leases": fields})
    for name, action, delay, reason in [
            ("group-nack", 0, 0, "no route to host"), ("group-nack-now", 1, 0, ""), ("group-nack-delay", 2, 60000, "later"), ("group-nack-give-back", 3, 0, ""),
            ("group-nack-dead-letter", 4, I64_MIN, "není kam")]:
        parts, fields = leases([(1300, LEASE), (1305, U64_MAX)])
        add(name, "", GROUP_NACK, REQUEST, 152, "group-nack",
            u8("action", action) + u8("reserved", 0) + u16("reserved", 0) + i64("delayMs", delay) + member_parts + both + text("reason", reason) + parts,
            {"action": action, "delayMs": str(delay)} | member_fields | both_fields | {"reason": reason, "leases": fields})
    for name, opcode, codes in [("group-ack-reply", GROUP_ACK, [0, 413]), ("group-nack-reply", GROUP_NACK, [0, 0])]:
        add(name, "", opcode, REPLY, 151, "per-item", u32("count", len(codes)) + [part for code in codes for part in u16("code", code)], {"codes": codes})
    for name, description, opcode, kind, correlation, error in [
            ("error-member-fenced", "with the epoch of the group", GROUP_COMMIT, ERROR, 150, (435, False, "member 5 is active", struct.pack("<Q", 9))),
            ("group-join-end", "the answer to STOP", GROUP_JOIN, END, 147, (0, False, "")),
            ("group-join-end-fenced", "its session has ended", GROUP_JOIN, END, 147, (435, False, "silent for 30 s", struct.pack("<Q", 9)))]:
        parts, fields = error_parts(*error)
        add(name, description, opcode, kind, correlation, "error", parts, fields)



def wrong():
    limit = 16777216

    def bytes_(name, description, verdict, data, frame_bytes_max=limit):
        invalid.append({"name": name, "description": description, "verdict": verdict, "frameBytesMax": frame_bytes_max, "hex": data.hex()})

    def frame(name, description, opcode, kind, body, payload):
        data = struct.pack("<IHBBI", 8 + len(payload), opcode, kind, 0, 1) + payload
        invalid.append({"name": name, "description": description, "verdict": "malformed", "frameBytesMax": limit, "body": body, "hex": data.hex()})

    head = struct.pack("<HBBI", PING, REQUEST, 0, 1)
    bytes_("nothing", "no byte yet", "need-more", b"")
    bytes_("half-a-length", "three bytes of the length", "need-more", b"\x08\0\0")
    bytes_("length-only", "the length is acceptable, the header is not there", "need-more", struct.pack("<I", 8))
    bytes_("half-a-header", "eleven bytes", "need-more", struct.pack("<I", 8) + head[:7])
    bytes_("no-body", "the header is there, its body is not", "need-more", struct.pack("<I", 11) + head)
    bytes_("half-a-body", "one byte is missing", "need-more", struct.pack("<I", 11) + head + b"ab")
    bytes_("at-the-limit", "the largest frame, still on its way", "need-more", struct.pack("<I", limit - 4) + head)
    bytes_("length-0", "", "too-small", struct.pack("<I", 0))
    bytes_("length-7", "", "too-small", struct.pack("<I", 7) + head)
    bytes_("over-the-limit", "judged by its length alone", "too-large", struct.pack("<I", limit - 3))
    bytes_("two-gigabytes", "", "too-large", struct.pack("<I", 0x7FFFFFFF))
    bytes_("four-gigabytes", "", "too-large", struct.pack("<I", 0xFFFFFFFF) + head)
    bytes_("pre-hello-limit", "", "too-large", struct.pack("<I", 65533), 65536)
    bytes_("http", "GET / read as a length", "too-large", b"GET / HTTP/1.1\r\n")

    frame("hello-too-short", "versionMax is missing", HELLO, REQUEST, "hello", struct.pack("<H", 1))
    frame("hello-versions-reversed", "versionMin over versionMax", HELLO, REQUEST, "hello", struct.pack("<HH", 2, 1))
    frame("hello-repeated-field", "client name twice", HELLO, REQUEST, "hello", struct.pack("<HHHHHH", 1, 1, 1, 0, 1, 0))
    frame("hello-field-too-long", "a field longer than the body", HELLO, REQUEST, "hello", struct.pack("<HHHH", 1, 1, 1, 65535) + b"x")
    frame("hello-not-utf8", "", HELLO, REQUEST, "hello", struct.pack("<HHHH", 1, 1, 1, 1) + b"\xff")
    frame("hello-reply-short-number", "a u32 of three bytes", HELLO, REPLY, "hello-reply", struct.pack("<H16sHH", 1, bytes(16), 2, 3) + b"abc")
    frame("hello-reply-repeated-field", "frame bytes twice", HELLO, REPLY, "hello-reply", struct.pack("<H16sHHIHHI", 1, bytes(16), 2, 4, 1, 2, 4, 1))
    frame("credit-zero", "", CREDIT, NOTICE, "credit", struct.pack("<I", 0))
    frame("credit-over-max", "", CREDIT, NOTICE, "credit", struct.pack("<I", 1000001))
    frame("credit-trailing", "a byte too many", CREDIT, NOTICE, "credit", struct.pack("<IB", 1, 0))
    frame("error-too-short", "", GET, ERROR, "error", struct.pack("<HB", 404, 0))
    frame("error-detail-too-long", "a detail longer than the body", GET, ERROR, "error", struct.pack("<HBB", 404, 0, 5) + b"four")
    frame("info-count-too-large", "4,294,967,295 facts in no bytes", INFO, REPLY, "info", struct.pack("<I", 0xFFFFFFFF))
    frame("set-unknown-condition", "", SET, REQUEST, "set", struct.pack("<BBBBI", 5, 0, 0, 0, 1) + b"kv")
    frame("set-unknown-expiry", "", SET, REQUEST, "set", struct.pack("<BBBBI", 0, 4, 0, 0, 1) + b"kv")
    frame("set-unknown-option", "", SET, REQUEST, "set", struct.pack("<BBBBI", 0, 0, 2, 0, 1) + b"kv")
    frame("set-reserved-used", "", SET, REQUEST, "set", struct.pack("<BBBBI", 0, 0, 0, 1, 1) + b"kv")
    frame("set-key-too-long", "a key longer than the body", SET, REQUEST, "set", struct.pack("<BBBBI", 0, 0, 0, 0, 3) + b"kv")
    frame("set-key-length-max", "", SET, REQUEST, "set", struct.pack("<BBBBI", 0, 0, 0, 0, 0xFFFFFFFF) + b"kv")
    frame("set-no-operand", "an expiry without its milliseconds", SET, REQUEST, "set", struct.pack("<BBBBI", 0, 2, 0, 0, 1) + b"kv")
    frame("delete-if-absent", "a condition that a delete does not have", DELETE, REQUEST, "delete", b"\x01k")
    frame("delete-if-present", "a condition that a delete does not have", DELETE, REQUEST, "delete", b"\x02k")
    frame("delete-empty", "", DELETE, REQUEST, "delete", b"")
    frame("expire-keep", "an expiry that EXPIRE does not have", EXPIRE, REQUEST, "expiry", b"\x01k")
    frame("list-count-too-large", "", MULTI_GET, REQUEST, "list", struct.pack("<II", 2, 1) + b"k")
    frame("list-trailing", "bytes behind the last item", MULTI_GET, REQUEST, "list", struct.pack("<II", 1, 1) + b"k!")
    frame("list-item-too-long", "", MULTI_GET, REQUEST, "list", struct.pack("<II", 1, 0x7FFFFFFF) + b"k")
    frame("pairs-lengths-overflow", "two lengths whose sum wraps to 2", HASH_SET, REQUEST, "hash-set", struct.pack("<IBIII", 1, 104, 1, 0xFFFFFFFF, 3) + b"ab")
    frame("watch-over-max-credits", "", WATCH, REQUEST, "watch", struct.pack("<I", 1000001))
    frame("value-too-short", "half a version", GET, REPLY, "value", b"\x01\0\0\0")
    frame("ttl-reply-trailing", "a byte too many", TTL, REPLY, "ttl-reply", struct.pack("<BqB", 2, 1, 0))
    frame("count-too-short", "", COUNT, REPLY, "count", b"\x01")
    frame("scan-reply-trailing", "a byte behind the last key", SCAN, REPLY, "scan-reply", struct.pack("<IIB", 0, 0, 0))
    frame("scan-reply-count-too-large", "", SCAN, REPLY, "scan-reply", struct.pack("<II", 0, 0xFFFFFFFF))
    frame("snapshot-reply-too-short", "a position alone", ADMIN_SNAPSHOT, REPLY, "snapshot", struct.pack("<Q", 1))
    frame("backup-credits-too-many", "one more than may be outstanding", ADMIN_BACKUP, REQUEST, "backup", struct.pack("<I", 1_000_001))
    frame("backup-trailing", "a byte too many", ADMIN_BACKUP, REQUEST, "backup", struct.pack("<IB", 1, 0))
    frame("slowest-trailing", "a byte too many", ADMIN_SLOWEST, REQUEST, "slowest", struct.pack("<IB", 1, 0))
    frame("slowest-count-too-large", "", ADMIN_SLOWEST, REPLY, "slowest-reply", struct.pack("<I", 1))
    frame("disconnect-too-short", "half a number", ADMIN_DISCONNECT, REQUEST, "disconnect", struct.pack("<I", 1))
    frame("disconnect-trailing", "a byte too many", ADMIN_DISCONNECT, REQUEST, "disconnect", struct.pack("<QB", 1, 0))
    frame("connections-trailing", "", ADMIN_CONNECTIONS, REPLY, "connections", struct.pack("<IIB", 0, 0, 0))
    frame("connections-count-too-large", "", ADMIN_CONNECTIONS, REPLY, "connections", struct.pack("<II", 0, 1))
    frame("change-too-short", "", WATCH, PUSH, "change", struct.pack("<B", 1))
    queue_wrong(frame)
    topic_wrong(frame)
    stream_wrong(frame)


def queue_wrong(frame):
    def head(name): return struct.pack("<I", len(name)) + name

    options = head(b"q") + struct.pack("<HHQ", 1, 8, 1)
    frame("queue-declare-no-name", "", DECLARE, REQUEST, "queue-declare", b"")
    frame("queue-declare-short-number", "an option of four bytes", DECLARE, REQUEST, "queue-declare", head(b"q") + struct.pack("<HHI", 1, 4, 1))
    frame("queue-declare-repeated-option", "", DECLARE, REQUEST, "queue-declare", options + struct.pack("<HHQ", 1, 8, 1))
    frame("queue-declare-half-an-option", "", DECLARE, REQUEST, "queue-declare", options + b"\x02")
    frame("queue-declare-option-too-long", "", DECLARE, REQUEST, "queue-declare", head(b"q") + struct.pack("<HH", 6, 65535) + b"x")
    frame("queue-pause-nothing", "no bit is set", PAUSE, REQUEST, "queue-pause", b"\x00q")
    frame("queue-pause-unknown", "", PAUSE, REQUEST, "queue-pause", b"\x04q")
    frame("queue-purge-nothing", "no bit is set", PURGE, REQUEST, "queue-purge", b"\x00q")
    frame("queue-purge-unknown", "", PURGE, REQUEST, "queue-purge", b"\x08q")
    frame("queue-delete-unknown", "", QUEUE_DELETE, REQUEST, "queue-delete", b"\x04q")
    frame("queue-stats-count-too-large", "4,294,967,295 figures in no bytes", STATS, REPLY, "queue-stats", struct.pack("<I", 0xFFFFFFFF))
    frame("queue-list-count-too-large", "", LIST, REPLY, "queue-list", struct.pack("<II", 0, 0xFFFFFFFF))
    frame("push-unknown-part", "", PUSH_ONE, REQUEST, "queue-push", struct.pack("<BBHI", 32, 0, 0, 1) + b"q")
    frame("push-reserved-used", "", PUSH_ONE, REQUEST, "queue-push", struct.pack("<BBHI", 0, 0, 1, 1) + b"q")
    frame("push-queue-too-long", "a name longer than the body", PUSH_ONE, REQUEST, "queue-push", struct.pack("<BBHI", 0, 0, 0, 2) + b"q")
    frame("push-queue-length-max", "", PUSH_ONE, REQUEST, "queue-push", struct.pack("<BBHI", 0, 0, 0, 0xFFFFFFFF) + b"q")
    frame("push-no-delay", "a part that is announced and not there", PUSH_ONE, REQUEST, "queue-push", struct.pack("<BBHI", 1, 0, 0, 1) + b"q1234567")
    frame("push-group-too-long", "", PUSH_ONE, REQUEST, "queue-push", struct.pack("<BBHIBI", 16, 0, 0, 1, 113, 0x7FFFFFFF))
    frame("push-reply-trailing", "a byte too many", PUSH_ONE, REPLY, "queue-push-reply", struct.pack("<BQB", 1, 1, 0))
    batch = struct.pack("<I", 0) + head(b"q")
    frame("batch-unknown-bit", "", PUSH_BATCH, REQUEST, "queue-push-batch", struct.pack("<I", 2) + head(b"q") + struct.pack("<I", 0))
    frame("batch-reserved-used", "", PUSH_BATCH, REQUEST, "queue-push-batch", struct.pack("<BBH", 0, 1, 0) + head(b"q") + struct.pack("<I", 0))
    frame("batch-count-too-large", "", PUSH_BATCH, REQUEST, "queue-push-batch", batch + struct.pack("<I", 0xFFFFFFFF))
    frame("batch-trailing", "a byte behind the last message", PUSH_BATCH, REQUEST, "queue-push-batch", batch + struct.pack("<IIBBHB", 1, 4, 0, 0, 0, 0))
    frame("batch-message-too-short", "no room for the header block", PUSH_BATCH, REQUEST, "queue-push-batch", batch + struct.pack("<IIBB", 1, 2, 0, 0))
    frame("batch-message-too-long", "a message longer than the body", PUSH_BATCH, REQUEST, "queue-push-batch", batch + struct.pack("<IIBBH", 1, 5, 0, 0, 0))
    frame("batch-part-beyond-its-message", "a group that reaches into the next message", PUSH_BATCH, REQUEST, "queue-push-batch",
          batch + struct.pack("<IIBBIH", 2, 8, 16, 0, 4, 0) + struct.pack("<IBBH", 4, 0, 0, 0))
    frame("batch-bad-headers", "a header without a name", PUSH_BATCH, REQUEST, "queue-push-batch", batch + struct.pack("<IIBBHBH", 1, 7, 0, 0, 3, 0, 0))
    frame("batch-reply-trailing", "", PUSH_BATCH, REPLY, "queue-push-batch-reply", struct.pack("<IB", 0, 0))
    frame("batch-reply-count-wraps", "a count whose bytes wrap to those that are there", PUSH_BATCH, REPLY, "queue-push-batch-reply",
          struct.pack("<I", 390451573) + bytes(7))
    frame("consume-credits-too-many", "one more than may be outstanding", CONSUME, REQUEST, "queue-consume", struct.pack("<III", 1000001, 0, 0) + b"q")
    frame("consume-unknown-option", "", CONSUME, REQUEST, "queue-consume", struct.pack("<III", 1, 4, 0) + b"q")
    frame("consume-reserved-used", "", CONSUME, REQUEST, "queue-consume", struct.pack("<III", 1, 0x10001, 0) + b"q")
    frame("pull-option-of-consume", "credits that a pull does not have", PULL, REQUEST, "queue-pull", struct.pack("<IIIIB", 0, 1, 0, 0, 1) + b"q")
    frame("pull-too-short", "", PULL, REQUEST, "queue-pull", struct.pack("<IIII", 0, 1, 0, 0))
    frame("deliveries-count-too-large", "", CONSUME, PUSH, "deliveries", struct.pack("<I", 0xFFFFFFFF))
    frame("deliveries-unknown-part", "", CONSUME, PUSH, "deliveries", struct.pack("<IIQQqqIBBBBH", 1, 42, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0))
    frame("deliveries-message-too-short", "no room for the header block", CONSUME, PUSH, "deliveries", struct.pack("<IIQQqqIBBBB", 1, 40, 1, 1, 1, 1, 1, 0, 0, 0, 0))
    frame("deliveries-trailing", "", PULL, REPLY, "deliveries", struct.pack("<IB", 0, 0))
    frame("ack-count-too-large", "", ACK, REQUEST, "queue-ack", head(b"q") + struct.pack("<I", 0xFFFFFFFF))
    frame("ack-count-wraps", "2^28 pairs, whose bytes are 2^32", ACK, REQUEST, "queue-ack", head(b"q") + struct.pack("<I", 1 << 28))
    frame("ack-trailing", "", ACK, REQUEST, "queue-ack", head(b"q") + struct.pack("<IQQB", 1, 7, 1, 0))
    frame("ack-half-a-lease", "", ACK, REQUEST, "queue-ack", head(b"q") + struct.pack("<IQI", 1, 7, 1))
    frame("nack-unknown-action", "", NACK, REQUEST, "queue-nack", struct.pack("<Iq", 4, 0) + head(b"q") + head(b"") + struct.pack("<I", 0))
    frame("nack-reserved-used", "", NACK, REQUEST, "queue-nack", struct.pack("<Iq", 0x0100, 0) + head(b"q") + head(b"") + struct.pack("<I", 0))
    frame("dead-letter-no-reason", "", DEAD_LETTER, REQUEST, "queue-dead-letter", head(b"q"))
    frame("extend-no-leases", "", EXTEND, REQUEST, "queue-extend", struct.pack("<I", 0) + head(b"q"))
    frame("extend-reply-too-short", "", EXTEND, REPLY, "queue-extend-reply", struct.pack("<IHI", 1, 0, 0))
    frame("per-item-count-too-large", "", ACK, REPLY, "per-item", struct.pack("<IH", 0x80000001, 0))
    frame("peek-unknown-part", "", PEEK, REQUEST, "queue-peek", struct.pack("<BIII", 3, 0, 1, 0) + b"q")
    frame("kept-unknown-part", "", PEEK, REPLY, "kept", struct.pack("<IIIQqIIBBHH", 0, 1, 30, 1, 1, 0, 0, 16, 0, 0, 0))
    frame("kept-half-dead", "a dead letter without a reason", DEAD_LIST, REPLY, "kept",
          struct.pack("<IIIQqIIBBHqHI", 0, 1, 42, 1, 1, 0, 0, 8, 0, 0, 1, 1, 0))
    frame("kept-count-too-large", "", DEAD_LIST, REPLY, "kept", struct.pack("<II", 0, 0xFFFFFFFF))
    frame("filter-short-id", "an id of four bytes", DEAD_COUNT, REQUEST, "queue-dead-select", head(b"q") + struct.pack("<HHI", 1, 4, 1))
    frame("filter-repeated-source", "", DEAD_COUNT, REQUEST, "queue-dead-select", head(b"q") + struct.pack("<HHHH", 2, 0, 2, 0))
    frame("filter-long-cause", "", DEAD_DELETE, REQUEST, "queue-dead-select", head(b"q") + struct.pack("<HHI", 3, 4, 1))
    frame("filter-half-a-field", "", DEAD_LIST, REQUEST, "queue-dead-list", struct.pack("<III", 0, 1, 0) + head(b"q") + b"\x01")
    frame("redrive-no-target", "", DEAD_REDRIVE, REQUEST, "queue-dead-redrive", struct.pack("<IQ", 0, 0) + head(b"q"))
    schedule = head(b"s") + head(b"* * * * *") + head(b"") + head(b"q")
    frame("schedule-unknown-catch-up", "", SCHEDULE_SET, REQUEST, "schedule-set", struct.pack("<BBBB", 2, 0, 0, 0) + schedule)
    frame("schedule-unknown-part", "", SCHEDULE_SET, REQUEST, "schedule-set", struct.pack("<BBBB", 0, 4, 0, 0) + schedule)
    frame("schedule-unknown-flag", "", SCHEDULE_SET, REQUEST, "schedule-set", struct.pack("<BBBB", 0, 0, 0, 2) + schedule)
    frame("schedule-no-queue", "", SCHEDULE_SET, REQUEST, "schedule-set", bytes(4) + schedule[:-5])
    frame("schedule-no-times", "a description that ends before its times", SCHEDULE_DESCRIBE, REPLY, "schedule", bytes(4) + schedule)
    frame("schedule-no-last-error", "a description that ends within its counts", SCHEDULE_DESCRIBE, REPLY, "schedule", bytes(4) + schedule + bytes(41))
    frame("schedule-list-trailing", "", SCHEDULE_LIST, REPLY, "schedule-list", struct.pack("<IIB", 0, 0, 0))


def topic_wrong(frame):
    def head(name): return struct.pack("<I", len(name)) + name

    frame("publish-unknown-part", "", PUBLISH, REQUEST, "topic-publish", struct.pack("<BBHI", 2, 0, 0, 1) + b"t")
    frame("publish-unknown-bit", "", PUBLISH, REQUEST, "topic-publish", struct.pack("<BBHI", 0, 2, 0, 1) + b"t")
    frame("publish-reserved-used", "", PUBLISH, REQUEST, "topic-publish", struct.pack("<BBHI", 0, 0, 1, 1) + b"t")
    frame("publish-topic-too-long", "a topic longer than the body", PUBLISH, REQUEST, "topic-publish", struct.pack("<BBHI", 0, 0, 0, 2) + b"t")
    frame("publish-topic-length-max", "", PUBLISH, NOTICE, "topic-publish", struct.pack("<BBHI", 0, 0, 0, 0xFFFFFFFF) + b"t")
    frame("publish-no-ttl", "a part that is announced and not there", PUBLISH, REQUEST, "topic-publish", struct.pack("<BBHI", 1, 1, 0, 1) + b"t1234567")
    frame("publish-too-short", "", PUBLISH, REQUEST, "topic-publish", bytes(7))
    frame("publish-reply-trailing", "a byte too many", PUBLISH, REPLY, "topic-publish-reply", struct.pack("<IIB", 1, 1, 0))
    item = struct.pack("<BBH", 0, 0, 1) + b"t" + struct.pack("<H", 0)
    frame("publish-batch-count-too-large", "", PUBLISH_BATCH, REQUEST, "topic-publish-batch", struct.pack("<I", 0xFFFFFFFF) + head(item))
    frame("publish-batch-trailing", "a byte behind the last message", PUBLISH_BATCH, REQUEST, "topic-publish-batch", struct.pack("<I", 1) + head(item) + b"!")
    frame("publish-batch-message-too-short", "no room for the header block", PUBLISH_BATCH, REQUEST, "topic-publish-batch", struct.pack("<I", 1) + head(item[:-1]))
    frame("publish-batch-message-too-long", "a message longer than the body", PUBLISH_BATCH, REQUEST, "topic-publish-batch", struct.pack("<II", 1, len(item) + 1) + item)
    frame("publish-batch-topic-beyond-its-message", "a topic that reaches into the next message", PUBLISH_BATCH, REQUEST, "topic-publish-batch",
          struct.pack("<I", 2) + head(struct.pack("<BBH", 0, 0, 6)) + head(item))
    frame("publish-batch-unknown-bit", "", PUBLISH_BATCH, REQUEST, "topic-publish-batch", struct.pack("<I", 1) + head(struct.pack("<BBHH", 0, 2, 0, 0)))
    frame("publish-batch-bad-headers", "a header without a name", PUBLISH_BATCH, REQUEST, "topic-publish-batch",
          struct.pack("<I", 1) + head(struct.pack("<BBHHBH", 0, 0, 0, 3, 0, 0)))
    frame("publish-batch-reply-count-wraps", "a count whose bytes wrap to those that are there", PUBLISH_BATCH, REPLY, "topic-publish-batch-reply",
          struct.pack("<I", 0x9999999A) + bytes(4))
    subscribe = struct.pack("<IBBHI", 1, 0, 0, 0, 0)
    frame("subscribe-credits-too-many", "one more than may be outstanding", SUBSCRIBE, REQUEST, "topic-subscribe", struct.pack("<IIII", 1000001, 0, 0, 0))
    frame("subscribe-unknown-policy", "", SUBSCRIBE, REQUEST, "topic-subscribe", struct.pack("<IBBHII", 1, 3, 0, 0, 0, 0))
    frame("subscribe-unknown-bit", "", SUBSCRIBE, REQUEST, "topic-subscribe", struct.pack("<IBBHII", 1, 0, 4, 0, 0, 0))
    frame("subscribe-reserved-used", "", SUBSCRIBE, REQUEST, "topic-subscribe", struct.pack("<IBBHII", 1, 0, 0, 1, 0, 0))
    frame("subscribe-count-too-large", "4,294,967,295 filters in no bytes", SUBSCRIBE, REQUEST, "topic-subscribe", subscribe + struct.pack("<I", 0xFFFFFFFF))
    frame("subscribe-trailing", "", SUBSCRIBE, REQUEST, "topic-subscribe", subscribe + struct.pack("<I", 1) + head(b"a") + b"!")
    message_ = struct.pack("<BBH", 0, 0, 1) + b"t" + struct.pack("<H", 0)
    frame("topic-push-count-too-large", "", SUBSCRIBE, PUSH, "topic-push", struct.pack("<QI", 0, 0xFFFFFFFF))
    frame("topic-push-message-too-short", "no room for the header block", SUBSCRIBE, PUSH, "topic-push", struct.pack("<QI", 0, 1) + head(message_[:-1]))
    frame("topic-push-topic-too-long", "", SUBSCRIBE, PUSH, "topic-push", struct.pack("<QI", 0, 1) + head(struct.pack("<BBHH", 0, 0, 65535, 0)))
    frame("topic-push-trailing", "", SUBSCRIBE, PUSH, "topic-push", struct.pack("<QI", 0, 1) + head(message_) + b"!")
    frame("topic-filters-one-list", "the second list is missing", FILTERS, REQUEST, "topic-filters", struct.pack("<II", 1, 1) + head(b"a"))
    frame("topic-filters-count-too-large", "", FILTERS, REQUEST, "topic-filters", struct.pack("<III", 1, 0, 0xFFFFFFFF))
    frame("topic-filters-trailing", "", FILTERS, REQUEST, "topic-filters", struct.pack("<IIIB", 1, 0, 0, 0))
    frame("retained-list-no-cursor", "", RETAINED_LIST, REQUEST, "retained-list", struct.pack("<II", 0, 1))
    frame("retained-list-reply-no-body", "", RETAINED_LIST, REPLY, "retained-list-reply", struct.pack("<IIqqIH", 0, 1, 0, 0, 0, 0))
    frame("retained-list-reply-bad-headers", "", RETAINED_LIST, REPLY, "retained-list-reply", struct.pack("<IIqqIHBI", 0, 1, 0, 0, 0, 1, 0, 0))
    frame("will-session-too-long", "a session longer than the body", WILL, REQUEST, "topic-will", struct.pack("<II", 0, 64) + bytes(8))
    frame("will-reserved-used", "", WILL, REQUEST, "topic-will", struct.pack("<IIBBHI", 0, 0, 0, 0, 1, 0))
    frame("topic-list-count-too-large", "", TOPIC_LIST, REPLY, "topic-list", struct.pack("<II", 0, 0xFFFFFFFF))
    frame("topic-stats-count-too-large", "", TOPIC_STATS, REPLY, "topic-stats", struct.pack("<I", 0xFFFFFFFF))
    frame("topic-subscribers-trailing", "", SUBSCRIBERS, REPLY, "topic-subscribers", struct.pack("<IIB", 0, 0, 0))
    names = head(b"n") + head(b"f") + head(b"t")
    frame("binding-no-target", "", BINDING_SET, REQUEST, "binding", bytes(4) + names)
    frame("binding-unknown-target", "", BINDING_SET, REQUEST, "binding", struct.pack("<I", 3) + names)
    frame("binding-reserved-used", "", BINDING_SET, REQUEST, "binding", struct.pack("<I", 0x101) + names)
    frame("binding-no-filter", "", BINDING_SET, REQUEST, "binding", struct.pack("<I", 1) + head(b"n"))
    frame("binding-repeated-option", "", BINDING_SET, REQUEST, "binding", struct.pack("<I", 1) + names + struct.pack("<HHBHHB", 1, 1, 1, 1, 1, 1))
    frame("binding-wide-option", "an option of two bytes", BINDING_SET, REQUEST, "binding", struct.pack("<I", 1) + names + struct.pack("<HHH", 1, 2, 1))
    frame("binding-half-an-option", "", BINDING_SET, REQUEST, "binding", struct.pack("<I", 1) + names + b"\1\0\1")
    frame("binding-set-reply-empty", "", BINDING_SET, REPLY, "binding-set-reply", b"")
    frame("binding-list-trailing", "", BINDING_LIST, REPLY, "binding-list", struct.pack("<IIB", 0, 0, 0))
    frame("report-no-error", "", REPORT, NOTICE, "report", struct.pack("<HHIQ", PUBLISH, 0, 1, 1))


def stream_wrong(frame):
    def head(name): return struct.pack("<I", len(name)) + name

    frame("stream-create-short-number", "an option of four bytes", STREAM_CREATE, REQUEST, "stream-create", head(b"s") + struct.pack("<HHI", 1, 4, 1))
    frame("stream-create-repeated-option", "", STREAM_CREATE, REQUEST, "stream-create", head(b"s") + struct.pack("<HHQHHQ", 1, 8, 1, 1, 8, 1))
    frame("stream-create-reply-no-revision", "", STREAM_CREATE, REPLY, "stream-create-reply", b"\1")
    frame("stream-describe-half-an-option", "", STREAM_DESCRIBE, REPLY, "stream-describe-reply", struct.pack("<QQQB", 1, 0, 0, 1))
    frame("stream-update-no-name", "", STREAM_UPDATE, REQUEST, "stream-update", struct.pack("<Q", 1))
    frame("stream-list-count-too-large", "", STREAM_LIST, REPLY, "stream-list", struct.pack("<II", 0, 0xFFFFFFFF))
    frame("stream-trim-unknown", "", STREAM_TRIM, REQUEST, "stream-trim", struct.pack("<BQ", 4, 0) + b"s")
    frame("stream-delete-unknown", "a condition of queues", STREAM_DELETE, REQUEST, "stream-delete", b"\1s")
    frame("stream-stats-count-too-large", "", STREAM_STATS, REPLY, "stream-stats", struct.pack("<I", 0xFFFFFFFF))
    frame("offset-trailing", "", STREAM_TRIM, REPLY, "offset", struct.pack("<QB", 1, 0))
    frame("append-unknown-part", "", STREAM_APPEND, REQUEST, "stream-append", struct.pack("<BBHI", 32, 0, 0, 1) + b"s")
    frame("append-reserved-used", "", STREAM_APPEND, REQUEST, "stream-append", struct.pack("<BBHI", 0, 1, 0, 1) + b"s")
    frame("append-stream-length-max", "", STREAM_APPEND, REQUEST, "stream-append", struct.pack("<BBHI", 0, 0, 0, 0xFFFFFFFF) + b"s")
    frame("append-half-a-producer", "a producer without a sequence", STREAM_APPEND, REQUEST, "stream-append", struct.pack("<BBHIBQ", 4, 0, 0, 1, 115, 1))
    frame("append-tombstone-with-value", "", STREAM_APPEND, REQUEST, "stream-append", struct.pack("<BBHIBI", 144, 0, 0, 1, 115, 1) + b"kv")
    frame("append-reply-trailing", "", STREAM_APPEND, REPLY, "stream-append-reply", struct.pack("<BQQqB", 1, 1, 1, 1, 0))
    batch = struct.pack("<I", 0) + head(b"s")
    new = struct.pack("<BH", 0, 0)
    frame("append-batch-part-of-append", "a timestamp for all", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch", struct.pack("<I", 8) + head(b"s") + struct.pack("<qI", 0, 0))
    frame("append-batch-count-too-large", "", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch", batch + struct.pack("<I", 0xFFFFFFFF) + head(new))
    frame("append-batch-trailing", "", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch", batch + struct.pack("<I", 1) + head(new) + b"!")
    frame("append-batch-record-too-long", "a record longer than the body", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch", batch + struct.pack("<II", 1, 4) + new)
    frame("append-batch-record-empty", "a record of no bytes", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch", batch + struct.pack("<II", 1, 0))
    frame("append-batch-unknown-part", "", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch", batch + struct.pack("<I", 1) + head(struct.pack("<BIH", 4, 0, 0)))
    frame("append-batch-key-beyond-its-record", "a key that reaches into the next record", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch",
          batch + struct.pack("<I", 2) + head(struct.pack("<BIH", 2, 4, 0)) + head(new))
    frame("append-batch-tombstone-with-value", "", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch", batch + struct.pack("<I", 1) + head(struct.pack("<BH", 128, 0) + b"v"))
    frame("append-batch-bad-headers", "a header without a name", STREAM_APPEND_BATCH, REQUEST, "stream-append-batch", batch + struct.pack("<I", 1) + head(struct.pack("<BHBH", 0, 3, 0, 0)))
    place = struct.pack("<BBHQ", 0, 0, 0, 0)
    frame("read-unknown-place", "", STREAM_READ, REQUEST, "stream-read", struct.pack("<BBHQIII", 5, 0, 0, 0, 0, 1, 0) + head(b"s"))
    frame("read-unknown-bit", "", STREAM_READ, REQUEST, "stream-read", struct.pack("<BBHQIII", 0, 4, 0, 0, 0, 1, 0) + head(b"s"))
    frame("read-reserved-used", "", STREAM_READ, REQUEST, "stream-read", struct.pack("<BBHQIII", 0, 0, 1, 0, 0, 1, 0) + head(b"s"))
    frame("read-no-stream", "", STREAM_READ, REQUEST, "stream-read", place + struct.pack("<III", 0, 1, 0))
    record = struct.pack("<QqBH", 1, 1, 0, 0)
    frame("read-reply-count-too-large", "", STREAM_READ, REPLY, "stream-read-reply", struct.pack("<QQQI", 0, 1, 1, 0xFFFFFFFF) + head(record))
    frame("read-reply-trailing", "", STREAM_READ, REPLY, "stream-read-reply", struct.pack("<QQQI", 0, 1, 1, 1) + head(record) + b"!")
    frame("read-reply-record-too-short", "no room for the header block", STREAM_READ, REPLY, "stream-read-reply", struct.pack("<QQQI", 0, 1, 1, 1) + head(record[:-1]))
    frame("read-reply-record-without-parts", "an offset and a time alone", STREAM_READ, REPLY, "stream-read-reply", struct.pack("<QQQI", 0, 1, 1, 1) + head(record[:16]))
    frame("read-reply-unknown-part", "", STREAM_READ, REPLY, "stream-read-reply", struct.pack("<QQQI", 0, 1, 1, 1) + head(struct.pack("<QqBH", 1, 1, 4, 0)))
    frame("tail-credits-too-many", "one more than may be outstanding", STREAM_TAIL, REQUEST, "stream-tail", struct.pack("<I", 1000001) + place + struct.pack("<I", 0) + head(b"s"))
    frame("tail-reply-trailing", "", STREAM_TAIL, REPLY, "offset-range", struct.pack("<QQB", 0, 1, 0))
    frame("tail-push-key-too-long", "", STREAM_TAIL, PUSH, "stream-tail-push", struct.pack("<QI", 1, 1) + head(struct.pack("<QqBIH", 1, 1, 2, 0x7FFFFFFF, 0)))
    frame("group-create-no-mode", "", GROUP_CREATE, REQUEST, "group-create", bytes(4) + place + head(b"s") + head(b"g"))
    frame("group-create-unknown-mode", "", GROUP_CREATE, REQUEST, "group-create", struct.pack("<I", 3) + place + head(b"s") + head(b"g"))
    frame("group-create-short-number", "", GROUP_CREATE, REQUEST, "group-create", struct.pack("<I", 1) + place + head(b"s") + head(b"g") + struct.pack("<HHI", 3, 4, 1))
    frame("group-name-no-stream", "", GROUP_DELETE, REQUEST, "group-name", b"\1\0")
    frame("group-describe-count-too-large", "", GROUP_DESCRIBE, REPLY, "group-describe-reply", struct.pack("<IQQQQI", 1, 0, 0, 0, 0, 0xFFFFFFFF))
    frame("group-list-trailing", "", GROUP_LIST, REPLY, "group-list", struct.pack("<IIB", 0, 0, 0))
    frame("group-seek-unknown-bit", "", GROUP_SEEK, REQUEST, "group-seek", struct.pack("<I", 2) + place + head(b"s") + b"g")
    frame("group-seek-reply-too-short", "", GROUP_SEEK, REPLY, "group-seek-reply", bytes(31))
    frame("group-join-credits-too-many", "", GROUP_JOIN, REQUEST, "group-join", struct.pack("<IIII", 1000001, 0, 0, 0) + head(b"s") + head(b"g"))
    frame("group-join-reply-too-short", "", GROUP_JOIN, REPLY, "group-join-reply", bytes(28))
    frame("group-delivery-unknown-bit", "", GROUP_JOIN, PUSH, "group-delivery", struct.pack("<QII", 1, 0, 2))
    frame("group-delivery-leases-missing", "", GROUP_JOIN, PUSH, "group-delivery", struct.pack("<QII", 1, 1, 1) + head(record)[:11])
    frame("group-delivery-count-wraps", "2^31 leases, whose bytes are a multiple of 2^32", GROUP_JOIN, PUSH, "group-delivery", struct.pack("<QII", 1, 1 << 31, 1))
    frame("group-delivery-count-too-large", "", GROUP_PULL, REPLY, "group-delivery", struct.pack("<QII", 1, 0xFFFFFFFF, 0))
    frame("group-state-trailing", "", GROUP_HEARTBEAT, REPLY, "group-state", struct.pack("<QQBB", 1, 1, 1, 0))
    frame("group-member-no-stream", "", GROUP_LEAVE, REQUEST, "group-member", struct.pack("<QQ", 1, 1))
    frame("group-pull-too-short", "", GROUP_PULL, REQUEST, "group-pull", struct.pack("<QQII", 1, 1, 0, 1))
    frame("group-commit-too-short", "", GROUP_COMMIT, REQUEST, "group-commit", struct.pack("<QQQ", 1, 1, 1))
    frame("group-ack-half-a-lease", "", GROUP_ACK, REQUEST, "group-ack", struct.pack("<QQ", 1, 1) + head(b"s") + head(b"g") + struct.pack("<IQI", 1, 7, 1))
    frame("group-nack-unknown-action", "", GROUP_NACK, REQUEST, "group-nack", struct.pack("<IqQQ", 5, 0, 1, 1) + head(b"s") + head(b"g") + head(b"") + struct.pack("<I", 0))


def show(name):
    for data, label in examples[name]:
        for start in range(0, len(data), 16):
            print(f"{data[start:start + 16].hex(' ').upper():<49} {label if start == 0 else ''}".rstrip())


for section in (hello, connection, errors, keys, writes, many, replies, list_replies, admin,
                queue_definitions, pushes, consuming, settling, looking, schedules, queue_errors,
                publishing, subscribing, retained, topic_lists, bindings,
                stream_definitions, appending, reading, groups, members, wrong):
    section()
if len(sys.argv) == 3 and sys.argv[1] == "--example":
    show(sys.argv[2])
else:
    about = ("Golden frames of the Nexo protocol, version 1: see docs/protocol.md. Bytes are hex, 64-bit numbers are strings, "
             "\"body\" names the layout and \"fields\" what it holds.")

    def lines(items):
        return ",\n".join("    " + json.dumps(item, ensure_ascii=False) for item in items)
    print("{\n  " + f'"version": 1,\n  "about": {json.dumps(about)},\n  "frames": [\n{lines(frames)}\n  ],\n  "invalid": [\n{lines(invalid)}\n  ]' + "\n}")
