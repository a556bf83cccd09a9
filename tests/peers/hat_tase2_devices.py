#!/usr/bin/env python3
"""Device control of TASE.2 (block 5) by hand on the MMS stack of hat-drivers, in either role.

Usage: hat_tase2_devices.py client HOST PORT     SOUTH operates the devices N_CB and N_SP of NORTH
       hat_tase2_devices.py server PORT          a control centre with the breaker N_CB (SBO, check-back id 77, tag, shown by N_CB_ST)
                                                 and the set-point N_SP, on 127.0.0.1

The client prints what it got as JSON. The server prints `listening` when peers can call, ends on SIGINT, and prints what it was told as JSON.
"""

import asyncio
import json
import signal
import sys

from hat.drivers import mms, net

from hat_tase2 import Client, bits, name, plain, text


def tag(flags, reason):
    return mms.StructureData([bits(flags), mms.VisibleStringData(reason)])


async def client(host, port):
    me = Client()
    await me.connect(host, port)
    integer = mms.IntegerData
    seen = {}
    (seen["features"],) = await me.read("Supported_Features")
    described = await me.send(mms.GetVariableAccessAttributesRequest(name("N_CB_TAG")))
    seen["tag type"] = type(described.type_description).__name__
    seen["unarmed"] = await me.write("N_CB", integer(1))
    # Selecting beside other variables of one read.
    seen["selected"] = await me.read("N_CB_SBO", "N_CB_ST", "N_SP_SBO")
    seen["armed"] = (await me.read("N_CB_TAG"))[0]
    seen["operated"] = await me.write("N_CB", integer(1))
    seen["twice"] = await me.write("N_CB", integer(1))
    await asyncio.sleep(0.5)
    (seen["state"],) = await me.read("N_CB_ST")
    (seen["last"],) = await me.read("N_CB")
    await me.read("N_CB_SBO")
    seen["type"] = await me.write("N_CB", mms.FloatingPointData(1.0))
    await me.read("N_CB_SBO")
    seen["range"] = await me.write("N_CB", integer(9))
    seen["set-point"] = await me.write("N_SP", mms.FloatingPointData(12.5))
    seen["set-point range"] = await me.write("N_SP", mms.FloatingPointData(500.0))
    seen["tagged"] = await me.write("N_CB_TAG", tag("10000000", "crew on line"))
    (seen["tag"],) = await me.read("N_CB_TAG")
    await me.read("N_CB_SBO")
    seen["inhibited"] = await me.write("N_CB", integer(1))
    await me.read("N_CB_SBO")
    seen["open"] = await me.write("N_CB", integer(0))
    # The place where some put the tag.
    seen["tagged elsewhere"] = await me.write("N_CB_TAG", tag("00010000", ""))
    (seen["tag elsewhere"],) = await me.read("N_CB_TAG")
    (seen["not selected"],) = await me.read("N_CB_SBO")
    seen["untagged"] = await me.write("N_CB_TAG", tag("00000000", ""))
    seen["select by a write"] = await me.write("N_CB_SBO", integer(1))
    (seen["nothing"],) = await me.read("N_NO_SBO")
    # What is selected ends with the association.
    await me.read("N_CB_SBO")
    await me.connection.async_close()
    me = Client()
    await me.connect(host, port)
    seen["after the end"] = await me.write("N_CB", integer(1))
    await me.connection.async_close()
    return seen


class Server:
    def __init__(self):
        self.armed = False
        self.tag = ("00000000", "")
        self.state = "01000000"
        self.target = 0.0
        self.told = []
        real = mms.FloatingPointTypeDescription(32, 8)
        flags = mms.BitStringTypeDescription(8)
        self.types = {
            "N_CB": mms.IntegerTypeDescription(16), "N_CB_SBO": mms.IntegerTypeDescription(16), "N_SP": real, "N_CB_ST": flags,
            "N_CB_TAG": mms.StructureTypeDescription([("Flags", flags), ("Reason", mms.VisibleStringTypeDescription(-255))]),
            "N_SP_MV": mms.StructureTypeDescription([("Value", real), ("Flags", flags)]),
        }

    def value(self, of):
        item = of.split("/")[-1]
        match item:
            case "TASE2_Version":
                return mms.StructureData([mms.IntegerData(2000), mms.IntegerData(8)])
            case "Supported_Features":
                return bits("110010000000")
            case "Bilateral_Table_ID":
                return mms.VisibleStringData("NS-2026-1")
            case "N_CB_SBO":
                self.told.append("select")
                self.armed = True
                return mms.IntegerData(77)
            case "N_CB_TAG":
                return tag(*self.tag)
            case "N_CB_ST":
                return bits(self.state)
            case "N_SP_MV":
                return mms.StructureData([mms.FloatingPointData(self.target), bits("00000000")])
            case _:
                return mms.DataAccessError.OBJECT_NON_EXISTENT

    def write(self, what, value):
        match what:
            case "N_CB":
                self.told.append(["operate", plain(value), self.armed])
                if not self.armed:
                    return mms.DataAccessError.OBJECT_ACCESS_DENIED
                self.armed = False
                self.state = "10000000" if plain(value) else "01000000"
                return None
            case "N_CB_TAG":
                flags, reason = plain(value)
                self.told.append(["tag", flags, reason])
                self.tag = (flags, reason)
                return None
            case "N_SP":
                self.told.append(["set-point", plain(value)])
                self.target = plain(value)
                return None
            case _:
                return mms.DataAccessError.OBJECT_ACCESS_DENIED

    async def answer(self, connection, request):
        match request:
            case mms.IdentifyRequest():
                return mms.IdentifyResponse("hat", "devices by hand", "1", None)
            case mms.GetNameListRequest():
                in_domain = isinstance(request.object_scope, mms.DomainSpecificObjectScope)
                found = {
                    (mms.ObjectClass.DOMAIN, False): ["NORTH_SOUTH"],
                    (mms.ObjectClass.NAMED_VARIABLE, False): sorted([*self.types, "Supported_Features", "TASE2_Version"]),
                    (mms.ObjectClass.NAMED_VARIABLE, True): ["Bilateral_Table_ID"],
                }
                return mms.GetNameListResponse(found.get((request.object_class, in_domain), []), False)
            case mms.GetVariableAccessAttributesRequest() if text(request.value) in self.types:
                return mms.GetVariableAccessAttributesResponse(False, self.types[text(request.value)])
            case mms.ReadRequest() if isinstance(request.value, list):
                return mms.ReadResponse([self.value(text(variable.name)) for variable in request.value])
            case mms.WriteRequest() if isinstance(request.specification, list):
                pairs = zip(request.specification, request.data)
                return mms.WriteResponse([self.write(text(variable.name), value) for variable, value in pairs])
            case _:
                return mms.AccessError.OBJECT_NON_EXISTENT


async def serve(port):
    server = Server()
    listening = await mms.listen(lambda connection: None, net.TcpAddress("127.0.0.1", port), request_cb=server.answer)
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
