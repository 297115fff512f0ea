"""A client of a Gossamer mesh, written from docs/WIRE.md alone: pyzmq and msgpack, nothing of the Swift code.

As a program it shakes hands with a node, lists the members and calls an actor:

    gossamer_client.py MESH HOST PORT [--members] [--call TARGET ARGUMENTS_JSON] [--targets] ...

It prints one JSON object and exits with 0, or prints the reason to standard error and exits with 1.
"""

import argparse
import base64
import json
import random
import sys
import time

import msgpack
import zmq

HELLO, WELCOME, REFUSE, REJECT, ACK, GOODBYE, MARK = 1, 2, 3, 4, 5, 6, 7
CALL, REPLY, REPLY_ERROR, CANCEL = 16, 17, 18, 19
WATCH, TERMINATED = 20, 22
MEMBERS_QUERY, MEMBERS_REPLY = 26, 27
PULSE, TRUTH, WORK = 0, 1, 2
STATUS = ["alive", "suspect", "dead", "left"]


class Refused(Exception):
    """The node does not want us; the text is its own sentence."""


class CallFailed(Exception):
    """A call ended in a ReplyError."""

    def __init__(self, code, message, type_name, payload):
        super().__init__(f"code {code}: {message}")
        self.code, self.message, self.type_name, self.payload = code, message, type_name, payload


def decode(message):
    """The values of a message: its header and its frames."""
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)
    unpacker.feed(message)
    return list(unpacker)


def encode(*values):
    return b"".join(msgpack.packb(value, use_bin_type=True) for value in values)


class Lane:
    """One reliable lane of a session: numbers what goes out, orders what comes in."""

    def __init__(self):
        self.sent = 0
        self.unacknowledged = {}
        self.received = 0
        self.mark = 0
        self.early = {}

    def number(self):
        self.sent += 1
        return self.sent

    def acknowledge(self, ack):
        for sequence in [s for s in self.unacknowledged if s <= ack]:
            del self.unacknowledged[sequence]

    def admit(self, sequence, frames):
        """The frames that can be delivered now, in order."""
        if sequence > self.received:
            self.early[sequence] = frames
        ready = []
        while self.received + 1 in self.early:
            self.received += 1
            ready += self.early.pop(self.received)
        return ready


