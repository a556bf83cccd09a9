#!/usr/bin/env python3
"""A client made of the real libiec61850. Prints what it sees as JSON.

Usage: libiec61850_client.py HOST PORT browse
       libiec61850_client.py HOST PORT steps < STEPS.json

`browse` walks the whole server: devices, nodes, variables, the type of every logical node, the value of every data object of every
functional constraint, data sets with members and values, control blocks. What cannot be had stands there as {"error": NAME}.

`steps` runs a JSON list of requests on one association and prints the list of their results:
    {"do": "read", "ref": "LD/LN.DO.DA", "fc": "ST"}           IedConnection_readObject: the value
    {"do": "write", "ref": ..., "fc": ..., "value": VALUE}     IedConnection_writeObject: "ok"
    {"do": "mms-read", "domain": ..., "item": ...}             MmsConnection_readVariable: the value
    {"do": "mms-write", "domain": ..., "item": ..., "value"}   MmsConnection_writeVariable: "ok"
    {"do": "type", "domain": ..., "item": ...}                 type description
    {"do": "directory", "ref": "LD/LN", "class": NUMBER}       IedConnection_getLogicalNodeDirectory (ACSI class number): names
    {"do": "data-set", "ref": "LD/LN.DS"}                      members and values
    {"do": "create-data-set", "ref": ..., "members": [REF[FC]]}, {"do": "delete-data-set", "ref": ...}
    {"do": "files", "directory": ""}                           names and sizes
    {"do": "identify"}, {"do": "status"}
    {"do": "release"}, {"do": "abort"}, {"do": "close"}        end of the association in three ways: the state afterwards
    {"do": "connect"}                                          again, on a new association
VALUE is {TYPE: CONTENT} as `browse` prints it.
"""

import ctypes as c
import json
import sys
import time

from libiec61850 import FC_NUMBER, IED_ERRORS, MMS_ERRORS, from_python, lib, pointers, strings, to_python, type_to_python

ACSI_CLASSES = {0: "data-objects", 1: "data-sets", 2: "BRCB", 3: "URCB", 4: "LCB", 5: "logs", 6: "SGCB", 7: "GoCB", 8: "GsCB", 9: "MSVCB"}
STATES = ["closed", "connecting", "connected", "closing"]


class Failed(Exception):
    """A request that the server or the library refused; the text is the error's name."""


