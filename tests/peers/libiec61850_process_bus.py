#!/usr/bin/env python3
"""GOOSE and sampled values with the real libiec61850, on an Ethernet interface or routable over UDP. The former needs the right to open raw sockets.

Usage: libiec61850_process_bus.py COMMAND INTERFACE [ARGUMENTS]
       libiec61850_process_bus.py COMMAND udp:ADDRESS:PORT[:ENCRYPTION:SIGNATURE] [ARGUMENTS]

With `udp:` publishers send to the address, and subscribers receive at it. The numbers are those of RSecurityAlgorithm and RSignatureAlgorithm; the key is
1, of the octets 0, 1, 2 and so on.

  goose-publish REF COUNT    publishes COUNT states of four values, each sent three times, 20 ms apart; prints `published` at the end
  goose-subscribe REF COUNT  prints `listening`, then a line of JSON for each message, and ends after COUNT messages or 20 s
  sv-publish SVID COUNT      publishes COUNT samples of one INT32 with its quality, 1 ms apart; prints `published` at the end
  sv-subscribe APPID COUNT   as goose-subscribe, for samples
"""

import ctypes as c
import json
import sys
import threading
import time

from libiec61850 import from_python, lib, to_python

P, S, I, U8, U16, U32, B = c.c_void_p, c.c_char_p, c.c_int, c.c_uint8, c.c_uint16, c.c_uint32, c.c_bool
LISTENER = c.CFUNCTYPE(None, P, P)
SV_LISTENER = c.CFUNCTYPE(None, P, P, P)


class CommParameters(c.Structure):
    _fields_ = [("priority", U8), ("vlan", U16), ("app_id", U16), ("destination", U8 * 6)]


def function(name, result, *arguments):
    found = getattr(lib, name)
    found.restype, found.argtypes = result, arguments
    return found


def address(app_id, *last):
    return c.byref(CommParameters(5, 7, app_id, (U8 * 6)(1, 0x0C, 0xCD, *last)))


def session(interface, receiving):
    """A session over UDP."""
    _, host, port, *algorithms = interface.decode().split(":")
    session = function("RSession_create", P)()
    place = function("RSession_setLocalAddress" if receiving else "RSession_setRemoteAddress", I, P, S, I)
    errors = [place(session, host.encode(), int(port))]
    if not receiving:
        # Otherwise it sends from port 102, or without the right to that not at all.
        errors.append(function("RSession_setLocalAddress", I, P, S, I)(session, host.encode(), 0))
    if algorithms:
        encryption, signature = map(int, algorithms)
        key = bytes(range(16 if encryption == 1 else 32))
        errors.append(function("RSession_addKey", I, P, U32, S, I, I, I)(session, 1, key, len(key), encryption, signature))
        errors.append(function("RSession_setActiveKey", I, P, U32)(session, 1))
        errors.append(function("RSession_setSecurity", I, P, I, I)(session, encryption, signature))
    if any(errors):
        raise SystemExit(f"the session was not set up: {errors}")
    if not receiving:
        # Receivers start it themselves.
        errors.append(function("RSession_start", I, P)(session))
        if errors[-1]:
            raise SystemExit(f"the session was not started: {errors[-1]}")
    return session


def goose_publisher(interface):
    if interface.startswith(b"udp:"):
        return function("GoosePublisher_createRemote", P, P, U16)(session(interface, False), 0x3001)
    return function("GoosePublisher_create", P, P, S)(address(0x3001, 1, 0, 2), interface)


def goose_receiver(interface):
    if interface.startswith(b"udp:"):
        return function("GooseReceiver_createRemote", P, P)(session(interface, True))
    receiver = function("GooseReceiver_create", P)()
    function("GooseReceiver_setInterfaceId", None, P, S)(receiver, interface)
    return receiver


def goose_publish(interface, reference, count):
    publisher = goose_publisher(interface)
    if not publisher:
        raise SystemExit("the publisher was not created")
    function("GoosePublisher_setGoCbRef", None, P, S)(publisher, reference)
    function("GoosePublisher_setConfRev", None, P, U32)(publisher, 3)
    function("GoosePublisher_setDataSetRef", None, P, S)(publisher, b"PEERLD1/LLN0$ds")
    function("GoosePublisher_setGoID", None, P, S)(publisher, b"peer")
    function("GoosePublisher_setTimeAllowedToLive", None, P, U32)(publisher, 500)
    publish = function("GoosePublisher_publish", I, P, P)
    for number in range(int(count)):
        if number:
            function("GoosePublisher_increaseStNum", None, P)(publisher)
        values = function("LinkedList_create", P)()
        for value in ({"boolean": number % 2 == 1}, {"integer": -number}, {"float": str(number / 2)}, {"visible-string": f"state {number}"}):
            function("LinkedList_add", None, P, P)(values, from_python(value))
        for _ in range(3):
            if publish(publisher, values) != 0:
                raise SystemExit("a message was not published")
            time.sleep(0.02)
    print("published", flush=True)
    function("GoosePublisher_destroy", None, P)(publisher)


