"""MMS services, data sets, browsing."""

import ctypes as C

from play import L, LD, Client, Server, log, lwalk, names, scenario, show, slist


@scenario("10-identify-status")
def s10():
    """identify, then status with and without extended derivation."""
    s = Server()
    c = Client()
    r = c.mms("identify")
    if r:
        p = (C.c_char_p * 3).from_address(r)
        log("  identity:", [x.decode() for x in p])
    a, b = C.c_int(), C.c_int()
    for ext in (False, True):
        log("client: getServerStatus extended=%s" % ext)
        L.MmsConnection_getServerStatus(c.m, c.err, C.byref(a), C.byref(b), ext)
        log("  -> MMS error %s logical %d physical %d" % (c.me(), a.value, b.value))
    c.end()
    s.stop()


@scenario("11-namelists")
def s11():
    """GetNameList: domains, VMD variables, variables of both domains, named variable lists of a domain, association-specific lists,
    journals, and an unknown domain."""
    s = Server()
    c = Client()
    c.mms("getDomainNames", fmt=names)
    c.mms("getVMDVariableNames", fmt=names)
    c.mms("getDomainVariableNames", LD, fmt=names)
    c.mms("getDomainVariableNames", "GOLDLD2", fmt=names)
    c.mms("getDomainVariableListNames", LD, fmt=names)
    c.mms("getVariableListNamesAssociationSpecific", fmt=names)
    c.mms("getDomainJournals", LD, fmt=names)
    c.mms("getDomainVariableNames", "NOSUCHDOMAIN", fmt=names)
    c.mms("getDomainVariableListNames", "NOSUCHDOMAIN", fmt=names)
    c.end()
    s.stop()


@scenario("12-namelist-continuation")
def s12():
    """The client offers a maximum PDU of 1000 bytes, so that the name list of GOLDLD2 comes in several pieces (moreFollows,
    continueAfter)."""
    s = Server()
    c = Client(pdu=1000)
    c.mms("getDomainVariableNames", "GOLDLD2", fmt=names)
    c.mms("getDomainVariableListNames", LD, fmt=names)
    c.end()
    s.stop()


@scenario("13-variable-access-attributes")
def s13():
    """GetVariableAccessAttributes of leaves of many types, data objects, a whole functional constraint, a whole logical node, a control
    object, control blocks, arrays, unknown item and unknown domain."""
    s = Server()
    c = Client()
    for i in ("GGIO1$ST$Ind1$stVal", "GGIO1$ST$Ind1$q", "GGIO1$ST$Ind1$t", "GGIO1$DC$Ind1$d", "GGIO1$DC$TxtSet$dU",
              "GGIO1$MX$AnIn1$mag$f", "GGIO1$MX$AnIn1", "XCBR1$ST$Pos", "XCBR1$CO$Pos", "GGIO1$CO$SPCSO2",
              "GGIO1$CO$AnOut2", "GGIO1$ST", "PTOC1", "LLN0$RP$urcb01", "LLN0$BR$brcb01", "LLN0$GO$gcb01",
              "LLN0$MS$svcb01", "LLN0$LG$lcb01", "LLN0$SP$SGCB", "MHAI1$ST$HistI", "MHAI1$MX$HA", "MMXU1$MX$PhV",
              "GGIO1$ST$NoSuch", "NoSuch"):
        c.mms("getVariableAccessAttributes", LD, i)
    c.mms("getVariableAccessAttributes", "NOSUCHDOMAIN", "LLN0")
    c.end()
    s.stop()


def setup_values(s):
    s.upd("GGIO1.Ind1.stVal", True)
    s.upd("GGIO1.Ind1.q", 0x0000, "q")
    s.upd("GGIO1.Ind2.q", 0x0003, "q")
    s.upd("GGIO1.Ind3.q", 0x0840, "q")
    s.upd("GGIO1.Ind1.t", 1700000000123, "t")
    s.upd("GGIO1.AnIn1.mag.f", 12.5, "float")
    s.upd("MMXU1.PhV.phsA.cVal.mag.f", 63500.25, "float")
    s.upd("XCBR1.Pos.stVal", 2, "dbpos")
    s.upd("GGIO1.IntIn1.stVal", -70000, "int")


