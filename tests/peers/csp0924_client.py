#!/usr/bin/env python3
"""A client made of the Python package iec61850 (csp0924's Rust stack). Prints what it sees as JSON.

Usage: csp0924_client.py HOST PORT browse
       csp0924_client.py HOST PORT read REFERENCE[FC] ...

`browse`: logical devices, their nodes, and of every node the data objects and data sets. `read`: the value of each reference.
What cannot be had stands there as {"error": TEXT}.
"""

import asyncio
import json
import os
import sys

from iec61850 import FC, AcsiClass, IedConnection, IedError


def plain(value):
    """Values as JSON takes them; octets in hex."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    return str(value)


async def attempt(awaitable):
    try:
        return plain(await awaitable)
    except IedError as error:
        return {"error": f"{type(error).__name__}: {error}"}


async def browse(connection):
    devices = {}
    for device in await connection.get_server_directory():
        nodes = {}
        for node in await connection.get_logical_device_directory(device):
            reference = f"{device}/{node}"
            nodes[node] = {
                "data-objects": await attempt(connection.get_logical_node_directory(reference, AcsiClass.DATA_OBJECT)),
                "data-sets": await attempt(connection.get_logical_node_directory(reference, AcsiClass.DATASET)),
            }
        devices[device] = nodes
    return devices


async def read(connection, references):
    result = []
    for text in references:
        reference, _, constraint = text.rstrip("]").partition("[")
        result.append(await attempt(connection.read(reference, FC[constraint])))
    return result


async def run(host, port, mode, references):
    connection = await IedConnection.connect(f"{host}:{port}")
    try:
        return await (browse(connection) if mode == "browse" else read(connection, references))
    finally:
        await connection.disconnect()


def main():
    if len(sys.argv) < 4 or sys.argv[3] not in ("browse", "read"):
        raise SystemExit(__doc__)
    json.dump(asyncio.run(run(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])), sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()
    # the package's own threads can abort the process while Python shuts down
    os._exit(0)


if __name__ == "__main__":
    main()
