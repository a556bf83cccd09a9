"""Controls."""

import ctypes as C
import time

from play import B, L, Client, Server, cb, log, pause, raw, scenario, show, slist
from reports import ALLOPT, R_DS, R_ENA, R_OPT, R_TRG, Rcb


class LastAppl(C.Structure):
    _fields_ = [("ctlNum", C.c_int), ("error", C.c_int), ("addCause", C.c_int)]


raw.ControlObjectClient_getLastApplError.restype = LastAppl
raw.ControlObjectClient_getLastApplError.argtypes = [C.c_void_p]


def behave(**results):
    """What the handlers of the application answer from now on."""
    SERVER[0].act("server behaviour: %s" % results)


SERVER = []


def ctl_server():
    SERVER[:] = [Server()]
    return SERVER[0]


class Ctl:
    def __init__(self, c, ref):
        log("client: ControlObjectClient_create", ref)
        self.o = L.ControlObjectClient_create("GOLDLD1/" + ref, c.c)
        log("  -> model", L.ControlObjectClient_getControlModel(self.o) if self.o else "NULL")
        self.terms = []
        if self.o:
            L.ControlObjectClient_setOrigin(self.o, "golden", 3)

            @cb(None, C.c_void_p, C.c_uint64)
            def term(par, o):
                e = raw.ControlObjectClient_getLastApplError(self.o)
                log("  command termination received; last appl error: error %d addCause %d" % (e.error, e.addCause))
                self.terms.append(1)
            L.ControlObjectClient_setCommandTerminationHandler(self.o, term, None)

    def _r(self, what, ok):
        e = raw.ControlObjectClient_getLastApplError(self.o)
        log("client: %s -> %s  (last error %d, LastApplError ctlNum %d error %d addCause %d)" % (
            what, ok, L.ControlObjectClient_getLastError(self.o), e.ctlNum, e.error, e.addCause))
        return ok

    def select(self):
        return self._r("select", L.ControlObjectClient_select(self.o))

    def selval(self, v):
        return self._r("selectWithValue", L.ControlObjectClient_selectWithValue(self.o, v))

    def operate(self, v, t=0):
        return self._r("operate %s" % show(v), L.ControlObjectClient_operate(self.o, v, t))

    def cancel(self):
        return self._r("cancel", L.ControlObjectClient_cancel(self.o))

    def end(self):
        L.ControlObjectClient_destroy(self.o)


@scenario("30-control-direct-normal")
def s30():
    """SPCSO1, direct control with normal security: operate on and off; with test flag, interlock and synchro check bits; check handler
    refuses with access-denied and AddCause blocked-by-interlocking (10); control handler fails; delayed execution; origin category not
    supported (0); wrong value type; operate time in the future."""
    s = ctl_server()
    c = Client()
    o = Ctl(c, "GGIO1.SPCSO1")
    o.operate(B(True))
    o.operate(B(False))
    log("-- test flag")
    L.ControlObjectClient_setTestMode(o.o, True)
    o.operate(B(True))
    L.ControlObjectClient_setTestMode(o.o, False)
    log("-- interlock and synchro check")
    L.ControlObjectClient_setInterlockCheck(o.o, True)
    L.ControlObjectClient_setSynchroCheck(o.o, True)
    o.operate(B(True))
    L.ControlObjectClient_setInterlockCheck(o.o, False)
    L.ControlObjectClient_setSynchroCheck(o.o, False)
    behave(check=3, addcause=10)
    o.operate(B(False))
    behave(check=1)
    o.operate(B(False))
    behave(check=2)
    o.operate(B(False))
    behave(ctl=0, addcause=3)
    o.operate(B(False))
    behave(delay=10)
    o.operate(B(False))
    behave()
    pause(.5)
    log("-- origin category 0")
    L.ControlObjectClient_setOrigin(o.o, "golden", 0)
    o.operate(B(True))
    log("-- origin category 7, no identification")
    L.ControlObjectClient_setOrigin(o.o, None, 7)
    o.operate(B(True))
    L.ControlObjectClient_setOrigin(o.o, "golden", 3)
    log("-- value of wrong type")
    o.operate(L.MmsValue_newIntegerFromInt32(1))
    log("-- operate time set although not time activated")
    o.operate(B(True), int(time.time() * 1000) + 500)
    o.end()
    c.read("GGIO1$ST$SPCSO1")
    c.end()
    s.stop()


