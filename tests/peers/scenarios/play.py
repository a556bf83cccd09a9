"""What the scenarios are made of: the C library's client, a log, and the server on the other end of stdin and stdout."""

import ctypes as C
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import libiec61850  # noqa: E402 (the module beside this folder)

HOST = "127.0.0.1"
LD = "GOLDLD1"
SCENARIOS = {}

MMS_ERRORS = {0: "ok", 1: "connection rejected", 2: "connection lost", 3: "service timeout", 4: "parsing response", 6: "conclude rejected",
              7: "invalid arguments", 9: "other", 30: "definition other", 31: "invalid address", 32: "type unsupported", 33: "type inconsistent",
              34: "object undefined", 35: "object exists", 36: "object attribute inconsistent", 40: "resource other",
              41: "resource capability unavailable", 50: "service other", 55: "object constraint conflict", 80: "access other",
              81: "object non-existent", 82: "object access unsupported", 83: "object access denied", 84: "object invalidated",
              85: "object value invalid", 86: "temporarily unavailable", 90: "file other", 96: "file access denied", 97: "file non-existent",
              100: "reject other", 101: "reject unknown PDU type", 102: "reject invalid PDU", 103: "reject unrecognized service",
              105: "reject invalid argument"}
IED_ERRORS = {0: "ok", 1: "not connected", 3: "connection lost", 4: "service not supported", 5: "connection rejected", 10: "invalid argument",
              11: "data set mismatch", 12: "object reference invalid", 13: "unexpected value", 20: "timeout", 21: "access denied",
              22: "object does not exist", 23: "object exists", 24: "access unsupported", 25: "type inconsistent", 26: "temporarily unavailable",
              27: "object undefined", 28: "invalid address", 29: "hardware fault", 32: "value invalid", 34: "malformed",
              35: "object constraint conflict", 98: "not implemented", 99: "unknown"}

# ------------------------------------------------------------------ the library
# Every integer and pointer argument travels as 64 bits, which fits the calling conventions of x86-64 and AArch64; a float has to come as c_float.
_BOOLS = """MmsConnection_connect MmsConnection_fileRead MmsConnection_getFileDirectory ControlObjectClient_operate ControlObjectClient_select
ControlObjectClient_selectWithValue ControlObjectClient_cancel IedConnection_deleteDataSet MmsValue_getBoolean MmsValue_setElement
ClientReport_hasSeqNum ClientReport_hasBufOvfl ClientReport_getBufOvfl ClientReport_getMoreSeqmentsFollow ClientReport_hasSubSeqNum""".split()
_INTS = """MmsConnection_fileOpen LinkedList_size MmsValue_getArraySize IedConnection_getState ClientReport_getReasonForInclusion
ControlObjectClient_getLastError ClientReport_getSeqNum ClientReport_getSubSeqNum ControlObjectClient_getControlModel""".split()
_STRINGS = "MmsValue_printToBuffer ClientReport_getRptId ClientReportControlBlock_getRptId".split()
_kept = []


def keep(thing):
    """The library holds pointers to it for the rest of the run."""
    _kept.append(thing)
    return thing


def cb(result, *arguments):
    """Makes a function one that the library can call."""
    return lambda function: keep(C.CFUNCTYPE(result, *arguments)(function))


def _argument(value):
    if value is None:
        return C.c_void_p(None)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return C.c_void_p(C.addressof(keep(C.create_string_buffer(value))))
    if isinstance(value, int):
        return C.c_uint64(int(value) & 0xFFFFFFFFFFFFFFFF)
    return value


class _Library:
    """`L.Function(...)` calls the C function."""

    raw = libiec61850._open()

    def __getattr__(self, name):
        function = getattr(self.raw, name)
        function.restype = C.c_bool if name in _BOOLS else C.c_int if name in _INTS else C.c_char_p if name in _STRINGS else C.c_uint64
        call = lambda *arguments: function(*map(_argument, arguments))  # noqa: E731
        setattr(self, name, call)
        return call


L = _Library()
raw = L.raw


def slist(items):
    result = L.LinkedList_create()
    for item in items:
        L.LinkedList_add(result, item)
    return result


def lwalk(linked):
    result, element = [], L.LinkedList_getNext(linked) if linked else 0
    while element:
        result.append(L.LinkedList_getData(element))
        element = L.LinkedList_getNext(element)
    return result


def lstrings(linked):
    return [C.string_at(pointer).decode("latin1") for pointer in lwalk(linked)]