class Lines:
    """Prints what listeners see, and knows when it is enough."""

    def __init__(self, count):
        self.left = int(count)
        self.enough = threading.Event()

    def add(self, line):
        if self.left > 0:
            print(json.dumps(line), flush=True)
            self.left -= 1
        if self.left == 0:
            self.enough.set()

    def wait(self):
        print("listening", flush=True)
        self.enough.wait(20)


def goose_subscribe(interface, reference, count):
    lines = Lines(count)
    get = {
        "stNum": function("GooseSubscriber_getStNum", U32, P),
        "sqNum": function("GooseSubscriber_getSqNum", U32, P),
        "timeAllowedToLive": function("GooseSubscriber_getTimeAllowedToLive", U32, P),
        "valid": function("GooseSubscriber_isValid", B, P),
        "test": function("GooseSubscriber_isTest", B, P),
        "confRev": function("GooseSubscriber_getConfRev", U32, P),
        "values": lambda s: to_python(function("GooseSubscriber_getDataSetValues", P, P)(s)),
    }

    @LISTENER
    def listener(subscriber, _):
        lines.add({name: read(subscriber) for name, read in get.items()})

    receiver = goose_receiver(interface)
    subscriber = function("GooseSubscriber_create", P, S, P)(reference, None)
    function("GooseSubscriber_setListener", None, P, LISTENER, P)(subscriber, listener, None)
    function("GooseReceiver_addSubscriber", None, P, P)(receiver, subscriber)
    function("GooseReceiver_start", None, P)(receiver)
    if not function("GooseReceiver_isRunning", B, P)(receiver):
        raise SystemExit("the receiver does not run")
    lines.wait()
    function("GooseReceiver_stop", None, P)(receiver)


def sv_publish(interface, name, count):
    if interface.startswith(b"udp:"):
        publisher = function("SVPublisher_createRemote", P, P, U16)(session(interface, False), 0x4001)
    else:
        publisher = function("SVPublisher_create", P, P, S)(address(0x4001, 4, 0, 2), interface)
    if not publisher:
        raise SystemExit("the publisher was not created")
    asdu = function("SVPublisher_addASDU", P, P, S, S, U32)(publisher, name, None, 1)
    value = function("SVPublisher_ASDU_addINT32", I, P)(asdu)
    quality = function("SVPublisher_ASDU_addQuality", I, P)(asdu)
    function("SVPublisher_ASDU_setSmpCntWrap", None, P, U16)(asdu, 4000)
    function("SVPublisher_setupComplete", None, P)(publisher)
    for number in range(int(count)):
        function("SVPublisher_ASDU_setINT32", None, P, I, c.c_int32)(asdu, value, 1000 * number)
        function("SVPublisher_ASDU_setQuality", None, P, I, U16)(asdu, quality, 0)
        function("SVPublisher_publish", None, P)(publisher)
        function("SVPublisher_ASDU_increaseSmpCnt", None, P)(asdu)
        time.sleep(0.001)
    print("published", flush=True)
    function("SVPublisher_destroy", None, P)(publisher)


def sv_subscribe(interface, app_id, count):
    lines = Lines(count)
    smp_cnt = function("SVSubscriber_ASDU_getSmpCnt", U16, P)
    sv_id = function("SVSubscriber_ASDU_getSvId", S, P)
    int32 = function("SVSubscriber_ASDU_getINT32", c.c_int32, P, I)
    size = function("SVSubscriber_ASDU_getDataSize", I, P)

    @SV_LISTENER
    def listener(_, __, asdu):
        lines.add({"svId": sv_id(asdu).decode(), "smpCnt": smp_cnt(asdu), "size": size(asdu), "value": int32(asdu, 0)})

    if interface.startswith(b"udp:"):
        receiver = function("SVReceiver_createRemote", P, P)(session(interface, True))
    else:
        receiver = function("SVReceiver_create", P)()
        function("SVReceiver_setInterfaceId", None, P, S)(receiver, interface)
    subscriber = function("SVSubscriber_create", P, P, U16)(None, int(app_id, 0))
    function("SVSubscriber_setListener", None, P, SV_LISTENER, P)(subscriber, listener, None)
    function("SVReceiver_addSubscriber", None, P, P)(receiver, subscriber)
    function("SVReceiver_start", None, P)(receiver)
    lines.wait()
    function("SVReceiver_stop", None, P)(receiver)


if __name__ == "__main__":
    commands = {"goose-publish": goose_publish, "goose-subscribe": goose_subscribe, "sv-publish": sv_publish, "sv-subscribe": sv_subscribe}
    if len(sys.argv) < 4 or sys.argv[1] not in commands:
        raise SystemExit(__doc__)
    interface, name, *rest = (argument.encode() for argument in sys.argv[2:])
    commands[sys.argv[1]](interface, name if sys.argv[1] != "sv-subscribe" else name.decode(), *(part.decode() for part in rest))