@scenario("31-control-sbo-normal")
def s31():
    """SPCSO2, select before operate with normal security (sboTimeout 2000 ms, operate once): operate without select; select, operate;
    select, cancel, operate; select by a second client while selected; operate by the second client; select, wait for the time-out,
    operate; select refused by the check handler; cancel when nothing is selected; read of SBO as plain variable."""
    s = ctl_server()
    c, c2 = Client(), Client()
    o, o2 = Ctl(c, "GGIO1.SPCSO2"), Ctl(c2, "GGIO1.SPCSO2")
    L.ControlObjectClient_setOrigin(o2.o, "other", 2)
    log("-- operate without select")
    o.operate(B(True))
    log("-- select, operate, operate again")
    o.select()
    o.operate(B(True))
    o.operate(B(False))
    log("-- select, cancel, operate")
    o.select()
    o.cancel()
    o.operate(B(False))
    log("-- second client interferes")
    o.select()
    o2.select()
    o2.operate(B(False))
    o2.cancel()
    o.operate(B(False))
    log("-- select twice by the same client")
    o.select()
    o.select()
    o.cancel()
    log("-- select time-out")
    o.select()
    pause(2.6)
    o.operate(B(True))
    behave(check=3, addcause=5)
    log("-- select refused")
    o.select()
    behave()
    log("-- cancel, nothing selected")
    o.cancel()
    log("-- different value sbo/oper not applicable; operate refused after select")
    o.select()
    behave(check=1, addcause=6)
    o.operate(B(True))
    behave()
    log("-- client leaves while selected")
    o.select()
    c.end()
    pause(.3)
    o2.select()
    o2.operate(B(True))
    c2.end()
    s.stop()


@scenario("32-control-direct-enhanced")
def s32():
    """SPCSO3, direct control with enhanced security: operate with positive command termination; delayed termination; control handler
    fails (negative termination); check handler refuses (LastApplError with AddCause and write error); operate while a command is in
    execution; cancel is not possible."""
    s = ctl_server()
    c, c2 = Client(), Client()
    o, o2 = Ctl(c, "GGIO1.SPCSO3"), Ctl(c2, "GGIO1.SPCSO3")
    o.operate(B(True))
    pause(.3)
    behave(delay=20)
    o.operate(B(False))
    pause(.6)
    behave(ctl=0, addcause=5)
    o.operate(B(True))
    pause(.3)
    behave(check=3, addcause=10)
    o.operate(B(True))
    pause(.2)
    behave(check=11)
    o.operate(B(True))
    pause(.2)
    behave(wait=0, addcause=14)
    o.operate(B(True))
    pause(.3)
    behave(wdelay=20)
    log("-- the wait-for-execution (dynamic test) handler takes some time before the write is answered")
    o.operate(B(False))
    pause(.3)
    behave(delay=300)
    log("-- second client operates while the first command runs")
    o.operate(B(True))
    pause(.05)
    o2.operate(B(False))
    o.operate(B(False))
    pause(.1)
    s.act("server: control may end")
    pause(.5)
    behave()
    L.ControlObjectClient_setTestMode(o.o, True)
    o.operate(B(False))
    pause(.3)
    c.end()
    c2.end()
    s.stop()


@scenario("33-control-sbo-enhanced")
def s33():
    """SPCSO4, select before operate with enhanced security: operate without select; select-with-value, operate, positive termination;
    value in Oper differs from SBOw; different origin in Oper; select, cancel; select refused with AddCause; second client; select
    time-out; operate fails with negative termination; test flag mismatch."""
    s = ctl_server()
    c, c2 = Client(), Client()
    o, o2 = Ctl(c, "GGIO1.SPCSO4"), Ctl(c2, "GGIO1.SPCSO4")
    log("-- operate without select")
    o.operate(B(True))
    pause(.1)
    log("-- select with value, operate")
    o.selval(B(True))
    o.operate(B(True))
    pause(.3)
    log("-- different value")
    o.selval(B(False))
    o.operate(B(True))
    pause(.3)
    o.cancel()
    log("-- different origin")
    o.selval(B(False))
    L.ControlObjectClient_setOrigin(o.o, "someoneelse", 2)
    o.operate(B(False))
    pause(.3)
    L.ControlObjectClient_setOrigin(o.o, "golden", 3)
    o.cancel()
    log("-- select, cancel, operate")
    o.selval(B(False))
    o.cancel()
    o.operate(B(False))
    pause(.1)
    behave(check=3, addcause=4)
    log("-- select refused")
    o.selval(B(False))
    behave()
    log("-- second client")
    o.selval(B(False))
    o2.selval(B(False))
    o2.operate(B(False))
    o2.cancel()
    o.operate(B(False))
    pause(.3)
    log("-- time-out")
    o.selval(B(True))
    pause(2.6)
    o.operate(B(True))
    pause(.2)
    log("-- operate refused by the check handler")
    o.selval(B(True))
    behave(check=3, addcause=10)
    o.operate(B(True))
    pause(.3)
    behave()
    o.cancel()
    log("-- negative termination")
    o.selval(B(True))
    behave(ctl=0, addcause=5)
    o.operate(B(True))
    pause(.3)
    behave()
    log("-- delayed, then positive")
    o.selval(B(True))
    behave(delay=20)
    o.operate(B(True))
    pause(.6)
    behave()
    log("-- test flag in select only")
    L.ControlObjectClient_setTestMode(o.o, True)
    o.selval(B(False))
    L.ControlObjectClient_setTestMode(o.o, False)
    o.operate(B(False))
    pause(.3)
    o.cancel()
    log("-- plain select on an SBO-enhanced object")
    o.select()
    c.end()
    c2.end()
    s.stop()


