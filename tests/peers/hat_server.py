#!/usr/bin/env python3
"""A tiny MMS server made of hat-drivers, on 127.0.0.1, to try clients against a stack that is neither ours nor libiec61850.

Usage: hat_server.py PORT

One domain `DOM` with the writable variables `Flag` (boolean), `Count` (integer), `Level` (float) and the list `All` of them.
Prints `listening` when clients can connect.
"""

import asyncio
import sys

from hat.drivers import mms, net

VALUES = {"Flag": mms.BooleanData(True), "Count": mms.IntegerData(-5), "Level": mms.FloatingPointData(1.5)}
TYPES = {"Flag": mms.BooleanTypeDescription(), "Count": mms.IntegerTypeDescription(32), "Level": mms.FloatingPointTypeDescription(32, 8)}
LISTS = {"All": list(VALUES)}


def variable(item):
    return mms.NameVariableSpecification(mms.DomainSpecificObjectName("DOM", item))


def item_of(name):
    return name.item_id if isinstance(name, mms.DomainSpecificObjectName) and name.domain_id == "DOM" else None


def asked_items(specification):
    if isinstance(specification, mms.DomainSpecificObjectName):
        return LISTS.get(specification.item_id)
    return [item_of(part.name) for part in specification]


def answer_names(request):
    in_domain = isinstance(request.object_scope, mms.DomainSpecificObjectScope)
    if request.object_class == mms.ObjectClass.DOMAIN:
        return mms.GetNameListResponse(["DOM"], False)
    if request.object_class == mms.ObjectClass.NAMED_VARIABLE and in_domain:
        return mms.GetNameListResponse(sorted(VALUES), False)
    if request.object_class == mms.ObjectClass.NAMED_VARIABLE_LIST and in_domain:
        return mms.GetNameListResponse(sorted(LISTS), False)
    return mms.GetNameListResponse([], False)


def write_one(item, value):
    if item not in VALUES:
        return mms.DataAccessError.OBJECT_NON_EXISTENT
    if type(value) is not type(VALUES[item]):
        return mms.DataAccessError.TYPE_INCONSISTENT
    VALUES[item] = value
    return None


async def answer(_connection, request):
    match request:
        case mms.IdentifyRequest():
            return mms.IdentifyResponse("hat", "test", "1", None)
        case mms.StatusRequest():
            return mms.StatusResponse(0, 0)
        case mms.GetNameListRequest():
            return answer_names(request)
        case mms.GetVariableAccessAttributesRequest() if item_of(request.value) in TYPES:
            return mms.GetVariableAccessAttributesResponse(False, TYPES[item_of(request.value)])
        case mms.GetNamedVariableListAttributesRequest() if item_of(request.value) in LISTS:
            return mms.GetNamedVariableListAttributesResponse(True, [variable(item) for item in LISTS[item_of(request.value)]])
        case mms.ReadRequest() if (items := asked_items(request.value)) is not None:
            return mms.ReadResponse([VALUES.get(item, mms.DataAccessError.OBJECT_NON_EXISTENT) for item in items])
        case mms.WriteRequest() if (items := asked_items(request.specification)) is not None:
            return mms.WriteResponse([write_one(item, value) for item, value in zip(items, request.data)])
        case mms.DefineNamedVariableListRequest() if item_of(request.name):
            if item_of(request.name) in LISTS:
                return mms.DefinitionError.OBJECT_EXISTS
            LISTS[item_of(request.name)] = [item_of(part.name) for part in request.specification]
            return mms.DefineNamedVariableListResponse()
        case mms.DeleteNamedVariableListRequest():
            matched = sum(LISTS.pop(item_of(name), None) is not None for name in request.names)
            return mms.DeleteNamedVariableListResponse(matched, matched)
        case _:
            return mms.AccessError.OBJECT_NON_EXISTENT


async def serve(port):
    server = await mms.listen(lambda connection: None, net.TcpAddress("127.0.0.1", port), request_cb=answer)
    print("listening", flush=True)
    await server.wait_closed()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    try:
        asyncio.run(serve(int(sys.argv[1])))
    except KeyboardInterrupt:
        pass
