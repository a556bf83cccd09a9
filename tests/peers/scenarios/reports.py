"""Reports."""

import ctypes as C

from play import L, LD, Client, Server, cb, log, pause, scenario, show
from services import setup_values

ALLOPT = 255
R_ID, R_ENA, R_RESV, R_DS, R_REV, R_OPT, R_BUF, R_SQ, R_TRG, R_INT, R_GI, R_PURGE, R_ENTRY, R_TOE, R_RTMS = [1 << i for i in range(15)]


class Rcb:
    """report control block at a client"""

    def __init__(self, c, ref, kind):
        self.c, self.ref = c, "GOLDLD1/LLN0.%s.%s" % (kind, ref)
        self.r = L.ClientReportControlBlock_create(self.ref)
        self.reports = []
        self.last_entry = None

    def get(self):
        log("client: getRCBValues", self.ref)
        L.IedConnection_getRCBValues(self.c.c, self.c.err, self.ref, self.r)
        log("  -> IED error", self.c.ie())
        p = L.ClientReportControlBlock_getRptId(self.r)
        self.rptid = p.decode() if p else ""
        return self

    def handler(self, rptid=None):
        @cb(None, C.c_void_p, C.c_uint64)
        def h(par, rep):
            ds = L.ClientReport_getDataSetValues(rep)
            eid = L.ClientReport_getEntryId(rep)
            if eid:
                self.last_entry = L.MmsValue_clone(eid)
            n = L.MmsValue_getArraySize(ds) if ds else 0
            inc = [L.ClientReport_getReasonForInclusion(rep, i) for i in range(n)]
            log("  report received: rptId %s seq %s sub %s more %s bufOvfl %s entryId %s reasons %s" % (
                L.ClientReport_getRptId(rep).decode(),
                L.ClientReport_getSeqNum(rep) & 0xffff if L.ClientReport_hasSeqNum(rep) else "-",
                L.ClientReport_getSubSeqNum(rep) & 0xffff if L.ClientReport_hasSubSeqNum(rep) else "-",
                L.ClientReport_getMoreSeqmentsFollow(rep) if L.ClientReport_hasSubSeqNum(rep) else "-",
                L.ClientReport_getBufOvfl(rep) if L.ClientReport_hasBufOvfl(rep) else "-",
                show(eid) if eid else "-", inc))
            self.reports.append(1)
        L.IedConnection_installReportHandler(self.c.c, self.ref, rptid if rptid is not None else self.rptid, h, None)
        return self

    def set(self, mask, single=True, **kw):
        f = L
        for k, v in kw.items():
            getattr(f, "ClientReportControlBlock_set" + k)(self.r, v)
        log("client: setRCBValues %s mask 0x%x single=%s %s" % (self.ref, mask, single,
            {k: (v if not isinstance(v, int) or v < 1 << 32 else show(v)) for k, v in kw.items()}))
        f.IedConnection_setRCBValues(self.c.c, self.c.err, self.r, mask, single)
        log("  -> IED error", self.c.ie())

    def gi(self):
        log("client: triggerGIReport")
        L.IedConnection_triggerGIReport(self.c.c, self.c.err, self.ref)
        log("  -> IED error", self.c.ie())