class Client:
    """One session with one node."""

    def __init__(self, mesh, host, port, name="python-client", life=None, timeout=5.0, versions=(1, 1), expected=None, curve=None):
        self.context = zmq.Context()
        self.mesh, self.host, self.port = mesh, host, port
        self.name, self.life = name, life or int(time.time() * 1000)
        self.timeout, self.versions, self.expected, self.curve = timeout, versions, expected, curve
        self.lanes = {TRUTH: Lane(), WORK: Lane()}
        self.sockets = {}
        self.poller = zmq.Poller()
        self.began = time.monotonic()
        self.calls = 0
        self.answers = {}
        self.ended = []
        self.in_token = random.randrange(1, 2**32)
        self.out_token = 0
        self.welcome = None
        self.lost = None

    def socket(self, lane):
        if lane not in self.sockets:
            socket = self.context.socket(zmq.DEALER)
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.IMMEDIATE, 1)
            socket.setsockopt(zmq.SNDTIMEO, int(self.timeout * 1000))
            if self.curve:
                socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = self.curve
            socket.connect(f"tcp://{self.host}:{self.port + lane}")
            self.sockets[lane] = socket
            self.poller.register(socket, zmq.POLLIN)
        return self.sockets[lane]

    def clock(self):
        return int((time.monotonic() - self.began) * 1000)

    # -- sending

    def send_pulse(self, token, frame):
        self.socket(PULSE).send(encode([token, self.clock()], frame))

    def send(self, lane, frame):
        state = self.lanes[lane]
        sequence = state.number()
        message = encode([self.out_token, self.clock(), sequence, state.received], frame)
        state.unacknowledged[sequence] = message
        self.socket(lane).send(message)

    def send_again(self):
        for lane, state in self.lanes.items():
            for sequence in sorted(state.unacknowledged):
                self.socket(lane).send(state.unacknowledged[sequence])

    def send_ack(self):
        truth, work = self.lanes[TRUTH], self.lanes[WORK]
        self.send_pulse(self.out_token, [ACK, truth.received, work.received, truth.mark, work.mark])

    # -- receiving

    def wait(self, seconds):
        """Takes in what arrives within `seconds`. False when nothing does."""
        ready = dict(self.poller.poll(int(seconds * 1000)))
        for lane, socket in self.sockets.items():
            if socket in ready:
                self.take(lane, socket.recv())
        return bool(ready)

    def take(self, lane, message):
        header, *frames = decode(message)
        token = header[0]
        if token == 0:
            for frame in frames:
                if frame[0] == REJECT and frame[1] == self.out_token:
                    self.lost = "the node does not know the session any more"
            return
        if token != self.in_token:
            return
        if lane == PULSE:
            for frame in frames:
                self.handle(frame)
            return
        state = self.lanes[lane]
        if len(header) == 2:
            for frame in frames:
                if frame[0] == MARK:
                    state.mark = max(state.mark, frame[1])
        else:
            sequence, ack = header[2], header[3]
            state.acknowledge(ack)
            for frame in state.admit(sequence, frames):
                self.handle(frame)
        self.send_ack()

    def handle(self, frame):
        kind = frame[0]
        if kind == WELCOME:
            self.welcome = frame
        elif kind == REFUSE:
            raise Refused(f"code {frame[1]}: {frame[2]}")
        elif kind == ACK:
            self.lanes[TRUTH].acknowledge(frame[1])
            self.lanes[WORK].acknowledge(frame[2])
        elif kind == GOODBYE:
            self.lost = f"the node said goodbye: {frame[1]}"
        elif kind in (REPLY, REPLY_ERROR, MEMBERS_REPLY):
            self.answers[frame[1]] = frame
        elif kind == TERMINATED:
            self.ended.append((frame[1], frame[2]))
        # Anything else is of a kind that this client does not need.

    # -- what a user wants

    def connect(self):
        """The handshake. Afterwards `targets` is the node's contract table."""
        deadline = time.monotonic() + self.timeout
        self.began = time.monotonic()
        hello = [
            HELLO, self.mesh, self.name, self.life, "", 0, self.versions[0], self.versions[1], "gossamer_client.py 1",
            0, [], self.in_token, 1, self.expected,
        ]
        while self.welcome is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer from {self.host}:{self.port} within {self.timeout} s")
            try:
                self.send_pulse(0, hello)
            except zmq.Again:
                raise TimeoutError(f"no connection to {self.host}:{self.port} within {self.timeout} s") from None
            repeat = time.monotonic() + 0.3
            while self.welcome is None and time.monotonic() < repeat:
                self.wait(0.05)
        _, name, life, _, _, version, software, _, _, self.out_token, targets = self.welcome[:11]
        self.node = {"name": name, "life": life, "version": version, "software": software}
        self.targets = targets or []
        return self.node

    def ask(self, build, timeout=None):
        """Sends the frame that `build` makes of a fresh id, and waits for its answer."""
        deadline = time.monotonic() + (timeout or self.timeout)
        self.calls += 1
        number = self.calls
        self.send(WORK, build(number))
        quiet = 0.0
        while number not in self.answers:
            if self.lost:
                raise ConnectionError(self.lost)
            if time.monotonic() > deadline:
                raise TimeoutError("no answer in time; the outcome is unknown")
            if self.wait(0.05):
                quiet = 0.0
            else:
                quiet += 0.05
                if quiet >= 0.2:
                    self.send_again()
                    quiet = 0.0
        return self.answers.pop(number)

    def watch(self, actor, type_name):
        self.send(WORK, [WATCH, actor, type_name])

    def wait_for_end(self, actor, type_name):
        """Returns when the node has told that a watched actor is gone."""
        deadline = time.monotonic() + self.timeout
        while (actor, type_name) not in self.ended:
            if self.lost:
                raise ConnectionError(self.lost)
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody told of the end of actor {actor}")
            self.wait(0.05)

    def members(self):
        answer = self.ask(lambda number: [MEMBERS_QUERY, number])
        if answer[0] == REPLY_ERROR:
            raise CallFailed(*answer[2:6])
        return [
            {
                "name": name, "life": life, "address": f"{host}:{port}", "status": STATUS[status],
                "incarnation": incarnation, "roles": roles, "edge": edge,
            }
            for name, life, host, port, status, incarnation, roles, edge in answer[3]
        ]

    def call(self, target, arguments, actor=0, timeout=None, raw=False):
        """Calls `target` (its name, or an end of it that only one name has) with `arguments`, a list."""
        index = self.index(target)
        patience = timeout or self.timeout
        body = arguments if raw else msgpack.packb(arguments, use_bin_type=True)
        answer = self.ask(lambda number: [CALL, number, actor, index, int(patience * 1000), body], patience)
        if answer[0] == REPLY_ERROR:
            raise CallFailed(*answer[2:6])
        return msgpack.unpackb(answer[2], raw=False, strict_map_key=False) if answer[2] else None

    def index(self, target):
        if target in self.targets:
            return self.targets.index(target)
        found = [index for index, name in enumerate(self.targets) if target in name]
        if len(found) != 1:
            raise KeyError(f"{len(found)} of the node's {len(self.targets)} targets have {target!r} in their name")
        return found[0]

    def close(self, goodbye=True):
        if goodbye and self.out_token:
            self.send_pulse(self.out_token, [GOODBYE, "done"])
            time.sleep(0.05)
        for socket in self.sockets.values():
            socket.close()
        self.context.term()


