#!/usr/bin/env python3
"""Serves a .cfg model with the real libiec61850 that is inside the wheel pyiec61850-ng; `cargo xtask bench` starts it.

Usage: libiec61850_server.py MODEL.cfg [--max-connections N]

Writes `starting` on stderr once interpreter and library are loaded, so that their start-up is not counted as
the library's, and `listening on 127.0.0.1:PORT` when the server runs. It ends when it is killed. The C library
cannot report a port that the system picked, so a free one is looked up here; when another process takes it in
between, the next one is tried.

Each line `change COUNT RATE BURST` on stdin sets the float `MMXU1.TotW.mag.f` of the logical device LD0 to 1, 2, ... COUNT, at RATE changes a
second in groups of BURST (RATE 0: as fast as it can). Then one line on stdout gives the seconds that took and, for a BURST of 1, when
each change was made, in nanoseconds since 1970.
"""
import argparse
import ctypes
import glob
import importlib.util
import os
import signal
import socket
import sys
import time


def load_library():
    spec = importlib.util.find_spec("pyiec61850")
    if spec is None:
        sys.exit("pyiec61850 is not installed in this Python: run `cargo xtask peers`")
    site = os.path.dirname(os.path.dirname(spec.origin))
    found = glob.glob(os.path.join(site, "pyiec61850_ng.libs", "libiec61850*.so*"))
    if not found:
        sys.exit("no libiec61850 shared object beside pyiec61850 in " + site)
    return ctypes.CDLL(found[0])


def declare(library, name, result, *arguments):
    function = getattr(library, name)
    function.restype = result
    function.argtypes = arguments
    return function


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--max-connections", type=int, default=5)
    options = parser.parse_args()

    library = load_library()
    pointer = ctypes.c_void_p
    parse = declare(library, "ConfigFileParser_createModelFromConfigFileEx", pointer, ctypes.c_char_p)
    config_create = declare(library, "IedServerConfig_create", pointer)
    set_connections = declare(library, "IedServerConfig_setMaxMmsConnections", None, pointer, ctypes.c_int)
    create = declare(library, "IedServer_createWithConfig", pointer, pointer, pointer, pointer)
    set_address = declare(library, "IedServer_setLocalIpAddress", None, pointer, ctypes.c_char_p)
    start = declare(library, "IedServer_start", None, pointer, ctypes.c_int)
    is_running = declare(library, "IedServer_isRunning", ctypes.c_bool, pointer)

    print("starting", file=sys.stderr, flush=True)
    model = parse(os.fsencode(options.model))
    if not model:
        sys.exit("libiec61850 refuses the model " + options.model)
    config = config_create()
    set_connections(config, options.max_connections)
    server = create(model, None, config)
    set_address(server, b"127.0.0.1")
    for _ in range(5):
        port = free_port()
        start(server, port)
        if is_running(server):
            break
    else:
        sys.exit("libiec61850 does not start on any of five free ports")
    print(f"listening on 127.0.0.1:{port}", file=sys.stderr, flush=True)
    node = declare(library, "IedModel_getModelNodeByShortObjectReference", pointer, pointer, ctypes.c_char_p)
    update = declare(library, "IedServer_updateFloatAttributeValue", None, pointer, pointer, ctypes.c_float)
    for line in sys.stdin:
        _, count, rate, burst = line.split()
        change(update, server, node(model, b"LD0/MMXU1.TotW.mag.f"), int(count), int(rate), int(burst))
    signal.pause()


def change(update, server, value, count, rate, burst):
    times = []
    begin = time.monotonic()
    for number in range(count):
        if rate and number % burst == 0:
            wait = begin + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        if burst == 1:
            times.append(time.time_ns())
        update(server, value, number + 1)
    print(time.monotonic() - begin, *times, flush=True)


if __name__ == "__main__":
    main()