@scenario("34-control-types")
def s34():
    """Other control types: ISCSO1 (integer), AnOut1 (float, structure ctlVal, direct normal), AnOut2 (float, SBO enhanced), XCBR1.Pos
    (double point, SBO enhanced, with reporting of the position running at the same time)."""
    s = ctl_server()
    c = Client()
    o = Ctl(c, "GGIO1.ISCSO1")
    o.operate(L.MmsValue_newIntegerFromInt32(17))
    for n in ("GGIO1.AnOut1", "GGIO1.AnOut2"):
        o = Ctl(c, n)
        if n.endswith("2"):
            o.selval(L.MmsValue_newFloat(C.c_float(3.5)))
        o.operate(L.MmsValue_newFloat(C.c_float(3.5)))
        pause(.3)
    c.ied("createDataSet", "@pos", slist(["GOLDLD1/XCBR1.Pos[ST]"]))
    r = Rcb(c, "urcb03", "RP").get()
    r.set(R_DS, DataSetReference="@pos")
    r.set(R_TRG | R_OPT, TrgOps=1 | 2 | 16, OptFlds=ALLOPT)
    r.handler()
    r.set(R_ENA, RptEna=True)
    o = Ctl(c, "XCBR1.Pos")
    o.selval(B(True))
    behave(delay=5)
    o.operate(B(True))
    s.upd("XCBR1.Pos.stVal", 0, "dbpos")
    pause(.2)
    s.upd("XCBR1.Pos.stVal", 2, "dbpos")
    pause(.4)
    c.read("XCBR1$ST$Pos")
    c.end()
    s.stop()


@scenario("35-control-raw-writes")
def s35():
    """Writes to control parts with plain MMS writes: Oper as a whole structure, a single component of Oper (refused), wrong structure,
    Oper of an unknown control object, status-only object, ctlModel."""
    s = ctl_server()
    c = Client()

    def oper(n=6):
        v = L.MmsValue_createEmptyStructure(n)
        org = L.MmsValue_createEmptyStructure(2)
        L.MmsValue_setElement(org, 0, L.MmsValue_newIntegerFromInt32(2))
        oc = L.MmsValue_newOctetString(0, 64)
        L.MmsValue_setOctetString(oc, b"raw", 3)
        L.MmsValue_setElement(org, 1, oc)
        parts = [B(True), org, L.MmsValue_newUnsignedFromUint32(9), L.MmsValue_newUtcTimeByMsTime(1700000000000), B(False), L.MmsValue_newBitString(-2)]
        for i in range(n):
            L.MmsValue_setElement(v, i, parts[i])
        return v
    c.write("GGIO1$CO$SPCSO1$Oper", oper())
    c.write("GGIO1$CO$SPCSO1$Oper$ctlVal", B(False), note="(component only)")
    c.write("GGIO1$CO$SPCSO1$Oper", oper(5), note="(one member missing)")
    c.write("GGIO1$CO$SPCSO1", oper(), note="(not Oper)")
    c.write("GGIO1$CO$NoSuch$Oper", oper())
    c.write("LLN0$CO$Mod$Oper", oper(), note="(status only)")
    c.write("GGIO1$CF$SPCSO1$ctlModel", L.MmsValue_newIntegerFromInt32(3))
    c.read("GGIO1$CO$SPCSO1$Oper")
    c.read("GGIO1$CO$SPCSO2$SBO")
    c.read("GGIO1$CO$SPCSO1$SBO")
    c.read("GGIO1$CO$SPCSO4$SBOw")
    c.end()
    s.stop()
