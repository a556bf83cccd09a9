"""The server of libiec61850 in this process, and clients that take down what they get, for random use of both servers."""

import ctypes as C
import os
import queue
import socket

import play
from play import L, Client, cb, log, show

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "golden", "golden.cfg")


class Reference:
    """The server of libiec61850 in this process, with the settings of the recordings."""

    def __init__(self):
        self.model = L.ConfigFileParser_createModelFromConfigFileEx(GOLDEN)
        config = L.IedServerConfig_create()
        L.IedServerConfig_setEdition(config, 1)
        L.IedServerConfig_enableDynamicDataSetService(config, True)
        L.IedServerConfig_setMaxAssociationSpecificDataSets(config, 3)
        L.IedServerConfig_setMaxDomainSpecificDataSets(config, 8)
        L.IedServerConfig_setMaxDataSetEntries(config, 10)
        L.IedServerConfig_enableResvTmsForBRCB(config, True)
        L.IedServerConfig_setMaxMmsConnections(config, 5)
        self.server = L.IedServer_createWithConfig(self.model, None, config)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            play.Server.port = probe.getsockname()[1]
        L.IedServer_setLocalIpAddress(self.server, "127.0.0.1")
        self.before_start()
        L.IedServer_start(self.server, play.Server.port)

    def before_start(self):
        pass

    def node(self, reference):
        return L.IedModel_getModelNodeByShortObjectReference(self.model, "LD1/" + reference)

    def upd(self, reference, value):
        node = self.node(reference)
        if reference.endswith(".q"):
            L.IedServer_updateQuality(self.server, node, value)
        elif isinstance(value, bool):
            L.IedServer_updateBooleanAttributeValue(self.server, node, value)
        elif isinstance(value, float):
            L.IedServer_updateFloatAttributeValue(self.server, node, C.c_float(value))
        else:
            L.IedServer_updateInt32AttributeValue(self.server, node, value)

    def lock(self):
        L.IedServer_lockDataModel(self.server)

    def unlock(self):
        L.IedServer_unlockDataModel(self.server)

    def stop(self):
        L.IedServer_stop(self.server)


class Taker(Client):
    """A client that takes down every report."""

    def __init__(self, name):
        super().__init__()
        self.name, self.reports = name, queue.Queue()

        @cb(None, C.c_void_p, C.c_void_p, C.c_void_p, C.c_uint64, C.c_bool)
        def take(_parameter, _domain, _name, values, _is_list):
            self.reports.put(show(values))

        L.MmsConnection_setInformationReportHandler(self.m, take, None)

    def drain(self):
        while not self.reports.empty():
            log("  report to %s: %s" % (self.name, self.reports.get()))
