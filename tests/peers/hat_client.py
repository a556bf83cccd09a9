#!/usr/bin/env python3
"""A generic MMS client made of hat-drivers (an OSI and MMS stack of its own). Prints what it sees as JSON.

Usage: hat_client.py HOST PORT browse
       hat_client.py HOST PORT steps < STEPS.json

`browse`: identity, status, domains, VMD variables, and of every domain the variables and the variable lists with their members.

`steps` runs a JSON list of requests on one association and prints the list of their results:
    {"do": "identify"}, {"do": "status"}
    {"do": "names", "class": "domain" | "variable" | "list" | "journal", "scope": SCOPE}     all names, whatever the number of responses
    {"do": "type", "name": NAME}                                                            type description
    {"do": "read", "names": [NAME, ...]}, {"do": "read-list", "name": NAME}                  list of values
    {"do": "write", "names": [NAME, ...], "values": [VALUE, ...]}                            list of "ok" or {"error": ...}
    {"do": "define", "name": NAME, "members": [NAME, ...]}, {"do": "attributes", "name": NAME}, {"do": "delete", "names": [NAME, ...]}
SCOPE is "vmd", "association" or {"domain": NAME}. NAME is "DOMAIN/ITEM", "ITEM" for the VMD or "@ITEM" for the association. VALUE is {TYPE: CONTENT}.
"""

import asyncio
import json
import sys

from hat.drivers import mms, net


class Failed(Exception):
    """The server answered with an error; the text is its name."""


def name_from(text):
    if text.startswith("@"):
        return mms.AaSpecificObjectName(text[1:])
    if "/" in text:
        return mms.DomainSpecificObjectName(*text.split("/", 1))
    return mms.VmdSpecificObjectName(text)


def name_text(name):
    if isinstance(name, mms.DomainSpecificObjectName):
        return f"{name.domain_id}/{name.item_id}"
    return ("@" if isinstance(name, mms.AaSpecificObjectName) else "") + name.identifier


def scope_from(scope):
    if isinstance(scope, dict):
        return mms.DomainSpecificObjectScope(scope["domain"])
    return {"vmd": mms.VmdSpecificObjectScope(), "association": mms.AaSpecificObjectScope()}[scope]


CLASSES = {
    "domain": mms.ObjectClass.DOMAIN,
    "variable": mms.ObjectClass.NAMED_VARIABLE,
    "list": mms.ObjectClass.NAMED_VARIABLE_LIST,
    "journal": mms.ObjectClass.JOURNAL,
}


def bits(value):
    return "".join("01"[bool(bit)] for bit in value)


TO_JSON = {
    mms.ArrayData: ("array", lambda d: [to_json(e) for e in d.elements]),
    mms.StructureData: ("structure", lambda d: [to_json(e) for e in d.elements]),
    mms.BooleanData: ("boolean", lambda d: d.value),
    mms.IntegerData: ("integer", lambda d: d.value),
    mms.UnsignedData: ("unsigned", lambda d: d.value),
    mms.FloatingPointData: ("float", lambda d: repr(d.value)),
    mms.BitStringData: ("bit-string", lambda d: bits(d.value)),
    mms.OctetStringData: ("octet-string", lambda d: bytes(d.value).hex()),
    mms.VisibleStringData: ("visible-string", lambda d: d.value),
    mms.MmsStringData: ("mms-string", lambda d: d.value),
    mms.UtcTimeData: ("utc-time", lambda d: d.value.timestamp()),
    mms.BinaryTimeData: ("binary-time", lambda d: d.value.timestamp()),
}

FROM_JSON = {
    "array": lambda v: mms.ArrayData([from_json(e) for e in v]),
    "structure": lambda v: mms.StructureData([from_json(e) for e in v]),
    "boolean": mms.BooleanData,
    "integer": mms.IntegerData,
    "unsigned": mms.UnsignedData,
    "float": lambda v: mms.FloatingPointData(float(v)),
    "bit-string": lambda v: mms.BitStringData([bit == "1" for bit in v]),
    "octet-string": lambda v: mms.OctetStringData(bytes.fromhex(v)),
    "visible-string": mms.VisibleStringData,
    "mms-string": mms.MmsStringData,
}


def error_name(error):
    return error.name.lower().replace("_", "-") if hasattr(error, "name") else str(error)


def to_json(data):
    if data is None:
        return "ok"
    if isinstance(data, mms.DataAccessError):
        return {"error": error_name(data)}
    kind, content = TO_JSON[type(data)]
    return {kind: content(data)}


