"""The C library libiec61850 1.6.1, called through ctypes.

The library is the shared object inside the Python package pyiec61850-ng. Its own SWIG layer refuses NULL where the C functions take it, hence ctypes.
Only what our scripts call is declared, from the library's public interface.
"""

import ctypes as c
import importlib.util
import os
import pathlib

P, S, I, U8, U32, B, F, D = c.c_void_p, c.c_char_p, c.c_int, c.c_uint8, c.c_uint32, c.c_bool, c.c_float, c.c_double
ERROR = c.POINTER(c.c_int)


def _open():
    path = os.environ.get("LIBIEC61850_SO")
    if path is None:
        package = importlib.util.find_spec("pyiec61850")
        if package is None or package.origin is None:
            raise SystemExit("pyiec61850-ng is not in this Python: run cargo xtask peers")
        found = sorted(pathlib.Path(package.origin).parent.parent.glob("pyiec61850_ng.libs/libiec61850*.so*"))
        if not found:
            raise SystemExit("the package pyiec61850-ng holds no libiec61850 shared object")
        path = str(found[0])
    return c.CDLL(path)


_FUNCTIONS = {
    # lists and model files
    "LinkedList_getNext": (P, P),
    "LinkedList_getData": (P, P),
    "LinkedList_create": (P,),
    "LinkedList_add": (None, P, P),
    "LinkedList_destroy": (None, P),
    "ConfigFileParser_createModelFromConfigFileEx": (P, S),
    # server
    "IedServerConfig_create": (P,),
    "IedServerConfig_enableFileService": (None, P, B),
    "IedServerConfig_setFileServiceBasePath": (None, P, S),
    "IedServerConfig_setEdition": (None, P, U8),
    "IedServerConfig_setMaxMmsConnections": (None, P, I),
    "IedServer_createWithConfig": (P, P, P, P),
    "IedServer_setLocalIpAddress": (None, P, S),
    "IedServer_start": (None, P, I),
    "IedServer_stop": (None, P),
    "IedServer_isRunning": (B, P),
    "IedServer_destroy": (None, P),
    "IedServer_lockDataModel": (None, P),
    "IedServer_unlockDataModel": (None, P),
    "IedServer_updateAttributeValue": (None, P, P, P),
    "IedServer_updateInt64AttributeValue": (None, P, P, c.c_int64),
    "IedServer_updateBitStringAttributeValue": (None, P, P, U32),
    "IedServer_updateDbposValue": (None, P, P, I),
    "IedServer_updateQuality": (None, P, P, c.c_uint16),
    "IedServer_updateUTCTimeAttributeValue": (None, P, P, c.c_uint64),
    "IedModel_getDeviceByInst": (P, P, S),
    "ModelNode_getChild": (P, P, S),
    "ModelNode_getChildWithFc": (P, P, S, I),
    # client: association
    "IedConnection_create": (P,),
    "IedConnection_destroy": (None, P),
    "IedConnection_connect": (None, P, ERROR, S, I),
    "IedConnection_release": (None, P, ERROR),
    "IedConnection_abort": (None, P, ERROR),
    "IedConnection_close": (None, P),
    "IedConnection_getState": (I, P),
    "IedConnection_getMmsConnection": (P, P),
    "IedConnection_setConnectTimeout": (None, P, U32),
    "IedConnection_setRequestTimeout": (None, P, U32),
    # client: directories
    "IedConnection_getLogicalDeviceList": (P, P, ERROR),
    "IedConnection_getLogicalDeviceDirectory": (P, P, ERROR, S),
    "IedConnection_getLogicalDeviceVariables": (P, P, ERROR, S),
    "IedConnection_getLogicalDeviceDataSets": (P, P, ERROR, S),
    "IedConnection_getLogicalNodeDirectory": (P, P, ERROR, S, I),
    "IedConnection_getDataSetDirectory": (P, P, ERROR, S, c.POINTER(B)),
    "IedConnection_getFileDirectory": (P, P, ERROR, S),
    "IedConnection_readDataSetValues": (P, P, ERROR, S, P),
    "IedConnection_createDataSet": (None, P, ERROR, S, P),
    "IedConnection_deleteDataSet": (B, P, ERROR, S),
    "ClientDataSet_getValues": (P, P),
    "ClientDataSet_destroy": (None, P),
    "FileDirectoryEntry_getFileName": (S, P),
    "FileDirectoryEntry_getFileSize": (U32, P),
    "FileDirectoryEntry_destroy": (None, P),
    # client: values
    "IedConnection_readObject": (P, P, ERROR, S, I),
    "IedConnection_writeObject": (None, P, ERROR, S, I, P),
    "MmsConnection_identify": (P, P, ERROR),
    "MmsConnection_getServerStatus": (None, P, ERROR, c.POINTER(I), c.POINTER(I), B),
    "MmsConnection_readVariable": (P, P, ERROR, S, S),
    "MmsConnection_writeVariable": (I, P, ERROR, S, S, P),
    "MmsConnection_getVariableAccessAttributes": (P, P, ERROR, S, S),
    "MmsVariableSpecification_getType": (I, P),
    "MmsVariableSpecification_getName": (S, P),
    "MmsVariableSpecification_getSize": (I, P),
    "MmsVariableSpecification_getExponentWidth": (I, P),
    "MmsVariableSpecification_getChildSpecificationByIndex": (P, P, I),
    "MmsVariableSpecification_getArrayElementSpecification": (P, P),
    "MmsVariableSpecification_destroy": (None, P),
    "MmsValue_getType": (I, P),
    "MmsValue_getArraySize": (U32, P),
    "MmsValue_getElement": (P, P, I),
    "MmsValue_getBoolean": (B, P),
    "MmsValue_toInt64": (c.c_int64, P),
    "MmsValue_toUint32": (U32, P),
    "MmsValue_toFloat": (F, P),
    "MmsValue_toDouble": (D, P),
    "MmsValue_toString": (S, P),
    "MmsValue_getBitStringSize": (I, P),
    "MmsValue_getBitStringBit": (B, P, I),
    "MmsValue_getOctetStringSize": (c.c_uint16, P),
    "MmsValue_getOctetStringBuffer": (P, P),
    "MmsValue_getUtcTimeBuffer": (P, P),
    "MmsValue_getBinaryTimeAsUtcMs": (c.c_uint64, P),
    "MmsValue_getDataAccessError": (I, P),
    "MmsValue_delete": (None, P),
    "MmsValue_newBoolean": (P, B),
    "MmsValue_newIntegerFromInt32": (P, c.c_int32),
    "MmsValue_newIntegerFromInt64": (P, c.c_int64),
    "MmsValue_newUnsignedFromUint32": (P, U32),
    "MmsValue_newFloat": (P, F),
    "MmsValue_newDouble": (P, D),
    "MmsValue_newVisibleString": (P, S),
    "MmsValue_newMmsString": (P, S),
    "MmsValue_newBitString": (P, I),
    "MmsValue_setBitStringBit": (None, P, I, B),
    "MmsValue_newOctetString": (P, I, I),
    "MmsValue_setOctetString": (None, P, c.c_char_p, I),
    "MmsValue_createEmptyStructure": (P, I),
    "MmsValue_createEmptyArray": (P, I),
    "MmsValue_setElement": (None, P, I, P),
}


