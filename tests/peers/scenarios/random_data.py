#!/usr/bin/env python3
"""Random data sets, reads and writes of two clients of libiec61850, the same for every server.

Usage: random_data.py SEED STEPS            asks for a server as the scenarios do
       random_data.py SEED STEPS reference  has the server of libiec61850 itself
"""

import ctypes as C
import os
import random
import sys
import time

import play
from play import LD, L, log, lstrings, show
from reference import Reference, Taker
from services import dirfmt, vlist

VARIABLES = ["GGIO1$ST$Ind1$stVal", "GGIO1$ST$Ind1", "GGIO1$ST$Ind2$q", "GGIO1$MX$AnIn1$mag$f", "GGIO1$MX$AnIn1$mag", "GGIO1$MX", "GGIO1$SP$NumSet$setVal",
             "GGIO1$SP$TxtSet$setVal", "GGIO1$CF$NumSet$minVal", "GGIO1$DC$Ind1$d", "XCBR1$ST$Pos$stVal", "XCBR1$ST$Pos", "MMXU1$MX$PhV$phsA",
             "PTOC1$SP$TmMult$setMag", "PTOC1$SP$TmMult$setMag$f", "LLN0$ST$Mod", "LLN0$ST", "GGIO1$ST$NoSuch", "NoSuch", "GGIO1$ST$", "$", "GGIO1$XX$Ind1"]
LISTS = ["LLN0$dyn1", "LLN0$dyn2", "LLN0$dyn3", "LLN0$dyn4", "GGIO1$dyn5", "LLN0$dsInd", "LLN0$dsLeaf", "LLN0$dsNone"]
OWN = ["own1", "own2", "own3", "own4"]


def value(rng):
    return rng.choice([
        lambda: L.MmsValue_newIntegerFromInt32(rng.randrange(200)),
        lambda: L.MmsValue_newBoolean(rng.random() < 0.5),
        lambda: L.MmsValue_newFloat(C.c_float(rng.randrange(20) + 0.5)),
        lambda: L.MmsValue_newVisibleString(rng.choice(["", "text", "x" * 255])),
        lambda: L.MmsValue_newUnsignedFromUint32(rng.randrange(200)),
        lambda: L.MmsValue_newUtcTimeByMsTime(1700000000000),
    ])()


def main():
    rng = random.Random(int(sys.argv[1]))
    server = Reference() if sys.argv[3:] == ["reference"] else play.Server()
    clients = {"a": Taker("a"), "b": Taker("b")}
    deletable = C.c_bool()

    def done(what, client, result=""):
        log("  -> MMS error %s %s" % (client.me(), result if client.e.value == 0 else ""))

    for _ in range(int(sys.argv[2])):
        choice, who = rng.choice(range(12)), rng.choice("aab")
        client, name, own, item = clients[who], rng.choice(LISTS), rng.choice(OWN) + who, rng.choice(VARIABLES)
        c, e = client.m, client.err
        log("client %s: %d %s %s %s" % (who, choice, name, own, item))
        members = [(rng.choice([LD, LD, LD, "GOLDLD2"]), rng.choice(VARIABLES[:17] if rng.random() < 0.9 else VARIABLES)) for _ in range(rng.choice([1, 2, 3, 10, 11]))]
        if choice == 0:
            log("  define %s" % members)
            L.MmsConnection_defineNamedVariableList(c, e, LD, name, vlist(*members))
            done("define", client)
        elif choice == 1:
            log("  define %s" % members)
            L.MmsConnection_defineNamedVariableListAssociationSpecific(c, e, own, vlist(*members))
            done("define", client)
        elif choice == 2:
            gone = L.MmsConnection_deleteNamedVariableList(c, e, LD, name)
            done("delete", client, gone & 0xFF)
        elif choice == 3:
            gone = L.MmsConnection_deleteAssociationSpecificNamedVariableList(c, e, own)
            done("delete", client, gone & 0xFF)
        elif choice == 4:
            result = L.MmsConnection_readNamedVariableListDirectory(c, e, LD, name, C.byref(deletable))
            done("directory", client, (deletable.value, dirfmt(result)))
        elif choice == 5:
            result = L.MmsConnection_readNamedVariableListValues(c, e, LD, name, rng.random() < 0.5)
            done("values", client, show(result))
        elif choice == 6:
            result = L.MmsConnection_readNamedVariableListValuesAssociationSpecific(c, e, own, False)
            done("values", client, show(result))
        elif choice == 7:
            result = L.MmsConnection_getDomainVariableListNames(c, e, LD)
            done("names", client, lstrings(result) if client.e.value == 0 else "")
        elif choice == 8:
            result = L.MmsConnection_getVariableListNamesAssociationSpecific(c, e)
            done("names", client, lstrings(result) if client.e.value == 0 else "")
        elif choice == 9:
            result = L.MmsConnection_readVariable(c, e, LD, item)
            done("read", client, show(result))
        elif choice == 10:
            new = value(rng)
            log("  := %s" % show(new))
            L.MmsConnection_writeVariable(c, e, LD, item, new)
            done("write", client)
        elif rng.random() < 0.7:
            # A data set that a report control block uses cannot be deleted.
            new = rng.choice(["GOLDLD1/" + name, "@" + own, ""])
            log("  urcb03 := %s" % new)
            L.MmsConnection_writeVariable(c, e, LD, "LLN0$RP$urcb03$DatSet", L.MmsValue_newVisibleString(new))
            done("data set", client)
        else:
            log("  goes and comes back")
            L.IedConnection_close(client.c)
            time.sleep(0.1)
            clients[who] = Taker(who)
    server.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