def show(value):
    if not value:
        return "NULL"
    text = C.create_string_buffer(4000)
    L.MmsValue_printToBuffer(value, C.c_void_p(C.addressof(text)), 4000)
    text = text.value.decode("latin1")
    return text if len(text) < 300 else text[:300] + "..."


def names(linked):
    found = lstrings(linked)
    return "%d names%s" % (len(found), (": " + " ".join(found[:8]) + (" ..." if len(found) > 8 else "")) if found else "")


def B(value):
    return L.MmsValue_newBoolean(value)


# ------------------------------------------------------------------ log, scenarios
def _say(mark, words):
    os.write(1, ("%s %s\n" % (mark, " ".join(str(word) for word in words))).encode())


def log(*words):
    _say("#", words)


def ask(*words):
    """Has the server do something; returns what it says when it has done it."""
    _say("=", words)
    answer = sys.stdin.readline()
    if not answer:
        sys.exit("the server is gone")
    return answer.strip()


def args_text(arguments):
    out = []
    for argument in arguments:
        if isinstance(argument, int) and not isinstance(argument, bool) and argument > 1 << 32:
            out.append("<object>")
        elif argument is None or isinstance(argument, (str, int, bool)):
            out.append(repr(argument))
    return ", ".join(out)


def scenario(name):
    def add(function):
        SCENARIOS[name] = function
        return function
    return add


def pause(seconds=0.15):
    time.sleep(seconds)


class Server:
    """The server of the scenario: its settings are known there."""

    port = 0

    def __init__(self):
        Server.port = int(ask("start"))

    def act(self, line):
        """What the recorded application did, in the words of its log."""
        ask(line)

    def upd(self, ref, val, kind=None):
        self.act("server: set %s = %s" % (ref, val))

    def lock(self):
        self.act("lock")

    def unlock(self):
        self.act("unlock")

    def stop(self):
        self.act("server: stop")


# ------------------------------------------------------------------ client
class Client:
    def __init__(self, pdu=None):
        self.e = C.c_int(0)
        log("client: connect")
        # The library has a race: a connect can succeed and every request then be refused with connection-lost, without being sent.
        for _ in range(10):
            self.c = L.IedConnection_create()
            self.m = L.IedConnection_getMmsConnection(self.c)
            L.IedConnection_setRequestTimeout(self.c, 10000)
            L.IedConnection_setConnectTimeout(self.c, 10000)
            if pdu:
                L.MmsConnection_setLocalDetail(self.m, pdu)
            L.IedConnection_connect(self.c, self.err, HOST, Server.port)
            if self.e.value or self._works():
                break
        log("  -> IED error", self.ie())

    def _works(self):
        error, logical, physical = C.c_int(0), C.c_int(), C.c_int()
        L.MmsConnection_getServerStatus(self.m, C.byref(error), C.byref(logical), C.byref(physical), False)
        return error.value != 2

    @property
    def err(self):
        return C.byref(self.e)

    def ie(self):
        return "%d (%s)" % (self.e.value, IED_ERRORS.get(self.e.value, "?"))

    def me(self):
        return "%d (%s)" % (self.e.value, MMS_ERRORS.get(self.e.value, "?"))

    def _called(self, fmt, result, error):
        text = " = " + str(fmt(result)) if fmt and self.e.value == 0 else ""
        log("  -> %s%s" % (error, text))
        return result

    def mms(self, function, *arguments, fmt=None):
        log("client: MmsConnection_%s(%s)" % (function, args_text(arguments)))
        result = getattr(L, "MmsConnection_" + function)(self.m, self.err, *arguments)
        return self._called(fmt, result, "MMS error " + self.me())

    def ied(self, function, *arguments, fmt=None):
        log("client: IedConnection_%s(%s)" % (function, args_text(arguments)))
        result = getattr(L, "IedConnection_" + function)(self.c, self.err, *arguments)
        return self._called(fmt, result, "IED error " + self.ie())

    def read(self, item, dom=LD):
        return self.mms("readVariable", dom, item, fmt=show)

    def write(self, item, value, dom=LD, note=""):
        log("client: writeVariable %s/%s := %s %s" % (dom, item, show(value), note))
        L.MmsConnection_writeVariable(self.m, self.err, dom, item, value)
        log("  -> MMS error", self.me())

    def end(self):
        log("client: release (MMS conclude)")
        L.IedConnection_release(self.c, self.err)
        log("  -> IED error", self.ie())
        L.IedConnection_destroy(self.c)