@scenario("14-read")
def s14():
    """Reads: leaves of every type used in the model, data objects, whole LN, several variables in one request (one of them unknown),
    array elements, an array element's component, unknown item, unknown domain, and through IedConnection_readObject."""
    s = Server()
    setup_values(s)
    c = Client()
    for i in ("GGIO1$ST$Ind1$stVal", "GGIO1$ST$Ind1$q", "GGIO1$ST$Ind2$q", "GGIO1$ST$Ind3$q", "GGIO1$ST$Ind1$t", "GGIO1$ST$IntIn1$stVal",
              "GGIO1$MX$AnIn1$mag$f", "GGIO1$CF$AnIn1$db", "XCBR1$ST$Pos$stVal", "GGIO1$DC$Ind1$d", "GGIO1$DC$TxtSet$dU",
              "GGIO1$ST$Mod$stVal", "GGIO1$ST$Ind1", "XCBR1$ST$Pos", "GGIO1$MX$AnIn1", "MMXU1$MX$PhV", "GGIO1$CO$SPCSO4",
              "GGIO1$CO$SPCSO2$SBO", "GGIO1$ST", "PTOC1", "MHAI1$ST$HistI", "MHAI1$ST$HistI$histVal",
              "GGIO1$ST$NoSuch", "NoSuch"):
        c.read(i)
    c.read("LLN0", dom="NOSUCHDOMAIN")
    items = ["GGIO1$ST$Ind1$stVal", "GGIO1$MX$AnIn1", "GGIO1$ST$NoSuch", "XCBR1$ST$Pos$stVal"]
    log("client: readMultipleVariables", items)
    r = L.MmsConnection_readMultipleVariables(c.m, c.err, LD, slist(items))
    log("  -> MMS error %s = %s" % (c.me(), show(r)))
    c.mms("readArrayElements", LD, "MHAI1$ST$HistI$histVal", 2, 0, fmt=show)
    c.mms("readArrayElements", LD, "MHAI1$ST$HistI$histVal", 1, 3, fmt=show)
    c.mms("readArrayElements", LD, "MHAI1$ST$HistI$histVal", 9, 0, fmt=show)
    c.mms("readArrayElements", LD, "GGIO1$ST$Ind1", 0, 0, fmt=show)
    for ref, fc in (("GOLDLD1/GGIO1.Ind1", 0), ("GOLDLD1/GGIO1.AnIn1.mag.f", 1), ("GOLDLD1/GGIO1.NoSuch", 0),
                    ("GOLDLD1/MHAI1.HistI.histVal(3)", 0)):
        c.ied("readObject", ref, fc, fmt=show)
    c.end()
    s.stop()


@scenario("15-read-array-of-structures")
def s15():
    """The data object MHAI1.HA.phsAHar is an array of 4 CMV. Its access attributes and values are asked for in whole, by element, by
    range, and by element and component. With a model file of this form libiec61850 does not create element values: see what the server
    answers."""
    s = Server()
    c = Client()
    c.mms("getVariableAccessAttributes", LD, "MHAI1$MX$HA$phsAHar")
    c.mms("readSingleArrayElementWithComponent", LD, "MHAI1$MX$HA$phsAHar", 2, "cVal$mag$f", fmt=show)
    c.mms("readArrayElements", LD, "MHAI1$MX$HA$phsAHar", 2, 0, fmt=show)
    c.mms("readArrayElements", LD, "MHAI1$MX$HA$phsAHar", 1, 2, fmt=show)
    c.read("MHAI1$MX$HA$phsAHar")
    c.end()
    s.stop()


