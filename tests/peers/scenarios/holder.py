#!/usr/bin/env python3
"""A client of libiec61850 that takes hold of something on a server of the model tests/golden/golden.cfg, and keeps it until it is killed.

Usage: holder.py PORT reports    reserves and enables the URCB urcb02, with a PDU size that its reports do not fit in
       holder.py PORT buffered   enables the BRCB brcb01
       holder.py PORT edit       chooses setting group 1 for editing and changes a value
       holder.py PORT select     selects the control SPCSO4 (SBO with enhanced security)

Prints `held` when it has it, or what went wrong.
"""

import ctypes as C
import signal
import sys

import play
from play import B, Client, L
from reports import ALLOPT, R_ENA, R_OPT, R_RESV, R_TRG, Rcb
import controls


def reports():
    block = Rcb(Client(pdu=550), "urcb02", "RP").get()
    for mask, values in (R_RESV, {"Resv": True}), (R_TRG | R_OPT, {"TrgOps": 1, "OptFlds": ALLOPT}), (R_ENA, {"RptEna": True}):
        block.set(mask, **values)
        if block.c.e.value:
            return False
    return True


def buffered():
    block = Rcb(Client(), "brcb01", "BR").get()
    for mask, values in (R_TRG | R_OPT, {"TrgOps": 1, "OptFlds": ALLOPT}), (R_ENA, {"RptEna": True}):
        block.set(mask, **values)
        if block.c.e.value:
            return False
    return True


def edit():
    client = Client()
    client.write("LLN0$SP$SGCB$EditSG", L.MmsValue_newUnsignedFromUint32(1))
    chosen = client.e.value == 0
    client.write("PTOC1$SE$StrVal$setMag$f", L.MmsValue_newFloat(C.c_float(9.5)))
    return chosen and client.e.value == 0


def select():
    return controls.Ctl(Client(), "GGIO1.SPCSO4").selval(B(True))


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in ("reports", "buffered", "edit", "select"):
        sys.exit(__doc__)
    play.Server.port = int(sys.argv[1])
    print("held" if globals()[sys.argv[2]]() else "refused", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
