"""Python's msgpack as the other side of the MessagePack tests.

Values travel twice: as MessagePack, which is what is tested, and as a description that both sides print alike without
using MessagePack. A description is JSON: a list of a tag and what belongs to it; floats as the bits of a double and
bytes as hexadecimal, so that nothing depends on how JSON writes a number.

    describe  standard input: MessagePack values one after another; output: the description of each, one a line
    pack      standard input: descriptions, one a line; output: MessagePack values one after another
"""
import json
import struct
import sys

import msgpack


def describe(value):
    if value is None:
        return ["nil"]
    if value is True or value is False:
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", struct.pack(">d", value).hex()]
    if isinstance(value, str):
        return ["str", value.encode().hex()]
    if isinstance(value, bytes):
        return ["bin", value.hex()]
    if isinstance(value, msgpack.Timestamp):
        return ["time", str(value.seconds), str(value.nanoseconds)]
    if isinstance(value, msgpack.ExtType):
        return ["ext", str(value.code), value.data.hex()]
    if isinstance(value, list):
        return ["array"] + [describe(element) for element in value]
    if isinstance(value, Pairs):
        return ["map"] + [[describe(key), describe(element)] for key, element in value.pairs]
    raise TypeError(f"msgpack made a {type(value)}")


class Pairs:
    """A map as it was sent: in order, and with keys that a dict cannot hold."""

    def __init__(self, pairs):
        self.pairs = list(pairs)


def build(description):
    tag, *rest = description
    if tag == "nil":
        return None
    if tag == "bool":
        return rest[0]
    if tag == "int":
        return int(rest[0])
    if tag == "float":
        return struct.unpack(">d", bytes.fromhex(rest[0]))[0]
    if tag == "str":
        return bytes.fromhex(rest[0]).decode()
    if tag == "bin":
        return bytes.fromhex(rest[0])
    if tag == "time":
        return msgpack.Timestamp(int(rest[0]), int(rest[1]))
    if tag == "ext":
        return msgpack.ExtType(int(rest[0]), bytes.fromhex(rest[1]))
    if tag == "array":
        return [build(element) for element in rest]
    if tag == "map":
        return Pairs((build(key), build(element)) for key, element in rest)
    raise ValueError(f"no tag {tag}")


def pack(packer, value):
    """Packs through the library; maps by hand, because theirs may have any key."""
    if isinstance(value, Pairs):
        yield packer.pack_map_header(len(value.pairs))
        for key, element in value.pairs:
            yield from pack(packer, key)
            yield from pack(packer, element)
    elif isinstance(value, list):
        yield packer.pack_array_header(len(value))
        for element in value:
            yield from pack(packer, element)
    else:
        yield packer.pack(value)


def main():
    if sys.argv[1] == "describe":
        unpacker = msgpack.Unpacker(
            strict_map_key=False, object_pairs_hook=Pairs, max_buffer_size=1 << 30)
        data = sys.stdin.buffer.read()
        unpacker.feed(data)
        for value in unpacker:
            print(json.dumps(describe(value), separators=(",", ":")))
        if unpacker.tell() != len(data):
            sys.exit(f"{len(data) - unpacker.tell()} of {len(data)} bytes were not understood")
    else:
        packer = msgpack.Packer(autoreset=True)
        for line in sys.stdin:
            for part in pack(packer, build(json.loads(line))):
                sys.stdout.buffer.write(part)


main()
