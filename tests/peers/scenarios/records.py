"""Setting groups, files, logs, control blocks of GOOSE and sampled values."""

import ctypes as C
import os
import struct
import time

from play import B, L, LD, Client, Server, cb, log, names, pause, scenario


@scenario("40-setting-groups")
def s40():
    """Setting groups (SGCB with 3 groups): read SGCB; select active group 2; select a group out of range; SE write without edit group
    (refused); select edit group 1, read SE values, write SE, confirm; read SG after activating group 1; second client wants to edit
    meanwhile; CnfEdit without EditSG; EditSG back to 0."""
    s = Server()
    c, c2 = Client(), Client()
    U = L.MmsValue_newUnsignedFromUint32
    c.read("LLN0$SP$SGCB")
    c.read("PTOC1$SG")
    c.write("LLN0$SP$SGCB$ActSG", U(2))
    c.read("PTOC1$SG")
    c.write("LLN0$SP$SGCB$ActSG", U(4), note="(out of range)")
    c.write("LLN0$SP$SGCB$ActSG", U(0), note="(out of range)")
    c.write("PTOC1$SE$StrVal$setMag$f", L.MmsValue_newFloat(C.c_float(9.5)), note="(no edit group)")
    c.read("PTOC1$SE$StrVal$setMag$f")
    c.write("LLN0$SP$SGCB$CnfEdit", B(True), note="(no edit group)")
    c.write("LLN0$SP$SGCB$EditSG", U(7), note="(out of range)")
    c.write("LLN0$SP$SGCB$EditSG", U(1))
    c.read("LLN0$SP$SGCB")
    c.read("PTOC1$SE")
    c2.write("LLN0$SP$SGCB$EditSG", U(3), note="(client 2)")
    c2.write("PTOC1$SE$StrVal$setMag$f", L.MmsValue_newFloat(C.c_float(8.5)), note="(client 2)")
    c.write("PTOC1$SE$StrVal$setMag$f", L.MmsValue_newFloat(C.c_float(9.5)))
    c.write("PTOC1$SE$OpDlTmms$setVal", L.MmsValue_newIntegerFromInt32(950))
    c.read("PTOC1$SE")
    c.write("LLN0$SP$SGCB$CnfEdit", B(False), note="(false)")
    c.write("LLN0$SP$SGCB$CnfEdit", B(True))
    c.read("LLN0$SP$SGCB")
    c.write("LLN0$SP$SGCB$ActSG", U(1))
    c.read("PTOC1$SG")
    c.write("PTOC1$SG$StrVal$setMag$f", L.MmsValue_newFloat(C.c_float(1.5)), note="(SG is read-only)")
    c.write("LLN0$SP$SGCB$EditSG", U(3))
    c.write("LLN0$SP$SGCB$EditSG", U(0))
    c.write("LLN0$SP$SGCB$NumOfSG", U(5), note="(read-only)")
    c.write("LLN0$SP$SGCB$EditSG", U(2))
    log("client 1 leaves while editing")
    c.end()
    pause(.3)
    c2.write("LLN0$SP$SGCB$EditSG", U(3), note="(client 2)")
    c2.read("LLN0$SP$SGCB")
    c2.end()
    s.stop()


@cb(None, C.c_void_p, C.c_char_p, C.c_uint32, C.c_uint64)
def fdir(par, name, size, mod):
    log("  file %s size %d" % (name.decode(), size))


@cb(None, C.c_void_p, C.c_int32, C.c_void_p, C.c_uint32)
def fread(par, frsm, buf, n):
    log("  read %d bytes" % n)


@scenario("50-files")
def s50():
    """File services: directory of the root, of a folder, of a single file, of something unknown; open/read/close of a small file, of one
    that needs several reads (client PDU 1500), with start position, of an empty and of an unknown one; read and close with an unknown
    handle; rename; delete; delete of an unknown file; path with '..'; obtainFile (server fetches from the client)."""
    s = Server()
    c = Client(pdu=1500)
    for d in (None, "COMTRADE", "COMTRADE/rec1.cfg", "/", "nosuch"):
        c.mms("getFileDirectory", d, None, fdir, None)
    c.mms("getFileDirectory", None, "COMTRADE", fdir, None)
    size, mod = C.c_uint32(), C.c_uint64()

    def get(n, pos=0):
        log("client: fileOpen %s position %d" % (n, pos))
        f = L.MmsConnection_fileOpen(c.m, c.err, n, pos, C.byref(size), C.byref(mod))
        log("  -> MMS error %s frsmId %d size %d" % (c.me(), f, size.value))
        if c.e.value:
            return
        more = True
        while more:
            log("client: fileRead")
            more = L.MmsConnection_fileRead(c.m, c.err, f, fread, None)
            log("  -> MMS error %s more %s" % (c.me(), more))
            if c.e.value:
                break
        log("client: fileClose")
        L.MmsConnection_fileClose(c.m, c.err, f)
        log("  -> MMS error", c.me())
        return f
    get("readme.txt")
    get("COMTRADE/rec1.dat")
    get("COMTRADE/rec1.cfg", 8)
    get("empty.txt")
    get("nosuch.txt")
    get("../scenario.txt")
    log("client: fileRead of a handle that is not open")
    L.MmsConnection_fileRead(c.m, c.err, 4711, fread, None)
    log("  -> MMS error", c.me())
    c.mms("fileClose", 4711)
    c.mms("fileRename", "readme.txt", "renamed.txt")
    c.mms("fileRename", "nosuch.txt", "renamed2.txt")
    c.mms("fileDelete", "readme.txt")
    c.mms("fileDelete", "readme.txt")
    c.mms("fileDelete", "nosuch.txt")
    c.mms("fileDelete", "../scenario.txt")
    c.ied("getFileDirectory", "COMTRADE")
    os.makedirs("client-files", exist_ok=True)
    open("client-files/up.txt", "wb").write(b"uploaded by the client\n" * 100)
    os.utime("client-files/up.txt", (1700000000, 1700000000))
    L.IedConnection_setFilestoreBasepath(c.c, "client-files/")
    c.ied("setFile", "up.txt", "COMTRADE/up.txt")
    c.ied("setFile", "missing.txt", "COMTRADE/up2.txt")
    c.mms("getFileDirectory", "COMTRADE", None, fdir, None)
    c.end()
    s.stop()