@scenario("20-urcb")
def s20():
    """Unbuffered reporting with all optional fields: read the URCB, reserve, configure (TrgOps dchg|qchg|dupd|period|gi, OptFlds all,
    IntgPd 1000 ms), enable, general interrogation, data change, quality change, update of the time stamp, two changes of one member,
    integrity reports, disable; a write to a field of the enabled RCB is refused."""
    s = Server()
    setup_values(s)
    c = Client()
    r = Rcb(c, "urcb01", "RP").get().handler()
    r.set(R_RESV, Resv=True)
    r.set(R_TRG | R_OPT | R_BUF | R_INT, single=True, TrgOps=0x1f & ~0, OptFlds=ALLOPT, BufTm=0, IntgPd=1000)
    r.set(R_ENA, RptEna=True)
    r.get()
    r.gi()
    pause(.2)
    s.upd("GGIO1.Ind1.stVal", False)
    pause(.2)
    s.upd("GGIO1.Ind2.q", 0x0002, "q")
    pause(.2)
    s.upd("GGIO1.Ind1.t", 1700000001000, "t")
    pause(.2)
    s.lock()
    s.upd("GGIO1.Ind3.stVal", True)
    s.upd("GGIO1.Ind3.t", 1700000002000, "t")
    s.upd("GGIO1.Ind4.stVal", True)
    s.upd("GGIO1.Ind4.t", 1700000002000, "t")
    s.unlock()
    pause(1.5)
    c.write("LLN0$RP$urcb01$OptFlds", L.MmsValue_newBitString(10), note="(RCB enabled: refused)")
    c.read("LLN0$RP$urcb01$SqNum")
    r.set(R_ENA, RptEna=False)
    s.upd("GGIO1.Ind1.stVal", True)
    pause(.3)
    r.set(R_RESV, Resv=False)
    c.end()
    s.stop()


@scenario("21-urcb-optflds")
def s21():
    """The same URCB enabled with each single optional field in turn (0, sequence number, time stamp, reason, data set, data reference,
    buffer overflow, entryID, conf revision), one data change and one GI each time; attributes are written one by one (separate write
    requests)."""
    s = Server()
    c = Client()
    r = Rcb(c, "urcb01", "RP").get().handler()
    v = False
    for o in (0, 1, 2, 4, 8, 16, 32, 64, 128):
        v = not v
        r.set(R_OPT | R_TRG, single=False, OptFlds=o, TrgOps=1 | 16)
        r.set(R_ENA, RptEna=True)
        s.upd("GGIO1.Ind1.stVal", v)
        pause(.2)
        r.gi()
        pause(.2)
        r.set(R_ENA, RptEna=False)
    c.end()
    s.stop()


@scenario("22-urcb-contention")
def s22():
    """Two clients and one URCB: the first reserves it, the second tries to reserve, to configure and to enable it (refused), the first
    leaves, then the second succeeds. Also: enabling an RCB without data set, setting a data set that does not exist, setting an existing
    one, and changing RptID."""
    s = Server()
    c1, c2 = Client(), Client()
    a, b = Rcb(c1, "urcb01", "RP").get().handler(), Rcb(c2, "urcb01", "RP").get().handler()
    a.set(R_RESV, Resv=True)
    b.set(R_RESV, Resv=True)
    b.set(R_OPT, OptFlds=1)
    b.set(R_ENA, RptEna=True)
    a.set(R_ENA, RptEna=True)
    b.get()
    log("client 1 leaves")
    c1.end()
    pause(.3)
    b.set(R_ENA, RptEna=True)
    b.set(R_ENA, RptEna=False)
    log("-- URCB without data set")
    d = Rcb(c2, "urcb03", "RP").get()
    d.set(R_ENA, RptEna=True)
    d.set(R_DS, DataSetReference="GOLDLD1/LLN0$dsNone")
    d.set(R_DS, DataSetReference="GOLDLD1/LLN0$dsInd")
    d.set(R_ID, RptId="myReport")
    d.get()
    d.handler("myReport")
    d.set(R_TRG | R_OPT, TrgOps=1 | 16, OptFlds=ALLOPT)
    d.set(R_ENA, RptEna=True)
    d.gi()
    pause(.3)
    d.set(R_ENA, RptEna=False)
    c2.mms("deleteNamedVariableList", LD, "LLN0$dsInd")
    c2.end()
    s.stop()


@scenario("23-urcb-buftm")
def s23():
    """URCB with BufTm 300 ms: several changes inside the buffer time; changes of different members are joined in one report, a second
    change of the same member sends the pending report at once."""
    s = Server()
    c = Client()
    r = Rcb(c, "urcb01", "RP").get().handler()
    r.set(R_TRG | R_OPT | R_BUF, TrgOps=1 | 2 | 16, OptFlds=ALLOPT, BufTm=300)
    r.set(R_ENA, RptEna=True)
    s.upd("GGIO1.Ind1.stVal", True)
    pause(.05)
    s.upd("GGIO1.Ind2.stVal", True)
    pause(.6)
    s.upd("GGIO1.Ind1.stVal", False)
    pause(.05)
    s.upd("GGIO1.Ind1.stVal", True)
    pause(.6)
    r.set(R_ENA, RptEna=False)
    c.end()
    s.stop()


