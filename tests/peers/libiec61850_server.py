#!/usr/bin/env python3
"""Serves a model file with the real libiec61850 on 127.0.0.1 until it is ended.

Usage: libiec61850_server.py FILE.cfg PORT [FILES_DIR]

Prints `listening` on standard output when clients can connect. The server has no application behind it: values stay as the file gives them,
controls are not handled, and files are served only where FILES_DIR is given.

The library's reader of model files leaves out the initial values of coded enumerations, qualities, checks, time stamps and octet strings, and
cuts 64-bit integers to 32 bits (measured with 1.6.1). They are set here, so that the server holds what the file says.
"""

import re
import signal
import sys

from libiec61850 import from_python, lib

# The type column of a model file.
INT64, TIMESTAMP, QUALITY, CHECK, CODED_ENUM = 4, 22, 23, 24, 25
OCTET_STRINGS = (13, 14, 15)


def forgotten_values(text):
    """Yields (path of names from the logical device down, FC, type, value) of the initial values that the library forgets."""
    path = []
    for line in text.splitlines():
        if line.startswith("}"):
            path.pop()
            continue
        name = re.match(r"\w+\((\S+?)[ )]", line)
        attribute = re.match(r"DA\((\S+) \d+ (\d+) (\d+) \d+ \d+\)=(.*?);?$", line)
        if attribute:
            yield [*path[1:], attribute[1]], int(attribute[3]), int(attribute[2]), attribute[4].strip('"')
        if line.endswith("{"):
            path.append(name[1] if name else "")


def find(model, path, constraint):
    """The attribute with these names; settings occur twice, as SG and as SE, so the FC decides between attributes of one name."""
    node = lib.IedModel_getDeviceByInst(model, path[0].encode())
    for name in path[1:]:
        if node:
            node = lib.ModelNode_getChildWithFc(node, name.encode(), constraint) or lib.ModelNode_getChild(node, name.encode())
    return node


def set_forgotten_values(server, model, text):
    lib.IedServer_lockDataModel(server)
    for path, constraint, kind, value in forgotten_values(text):
        node = find(model, path, constraint)
        if not node:
            continue
        if kind == INT64:
            lib.IedServer_updateInt64AttributeValue(server, node, int(value))
        elif kind == TIMESTAMP and value.isdigit():
            lib.IedServer_updateUTCTimeAttributeValue(server, node, int(value))
        elif kind == QUALITY:
            lib.IedServer_updateQuality(server, node, int(value))
        elif kind == CHECK:
            lib.IedServer_updateBitStringAttributeValue(server, node, int(value))
        elif kind == CODED_ENUM:
            lib.IedServer_updateDbposValue(server, node, int(value))
        elif kind in OCTET_STRINGS:
            octets = from_python({"octet-string": value})
            lib.IedServer_updateAttributeValue(server, node, octets)
            lib.MmsValue_delete(octets)
    lib.IedServer_unlockDataModel(server)


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    path, port = sys.argv[1], int(sys.argv[2])
    model = lib.ConfigFileParser_createModelFromConfigFileEx(path.encode())
    if not model:
        raise SystemExit(f"{path}: libiec61850 cannot read this model file")
    config = lib.IedServerConfig_create()
    lib.IedServerConfig_setMaxMmsConnections(config, 10)
    lib.IedServerConfig_enableFileService(config, len(sys.argv) == 4)
    if len(sys.argv) == 4:
        lib.IedServerConfig_setFileServiceBasePath(config, sys.argv[3].rstrip("/").encode() + b"/")
    server = lib.IedServer_createWithConfig(model, None, config)
    with open(path, encoding="utf-8", errors="replace") as file:
        set_forgotten_values(server, model, file.read())
    lib.IedServer_setLocalIpAddress(server, b"127.0.0.1")
    # block before the library starts its threads, so that they inherit the mask
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    lib.IedServer_start(server, port)
    if not lib.IedServer_isRunning(server):
        raise SystemExit(f"libiec61850 cannot listen on 127.0.0.1:{port}")
    print("listening", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    lib.IedServer_stop(server)
    lib.IedServer_destroy(server)


if __name__ == "__main__":
    main()
