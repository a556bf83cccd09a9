#!/usr/bin/env python3
"""TASE.2 (ICCP) by hand on the MMS stack of hat-drivers, which knows nothing of TASE.2: either side, to try ours against.

Usage: hat_tase2.py client HOST PORT     the control centre SOUTH of examples/tase2 as a plain client of NORTH
       hat_tase2.py server PORT          a control centre of two points for the peer 1.1.999.2, on 127.0.0.1

The client prints what it got as JSON. The server prints `listening` when peers can call, ends on SIGINT, and prints what it was told as JSON.
"""

import asyncio
import json
import signal
import sys
import time

from hat.drivers import mms, net

TITLES = {"NORTH": (1, 1, 999, 1), "SOUTH": (1, 1, 999, 2)}
DOMAIN = "NORTH_SOUTH"


def name(text):
    return mms.DomainSpecificObjectName(*text.split("/", 1)) if "/" in text else mms.VmdSpecificObjectName(text)


def text(name):
    return f"{name.domain_id}/{name.item_id}" if isinstance(name, mms.DomainSpecificObjectName) else name.identifier


def variables(names):
    return [mms.NameVariableSpecification(name(n)) for n in names]


def bits(pattern):
    return mms.BitStringData([bit == "1" for bit in pattern])


def object_name(of):
    return mms.StructureData([mms.UnsignedData(1), mms.VisibleStringData(of.split("/")[0]), mms.VisibleStringData(of.split("/")[1])])


def plain(data):
    match data:
        case mms.DataAccessError():
            return {"error": data.name.lower().replace("_", "-")}
        case mms.StructureData() | mms.ArrayData():
            return [plain(element) for element in data.elements]
        case mms.OctetStringData():
            return bytes(data.value).hex()
        case mms.BitStringData():
            return "".join("01"[bool(bit)] for bit in data.value)
        case _:
            return data.value


def transfer_set(data_set, conditions, *, integrity=0, buffer=0, block=False, critical=False, rbe=True, status=True):
    integer, boolean = mms.IntegerData, mms.BooleanData
    return mms.StructureData([
        object_name(data_set), integer(0), integer(0), integer(0), integer(buffer), integer(integrity), bits(conditions),
        boolean(block), boolean(critical), boolean(rbe), boolean(False), boolean(status), integer(0),
    ])


class Client:
    def __init__(self):
        self.reports = asyncio.Queue()

    async def connect(self, host, port):
        self.connection = await asyncio.wait_for(
            mms.connect(net.TcpAddress(host, port), unconfirmed_cb=lambda _, report: self.reports.put_nowait(report),
                        local_ap_title=TITLES["SOUTH"], local_ae_qualifier=12, remote_ap_title=TITLES["NORTH"], remote_ae_qualifier=12), 30)

    async def send(self, request):
        response = await asyncio.wait_for(self.connection.send_confirmed(request), 30)
        if isinstance(response, mms.Error):
            return {"error": f"{type(response).__name__}.{response.name.lower().replace('_', '-')}"}
        return response

    async def read(self, *names):
        response = await self.send(mms.ReadRequest(variables(names)))
        return [plain(result) for result in response.results]

    async def write(self, what, value):
        response = await self.send(mms.WriteRequest(variables([what]), [value]))
        return ["ok" if result is None else plain(result) for result in response.results][0]

    async def report(self):
        report = await asyncio.wait_for(self.reports.get(), 30)
        by_list = not isinstance(report.specification, list)
        about = text(report.specification) if by_list else [text(v.name) for v in report.specification]
        return {"about": about, "values": [plain(value) for value in report.data]}