@scenario("24-report-segmentation")
def s24():
    """The client offers a maximum PDU of 550 bytes; the GI of URCB urcb02 (dsMeas: WYE and MV objects) does not fit in one PDU and comes
    as a segmented report (SubSqNum, MoreSegmentsFollow)."""
    s = Server()
    setup_values(s)
    c = Client(pdu=550)
    r = Rcb(c, "urcb02", "RP").get().handler()
    r.set(R_TRG | R_OPT, TrgOps=1 | 2 | 16, OptFlds=ALLOPT)
    r.set(R_ENA, RptEna=True)
    r.gi()
    pause(.4)
    s.upd("MMXU1.PhV.phsB.cVal.mag.f", 1.25, "float")
    pause(.4)
    r.set(R_ENA, RptEna=False)
    c.read("MMXU1$MX")
    c.end()
    s.stop()


@scenario("25-brcb-buffering")
def s25():
    """Buffered reporting: configure and enable, GI and data changes; the client goes away (TCP close), changes happen meanwhile and are
    buffered; the client returns, enables again and gets the buffered reports; after that a third connection writes the EntryID of the
    last report it got before it left, so that only later entries are sent; an unknown EntryID is refused."""
    s = Server()
    setup_values(s)
    c = Client()
    r = Rcb(c, "brcb01", "BR").get().handler()
    r.set(R_RTMS, ResvTms=30)
    r.set(R_TRG | R_OPT | R_BUF | R_INT, TrgOps=1 | 2 | 16, OptFlds=ALLOPT, BufTm=0, IntgPd=0)
    r.set(R_PURGE, PurgeBuf=True)
    r.set(R_ENA, RptEna=True)
    r.gi()
    pause(.2)
    s.upd("GGIO1.Ind1.stVal", False)
    pause(.2)
    s.upd("GGIO1.AnIn1.mag.f", 20.0, "float")
    pause(.2)
    keep_id = r.last_entry
    r.get()
    log("client: TCP close while enabled")
    L.IedConnection_close(c.c)
    pause(.3)
    for i in range(3):
        s.upd("GGIO1.IntIn1.stVal", 100 + i, "int")
        pause(.05)
    s.upd("GGIO1.Ind1.stVal", True)
    pause(.3)
    c2 = Client()
    r2 = Rcb(c2, "brcb01", "BR").get().handler()
    r2.set(R_ENA, RptEna=True)
    pause(.5)
    s.upd("GGIO1.IntIn1.stVal", 200, "int")
    pause(.2)
    r2.get()
    r2.set(R_ENA, RptEna=False)
    s.upd("GGIO1.IntIn1.stVal", 201, "int")
    pause(.2)
    c2.end()
    pause(.3)
    c3 = Client()
    r3 = Rcb(c3, "brcb01", "BR").get().handler()
    r3.set(R_ENTRY, EntryId=keep_id)
    r3.set(R_ENA, RptEna=True)
    pause(.5)
    r3.set(R_ENA, RptEna=False)
    bad = L.MmsValue_newOctetString(8, 8)
    L.MmsValue_setOctetString(bad, b"\x01\x02\x03\x04\x05\x06\x07\x08", 8)
    r3.set(R_ENTRY, EntryId=bad)
    r3.get()
    c3.end()
    s.stop()


