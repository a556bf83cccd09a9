#!/usr/bin/env python3
"""Random use of report control blocks by two clients of libiec61850, the same for every server.

Usage: random_reports.py SEED STEPS            asks for a server as the scenarios do
       random_reports.py SEED STEPS reference  has the server of libiec61850 itself
"""

import ctypes as C
import os
import random
import sys
import time

import play
from play import LD, L, log, show
from reference import Reference, Taker

def visible(text):
    return L.MmsValue_newVisibleString(text)


def bits(count, number):
    value = L.MmsValue_newBitString(count)
    L.MmsValue_setBitStringFromInteger(value, number)
    return value


def unsigned(number):
    return L.MmsValue_newUnsignedFromUint32(number)


def octets(data):
    value = L.MmsValue_newOctetString(8, 8)
    L.MmsValue_setOctetString(value, data, len(data))
    return value


def attribute(rng, buffered, enabled):
    """A random attribute and value. What the two servers are known to see differently is left out: see tests/interop/random_reports.rs."""
    truth = lambda: play.B(rng.random() < 0.5)  # noqa: E731
    choices = [
        ("RptID", lambda: visible(rng.choice(["one", "two"]))),
        ("DatSet", lambda: visible(rng.choice(["GOLDLD1/LLN0$dsInd", "GOLDLD1/LLN0$dsLeaf"] + ([] if buffered else ["GOLDLD1/LLN0$dsNone", "", "@none"])))),
        ("OptFlds", lambda: bits(10, rng.randrange(512) & ~1)),
        ("TrgOps", lambda: bits(6, rng.choice([0, 2, 4, 6, 32, 38, 46, 62]) & ~16)),
        ("BufTm", lambda: unsigned(0)),
        ("IntgPd", lambda: unsigned(0)),
        ("GI", lambda: play.B(True)),
        ("RptEna", lambda: play.B(not enabled)),
        ("RptEna", lambda: play.B(True)),
        ("RptEna", lambda: unsigned(1)),
        ("NoSuch", truth),
    ]
    if buffered:
        choices += [
            ("PurgeBuf", truth),
            ("EntryID", lambda: octets(rng.choice([b"\0" * 8, b"\1\2\3\4\5\6\7\x08", b"\0\0\0"]))),
            ("ResvTms", lambda: L.MmsValue_newIntegerFromInt32(rng.choice([0, 5, 30, -1]))),
            ("Resv", truth),
        ]
    else:
        choices += [("Resv", truth), ("Resv", truth), ("ResvTms", lambda: L.MmsValue_newIntegerFromInt32(5)), ("PurgeBuf", truth)]
    name, value = rng.choice(choices)
    return name, value()


def main():
    rng = random.Random(int(sys.argv[1]))
    server = Reference() if sys.argv[3:] == ["reference"] else play.Server()
    blocks = [("RP$urcb01", False), ("BR$brcb01", True), ("RP$urcb03", False)]
    clients = {"a": Taker("a"), "b": Taker("b")}
    enabled = {}
    for _ in range(int(sys.argv[2])):
        kind, name = rng.random(), rng.choice("aab")
        block, buffered = rng.choice(blocks)
        if buffered:
            name = "a"
        client = clients[name]
        if kind < 0.6:
            field, value = attribute(rng, buffered, enabled.get(block) == name)
            log("client %s: %s %s := %s" % (name, block, field, show(value)))
            L.MmsConnection_writeVariable(client.m, client.err, LD, "LLN0$%s$%s" % (block, field), value)
            log("  -> MMS error", client.me())
            if field == "RptEna" and client.e.value == 0:
                enabled[block] = name if show(value) == "true" else None
        elif kind < 0.7:
            log("client %s: read %s" % (name, block))
            value = L.MmsConnection_readVariable(client.m, client.err, LD, "LLN0$" + block)
            log("  -> MMS error %s %s" % (client.me(), show(value)))
        elif kind < 0.95:
            changes = rng.sample([("GGIO1.Ind1.stVal", rng.random() < 0.5), ("GGIO1.Ind2.stVal", rng.random() < 0.5), ("GGIO1.Ind1.q", rng.choice([0, 2])),
                                  ("GGIO1.IntIn1.stVal", rng.randrange(4)), ("GGIO1.AnIn1.mag.f", rng.randrange(4) + 0.5)], rng.choice([1, 1, 2, 3]))
            log("process: %s" % changes)
            server.lock()
            for reference, value in changes:
                server.upd(reference, value)
            server.unlock()
        elif kind < 0.97:
            log("client %s: goes and comes back" % name)
            L.IedConnection_close(client.c)
            time.sleep(0.1)
            clients[name] = client = Taker(name)
            enabled = {block: who for block, who in enabled.items() if who != name}
        else:
            log("client %s: several at once" % name)
            fields, values = L.LinkedList_create(), L.LinkedList_create()
            for _ in range(3):
                field, value = rng.choice([("RptID", visible("three")), ("TrgOps", bits(6, 38)), ("BufTm", unsigned(0)), ("GI", play.B(True)), ("NoSuch", play.B(True))])
                log("  with %s := %s" % (field, show(value)))
                L.LinkedList_add(fields, "LLN0$%s$%s" % (block, field))
                L.LinkedList_add(values, value)
            results = C.c_void_p()
            L.MmsConnection_writeMultipleVariables(client.m, client.err, LD, fields, values, C.byref(results))
            log("  -> MMS error %s %s" % (client.me(), [show(result) for result in play.lwalk(results.value)]))
        time.sleep(0.06)
        for each in clients.values():
            each.drain()
    server.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