def _declare(library):
    for name, (result, *arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


lib = _declare(_open())

FC = "ST MX SP SV CF DC SG SE SR OR BL EX CO US MS RP BR LG GO".split()
FC_NUMBER = {name: number for number, name in enumerate(FC)}

TYPES = (
    "array structure boolean bit-string integer unsigned float octet-string visible-string generalized-time binary-time bcd obj-id "
    "mms-string utc-time data-access-error"
).split()

ACCESS_ERRORS = (
    "object-invalidated hardware-fault temporarily-unavailable object-access-denied object-undefined invalid-address type-unsupported "
    "type-inconsistent object-attribute-inconsistent object-access-unsupported object-non-existent object-value-invalid"
).split()

# IedClientError and MmsError share no numbers except 0 that matter here; the names are ours, after the enumerators of the C headers.
IED_ERRORS = {
    1: "not-connected", 2: "already-connected", 3: "connection-lost", 4: "service-not-supported", 5: "connection-rejected",
    6: "outstanding-call-limit", 10: "invalid-argument", 11: "data-set-mismatch", 12: "object-reference-invalid", 13: "unexpected-value",
    20: "timeout", 21: "access-denied", 22: "object-does-not-exist", 23: "object-exists", 24: "object-access-unsupported",
    25: "type-inconsistent", 26: "temporarily-unavailable", 27: "object-undefined", 28: "invalid-address", 29: "hardware-fault",
    30: "type-unsupported", 31: "object-attribute-inconsistent", 32: "object-value-invalid", 33: "object-invalidated",
    34: "malformed-message", 35: "object-constraint-conflict", 98: "service-not-implemented", 99: "unknown",
}  # fmt: skip
MMS_ERRORS = {
    1: "connection-rejected", 2: "connection-lost", 3: "timeout", 4: "parsing-response", 5: "hardware-fault", 6: "conclude-rejected",
    7: "invalid-arguments", 8: "outstanding-call-limit", 9: "other", 30: "definition-other", 31: "invalid-address", 32: "type-unsupported",
    33: "type-inconsistent", 34: "object-undefined", 35: "object-exists", 36: "object-attribute-inconsistent", 40: "resource-other",
    41: "resource-capability-unavailable", 50: "service-other", 55: "object-constraint-conflict", 80: "access-other",
    81: "object-non-existent", 82: "object-access-unsupported", 83: "object-access-denied", 84: "object-invalidated",
    85: "object-value-invalid", 86: "temporarily-unavailable", 90: "file-other", 91: "file-name-ambiguous", 92: "file-busy",
    93: "file-name-syntax-error", 94: "file-content-type-invalid", 95: "file-position-invalid", 96: "file-access-denied",
    97: "file-non-existent", 98: "duplicate-filename", 99: "file-no-space", 100: "reject-other", 101: "reject-unknown-pdu-type",
    102: "reject-invalid-pdu", 103: "reject-unrecognized-service", 104: "reject-unrecognized-modifier", 105: "reject-invalid-argument",
}  # fmt: skip


def pointers(linked_list):
    """The data pointers of a LinkedList, whose first node holds none."""
    node = lib.LinkedList_getNext(linked_list) if linked_list else None
    while node:
        yield lib.LinkedList_getData(node)
        node = lib.LinkedList_getNext(node)


def strings(linked_list):
    return [c.string_at(pointer).decode("latin-1") for pointer in pointers(linked_list)]


def to_python(value):
    """An MmsValue as {type: value}; structures and arrays hold lists, octets and times are in hex, bits a string of 0 and 1."""
    if not value:
        return None
    kind = TYPES[lib.MmsValue_getType(value)]
    if kind in ("structure", "array"):
        return {kind: [to_python(lib.MmsValue_getElement(value, i)) for i in range(lib.MmsValue_getArraySize(value))]}
    if kind == "boolean":
        return {kind: lib.MmsValue_getBoolean(value)}
    if kind == "integer":
        return {kind: lib.MmsValue_toInt64(value)}
    if kind == "unsigned":
        return {kind: lib.MmsValue_toUint32(value)}
    if kind == "float":
        return {kind: repr(lib.MmsValue_toDouble(value))}
    if kind == "bit-string":
        return {kind: "".join("01"[lib.MmsValue_getBitStringBit(value, i)] for i in range(lib.MmsValue_getBitStringSize(value)))}
    if kind == "octet-string":
        return {kind: c.string_at(lib.MmsValue_getOctetStringBuffer(value), lib.MmsValue_getOctetStringSize(value)).hex()}
    if kind in ("visible-string", "mms-string"):
        return {kind: lib.MmsValue_toString(value).decode("utf-8", "replace")}
    if kind == "utc-time":
        return {kind: c.string_at(lib.MmsValue_getUtcTimeBuffer(value), 8).hex()}
    if kind == "binary-time":
        return {kind: lib.MmsValue_getBinaryTimeAsUtcMs(value)}
    if kind == "data-access-error":
        number = lib.MmsValue_getDataAccessError(value)
        return {"error": ACCESS_ERRORS[number] if 0 <= number < len(ACCESS_ERRORS) else number}
    return {kind: None}


def from_python(value):
    """The reverse of to_python for the types that tests write."""
    ((kind, content),) = value.items()
    if kind in ("structure", "array"):
        create = lib.MmsValue_createEmptyStructure if kind == "structure" else lib.MmsValue_createEmptyArray
        result = create(len(content))
        for index, element in enumerate(content):
            lib.MmsValue_setElement(result, index, from_python(element))
        return result
    if kind == "bit-string":
        result = lib.MmsValue_newBitString(len(content))
        for index, bit in enumerate(content):
            lib.MmsValue_setBitStringBit(result, index, bit == "1")
        return result
    if kind == "octet-string":
        octets = bytes.fromhex(content)
        result = lib.MmsValue_newOctetString(len(octets), len(octets))
        lib.MmsValue_setOctetString(result, octets, len(octets))
        return result
    if kind in ("visible-string", "mms-string"):
        create = lib.MmsValue_newVisibleString if kind == "visible-string" else lib.MmsValue_newMmsString
        return create(content.encode())
    create = {
        "boolean": lib.MmsValue_newBoolean,
        "integer": lib.MmsValue_newIntegerFromInt64,
        "unsigned": lib.MmsValue_newUnsignedFromUint32,
        "float": lambda number: lib.MmsValue_newFloat(float(number)),
        "double": lambda number: lib.MmsValue_newDouble(float(number)),
    }.get(kind)
    if create is None:
        raise SystemExit(f"no way to make an MMS value of {value}")
    return create(content)


def type_to_python(spec):
    """A type description: a name with its size for simple types, a list of [name, type] for structures."""
    kind = TYPES[lib.MmsVariableSpecification_getType(spec)]
    size = lib.MmsVariableSpecification_getSize(spec)
    if kind == "structure":
        components = []
        for index in range(size):
            child = lib.MmsVariableSpecification_getChildSpecificationByIndex(spec, index)
            name = lib.MmsVariableSpecification_getName(child)
            components.append([name.decode() if name else None, type_to_python(child)])
        return {"structure": components}
    if kind == "array":
        return {"array": [size, type_to_python(lib.MmsVariableSpecification_getArrayElementSpecification(spec))]}
    if kind == "float":
        return f"float {size} {lib.MmsVariableSpecification_getExponentWidth(spec)}"
    if kind in ("integer", "unsigned", "bit-string", "octet-string", "visible-string", "mms-string", "binary-time"):
        return f"{kind} {size}"
    return kind