def readable(value):
    """JSON has no binary."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [readable(element) for element in value]
    if isinstance(value, dict):
        return {str(key): readable(element) for key, element in value.items()}
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mesh")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--name", default="python-client")
    parser.add_argument("--versions", default="1,1", help="lowest,highest wire version to offer")
    parser.add_argument("--expected", help="name of the node that is meant")
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds for each step")
    parser.add_argument("--members", action="store_true", help="list the members")
    parser.add_argument("--targets", action="store_true", help="list the node's call targets")
    parser.add_argument("--call", nargs=2, metavar=("TARGET", "ARGUMENTS"), help="call a target with a JSON array of arguments")
    parser.add_argument("--repeat", type=int, default=1, help="make the call so many times")
    parser.add_argument("--actor", type=int, default=0, help="number of the actor; 0 for the node's singleton")
    parser.add_argument("--watch", nargs=2, metavar=("NUMBER", "TYPE"), help="watch an actor before, and wait for its end after all else")
    options = parser.parse_args()
    lowest, highest = (int(part) for part in options.versions.split(","))
    client = Client(
        options.mesh, options.host, options.port, name=options.name, timeout=options.timeout, versions=(lowest, highest),
        expected=options.expected)
    try:
        result = {"node": client.connect()}
        if options.watch:
            watched = (int(options.watch[0]), options.watch[1])
            client.watch(*watched)
        if options.targets:
            result["targets"] = client.targets
        if options.members:
            result["members"] = client.members()
        if options.call:
            target, arguments = options.call
            for _ in range(options.repeat):
                result["result"] = readable(client.call(target, json.loads(arguments), actor=options.actor))
        if options.watch:
            client.wait_for_end(*watched)
        print(json.dumps(result))
        client.close()
        return 0
    except (Refused, CallFailed, TimeoutError, ConnectionError, KeyError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        client.close(goodbye=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
