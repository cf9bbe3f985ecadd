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
HELLO, PING, GOAWAY, CANCEL, CREDIT, STOP, INFO = range(1, 8)
GET, SET, DELETE, EXISTS, TTL, EXPIRE, TAKE, TOUCH, INCREMENT, APPEND, LENGTH, RANGE = range(0x0101, 0x010D)
MULTI_GET, MULTI_SET, MULTI_DELETE = 0x0110, 0x0111, 0x0112
SCAN, COUNT, CLEAR = 0x0118, 0x0119, 0x011A
HASH_SET, HASH_GET, HASH_MULTI_GET, HASH_DELETE, HASH_GET_ALL, HASH_INCREMENT, HASH_LENGTH = range(0x0120, 0x0127)
WATCH = 0x0130
ADMIN_SNAPSHOT = 0x0510
NAMES = {
    HELLO: "Hello", PING: "Ping", GOAWAY: "GoAway", CANCEL: "Cancel", CREDIT: "Credit", STOP: "Stop", INFO: "Info",
    GET: "StoreGet", SET: "StoreSet", DELETE: "StoreDelete", EXISTS: "StoreExists", TTL: "StoreTtl",
    EXPIRE: "StoreExpire", TAKE: "StoreTake", TOUCH: "StoreTouch", INCREMENT: "StoreIncrement",
    APPEND: "StoreAppend", LENGTH: "StoreLength", RANGE: "StoreRange", MULTI_GET: "StoreMultiGet",
    MULTI_SET: "StoreMultiSet", MULTI_DELETE: "StoreMultiDelete", SCAN: "StoreScan", COUNT: "StoreCount",
    CLEAR: "StoreClear", HASH_SET: "StoreHashSet", HASH_GET: "StoreHashGet", HASH_MULTI_GET: "StoreHashMultiGet",
    HASH_DELETE: "StoreHashDelete", HASH_GET_ALL: "StoreHashGetAll", HASH_INCREMENT: "StoreHashIncrement",
    HASH_LENGTH: "StoreHashLength", WATCH: "StoreWatch", ADMIN_SNAPSHOT: "AdminSnapshot",
}
U64_MAX, I64_MAX, I64_MIN = 2**64 - 1, 2**63 - 1, -2**63
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


def add(name, description, opcode, kind, correlation, body, parts, fields, headers=None, durability=0):
    block = b""
    if headers is not None:
        for key, value in headers:
            block += struct.pack("<B", len(key.encode())) + key.encode() + struct.pack("<H", len(value)) + value
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
    tags = [("clientName", 1), ("user", 2), ("password", 3), ("token", 4)]

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

    numbers = [("frameBytesMax", 2), ("inFlightMax", 3), ("keyBytesMax", 4), ("valueBytesMax", 5), ("idleTimeoutMs", 6)]

    def reply(name, description, server_id, version, values):
        parts = u16("version", 1) + [(bytes.fromhex(server_id), "serverId")] + tagged(1, "serverVersion", version.encode())
        for (label, tag), value in zip(numbers, values):
            parts += u16("tag", tag) + u16("length", 4) + u32(label, value)
        add(name, description, HELLO, REPLY, 1, "hello-reply", parts,
            {"version": 1, "serverId": server_id, "serverVersion": version} | {l: v for (l, _), v in zip(numbers, values)})

    reply("hello-reply", "the defaults", "00112233445566778899aabbccddeeff", "0.1.0",
          [16777216, 1024, 65536, 16710656, 120000])
    reply("hello-reply-edges", "numbers at their ends", "ffffffffffffffffffffffffffffff00", "",
          [2**32 - 1, 0, 1, 2**32 - 1, 0])


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
    frame("change-too-short", "", WATCH, PUSH, "change", struct.pack("<B", 1))


def show(name):
    for data, label in examples[name]:
        for start in range(0, len(data), 16):
            print(f"{data[start:start + 16].hex(' ').upper():<49} {label if start == 0 else ''}".rstrip())


for section in (hello, connection, errors, keys, writes, many, replies, list_replies, admin, wrong):
    section()
if len(sys.argv) == 3 and sys.argv[1] == "--example":
    show(sys.argv[2])
else:
    about = ("Golden frames of the Nexo protocol, version 1: see docs/protocol.md. Bytes are hex, 64-bit numbers are strings, "
             "\"body\" names the layout and \"fields\" what it holds.")

    def lines(items):
        return ",\n".join("    " + json.dumps(item, ensure_ascii=False) for item in items)
    print("{\n  " + f'"version": 1,\n  "about": {json.dumps(about)},\n  "frames": [\n{lines(frames)}\n  ],\n  "invalid": [\n{lines(invalid)}\n  ]' + "\n}")