@scenario("16-write")
def s16():
    """Writes: accepted setting (SP, handler allows 0..100), value refused by the handler (object-value-invalid), wrong type, structure to
    a leaf, read-only status value (ST), configuration value (CF) without and with permission, strings, unknown item, unknown domain,
    several variables in one request, component access."""
    s = Server()
    c = Client()
    I = L.MmsValue_newIntegerFromInt32
    c.write("GGIO1$SP$NumSet$setVal", I(42))
    c.read("GGIO1$SP$NumSet$setVal")
    c.write("GGIO1$SP$NumSet$setVal", I(4711), note="(handler refuses)")
    c.write("GGIO1$SP$NumSet$setVal", L.MmsValue_newBoolean(True), note="(wrong type)")
    c.write("GGIO1$SP$NumSet$setVal", L.MmsValue_newVisibleString("abc"), note="(wrong type)")
    c.write("GGIO1$SP$TxtSet$setVal", L.MmsValue_newVisibleString("written"))
    c.write("GGIO1$ST$Ind1$stVal", L.MmsValue_newBoolean(True), note="(ST is read-only)")
    c.write("GGIO1$CF$NumSet$minVal", I(1), note="(CF, default policy)")
    s.act("server: allow writes to FC=CF")
    c.write("GGIO1$CF$NumSet$minVal", I(1), note="(CF, allowed)")
    c.write("PTOC1$SP$TmMult$setMag$f", L.MmsValue_newFloat(C.c_float(0.75)))
    st = L.MmsValue_createEmptyStructure(1)
    L.MmsValue_setElement(st, 0, L.MmsValue_newFloat(C.c_float(0.8)))
    c.write("PTOC1$SP$TmMult$setMag", st, note="(structure)")
    c.write("GGIO1$SP$NoSuch", I(1), note="(unknown)")
    c.write("GGIO1$SP$NumSet$setVal", I(1), dom="NOSUCHDOMAIN")
    items = slist(["GGIO1$SP$NumSet$setVal", "GGIO1$ST$Ind1$stVal", "GGIO1$SP$NoSuch"])
    vals = L.LinkedList_create()
    for v in (I(7), L.MmsValue_newBoolean(True), I(1)):
        L.LinkedList_add(vals, v)
    res = C.c_void_p()
    log("client: writeMultipleVariables NumSet.setVal, Ind1.stVal, NoSuch")
    L.MmsConnection_writeMultipleVariables(c.m, c.err, LD, items, vals, C.byref(res))
    log("  -> MMS error %s = %s" % (c.me(), [show(x) for x in lwalk(res.value)]))
    c.mms("writeVariableComponent", LD, "GGIO1$SP$NumSet", "setVal", I(9))
    c.ied("writeObject", "GOLDLD1/GGIO1.NumSet.setVal", 2, I(10))
    c.ied("writeInt32Value", "GOLDLD1/GGIO1.NumSet.setVal", 2, 11)
    arr = L.MmsValue_createEmptyArray(2)
    L.MmsValue_setElement(arr, 0, I(1))
    L.MmsValue_setElement(arr, 1, I(2))
    c.mms("writeArrayElements", LD, "MHAI1$ST$HistI$histVal", 0, 2, arr)
    c.end()
    s.stop()


def vas(dom, item):
    return L.MmsVariableAccessSpecification_create(dom, item)


def vlist(*items):
    l = L.LinkedList_create()
    for d, i in items:
        L.LinkedList_add(l, vas(d, i))
    return l


def dirfmt(r):
    out = []
    for p in lwalk(r):
        d, i = (C.c_char_p * 2).from_address(p)
        ix = C.c_int32.from_address(p + 16).value
        out.append("%s/%s%s" % (d.decode() if d else "-", i.decode(), "(%d)" % ix if ix >= 0 else ""))
    return out


