#!/usr/bin/env python3
"""Blocks 3 (blocked reports), 4 (information messages), 7 (event notifications), 8 (accounts) and 9 (time series) of TASE.2 by hand on the
MMS stack of hat-drivers, in either role. Of block 7 it has the notification alone, and of block 6 nothing.

Usage: hat_tase2_blocks.py client HOST PORT     SOUTH uses what NORTH has
       hat_tase2_blocks.py server PORT          a control centre for the peer 1.1.999.2 that sends one of each, on 127.0.0.1

The client prints what it got as JSON. The server prints `listening` when peers can call, ends on SIGINT, and prints what it was told as JSON.
"""

import asyncio
import json
import signal
import struct
import sys
import time

from hat.drivers import mms, net

from hat_tase2 import DOMAIN, Client, bits, name, object_name, plain, text, transfer_set, variables

IM = mms.AaSpecificObjectName("IM_Transfer_Set")
HOUR = 1_700_000_000 // 3600 * 3600


def message(scope, reference, message_id, content, buffer=128):
    """An information message for the peer alone (its domain), or for all."""
    prefix = f"{DOMAIN}/" if scope else ""
    header = mms.StructureData([mms.IntegerData(n) for n in (reference, 3, message_id, len(content))])
    return mms.InformationReportUnconfirmed(
        variables([f"{prefix}Info_Mess_Header", f"{prefix}Info_Buff_{buffer}"]), [header, mms.OctetStringData(content)])


def account_request(reference, start, duration, request):
    return mms.StructureData([mms.IntegerData(n) for n in (reference, start, duration, request)] + [bits("00000001")])


def series_set(of, start, end, sample):
    named = mms.StructureData([mms.UnsignedData(0), mms.VisibleStringData(""), mms.VisibleStringData(of)])
    numbers = [mms.IntegerData(n) for n in (start, end, sample, 0)]
    return mms.StructureData([named, *numbers, bits("100"), mms.BooleanData(False), mms.BooleanData(True)])


class Blocks(Client):
    async def unconfirmed(self):
        got = await asyncio.wait_for(self.reports.get(), 30)
        if isinstance(got, mms.EventNotificationUnconfirmed):
            return {"enrollment": text(got.enrollment), "condition": text(got.condition), "severity": got.severity}
        return {"about": [text(variable.name) for variable in got.specification], "values": [plain(value) for value in got.data]}

    async def set_messages(self, on):
        response = await self.send(mms.WriteRequest([mms.NameVariableSpecification(IM)], [mms.BooleanData(on)]))
        return "ok" if response.results == [None] else str(response.results)


async def client(host, port):
    me = Blocks()
    await me.connect(host, port)
    seen = {}
    (seen["features"],) = await me.read("Supported_Features")
    # Block 4, both directions.
    found = await me.send(mms.ReadRequest([mms.NameVariableSpecification(IM)]))
    seen["off"] = plain(list(found.results)[0])
    seen["on"] = await me.set_messages(True)
    seen["message"] = await me.unconfirmed()
    seen["header again"] = (await me.read(f"{DOMAIN}/Info_Mess_Header"))[0]
    await me.connection.send_unconfirmed(message(True, 7, 42, b"hat was here"))
    await me.connection.send_unconfirmed(message(True, 7, 43, bytes(range(200)), 1024))
    # Block 3.
    data_set = f"{DOMAIN}/HAT"
    specials = [f"{DOMAIN}/{special}" for special in ("Transfer_Set_Name", "Transfer_Set_Time_Stamp", "DSConditions_Detected")]
    await me.send(mms.DefineNamedVariableListRequest(name(data_set), variables([*specials, "N_LOAD", "N_NOTE"])))
    (next_set,) = await me.read(f"{DOMAIN}/Next_DSTransfer_Set")
    ts = f"{next_set[1]}/{next_set[2]}"
    seen["blocked"] = await me.write(ts, transfer_set(data_set, "01100", integrity=60, block=True))
    seen["full"] = await me.unconfirmed()
    await me.write("N_NOTE", mms.IntegerData(5))
    seen["change"] = await me.unconfirmed()
    await me.write(ts, transfer_set(data_set, "01100", integrity=60, status=False))
    # Block 7: an enrolment that is agreed upon; N_NOTE above 8 is its event.
    await me.write("N_NOTE", mms.IntegerData(9))
    seen["event"] = await me.unconfirmed()
    # Block 8.
    (next_set,) = await me.read(f"{DOMAIN}/Next_TATransfer_Set")
    seen["next account set"] = next_set
    accounts = mms.StructureData([bits("00001000"), mms.BooleanData(False), mms.BooleanData(True)])
    seen["accounts"] = await me.write(f"{next_set[1]}/{next_set[2]}", accounts)
    seen["asked"] = await me.write(f"{DOMAIN}/TAAccountRequest", account_request(7, HOUR, 7200, 77))
    seen["account"] = await me.unconfirmed()
    seen["no account"] = await me.write(f"{DOMAIN}/TAAccountRequest", account_request(8, HOUR, 7200, 78))
    # Block 9.
    (next_set,) = await me.read(f"{DOMAIN}/Next_TSTransfer_Set")
    seen["next series set"] = next_set
    now = int(time.time())
    seen["series"] = await me.write(f"{next_set[1]}/{next_set[2]}", series_set("N_LOAD", now + 1, now + 3, 1))
    report = await me.unconfirmed()
    for sample in report["values"][-1]:
        sample[0] -= now
    seen["samples"] = report
    await me.connection.async_close()
    return seen


