#!/usr/bin/env python3
"""Random control of all models by two clients of libiec61850, the same for every server.

Usage: random_controls.py SEED STEPS            asks for a server as the scenarios do
       random_controls.py SEED STEPS reference  has the server of libiec61850 itself
"""

import ast
import ctypes as C
import os
import random
import sys
import time

import play
from play import LD, L, cb, log, raw, show
from reference import Reference, Taker

# Name, kind of value, structures beside Oper, where the value is stored.
OBJECTS = [("SPCSO1", "bool", ()), ("SPCSO2", "bool", ("SBO", "Cancel")), ("SPCSO3", "bool", ()), ("SPCSO4", "bool", ("SBOw", "Cancel")),
           ("ISCSO1", "int", ()), ("AnOut1", "float", ()), ("AnOut2", "float", ("SBOw", "Cancel"))]
START = {"check": -1, "addcause": 0, "ctl": 1, "wait": 1, "delay": 0, "may_end": False}


class ControlledReference(Reference):
    """With the handlers of the recorded application."""

    def before_start(self):
        self.behaviour = dict(START)
        behaviour = self.behaviour

        def refuse(action):
            if behaviour["addcause"]:
                L.ControlAction_setAddCause(action, behaviour["addcause"])

        raw.ControlAction_isSelect.restype = C.c_bool
        raw.ControlAction_getCtlNum.restype = C.c_int

        @cb(C.c_int, C.c_uint64, C.c_void_p, C.c_uint64, C.c_bool, C.c_bool)
        def check(action, _parameter, value, test, interlock):
            log("server: check handler select=%s value=%s test=%s interlock=%s ctlNum=%d -> %d" % (
                raw.ControlAction_isSelect(C.c_void_p(action)), show(value) if value else "-", test, interlock,
                raw.ControlAction_getCtlNum(C.c_void_p(action)), behaviour["check"]))
            refuse(action)
            return behaviour["check"]

        @cb(C.c_int, C.c_uint64, C.c_void_p, C.c_uint64, C.c_bool, C.c_bool)
        def wait(action, _parameter, _value, _test, synchro):
            log("server: wait-for-execution handler synchro=%s -> %d" % (synchro, behaviour["wait"]))
            if behaviour["wait"] == 0:
                refuse(action)
            return behaviour["wait"]

        @cb(C.c_int, C.c_uint64, C.c_void_p, C.c_uint64, C.c_bool)
        def operate(action, parameter, value, test):
            if behaviour["delay"] and not behaviour["may_end"]:
                return 2
            behaviour["delay"] = 0
            log("server: control handler value=%s test=%s -> %d" % (show(value), test, behaviour["ctl"]))
            if behaviour["ctl"] == 0:
                refuse(action)
            name, kind, _ = OBJECTS[(parameter or 0) - 1]
            if behaviour["ctl"] == 1 and not test and kind != "float":
                L.IedServer_updateAttributeValue(self.server, self.node("GGIO1.%s.stVal" % name), value)
            return behaviour["ctl"]

        for number, (name, _, _) in enumerate(OBJECTS, 1):
            node = self.node("GGIO1." + name)
            L.IedServer_setControlHandler(self.server, node, operate, number)
            L.IedServer_setPerformCheckHandler(self.server, node, check, number)
            L.IedServer_setWaitForExecutionHandler(self.server, node, wait, number)

    def act(self, line):
        if line == "server: control may end":
            self.behaviour["may_end"] = True
        else:
            self.behaviour.update(START, **ast.literal_eval(line.removeprefix("server behaviour: ")))


def value_of(kind, number):
    if kind == "bool":
        return play.B(number % 2 == 1)
    if kind == "int":
        return L.MmsValue_newIntegerFromInt32(number)
    structure = L.MmsValue_createEmptyStructure(1)
    L.MmsValue_setElement(structure, 0, L.MmsValue_newFloat(C.c_float(number + 0.5)))
    return structure