async def client(host, port):
    me = Client()
    await me.connect(host, port)
    seen = {}
    identity = await me.send(mms.IdentifyRequest())
    seen["vendor"] = identity.vendor
    # One read of mixed scope, as e-terracomm begins.
    seen["start"] = await me.read(f"{DOMAIN}/Bilateral_Table_ID", "TASE2_Version", "Supported_Features")
    names = await me.send(mms.GetNameListRequest(mms.ObjectClass.NAMED_VARIABLE, mms.VmdSpecificObjectScope(), None))
    seen["vcc"] = names.identifiers
    lists = await me.send(mms.GetNameListRequest(mms.ObjectClass.NAMED_VARIABLE_LIST, mms.DomainSpecificObjectScope(DOMAIN), None))
    seen["lists"] = lists.identifiers
    seen["values"] = await me.read("N_LOAD", "N_LINE1", "NOPE")
    seen["denied"] = await me.write("N_LOAD", mms.StructureData([mms.FloatingPointData(1.0), bits("00000000")]))
    seen["written"] = await me.write("N_NOTE", mms.IntegerData(7))
    members = [f"{DOMAIN}/{special}" for special in ("Transfer_Set_Name", "Transfer_Set_Time_Stamp", "DSConditions_Detected")]
    data_set = f"{DOMAIN}/HAT"
    await me.send(mms.DefineNamedVariableListRequest(name(data_set), variables([*members, "N_LOAD", "N_NOTE"])))
    again = await me.send(mms.DefineNamedVariableListRequest(name(data_set), variables(members)))
    seen["again"] = again
    (next_set,) = await me.read(f"{DOMAIN}/Next_DSTransfer_Set")
    seen["next"] = next_set
    ts = f"{next_set[1]}/{next_set[2]}"
    seen["bad"] = await me.write(ts, transfer_set(data_set, "00000"))
    seen["short"] = await me.write(ts, mms.StructureData([mms.IntegerData(1)]))
    seen["started"] = await me.write(ts, transfer_set(data_set, "01100", integrity=60, critical=True))
    seen["full"] = await me.report()
    await me.write("N_NOTE", mms.IntegerData(8))
    seen["change"] = await me.report()
    for report in (seen["full"], seen["change"]):
        await me.connection.send_unconfirmed(mms.InformationReportUnconfirmed(
            variables([f"{DOMAIN}/Transfer_Report_ACK", f"{DOMAIN}/Transfer_Set_Time_Stamp"]),
            [object_name(ts), mms.IntegerData(report["values"][1])]))
    in_use = await me.send(mms.DeleteNamedVariableListRequest([name(data_set)]))
    seen["in use"] = in_use
    seen["stopped"] = await me.write(ts, transfer_set(data_set, "01100", integrity=60, status=False))
    deleted = await me.send(mms.DeleteNamedVariableListRequest([name(data_set)]))
    seen["deleted"] = [deleted.matched, deleted.deleted]
    await me.connection.async_close()
    return seen