class Client:
    def __init__(self, host, port):
        self.address = host.encode(), port
        self.connection = None
        self.connect()

    def connect(self):
        """Associates. The library has a race: its connect can report success, say `connected`, and yet refuse every request with
        connection-lost without sending it. Another attempt is the only way out; a connection that the server closed says `closed`."""
        for _ in range(10):
            self.connect_once()
            try:
                self.status()
            except Failed as error:
                if str(error) == "connection-lost" and self.state() == "connected":
                    continue
            break
        return self.state()

    def connect_once(self):
        if self.connection:
            lib.IedConnection_destroy(self.connection)
        self.connection = lib.IedConnection_create()
        lib.IedConnection_setConnectTimeout(self.connection, 10000)
        lib.IedConnection_setRequestTimeout(self.connection, 30000)
        self.mms_connection = lib.IedConnection_getMmsConnection(self.connection)
        self.ied("connect", *self.address)

    def state(self):
        return STATES[lib.IedConnection_getState(self.connection)]

    def final_state(self):
        """The library closes in a thread of its own, so the state follows a little later."""
        deadline = time.monotonic() + 5
        while self.state() != "closed" and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.state()

    def _call(self, function, connection, names, arguments):
        error = c.c_int(0)
        result = function(connection, c.byref(error), *arguments)
        if error.value:
            raise Failed(names.get(error.value, str(error.value)))
        return result

    def ied(self, name, *arguments):
        return self._call(getattr(lib, "IedConnection_" + name), self.connection, IED_ERRORS, arguments)

    def mms(self, name, *arguments):
        return self._call(getattr(lib, "MmsConnection_" + name), self.mms_connection, MMS_ERRORS, arguments)

    def taken(self, value):
        """Converts a value that the caller owns, and frees it."""
        result = to_python(value)
        if value:
            lib.MmsValue_delete(value)
        return result

    def identify(self):
        identity = self.mms("identify")
        return dict(zip(("vendor", "model", "revision"), (s.decode() for s in (c.c_char_p * 3).from_address(identity))))

    def status(self):
        logical, physical = c.c_int(), c.c_int()
        self.mms("getServerStatus", c.byref(logical), c.byref(physical), False)
        return {"logical": logical.value, "physical": physical.value}

    def mms_read(self, domain, item):
        return self.taken(self.mms("readVariable", domain.encode(), item.encode()))

    def type(self, domain, item):
        spec = self.mms("getVariableAccessAttributes", domain.encode(), item.encode())
        result = type_to_python(spec)
        lib.MmsVariableSpecification_destroy(spec)
        return result

    def data_set(self, reference):
        deletable = c.c_bool()
        members = strings(self.ied("getDataSetDirectory", reference.encode(), c.byref(deletable)))
        data_set = self.ied("readDataSetValues", reference.encode(), None)
        values = to_python(lib.ClientDataSet_getValues(data_set))
        lib.ClientDataSet_destroy(data_set)
        return {"deletable": deletable.value, "members": members, "values": values["array"]}

    def files(self, directory):
        entries = pointers(self.ied("getFileDirectory", directory.encode()))
        return [[lib.FileDirectoryEntry_getFileName(e).decode(), lib.FileDirectoryEntry_getFileSize(e)] for e in entries]

    def browse(self):
        result = {"identity": attempt(self.identify), "devices": {}}
        for device in strings(self.ied("getLogicalDeviceList")):
            result["devices"][device] = self.browse_device(device)
        return result

    def browse_device(self, device):
        name = device.encode()
        variables = strings(self.ied("getLogicalDeviceVariables", name))
        nodes = strings(self.ied("getLogicalDeviceDirectory", name))
        values = {item: attempt(self.mms_read, device, item) for item in variables if item.count("$") == 2}
        sets = [item.replace("$", ".") for item in strings(self.ied("getLogicalDeviceDataSets", name))]
        return {
            "variables": variables,
            "nodes": {node: self.browse_node(device, node) for node in nodes},
            "values": values,
            "data-sets": {item: attempt(self.data_set, f"{device}/{item}") for item in sets},
        }

    def browse_node(self, device, node):
        reference = f"{device}/{node}".encode()
        directory = {}
        for number, name in ACSI_CLASSES.items():
            names = attempt(lambda: strings(self.ied("getLogicalNodeDirectory", reference, number)))
            if names:
                directory[name] = names
        return {"type": attempt(self.type, device, node), "directory": directory}

    def step(self, step):
        what = step["do"]
        if what == "connect":
            return self.connect()
        if what in ("release", "abort"):
            self.ied(what)
            return self.final_state()
        if what == "close":
            lib.IedConnection_close(self.connection)
            return self.final_state()
        if what == "read":
            return self.taken(self.ied("readObject", step["ref"].encode(), FC_NUMBER[step["fc"]]))
        if what == "write":
            self.ied("writeObject", step["ref"].encode(), FC_NUMBER[step["fc"]], from_python(step["value"]))
            return "ok"
        if what == "mms-read":
            return self.mms_read(step["domain"], step["item"])
        if what == "mms-write":
            self.mms("writeVariable", step["domain"].encode(), step["item"].encode(), from_python(step["value"]))
            return "ok"
        if what == "type":
            return self.type(step["domain"], step["item"])
        if what == "directory":
            return strings(self.ied("getLogicalNodeDirectory", step["ref"].encode(), step["class"]))
        if what == "data-set":
            return self.data_set(step["ref"])
        if what == "create-data-set":
            members = lib.LinkedList_create()
            buffers = [c.create_string_buffer(member.encode()) for member in step["members"]]
            for buffer in buffers:
                lib.LinkedList_add(members, c.addressof(buffer))
            self.ied("createDataSet", step["ref"].encode(), members)
            return "ok"
        if what == "delete-data-set":
            return "deleted" if self.ied("deleteDataSet", step["ref"].encode()) else "kept"
        if what == "files":
            return self.files(step["directory"])
        if what == "identify":
            return self.identify()
        if what == "status":
            return self.status()
        raise SystemExit(f"unknown step {step}")


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Failed as error:
        return {"error": str(error)}


def main():
    if len(sys.argv) != 4 or sys.argv[3] not in ("browse", "steps"):
        raise SystemExit(__doc__)
    try:
        client = Client(sys.argv[1], int(sys.argv[2]))
    except Failed as error:
        raise SystemExit(f"cannot associate with {sys.argv[1]}:{sys.argv[2]}: {error}") from None
    if sys.argv[3] == "browse":
        result = client.browse()
        result["release"] = attempt(client.step, {"do": "release"})
    else:
        result = [attempt(client.step, step) for step in json.load(sys.stdin)]
    json.dump(result, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
