#!/usr/bin/env python3
"""A client made of the Python package iec61850 (csp0924's Rust stack). Prints what it sees as JSON.

Usage: csp0924_client.py HOST PORT browse
       csp0924_client.py HOST PORT read REFERENCE[FC] ...
       csp0924_client.py HOST PORT report LD/LN.RP.NAME COUNT
       csp0924_client.py HOST PORT control LD/LN.DO true|false

`browse`: logical devices, their nodes, and of every node the data objects and data sets. `read`: the value of each reference.
`report`: enables the report control block, asks for a general interrogation and gives the first COUNT reports; prints `enabled` first.
`control`: reads the control model, selects where that says so, operates, and gives the results.
What cannot be had stands there as {"error": TEXT}.
"""

import asyncio
import json
import os
import sys

from iec61850 import FC, AcsiClass, ControlModel, IedConnection, IedError, RcbWriteMask


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


def reasons(inclusion):
    if inclusion is None:
        return []
    return [name for name in ("data_change", "quality_change", "integrity", "general_interrogation") if getattr(inclusion, name)]


async def report(connection, reference, count):
    reports = []
    block = await connection.get_rcb_values(reference)
    await connection.install_report_handler(reference, reports.append, rpt_id=block.rpt_id)
    block.rpt_ena = True
    await connection.set_rcb_values(block, RcbWriteMask.fields("rpt_ena"))
    await connection.trigger_gi(reference)
    print("enabled", flush=True)
    while len(reports) < int(count):
        await connection.poll_reports(200)
    return [
        {
            "sequence": seen.sequence_number,
            "data-set": seen.dataset_name,
            "reasons": [reasons(entry.reason) for entry in seen.entries],
            "values": [plain(entry.value) for entry in seen.entries],
        }
        for seen in reports
    ]


async def control(connection, reference, value):
    number = await connection.read_int32(f"{reference}.ctlModel", FC.CF)
    model = list(ControlModel)[number]
    command = connection.create_control_object(reference, model)
    value, results = value == "true", {"model": str(model)}
    try:
        if model.name == "SBO_NORMAL":
            results["select"] = await command.select()
        if model.name == "SBO_ENHANCED":
            results["select"] = outcome(await command.select_with_value(value))
        results["operate"] = outcome(await command.operate(value))
    except IedError as error:
        results["error"] = f"{type(error).__name__}: {error}"
    return results


def outcome(result):
    return result.success if result.add_cause is None else str(result.add_cause)


async def run(host, port, mode, references):
    connection = await IedConnection.connect(f"{host}:{port}")
    try:
        if mode == "read":
            return await read(connection, references)
        return await {"browse": browse, "report": report, "control": control}[mode](connection, *references)
    finally:
        await connection.disconnect()


def main():
    if len(sys.argv) < 4 or sys.argv[3] not in ("browse", "read", "report", "control"):
        raise SystemExit(__doc__)
    json.dump(asyncio.run(run(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])), sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()
    # the package's own threads can abort the process while Python shuts down
    os._exit(0)


if __name__ == "__main__":
    main()