def command(kind, parameters, cancel):
    number, category, identification, control_number, test, check = parameters
    origin = L.MmsValue_createEmptyStructure(2)
    L.MmsValue_setElement(origin, 0, L.MmsValue_newIntegerFromInt32(category))
    octets = L.MmsValue_newOctetString(0, 64)
    L.MmsValue_setOctetString(octets, identification, len(identification))
    L.MmsValue_setElement(origin, 1, octets)
    checks = L.MmsValue_newBitString(-2)
    L.MmsValue_setBitStringFromInteger(checks, check)
    parts = [value_of(kind, number), origin, L.MmsValue_newUnsignedFromUint32(control_number), L.MmsValue_newUtcTimeByMsTime(1700000000000),
             play.B(test), checks]
    if cancel:
        parts.pop()
    structure = L.MmsValue_createEmptyStructure(len(parts))
    for at, part in enumerate(parts):
        L.MmsValue_setElement(structure, at, part)
    return structure


def main():
    rng = random.Random(int(sys.argv[1]))
    server = ControlledReference() if sys.argv[3:] == ["reference"] else play.Server()
    clients = {"a": Taker("a"), "b": Taker("b")}
    last = {}
    # About the time since something may have been selected; a selection must not be on the point of ending.
    selected = None
    for _ in range(int(sys.argv[2])):
        choice, who = rng.random(), rng.choice("aab")
        name, kind, others = rng.choice(OBJECTS)
        client = clients[who]
        if selected is not None:
            selected += 0.1
        if selected is not None and selected > 1:
            log("-- the time for a select passes")
            time.sleep(2.3)
            selected = None
        if choice < 0.78:
            # Mostly what was sent before: a select is followed by its operate.
            if name not in last or rng.random() < 0.3:
                last[name] = (rng.randrange(3), rng.choice([2, 2, 3, 0]), rng.choice([b"one", b"two", b""]), rng.randrange(5), rng.random() < 0.15, rng.randrange(4))
            part = rng.choice(["Oper", *others, *others])
            if part.startswith("SBO") and selected is None:
                selected = 0
            if part == "SBO":
                log("client %s: select %s" % (who, name))
                result = L.MmsConnection_readVariable(client.m, client.err, LD, "GGIO1$CO$%s$SBO" % name)
                log("  -> MMS error %s %s" % (client.me(), show(result)))
            else:
                value = command(kind, last[name], part == "Cancel")
                log("client %s: %s %s := %s" % (who, name, part, show(value)))
                L.MmsConnection_writeVariable(client.m, client.err, LD, "GGIO1$CO$%s$%s" % (name, part), value)
                log("  -> MMS error", client.me())
        elif choice < 0.86:
            log("client %s: read %s" % (who, name))
            fc = "MX" if kind == "float" else "ST"
            result = L.MmsConnection_readVariable(client.m, client.err, LD, "GGIO1$%s$%s" % (fc, name))
            log("  -> MMS error %s %s" % (client.me(), show(result)))
        elif choice < 0.95:
            behaviour = rng.choice([{}, {}, {"check": 3, "addcause": 10}, {"check": 1}, {"ctl": 0, "addcause": 5}, {"wait": 0, "addcause": 14}, {"delay": 9}])
            log("-- behaviour %s" % behaviour)
            # A command that waits would be asked again with another behaviour.
            server.act("server: control may end")
            time.sleep(0.1)
            server.act("server behaviour: %s" % behaviour)
            selected = selected and selected + 0.1
        elif choice < 0.97:
            log("client %s: goes and comes back" % who)
            # A command that is being executed goes on without its client, which it does not in libiec61850.
            server.act("server: control may end")
            time.sleep(0.1)
            L.IedConnection_close(client.c)
            time.sleep(0.1)
            clients[who] = Taker(who)
            selected = selected and selected + 0.2
        else:
            log("-- the time for a select passes")
            time.sleep(2.3)
            selected = None
        time.sleep(0.05)
        for each in clients.values():
            each.drain()
    server.act("server: control may end")
    time.sleep(0.2)
    os._exit(0)


if __name__ == "__main__":
    main()