@scenario("17-data-sets")
def s17():
    """Named variable lists: attributes and values of static lists (with and without specification in the response); define, read, write
    and delete domain-specific and association-specific lists; errors: name exists, unknown member, too many members, too many lists,
    deleting a static list, a list in use by a report, and an unknown one."""
    s = Server()
    setup_values(s)
    c = Client()
    d = C.c_bool()
    D = C.byref(d)
    for n in ("LLN0$dsInd", "LLN0$dsLeaf", "LLN0$dsNone"):
        log("client: readNamedVariableListDirectory", n)
        r = L.MmsConnection_readNamedVariableListDirectory(c.m, c.err, LD, n, D)
        log("  -> MMS error %s deletable %s %s" % (c.me(), d.value, dirfmt(r)))
    c.mms("readNamedVariableListValues", LD, "LLN0$dsLeaf", True, fmt=show)
    c.mms("readNamedVariableListValues", LD, "LLN0$dsLeaf", False, fmt=show)
    c.mms("readNamedVariableListValues", LD, "LLN0$dsInd", True, fmt=show)
    c.mms("readNamedVariableListValues", LD, "LLN0$dsNone", True, fmt=show)
    two = lambda: vlist((LD, "GGIO1$ST$Ind1$stVal"), (LD, "GGIO1$SP$NumSet$setVal"))
    log("-- domain-specific")
    c.mms("defineNamedVariableList", LD, "LLN0$dyn1", two())
    c.mms("defineNamedVariableList", LD, "LLN0$dyn1", two())
    c.mms("defineNamedVariableList", LD, "LLN0$dynBad", vlist((LD, "GGIO1$ST$Nope")))
    c.mms("defineNamedVariableList", LD, "LLN0$dynBig", vlist(*[(LD, "GGIO1$ST$Ind1$stVal")] * 11))
    c.mms("defineNamedVariableList", "NOSUCHDOMAIN", "LLN0$dyn1", two())
    c.mms("getDomainVariableListNames", LD, fmt=names)
    log("client: readNamedVariableListDirectory LLN0$dyn1")
    r = L.MmsConnection_readNamedVariableListDirectory(c.m, c.err, LD, "LLN0$dyn1", D)
    log("  -> MMS error %s deletable %s %s" % (c.me(), d.value, dirfmt(r)))
    c.mms("readNamedVariableListValues", LD, "LLN0$dyn1", True, fmt=show)
    vals = L.LinkedList_create()
    L.LinkedList_add(vals, L.MmsValue_newBoolean(False))
    L.LinkedList_add(vals, L.MmsValue_newIntegerFromInt32(33))
    res = C.c_void_p()
    log("client: writeNamedVariableList LLN0$dyn1 (Ind1.stVal is read-only, NumSet is not)")
    L.MmsConnection_writeNamedVariableList(c.m, c.err, False, LD, "LLN0$dyn1", vals, C.byref(res))
    log("  -> MMS error %s = %s" % (c.me(), [show(x) for x in lwalk(res.value)]))
    c.mms("defineNamedVariableList", LD, "LLN0$dyn2", two())
    c.mms("defineNamedVariableList", LD, "LLN0$dyn3", two())
    c.mms("defineNamedVariableList", LD, "LLN0$dyn4", two())
    for n in ("LLN0$dyn1", "LLN0$dyn2", "LLN0$dyn3", "LLN0$dyn1", "LLN0$dsInd"):
        c.mms("deleteNamedVariableList", LD, n)
    log("-- association-specific")
    c.mms("defineNamedVariableListAssociationSpecific", "aa1", two())
    c.mms("defineNamedVariableListAssociationSpecific", "aa1", two())
    c.mms("getVariableListNamesAssociationSpecific", fmt=names)
    log("client: readNamedVariableListDirectoryAssociationSpecific aa1")
    r = L.MmsConnection_readNamedVariableListDirectoryAssociationSpecific(c.m, c.err, "aa1", D)
    log("  -> MMS error %s deletable %s %s" % (c.me(), d.value, dirfmt(r)))
    c.mms("readNamedVariableListValuesAssociationSpecific", "aa1", True, fmt=show)
    for n in ("aa2", "aa3", "aa4"):
        c.mms("defineNamedVariableListAssociationSpecific", n, two())
    c.mms("deleteAssociationSpecificNamedVariableList", "aa1")
    c.mms("deleteAssociationSpecificNamedVariableList", "aa1")
    log("-- IedConnection level")
    c.ied("createDataSet", "GOLDLD1/LLN0.dynX", slist(["GOLDLD1/GGIO1.Ind1[ST]", "GOLDLD1/GGIO1.AnIn1.mag.f[MX]",
                                                       "GOLDLD2/GGIO1.Ind5.stVal[ST]"]))
    c.ied("createDataSet", "@aaX", slist(["GOLDLD1/GGIO1.Ind2[ST]", "GOLDLD1/MHAI1.HistI.histVal(2)[ST]"]))
    c.ied("readDataSetValues", "GOLDLD1/LLN0.dynX", None)
    c.ied("readDataSetValues", "@aaX", None)
    c.ied("getDataSetDirectory", "GOLDLD1/LLN0.dynX", D)
    c.ied("deleteDataSet", "GOLDLD1/LLN0.dynX")
    c.ied("deleteDataSet", "@aaX")
    c.ied("deleteDataSet", "@aaX")
    c.end()
    s.stop()


@scenario("18-browse")
def s18():
    """The browse calls of the IED-level client: device model retrieval, directories of device, logical node, data object by functional
    constraint."""
    s = Server()
    c = Client()
    c.ied("getDeviceModelFromServer")
    c.ied("getLogicalDeviceList", fmt=names)
    c.ied("getLogicalDeviceDirectory", LD, fmt=names)
    for k, n in ((0, "data object"), (1, "data set"), (2, "BRCB"), (3, "URCB"), (4, "LCB"), (5, "LOG"), (6, "SGCB"), (7, "GoCB"), (9, "MSVCB")):
        log("ACSI class", n)
        c.ied("getLogicalNodeDirectory", "GOLDLD1/LLN0", k, fmt=names)
    c.ied("getDataDirectory", "GOLDLD1/GGIO1.SPCSO4", fmt=names)
    c.ied("getDataDirectoryFC", "GOLDLD1/GGIO1.SPCSO4", fmt=names)
    c.ied("getDataDirectoryByFC", "GOLDLD1/GGIO1.SPCSO4", 12, fmt=names)
    c.ied("getVariableSpecification", "GOLDLD1/GGIO1.AnIn1", 1)
    c.end()
    s.stop()