class Server:
    def __init__(self):
        self.types = {"N_LOAD": mms.StructureTypeDescription([("Value", mms.FloatingPointTypeDescription(32, 8)), ("Flags", mms.BitStringTypeDescription(8))])}
        self.lists = {}
        self.told = {"messages": [], "written": []}
        self.tasks = set()

    def value(self, of):
        item = of.split("/")[-1]
        match item:
            case "TASE2_Version":
                return mms.StructureData([mms.IntegerData(2000), mms.IntegerData(8)])
            case "Supported_Features":
                return bits("111100111000")
            case "Bilateral_Table_ID":
                return mms.VisibleStringData("NS-2026-1")
            case "Next_DSTransfer_Set" | "Next_TATransfer_Set" | "Next_TSTransfer_Set":
                return object_name(f"{DOMAIN}/{item[5:7]}_of_hat")
            case "N_LOAD":
                return mms.StructureData([mms.FloatingPointData(400.0), bits("00000000")])
            case _:
                return mms.DataAccessError.OBJECT_NON_EXISTENT

    def packed(self, members, conditions, values):
        """The special variables that are members, in front of the values."""
        header = {"Transfer_Set_Time_Stamp": struct.pack(">i", HOUR), "DSConditions_Detected": bytes([conditions]), "Event_Code_Detected": b"\0\0"}
        return b"".join(header.get(member.split("/")[-1], b"") for member in members) + values

    def reports(self, what, value):
        """What a write makes this side send."""
        numbers, own = mms.IntegerData, DOMAIN + "/"

        def report(items, values):
            return mms.InformationReportUnconfirmed(variables([own + item if not item.startswith("N_") else item for item in items]), values)

        match what:
            case "IM_Transfer_Set":
                event = mms.EventNotificationUnconfirmed(mms.DomainSpecificObjectName(DOMAIN, "ALARMS"), mms.VmdSpecificObjectName("N_TRIP"), 3, None)
                return [message(True, 7, 42, b"hello"), message(False, 7, 43, bytes(range(128))), event]
            case "DS_of_hat" if plain(value.elements[11]):
                data_set = plain(value.elements[0])
                members = self.lists[f"{data_set[1]}/{data_set[2]}"]
                # Rule 0, all values; then rule 1, with the number of the member.
                full = b"\0" + self.packed(members, 0x40, struct.pack(">fB", 400.0, 0))
                place = members.index("N_LOAD")
                change = b"\1" + self.packed(members, 0x20, struct.pack(">BfB", place, 401.5, 0x0A))
                return [report(["Transfer_Set_Name", "Transfer_Set_Block_Data"], [object_name(own + "DS_of_hat"), mms.OctetStringData(octets)]) for octets in (full, change)]
            case "TAAccountRequest":
                reference, start, duration, request, _ = plain(value)
                header = [numbers(reference), numbers(request), mms.VisibleStringData("NORTH"), mms.VisibleStringData("SOUTH"), numbers(start),
                          numbers(duration), numbers(3600), numbers(duration // 3600), numbers(1), numbers(0), mms.BooleanData(False)]
                rows = mms.ArrayData([mms.ArrayData([mms.FloatingPointData(float(hour))]) for hour in range(duration // 3600)])
                none = mms.ArrayData([mms.ArrayData([]) for _ in range(duration // 3600)])
                return [report(["TAConditions_Detected", "TA_Account_Header", "TA_Float_Data", "TA_Integer_Data"],
                               [bits("00000001"), mms.StructureData(header), rows, none])]
            case "TS_of_hat" if plain(value.elements[7]):
                samples = [mms.StructureData([numbers(HOUR + i), mms.StructureData([mms.FloatingPointData(400.0 + i), bits("00000000")])]) for i in range(3)]
                return [report(["Transfer_Set_Name", "TSConditions_Detected", "N_LOAD"], [object_name(own + "TS_of_hat"), bits("100"), mms.ArrayData(samples)])]
            case _:
                return []

    async def send(self, connection, what, value):
        # Behind the answer to the write.
        await asyncio.sleep(0.1)
        for report in self.reports(what, value):
            await connection.send_unconfirmed(report)
        if what == "IM_Transfer_Set":
            await connection.send_confirmed(mms.WriteRequest([mms.NameVariableSpecification(IM)], [mms.BooleanData(True)]))

    def write(self, connection, variable, value):
        what = variable.identifier if isinstance(variable, mms.AaSpecificObjectName) else text(variable).split("/")[-1]
        self.told["written"].append([what, plain(value)])
        task = asyncio.get_running_loop().create_task(self.send(connection, what, value))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return None

    async def answer(self, connection, request):
        match request:
            case mms.IdentifyRequest():
                return mms.IdentifyResponse("hat", "blocks by hand", "1", None)
            case mms.GetVariableAccessAttributesRequest() if text(request.value) in self.types:
                return mms.GetVariableAccessAttributesResponse(False, self.types[text(request.value)])
            case mms.ReadRequest() if isinstance(request.value, list):
                return mms.ReadResponse([self.value(text(variable.name)) for variable in request.value])
            case mms.WriteRequest() if isinstance(request.specification, list):
                return mms.WriteResponse([self.write(connection, variable.name, value) for variable, value in zip(request.specification, request.data)])
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
        self.told["messages"].append([text(variable.name) for variable in report.specification] + [plain(value) for value in report.data])


async def serve(port):
    server = Server()
    listening = await mms.listen(lambda connection: None, net.TcpAddress("127.0.0.1", port), request_cb=server.answer, unconfirmed_cb=server.take)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, ended.set)
    print("listening", flush=True)
    await ended.wait()
    print(json.dumps(server.told), flush=True)
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
