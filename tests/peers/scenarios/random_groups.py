#!/usr/bin/env python3
"""Random use of setting groups by two clients of libiec61850, the same for every server.

Usage: random_groups.py SEED STEPS            asks for a server as the scenarios do
       random_groups.py SEED STEPS reference  has the server of libiec61850 itself
"""

import ctypes as C
import os
import random
import sys
import time

import play
from play import LD, L, cb, log, raw, show
from reference import Reference, Taker

SG, SE = 6, 7


class GroupedReference(Reference):
    """With the handlers of the recorded application, which keeps the values of the groups."""

    def before_start(self):
        sgcb = L.LogicalDevice_getSettingGroupControlBlock(L.IedModel_getDeviceByInst(self.model, "LD1"))
        values = {1: [1.0, 100], 2: [2.0, 200], 3: [3.0, 300]}
        nodes = {}
        for fc in (SG, SE):
            magnitude = L.ModelNode_getChildWithFc(self.node("PTOC1.StrVal"), "setMag", fc)
            nodes[fc] = (L.ModelNode_getChildWithFc(magnitude, "f", fc), L.ModelNode_getChildWithFc(self.node("PTOC1.OpDlTmms"), "setVal", fc))
        raw.IedServer_getFloatAttributeValue.restype = C.c_float
        raw.IedServer_getInt32AttributeValue.restype = C.c_int32

        def load(group, fc):
            L.IedServer_updateFloatAttributeValue(self.server, nodes[fc][0], C.c_float(values[group][0]))
            L.IedServer_updateInt32AttributeValue(self.server, nodes[fc][1], values[group][1])

        @cb(C.c_bool, C.c_void_p, C.c_void_p, C.c_uint8, C.c_void_p)
        def activate(_parameter, _sgcb, group, _client):
            log("server: active setting group -> %d" % group)
            load(group, SG)
            return True

        @cb(C.c_bool, C.c_void_p, C.c_void_p, C.c_uint8, C.c_void_p)
        def edit(_parameter, _sgcb, group, _client):
            log("server: edit setting group -> %d" % group)
            load(group, SE)
            return True

        @cb(None, C.c_void_p, C.c_void_p, C.c_uint8)
        def confirm(_parameter, _sgcb, group):
            values[group] = [raw.IedServer_getFloatAttributeValue(C.c_void_p(self.server), C.c_void_p(nodes[SE][0])),
                             raw.IedServer_getInt32AttributeValue(C.c_void_p(self.server), C.c_void_p(nodes[SE][1]))]
            log("server: edit confirmed for group %d %s" % (group, values[group]))
            if L.IedServer_getActiveSettingGroup(self.server, sgcb) & 0xFF == group:
                load(group, SG)

        L.IedServer_setActiveSettingGroupChangedHandler(self.server, sgcb, activate, None)
        L.IedServer_setEditSettingGroupChangedHandler(self.server, sgcb, edit, None)
        L.IedServer_setEditSettingGroupConfirmationHandler(self.server, sgcb, confirm, None)


def request(rng):
    """A random attribute and value."""
    unsigned = L.MmsValue_newUnsignedFromUint32
    return rng.choice([
        ("LLN0$SP$SGCB$ActSG", unsigned(rng.randrange(5))),
        ("LLN0$SP$SGCB$EditSG", unsigned(rng.randrange(5))),
        ("LLN0$SP$SGCB$EditSG", unsigned(rng.randrange(1, 4))),
        ("LLN0$SP$SGCB$CnfEdit", play.B(rng.random() < 0.8)),
        ("LLN0$SP$SGCB$NumOfSG", unsigned(2)),
        ("LLN0$SP$SGCB$LActTm", L.MmsValue_newUtcTimeByMsTime(1700000000000)),
        ("PTOC1$SE$StrVal$setMag$f", L.MmsValue_newFloat(C.c_float(rng.randrange(20) + 0.5))),
        ("PTOC1$SE$OpDlTmms$setVal", L.MmsValue_newIntegerFromInt32(rng.randrange(1000))),
        ("PTOC1$SG$OpDlTmms$setVal", L.MmsValue_newIntegerFromInt32(rng.randrange(1000))),
        ("PTOC1$SE$OpDlTmms$setVal", play.B(True)),
    ])


def main():
    rng = random.Random(int(sys.argv[1]))
    server = GroupedReference() if sys.argv[3:] == ["reference"] else play.Server()
    clients = {"a": Taker("a"), "b": Taker("b")}
    for _ in range(int(sys.argv[2])):
        choice, who = rng.random(), rng.choice("aab")
        client = clients[who]
        if choice < 0.7:
            item, value = request(rng)
            log("client %s: %s := %s" % (who, item, show(value)))
            L.MmsConnection_writeVariable(client.m, client.err, LD, item, value)
            log("  -> MMS error", client.me())
        elif choice < 0.97:
            item = rng.choice(["LLN0$SP$SGCB", "PTOC1$SG", "PTOC1$SE", "PTOC1$SE$StrVal$setMag$f"])
            log("client %s: read %s" % (who, item))
            value = L.MmsConnection_readVariable(client.m, client.err, LD, item)
            log("  -> MMS error %s %s" % (client.me(), show(value)))
        else:
            log("client %s: goes and comes back" % who)
            L.IedConnection_close(client.c)
            time.sleep(0.1)
            clients[who] = Taker(who)
    server.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
