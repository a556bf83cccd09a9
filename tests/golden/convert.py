#!/usr/bin/env python3
"""Writes the recordings of libiec61850 in the compact form that the replaying test reads.

Usage: convert.py SOURCE_DIR NAME ...

SOURCE_DIR holds NAME.pcap and NAME.txt as the capture tool leaves them; NAME.golden is written beside this script. The form is
described in README.md. Python's standard library is all it needs.
"""

import ipaddress
import pathlib
import re
import struct
import sys

SERVER_PORT = 102
SYN, FIN, RST = 0x02, 0x01, 0x04
# Shorter ones, in ms, are the computer's own.
SHORTEST_PAUSE = 20


def packets(path):
    """Yields (frame number, time in us, source port, destination port, sequence number, flags, payload) of every TCP packet in a pcap file."""
    data = path.read_bytes()
    magic = data[:4]
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(magic)
    if order is None:
        sys.exit(f"{path}: not a pcap file with microsecond time stamps (magic {magic.hex()})")
    (link,) = struct.unpack_from(order + "I", data, 20)
    if link != 1:
        sys.exit(f"{path}: link type {link}, want 1 (Ethernet)")
    at, number = 24, 0
    while at < len(data):
        seconds, micros, kept, length = struct.unpack_from(order + "IIII", data, at)
        frame = data[at + 16 : at + 16 + kept]
        at, number = at + 16 + kept, number + 1
        if kept != length:
            sys.exit(f"{path}: frame {number} is cut off ({kept} of {length} bytes)")
        if frame[12:14] != b"\x08\x00" or frame[23] != 6:
            continue
        ip = frame[14:]
        head = (ip[0] & 15) * 4
        (total,) = struct.unpack_from("!H", ip, 2)
        tcp = ip[head:total]
        source, target, sequence = struct.unpack_from("!HHI", tcp)
        if not ipaddress.ip_address(ip[12:16]).is_loopback:
            sys.exit(f"{path}: frame {number} is not loopback traffic")
        yield number, seconds * 1_000_000 + micros, source, target, sequence, tcp[13], tcp[(tcp[12] >> 4) * 4 :]


class Streams:
    """Numbers the connections from 1 in the order of their SYN and drops what TCP sent twice."""

    def __init__(self, path):
        self.path = path
        self.numbers = {}
        self.expected = {}

    def lines(self, number, source, target, sequence, flags, payload):
        from_client = target == SERVER_PORT
        port = source if from_client else target
        mark = ">" if from_client else "<"
        key = (port, from_client)
        if flags & SYN:
            self.expected[key] = (sequence + 1) & 0xFFFFFFFF
            if from_client:
                self.numbers[port] = len(self.numbers) + 1
                yield f"> {self.numbers[port]} SYN"
            return
        name = self.numbers[port]
        if flags & RST:
            yield f"{mark} {name} RST"
            return
        skip = (self.expected[key] - sequence) & 0xFFFFFFFF
        if skip >= 1 << 31:
            sys.exit(f"{self.path}: bytes are missing before frame {number}")
        fresh = payload[skip:]
        if fresh:
            yield f"{mark} {name} {fresh.hex()}"
        end = sequence + len(payload) + (1 if flags & FIN else 0)
        if flags & FIN and skip <= len(payload):
            yield f"{mark} {name} FIN"
        if (end - self.expected[key]) & 0xFFFFFFFF < 1 << 31:
            self.expected[key] = end & 0xFFFFFFFF


def call_log(path):
    """The description, the log lines as (number of the frame they follow, time in us, text), and (number, time in us) of a frame."""
    parts = path.read_text(encoding="utf-8").split("\n\n", 3)
    description, body = parts[1], parts[3]
    last, calls, anchor = 0, [], None
    for line in body.splitlines():
        if frame := re.match(r" *([\d.]+) \[(\d+)\] ", line):
            last = int(frame[2])
            anchor = anchor or (last, micros(frame[1]))
        elif call := re.match(r" *([\d.]+) # (.*)$", line):
            calls.append((last, micros(call[1]), call[2].rstrip()))
    return description, calls, anchor


def micros(text):
    return round(float(text) * 1_000_000)


def convert(source, name):
    description, calls, anchor = call_log(source / f"{name}.txt")
    streams = Streams(source / f"{name}.pcap")
    frames = list(packets(source / f"{name}.pcap"))
    # The log counts from its own start.
    begin = next((packet[1] - anchor[1] for packet in frames if packet[0] == anchor[0]), 0)
    timed = []
    calls.reverse()
    for number, at, *packet in frames:
        while calls and calls[-1][0] < number:
            _, logged, text = calls.pop()
            timed.append((logged, "# " + text))
        timed.extend((at - begin, line) for line in streams.lines(number, *packet))
    timed.extend((logged, "# " + text) for _, logged, text in reversed(calls))
    out, last = [f"! {name}", f"! {description}"], 0
    for at, line in timed:
        passed = round((at - last) / 1000)
        if passed >= SHORTEST_PAUSE:
            out.append(f"~ {passed}")
        last = max(last, at)
        out.append(line)
    target = pathlib.Path(__file__).parent / f"{name}.golden"
    target.write_text("\n".join(out) + "\n", encoding="utf-8")
    sent = sum(line[0] == ">" for line in out)
    print(f"{target.name}: {len(streams.numbers)} connections, {sent} client lines, {sum(line[0] == '<' for line in out)} server lines")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    for name in sys.argv[2:]:
        convert(pathlib.Path(sys.argv[1]), name)


if __name__ == "__main__":
    main()
