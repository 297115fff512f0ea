"""Checks Tests/WireTests/vectors with Python's msgpack, both ways. Argument: the folder. Exits with 1 and says what differs."""

import json
import pathlib
import sys

import msgpack


def value(json_value):
    """JSON with {"bin": "hex"} for binary."""
    if isinstance(json_value, dict):
        return bytes.fromhex(json_value["bin"])
    if isinstance(json_value, list):
        return [value(element) for element in json_value]
    return json_value


def fingerprint(targets):
    h = 0xCBF29CE484222325
    for byte in b"".join(name.encode() + b"\0" for name in targets):
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    h ^= h >> 33
    h = h * 0xFF51AFD7ED558CCD % 2**64
    h ^= h >> 33
    h = h * 0xC4CEB9FE1A85EC53 % 2**64
    h ^= h >> 33
    return max(1, h)


def main(folder):
    checked, wrong = 0, []
    for name in ["headers.json", "frames.json", "registers.json", "messages.json"]:
        for vector in json.loads((folder / name).read_text()):
            checked += 1
            values = [value(v) for v in (vector["values"] if "values" in vector else [vector["fields"]])]
            packed = b"".join(msgpack.packb(v, use_bin_type=True) for v in values)
            unpacker = msgpack.Unpacker(raw=False)
            unpacker.feed(bytes.fromhex(vector["hex"]))
            if packed.hex() != vector["hex"]:
                wrong.append(f"{name}: {vector['name']} packs to {packed.hex()}")
            if list(unpacker) != values:
                wrong.append(f"{name}: {vector['name']} does not unpack to its fields")
    for vector in json.loads((folder / "fingerprints.json").read_text()):
        checked += 1
        if f"{fingerprint(vector['targets']):016x}" != vector["fingerprint"]:
            wrong.append(f"fingerprints.json: {vector['name']} is {fingerprint(vector['targets']):016x}")
    print("\n".join(wrong) or f"{checked} vectors agree")
    return 1 if wrong or checked < 50 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
