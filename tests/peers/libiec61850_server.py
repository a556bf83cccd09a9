#!/usr/bin/env python3
"""Serves a model file with the real libiec61850 on 127.0.0.1 until it is ended.

Usage: libiec61850_server.py FILE.cfg PORT [FILES_DIR]

Prints `listening` on standard output when clients can connect. The server has no application behind it: values stay as the file gives them,
controls are not handled, and files are served only where FILES_DIR is given.
"""

import signal
import sys

from libiec61850 import lib


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
