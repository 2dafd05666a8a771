"""The bodies that senders of metrics and logs make: remote-write 1.0 protobuf in snappy, and the
protobuf and JSON of Loki's push. Written by hand, so that no library stands between the test and
the bytes."""
import json
import struct

STALE_NAN_BITS = 0x7FF0000000000002
REMOTE_WRITE_HEADERS = {
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

# A snappy literal of 64 KiB is the longest that every decoder takes.
SNAPPY_LITERAL_BYTES = 1 << 16


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field_bytes(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def field_varint(number, value):
    return varint(number << 3) + varint(value)


def field_double_bits(number, bits):
    return varint(number << 3 | 1) + struct.pack("<Q", bits)


def double_bits(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def field_sint(number, value):
    return field_varint(number, value << 1 ^ value >> 63)


def doubles(number, values):
    return field_bytes(number, b"".join(struct.pack("<d", value) for value in values))


RESET_HINTS = {"unknown": 0, "reset": 1, "not_reset": 2, "gauge": 3}


def buckets(span_field, buckets_by_index, is_float):
    """The spans and, two fields later, the counts of one side: differences of whole numbers, or
    floats."""
    out, last, counts = bytearray(), None, []
    spans = []
    for index in sorted(buckets_by_index):
        if last is not None and index == last + 1:
            spans[-1][1] += 1
        else:
            spans.append([index if last is None else index - last - 1, 1])
        last = index
        counts.append(buckets_by_index[index])
    for offset, length in spans:
        out += field_bytes(span_field, field_sint(1, offset) + field_varint(2, length))
    if is_float:
        return bytes(out) + (doubles(span_field + 2, counts) if counts else b"")
    deltas = [count - (counts[i - 1] if i else 0) for i, count in enumerate(counts)]
    packed = b"".join(varint(delta << 1 ^ delta >> 63) for delta in deltas)
    return bytes(out) + (field_bytes(span_field + 1, packed) if counts else b"")


def histogram(value, time_ms):
    """A native histogram: `schema`, `count`, `sum` (a float, or an int for its bits) and, where they
    are not 0 or empty, `zero_threshold`, `zero_count`, `positive` and `negative` ({index: count}),
    `custom_values`, `hint`, `float` (its counts are floats)."""
    is_float = value.get("float", False)
    total = value["sum"] if isinstance(value["sum"], int) else double_bits(value["sum"])
    out = bytearray()
    if is_float:
        out += field_double_bits(2, double_bits(value["count"]))
    else:
        out += field_varint(1, value["count"])
    out += field_double_bits(3, total) + field_sint(4, value["schema"])
    out += field_double_bits(5, double_bits(value.get("zero_threshold", 0.0)))
    zero_count = value.get("zero_count", 0)
    out += field_double_bits(7, double_bits(zero_count)) if is_float else field_varint(6, zero_count)
    out += buckets(8, value.get("negative", {}), is_float)
    out += buckets(11, value.get("positive", {}), is_float)
    out += field_varint(14, RESET_HINTS[value.get("hint", "unknown")]) + field_varint(15, time_ms)
    if value.get("custom_values"):
        out += doubles(16, value["custom_values"])
    return bytes(out)


def time_series(labels, samples):
    """`samples`: (time in ms, float), (time in ms, int) for the bits of a double, or (time in ms,
    dict) for a histogram."""
    out = bytearray()
    for name, value in sorted(labels.items()):
        out += field_bytes(1, field_bytes(1, name.encode()) + field_bytes(2, value.encode()))
    for time_ms, value in samples:
        if isinstance(value, dict):
            out += field_bytes(4, histogram(value, time_ms))
            continue
        bits = value if isinstance(value, int) else double_bits(value)
        out += field_bytes(2, field_double_bits(1, bits) + field_varint(2, time_ms))
    return field_bytes(1, bytes(out))


def snappy(content):
    """Literals only: what a compressor makes of data without repetition."""
    out = bytearray(varint(len(content)))
    for start in range(0, len(content), SNAPPY_LITERAL_BYTES):
        literal = content[start:start + SNAPPY_LITERAL_BYTES]
        length = len(literal) - 1
        if length < 60:
            out.append(length << 2)
        elif length < 256:
            out += bytes((60 << 2, length))
        else:
            out += bytes((61 << 2,)) + struct.pack("<H", length)
        out += literal
    return bytes(out)


def write_samples(server, series, headers=None):
    """`series`: [(labels, samples)]. (status, body)"""
    body = snappy(b"".join(time_series(labels, samples) for labels, samples in series))
    status, _, answer = server.post("/api/v1/write", body, PROTOBUF,
                                    {**REMOTE_WRITE_HEADERS, **(headers or {})})
    return status, answer


def loki_json(streams):
    """`streams`: [(labels, [(time in ns, line) or (time in ns, line, metadata)])]"""
    return json.dumps({"streams": [
        {"stream": labels,
         "values": [[str(entry[0]), *entry[1:]] for entry in entries]}
        for labels, entries in streams]}, ensure_ascii=False).encode()


def push_lines(server, streams, headers=None):
    """(status, body)"""
    status, _, answer = server.post("/loki/api/v1/push", loki_json(streams), JSON, headers)
    return status, answer


def loki_protobuf(streams):
    """`streams`: [(label text, [(time in ns, line, metadata)])]; not compressed."""
    out = bytearray()
    for labels, entries in streams:
        stream = bytearray(field_bytes(1, labels.encode()))
        for time_ns, line, metadata in entries:
            seconds, nanoseconds = divmod(time_ns, 10**9)
            entry = field_bytes(1, field_varint(1, seconds) + field_varint(2, nanoseconds))
            entry += field_bytes(2, line.encode())
            for name, value in metadata.items():
                entry += field_bytes(3, field_bytes(1, name.encode()) +
                                     field_bytes(2, value.encode()))
            stream += field_bytes(2, entry)
        out += field_bytes(1, bytes(stream))
    return bytes(out)