def from_json(value):
    ((kind, content),) = value.items()
    return FROM_JSON[kind](content)


def type_to_json(description):
    if isinstance(description, mms.StructureTypeDescription):
        return {"structure": [[name, type_to_json(component)] for name, component in description.components]}
    if isinstance(description, mms.ArrayTypeDescription):
        return {"array": [description.number_of_elements, type_to_json(description.element_type)]}
    kind = type(description).__name__.removesuffix("TypeDescription")
    return " ".join([kind, *(str(part) for part in description)])


def variables(names):
    return [mms.NameVariableSpecification(name_from(name)) for name in names]


class Client:
    def __init__(self, connection):
        self.connection = connection

    async def send(self, request):
        response = await asyncio.wait_for(self.connection.send_confirmed(request), 30)
        if isinstance(response, mms.Error):
            raise Failed(f"{type(response).__name__}.{error_name(response)}")
        return response

    async def names(self, kind, scope):
        result, after = [], None
        while True:
            response = await self.send(mms.GetNameListRequest(CLASSES[kind], scope_from(scope), after))
            result += response.identifiers
            if not response.more_follows:
                return result
            if not response.identifiers:
                raise Failed("more names follow after an empty list")
            after = result[-1]

    async def attributes(self, name):
        response = await self.send(mms.GetNamedVariableListAttributesRequest(name_from(name)))
        return {"deletable": response.mms_deletable, "members": [name_text(variable.name) for variable in response.specification]}

    async def step(self, step):
        what = step["do"]
        if what == "identify":
            response = await self.send(mms.IdentifyRequest())
            return {"vendor": response.vendor, "model": response.model, "revision": response.revision}
        if what == "status":
            response = await self.send(mms.StatusRequest())
            return {"logical": response.logical, "physical": response.physical}
        if what == "names":
            return await self.names(step["class"], step["scope"])
        if what == "type":
            response = await self.send(mms.GetVariableAccessAttributesRequest(name_from(step["name"])))
            return type_to_json(response.type_description)
        if what == "read":
            response = await self.send(mms.ReadRequest(variables(step["names"])))
            return [to_json(result) for result in response.results]
        if what == "read-list":
            response = await self.send(mms.ReadRequest(name_from(step["name"])))
            return [to_json(result) for result in response.results]
        if what == "write":
            response = await self.send(mms.WriteRequest(variables(step["names"]), [from_json(value) for value in step["values"]]))
            return [to_json(result) for result in response.results]
        if what == "define":
            await self.send(mms.DefineNamedVariableListRequest(name_from(step["name"]), variables(step["members"])))
            return "ok"
        if what == "attributes":
            return await self.attributes(step["name"])
        if what == "delete":
            response = await self.send(mms.DeleteNamedVariableListRequest([name_from(name) for name in step["names"]]))
            return {"matched": response.matched, "deleted": response.deleted}
        raise SystemExit(f"unknown step {step}")

    async def attempt(self, step):
        try:
            return await self.step(step)
        except Failed as error:
            return {"error": str(error)}
        except (ConnectionError, asyncio.TimeoutError) as error:
            return {"error": type(error).__name__}

    async def browse(self):
        domains = await self.names("domain", "vmd")
        return {
            "identity": await self.attempt({"do": "identify"}),
            "status": await self.attempt({"do": "status"}),
            "vmd-variables": await self.attempt({"do": "names", "class": "variable", "scope": "vmd"}),
            "domains": {domain: await self.browse_domain(domain) for domain in domains},
        }

    async def browse_domain(self, domain):
        lists = await self.names("list", {"domain": domain})
        return {
            "variables": await self.names("variable", {"domain": domain}),
            "lists": {name: await self.attempt({"do": "attributes", "name": f"{domain}/{name}"}) for name in lists},
        }


async def run(host, port, mode):
    connection = await asyncio.wait_for(mms.connect(net.TcpAddress(host, port)), 30)
    client = Client(connection)
    try:
        if mode == "browse":
            return await client.browse()
        return [await client.attempt(step) for step in json.load(sys.stdin)]
    finally:
        await connection.async_close()


def main():
    if len(sys.argv) != 4 or sys.argv[3] not in ("browse", "steps"):
        raise SystemExit(__doc__)
    json.dump(asyncio.run(run(sys.argv[1], int(sys.argv[2]), sys.argv[3])), sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