@scenario("26-brcb-purge-resvtms")
def s26():
    """BRCB reservation and purge: ResvTms is set by one client, a second client is refused; entries are buffered while the RCB is
    disabled, PurgeBuf drops them, enabling afterwards gives nothing old; RptID/DatSet change also purges."""
    s = Server()
    c1, c2 = Client(), Client()
    a, b = Rcb(c1, "brcb01", "BR").get().handler(), Rcb(c2, "brcb01", "BR").get().handler()
    a.set(R_RTMS, ResvTms=2)
    b.set(R_RTMS, ResvTms=2)
    b.set(R_OPT, OptFlds=1)
    b.set(R_ENA, RptEna=True)
    a.set(R_OPT | R_TRG, OptFlds=ALLOPT, TrgOps=1 | 2 | 16)
    for i in range(2):
        s.upd("GGIO1.IntIn1.stVal", 300 + i, "int")
        pause(.05)
    a.set(R_PURGE, PurgeBuf=True)
    a.set(R_ENA, RptEna=True)
    pause(.3)
    s.upd("GGIO1.IntIn1.stVal", 310, "int")
    pause(.2)
    a.set(R_PURGE, PurgeBuf=True)
    a.set(R_ENA, RptEna=False)
    for i in range(2):
        s.upd("GGIO1.IntIn1.stVal", 320 + i, "int")
        pause(.05)
    a.set(R_ID, RptId="otherId")
    a.handler("otherId")
    a.set(R_ENA, RptEna=True)
    pause(.3)
    a.set(R_ENA, RptEna=False)
    c1.end()
    pause(.3)
    b.get()
    b.set(R_ENA, RptEna=True)
    pause(2.5)
    b.set(R_ENA, RptEna=True)
    pause(.2)
    c2.end()
    s.stop()


@scenario("27-brcb-overflow")
def s27():
    """The server's report buffer is only 1000 bytes: many changes while nobody listens overflow it; on enabling, the first buffered
    report carries BufOvfl true."""
    s = Server()
    c = Client()
    r = Rcb(c, "brcb01", "BR").get().handler()
    r.set(R_TRG | R_OPT, TrgOps=1 | 2 | 16, OptFlds=ALLOPT)
    r.set(R_ENA, RptEna=True)
    s.upd("GGIO1.IntIn1.stVal", 1, "int")
    pause(.2)
    r.set(R_ENA, RptEna=False)
    for i in range(30):
        s.upd("GGIO1.IntIn1.stVal", 400 + i, "int")
        pause(.01)
    r.set(R_ENA, RptEna=True)
    pause(.6)
    r.get()
    r.set(R_ENA, RptEna=False)
    c.end()
    s.stop()


@scenario("28-brcb-integrity-gi")
def s28():
    """BRCB brcb02 (BufTm 100 ms, data set of whole data objects) with integrity period 700 ms and GI, read of EntryID and TimeofEntry,
    Owner attribute enabled in the server configuration."""
    s = Server()
    c = Client()
    r = Rcb(c, "brcb02", "BR").get().handler()
    r.set(R_TRG | R_OPT | R_INT, TrgOps=0x1f, OptFlds=ALLOPT, IntgPd=700)
    r.set(R_ENA, RptEna=True)
    r.gi()
    pause(1.6)
    s.upd("GGIO1.Ind2.stVal", True)
    pause(.3)
    r.get()
    c.read("LLN0$BR$brcb02")
    r.set(R_ENA, RptEna=False)
    c.end()
    s.stop()


@scenario("29-rcb-edition1")
def s29():
    """The same server configured for edition 1: access attributes and values of an URCB and a BRCB (no Owner, no ResvTms), a URCB with
    GI."""
    s = Server()
    c = Client()
    for n in ("LLN0$RP$urcb01", "LLN0$BR$brcb01", "LLN0$SP$SGCB"):
        c.mms("getVariableAccessAttributes", LD, n)
        c.read(n)
    r = Rcb(c, "urcb01", "RP").get().handler()
    r.set(R_TRG | R_OPT, TrgOps=1 | 2 | 16, OptFlds=ALLOPT)
    r.set(R_ENA, RptEna=True)
    r.gi()
    pause(.2)
    s.upd("GGIO1.Ind1.stVal", True)
    pause(.2)
    r.set(R_ENA, RptEna=False)
    c.end()
    s.stop()