@scenario("51-log")
def s51():
    """Logging: the server has a log (GOLDLD1/LLN0$EventLog) with a storage in memory and the LCB lcb01 on dsInd. The client reads the
    LCB, lists journals, enables logging (LogEna), the server changes values, the client queries by time, by entry (after an EntryID), an
    unknown log, and disables logging."""
    s = Server()
    c = Client()
    c.mms("getDomainJournals", LD, fmt=names)
    c.read("LLN0$LG$lcb01")
    c.write("LLN0$LG$lcb01$LogEna", B(True))
    t0 = int(time.time() * 1000)
    for i in (True, False, True):
        s.upd("GGIO1.Ind1.stVal", i)
        pause(.05)
    s.upd("GGIO1.Ind2.q", 2, "q")
    pause(.05)
    s.lock()
    s.upd("GGIO1.Ind3.stVal", True)
    s.upd("GGIO1.Ind4.stVal", True)
    s.unlock()
    pause(.2)
    s.act("server: 6 entries in the log")
    c.read("LLN0$LG$lcb01")
    more = C.c_bool()
    for ref, a, b in (("GOLDLD1/LLN0$EventLog", t0 - 1000, t0 + 60000), ("GOLDLD1/LLN0$EventLog", 0, 1000), ("GOLDLD1/LLN0$NoLog", t0, t0 + 1)):
        log("client: queryLogByTime", ref)
        r = L.IedConnection_queryLogByTime(c.c, c.err, ref, a, b, C.byref(more))
        log("  -> IED error %s entries %s more %s" % (c.ie(), L.LinkedList_size(r) if r else "-", more.value))
    eid = L.MmsValue_newOctetString(8, 8)
    L.MmsValue_setOctetString(eid, struct.pack("<Q", 2), 8)
    c.e.value = 0
    log("client: queryLogAfter entry 2")
    r = L.IedConnection_queryLogAfter(c.c, c.err, "GOLDLD1/LLN0$EventLog", eid, t0 - 1000, C.byref(more))
    log("  -> IED error %s entries %s more %s" % (c.ie(), L.LinkedList_size(r) if r else "-", more.value))
    c.write("LLN0$LG$lcb01$DatSet", L.MmsValue_newVisibleString("GOLDLD1/LLN0$dsLeaf"), note="(enabled: refused)")
    c.write("LLN0$LG$lcb01$LogEna", B(False))
    c.write("LLN0$LG$lcb01$IntgPd", L.MmsValue_newUnsignedFromUint32(1000))
    c.read("LLN0$LG$lcb01")
    c.end()
    s.stop()


@scenario("52-goose-sv-control-blocks")
def s52():
    """GoCB and SvCB over MMS: read both whole, read GoCB values with the client's own call, write GoEna on and off, write a field while
    enabled, SvEna / Resv of the MSVCB."""
    s = Server()
    c = Client()
    c.read("LLN0$GO$gcb01")
    c.read("LLN0$MS$svcb01")
    c.ied("getGoCBValues", "GOLDLD1/LLN0.gcb01", None)
    c.write("LLN0$GO$gcb01$GoEna", B(True))
    c.read("LLN0$GO$gcb01$GoEna")
    c.write("LLN0$GO$gcb01$GoID", L.MmsValue_newVisibleString("other"))
    c.write("LLN0$GO$gcb01$ConfRev", L.MmsValue_newUnsignedFromUint32(3), note="(read-only)")
    c.write("LLN0$GO$gcb01$GoEna", B(False))
    c.write("LLN0$GO$gcb01$GoID", L.MmsValue_newVisibleString("other"))
    c.write("LLN0$GO$gcb01$DatSet", L.MmsValue_newVisibleString("GOLDLD1/LLN0$dsLeaf"))
    c.read("LLN0$GO$gcb01")
    c.write("LLN0$MS$svcb01$SvEna", B(True))
    c.read("LLN0$MS$svcb01")
    c.end()
    s.stop()