class Server:
    """Points, data sets and one transfer set."""

    def __init__(self):
        real_q = mms.StructureTypeDescription([("Value", mms.FloatingPointTypeDescription(32, 8)), ("Flags", mms.BitStringTypeDescription(8))])
        state = mms.StructureTypeDescription([("TimeStamp", mms.IntegerTypeDescription(32)), ("Flags", mms.BitStringTypeDescription(8))])
        self.types = {"N_LOAD": real_q, "N_LINE1": state}
        self.load = 400.0
        self.lists = {}
        self.told = {"started": None, "acknowledged": [], "stopped": False, "identify": 0}
        self.reporting = None

    def value(self, of):
        item = of.split("/")[-1]
        match item:
            case "TASE2_Version":
                return mms.StructureData([mms.IntegerData(2000), mms.IntegerData(8)])
            case "Supported_Features":
                return bits("110110000000")
            case "Bilateral_Table_ID":
                return mms.VisibleStringData("NS-2026-1")
            case "Next_DSTransfer_Set":
                return object_name(f"{DOMAIN}/ts_of_hat")
            case "N_LOAD":
                return mms.StructureData([mms.FloatingPointData(self.load), bits("00001010")])
            case "N_LINE1":
                return mms.StructureData([mms.IntegerData(1_700_000_000), bits("10010000")])
            case _:
                return mms.DataAccessError.OBJECT_NON_EXISTENT

    def report_value(self, member, conditions, stamp):
        match member.split("/")[-1]:
            case "Transfer_Set_Name":
                return object_name(f"{DOMAIN}/ts_of_hat")
            case "Transfer_Set_Time_Stamp":
                return mms.IntegerData(stamp)
            case "DSConditions_Detected":
                return bits(conditions)
            case "Event_Code_Detected":
                return mms.IntegerData(0)
            case _:
                return self.value(member)

    async def report(self, connection, members, data_set):
        def values(names, conditions):
            stamp = int(time.time())
            return [self.report_value(member, conditions, stamp) for member in names]

        await connection.send_unconfirmed(mms.InformationReportUnconfirmed(name(data_set), values(members, "01000")))
        specials = [member for member in members if not member.split("/")[-1].startswith("N_")]
        while True:
            await asyncio.sleep(0.1)
            self.load += 1
            changed = [*specials, "N_LOAD"]
            await connection.send_unconfirmed(mms.InformationReportUnconfirmed(variables(changed), values(changed, "00100")))

    def write(self, connection, what, value):
        if what != f"{DOMAIN}/ts_of_hat":
            return mms.DataAccessError.OBJECT_ACCESS_DENIED
        data_set = plain(value.elements[0])
        data_set = f"{data_set[1]}/{data_set[2]}"
        if self.reporting:
            self.reporting.cancel()
            self.reporting = None
        if plain(value.elements[11]):
            self.told["started"] = plain(value)
            self.reporting = asyncio.get_running_loop().create_task(self.report(connection, self.lists[data_set], data_set))
        else:
            self.told["stopped"] = True
        return None

    async def answer(self, connection, request):
        match request:
            case mms.IdentifyRequest():
                self.told["identify"] += 1
                return mms.IdentifyResponse("hat", "tase2 by hand", "1", None)
            case mms.GetNameListRequest():
                in_domain = isinstance(request.object_scope, mms.DomainSpecificObjectScope)
                found = {
                    (mms.ObjectClass.DOMAIN, False): [DOMAIN],
                    (mms.ObjectClass.NAMED_VARIABLE, False): ["N_LINE1", "N_LOAD", "Supported_Features", "TASE2_Version"],
                    (mms.ObjectClass.NAMED_VARIABLE, True): ["Bilateral_Table_ID", "Next_DSTransfer_Set", "ts_of_hat"],
                    (mms.ObjectClass.NAMED_VARIABLE_LIST, True): sorted(of.split("/")[1] for of in self.lists),
                }
                return mms.GetNameListResponse(found.get((request.object_class, in_domain), []), False)
            case mms.GetVariableAccessAttributesRequest() if text(request.value) in self.types:
                return mms.GetVariableAccessAttributesResponse(False, self.types[text(request.value)])
            case mms.ReadRequest() if isinstance(request.value, list):
                return mms.ReadResponse([self.value(text(variable.name)) for variable in request.value])
            case mms.WriteRequest() if isinstance(request.specification, list):
                return mms.WriteResponse([self.write(connection, text(variable.name), value) for variable, value in zip(request.specification, request.data)])
            case mms.DefineNamedVariableListRequest():
                self.lists[text(request.name)] = [text(variable.name) for variable in request.specification]
                return mms.DefineNamedVariableListResponse()
            case mms.GetNamedVariableListAttributesRequest() if text(request.value) in self.lists:
                return mms.GetNamedVariableListAttributesResponse(True, variables(self.lists[text(request.value)]))
            case mms.DeleteNamedVariableListRequest():
                gone = sum(self.lists.pop(text(of), None) is not None for of in request.names)
                return mms.DeleteNamedVariableListResponse(gone, gone)
            case _:
                return mms.AccessError.OBJECT_NON_EXISTENT

    def take(self, _, report):
        self.told["acknowledged"].append([text(v.name) for v in report.specification] + [plain(value) for value in report.data])


async def serve(port):
    server = Server()
    listening = await mms.listen(lambda connection: None, net.TcpAddress("127.0.0.1", port), request_cb=server.answer, unconfirmed_cb=server.take)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, ended.set)
    print("listening", flush=True)
    await ended.wait()
    json.dump(server.told, sys.stdout)
    print(flush=True)
    if server.reporting:
        server.reporting.cancel()
    await listening.async_close()


def main():
    match sys.argv[1:]:
        case ["client", host, port]:
            print(json.dumps(asyncio.run(client(host, int(port)))))
        case ["server", port]:
            asyncio.run(serve(int(port)))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
