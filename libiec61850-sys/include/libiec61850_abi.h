/*
 * The binary interface of libiec61850 1.6: its functions, constants and the layout of its structures.
 *
 * Part of libiec61850-sys, under MIT OR Apache-2.0, and written for it: nothing is copied from the headers of the library. Names, types and values are
 * what a program needs to call the library; they were compared with the symbols and the behaviour of libiec61850 1.6.1 on 64-bit Linux.
 * src/bindings.rs is made from this file by `cargo xtask bindings`.
 *
 * A banner names the header of libiec61850 that a C program includes for what follows it.
 *
 * Who owns what, unless a comment says otherwise:
 *   - what a *_create or *_new* function returns is the caller's, until the matching *_destroy or MmsValue_delete;
 *   - a char* from a get function belongs to the object, and a const char* argument is copied;
 *   - nodes and control blocks belong to their IedModel;
 *   - values handed to callbacks are borrowed for the call.
 */
#ifndef LIBIEC61850_ABI_H
#define LIBIEC61850_ABI_H

#ifdef LIBIEC61850_ABI_WITHOUT_LIBC
/* libclang without the headers of a C compiler is enough to make the Rust bindings. */
#define bool _Bool
#define true 1
#define false 0
typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long long int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
typedef __SIZE_TYPE__ size_t;
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * == Platform: time, threads, memory, files, Ethernet [hal_time.h, hal_thread.h, lib_memory.h, hal_filesystem.h, hal_ethernet.h]
 */

/** Milliseconds since 1970-01-01 UTC */
typedef uint64_t msSinceEpoch;
/** Nanoseconds since 1970-01-01 UTC */
typedef uint64_t nsSinceEpoch;
/** A counting semaphore; the library uses those with one token as mutexes */
typedef void* Semaphore;
typedef struct sThread* Thread;
typedef void* (*ThreadExecutionFunction)(void* parameter);
/** Called when the library gets no memory */
typedef void (*MemoryExceptionHandler)(void* parameter);
typedef void* FileHandle;
typedef void* DirectoryHandle;
typedef struct sEthernetSocket* EthernetSocket;
typedef struct sEthernetHandleSet* EthernetHandleSet;

/** Which frames an Ethernet socket receives */
typedef enum {
    ETHERNET_SOCKET_MODE_PROMISC = 0,
    ETHERNET_SOCKET_MODE_ALL_MULTICAST = 1,
    ETHERNET_SOCKET_MODE_HOST_ONLY = 2,
    ETHERNET_SOCKET_MODE_MULTICAST = 3
} EthernetSocketMode;

msSinceEpoch Hal_getMonotonicTimeInMs(void);
nsSinceEpoch Hal_getMonotonicTimeInNs(void);
msSinceEpoch Hal_getTimeInMs(void);
nsSinceEpoch Hal_getTimeInNs(void);
bool Hal_setTimeInNs(nsSinceEpoch nsTime);
void* Memory_calloc(size_t nmemb, size_t size);
void Memory_free(void* memb);
void Memory_installExceptionHandler(MemoryExceptionHandler handler, void* parameter);
void* Memory_malloc(size_t size);
void* Memory_realloc(void* ptr, size_t size);
Semaphore Semaphore_create(int initialValue);
void Semaphore_destroy(Semaphore self);
void Semaphore_post(Semaphore self);
void Semaphore_wait(Semaphore self);
Thread Thread_create(ThreadExecutionFunction function, void* parameter, bool autodestroy);
void Thread_destroy(Thread thread);
void Thread_sleep(int millies);
void Thread_start(Thread thread);
void FileSystem_closeDirectory(DirectoryHandle directory);
void FileSystem_closeFile(FileHandle handle);
bool FileSystem_deleteFile(char* filename);
bool FileSystem_getFileInfo(char* filename, uint32_t* fileSize, uint64_t* lastModificationTimestamp);
DirectoryHandle FileSystem_openDirectory(char* directoryName);
FileHandle FileSystem_openFile(char* pathName, bool readWrite);
char* FileSystem_readDirectory(DirectoryHandle directory, bool* isDirectory);
int FileSystem_readFile(FileHandle handle, uint8_t* buffer, int maxSize);
bool FileSystem_renameFile(char* oldFilename, char* newFilename);
int FileSystem_writeFile(FileHandle handle, uint8_t* buffer, int size);
void EthernetHandleSet_addSocket(EthernetHandleSet self, const EthernetSocket sock);
void EthernetHandleSet_destroy(EthernetHandleSet self);
EthernetHandleSet EthernetHandleSet_new(void);
void EthernetHandleSet_removeSocket(EthernetHandleSet self, const EthernetSocket sock);
int EthernetHandleSet_waitReady(EthernetHandleSet self, unsigned int timeoutMs);
void Ethernet_addMulticastAddress(EthernetSocket self, uint8_t* multicastAddress);
EthernetSocket Ethernet_createSocket(const char* interfaceId, uint8_t* destAddress);
void Ethernet_destroySocket(EthernetSocket self);
void Ethernet_getInterfaceMACAddress(const char* interfaceId, uint8_t* addr);
bool Ethernet_isSupported(void);
int Ethernet_receivePacket(EthernetSocket self, uint8_t* buffer, int bufferSize);
void Ethernet_sendPacket(EthernetSocket self, uint8_t* buffer, int packetSize);
void Ethernet_setMode(EthernetSocket self, EthernetSocketMode mode);
void Ethernet_setProtocolFilter(EthernetSocket self, uint16_t etherType);

/*
 * == Linked list [linked_list.h]
 */

/** One element of a list. The handle of a list is its head, an element that carries no data. */
struct sLinkedList {
    void* data;
    struct sLinkedList* next;
};
typedef struct sLinkedList* LinkedList;
typedef void (*LinkedListValueDeleteFunction)(void* data);

void LinkedList_add(LinkedList self, void* data);
bool LinkedList_contains(LinkedList self, void* data);
LinkedList LinkedList_create(void);
void LinkedList_destroy(LinkedList self);
void LinkedList_destroyDeep(LinkedList self, LinkedListValueDeleteFunction valueDeleteFunction);
void LinkedList_destroyStatic(LinkedList self);
LinkedList LinkedList_get(LinkedList self, int index);
void* LinkedList_getData(LinkedList self);
LinkedList LinkedList_getLastElement(LinkedList self);
LinkedList LinkedList_getNext(LinkedList self);
LinkedList LinkedList_insertAfter(LinkedList listElement, void* data);
void LinkedList_printStringList(LinkedList self);
bool LinkedList_remove(LinkedList self, void* data);
int LinkedList_size(LinkedList self);

/*
 * == MMS values and types [mms_common.h, mms_value.h, mms_type_spec.h]
 */

/** The kinds of an MMS value */
typedef enum {
    MMS_ARRAY = 0,
    MMS_STRUCTURE = 1,
    MMS_BOOLEAN = 2,
    MMS_BIT_STRING = 3,
    MMS_INTEGER = 4,
    MMS_UNSIGNED = 5,
    MMS_FLOAT = 6,
    MMS_OCTET_STRING = 7,
    MMS_VISIBLE_STRING = 8,
    MMS_GENERALIZED_TIME = 9,
    MMS_BINARY_TIME = 10,
    MMS_BCD = 11,
    MMS_OBJ_ID = 12,
    MMS_STRING = 13,
    MMS_UTC_TIME = 14,
    MMS_DATA_ACCESS_ERROR = 15
} MmsType;

/** Why a variable could not be read or written (DataAccessError of ISO 9506-2), and three answers of handlers below zero */
typedef enum {
    DATA_ACCESS_ERROR_SUCCESS_NO_UPDATE = -3,
    DATA_ACCESS_ERROR_NO_RESPONSE = -2,
    DATA_ACCESS_ERROR_SUCCESS = -1,
    DATA_ACCESS_ERROR_OBJECT_INVALIDATED = 0,
    DATA_ACCESS_ERROR_HARDWARE_FAULT = 1,
    DATA_ACCESS_ERROR_TEMPORARILY_UNAVAILABLE = 2,
    DATA_ACCESS_ERROR_OBJECT_ACCESS_DENIED = 3,
    DATA_ACCESS_ERROR_OBJECT_UNDEFINED = 4,
    DATA_ACCESS_ERROR_INVALID_ADDRESS = 5,
    DATA_ACCESS_ERROR_TYPE_UNSUPPORTED = 6,
    DATA_ACCESS_ERROR_TYPE_INCONSISTENT = 7,
    DATA_ACCESS_ERROR_OBJECT_ATTRIBUTE_INCONSISTENT = 8,
    DATA_ACCESS_ERROR_OBJECT_ACCESS_UNSUPPORTED = 9,
    DATA_ACCESS_ERROR_OBJECT_NONE_EXISTENT = 10,
    DATA_ACCESS_ERROR_OBJECT_VALUE_INVALID = 11,
    DATA_ACCESS_ERROR_UNKNOWN = 12
} MmsDataAccessError;

/** What went wrong with an MMS request */
typedef enum {
    MMS_ERROR_NONE = 0,
    MMS_ERROR_CONNECTION_REJECTED = 1,
    MMS_ERROR_CONNECTION_LOST = 2,
    MMS_ERROR_SERVICE_TIMEOUT = 3,
    MMS_ERROR_PARSING_RESPONSE = 4,
    MMS_ERROR_HARDWARE_FAULT = 5,
    MMS_ERROR_CONCLUDE_REJECTED = 6,
    MMS_ERROR_INVALID_ARGUMENTS = 7,
    MMS_ERROR_OUTSTANDING_CALL_LIMIT = 8,
    MMS_ERROR_OTHER = 9,
    MMS_ERROR_VMDSTATE_OTHER = 10,
    MMS_ERROR_APPLICATION_REFERENCE_OTHER = 20,
    MMS_ERROR_DEFINITION_OTHER = 30,
    MMS_ERROR_DEFINITION_INVALID_ADDRESS = 31,
    MMS_ERROR_DEFINITION_TYPE_UNSUPPORTED = 32,
    MMS_ERROR_DEFINITION_TYPE_INCONSISTENT = 33,
    MMS_ERROR_DEFINITION_OBJECT_UNDEFINED = 34,
    MMS_ERROR_DEFINITION_OBJECT_EXISTS = 35,
    MMS_ERROR_DEFINITION_OBJECT_ATTRIBUTE_INCONSISTENT = 36,
    MMS_ERROR_RESOURCE_OTHER = 40,
    MMS_ERROR_RESOURCE_CAPABILITY_UNAVAILABLE = 41,
    MMS_ERROR_SERVICE_OTHER = 50,
    MMS_ERROR_SERVICE_OBJECT_CONSTRAINT_CONFLICT = 55,
    MMS_ERROR_SERVICE_PREEMPT_OTHER = 60,
    MMS_ERROR_TIME_RESOLUTION_OTHER = 70,
    MMS_ERROR_ACCESS_OTHER = 80,
    MMS_ERROR_ACCESS_OBJECT_NON_EXISTENT = 81,
    MMS_ERROR_ACCESS_OBJECT_ACCESS_UNSUPPORTED = 82,
    MMS_ERROR_ACCESS_OBJECT_ACCESS_DENIED = 83,
    MMS_ERROR_ACCESS_OBJECT_INVALIDATED = 84,
    MMS_ERROR_ACCESS_OBJECT_VALUE_INVALID = 85,
    MMS_ERROR_ACCESS_TEMPORARILY_UNAVAILABLE = 86,
    MMS_ERROR_FILE_OTHER = 90,
    MMS_ERROR_FILE_FILENAME_AMBIGUOUS = 91,
    MMS_ERROR_FILE_FILE_BUSY = 92,
    MMS_ERROR_FILE_FILENAME_SYNTAX_ERROR = 93,
    MMS_ERROR_FILE_CONTENT_TYPE_INVALID = 94,
    MMS_ERROR_FILE_POSITION_INVALID = 95,
    MMS_ERROR_FILE_FILE_ACCESS_DENIED = 96,
    MMS_ERROR_FILE_FILE_NON_EXISTENT = 97,
    MMS_ERROR_FILE_DUPLICATE_FILENAME = 98,
    MMS_ERROR_FILE_INSUFFICIENT_SPACE_IN_FILESTORE = 99,
    MMS_ERROR_REJECT_OTHER = 100,
    MMS_ERROR_REJECT_UNKNOWN_PDU_TYPE = 101,
    MMS_ERROR_REJECT_INVALID_PDU = 102,
    MMS_ERROR_REJECT_UNRECOGNIZED_SERVICE = 103,
    MMS_ERROR_REJECT_UNRECOGNIZED_MODIFIER = 104,
    MMS_ERROR_REJECT_REQUEST_INVALID_ARGUMENT = 105
} MmsError;

/** A value; only reached through the functions below */
typedef struct sMmsValue MmsValue;
/** The type of a variable; only reached through the functions below */
typedef struct sMmsVariableSpecification MmsVariableSpecification;

MmsValue* MmsValue_clone(const MmsValue* self);
uint8_t* MmsValue_cloneToBuffer(const MmsValue* self, uint8_t* destinationAddress);
MmsValue* MmsValue_createArray(const MmsVariableSpecification* elementType, int size);
MmsValue* MmsValue_createEmptyArray(int size);
MmsValue* MmsValue_createEmptyStructure(int size);
MmsValue* MmsValue_decodeMmsData(uint8_t* buffer, int bufPos, int bufferLength, int* endBufPos);
MmsValue* MmsValue_decodeMmsDataMaxRecursion(uint8_t* buffer, int bufPos, int bufferLength, int* endBufPos, int maxDepth);
void MmsValue_delete(MmsValue* self);
void MmsValue_deleteAllBitStringBits(MmsValue* self);
void MmsValue_deleteConditional(MmsValue* value);
int MmsValue_encodeMmsData(MmsValue* self, uint8_t* buffer, int bufPos, bool encode);
bool MmsValue_equalTypes(const MmsValue* self, const MmsValue* otherValue);
bool MmsValue_equals(const MmsValue* self, const MmsValue* otherValue);
uint32_t MmsValue_getArraySize(const MmsValue* self);
uint64_t MmsValue_getBinaryTimeAsUtcMs(const MmsValue* self);
uint32_t MmsValue_getBitStringAsInteger(const MmsValue* self);
uint32_t MmsValue_getBitStringAsIntegerBigEndian(const MmsValue* self);
bool MmsValue_getBitStringBit(const MmsValue* self, int bitPos);
int MmsValue_getBitStringByteSize(const MmsValue* self);
int MmsValue_getBitStringSize(const MmsValue* self);
bool MmsValue_getBoolean(const MmsValue* value);
MmsDataAccessError MmsValue_getDataAccessError(const MmsValue* self);
MmsValue* MmsValue_getElement(const MmsValue* array, int index);
int MmsValue_getMaxEncodedSize(MmsValue* self);
int MmsValue_getNumberOfSetBits(const MmsValue* self);
uint8_t* MmsValue_getOctetStringBuffer(MmsValue* self);
uint16_t MmsValue_getOctetStringMaxSize(MmsValue* self);
uint8_t MmsValue_getOctetStringOctet(MmsValue* self, int octetPos);
uint16_t MmsValue_getOctetStringSize(const MmsValue* self);
int MmsValue_getSizeInMemory(const MmsValue* self);
int MmsValue_getStringSize(MmsValue* self);
MmsValue* MmsValue_getSubElement(MmsValue* self, MmsVariableSpecification* varSpec, char* mmsPath);
MmsType MmsValue_getType(const MmsValue* self);
char* MmsValue_getTypeString(MmsValue* self);
const uint8_t* MmsValue_getUtcTimeBuffer(MmsValue* self);
uint64_t MmsValue_getUtcTimeInMs(const MmsValue* value);
uint64_t MmsValue_getUtcTimeInMsWithUs(const MmsValue* self, uint32_t* usec);
uint8_t MmsValue_getUtcTimeQuality(const MmsValue* self);
int MmsValue_isDeletable(MmsValue* self);
MmsValue* MmsValue_newBinaryTime(bool timeOfDay);
MmsValue* MmsValue_newBitString(int bitSize);
MmsValue* MmsValue_newBoolean(bool boolean);
MmsValue* MmsValue_newDataAccessError(MmsDataAccessError accessError);
MmsValue* MmsValue_newDefaultValue(const MmsVariableSpecification* typeSpec);
MmsValue* MmsValue_newDouble(double value);
MmsValue* MmsValue_newFloat(float value);
MmsValue* MmsValue_newInteger(int size);
MmsValue* MmsValue_newIntegerFromInt16(int16_t integer);
MmsValue* MmsValue_newIntegerFromInt32(int32_t integer);
MmsValue* MmsValue_newIntegerFromInt64(int64_t integer);
MmsValue* MmsValue_newIntegerFromInt8(int8_t integer);
MmsValue* MmsValue_newMmsString(const char* string);
MmsValue* MmsValue_newMmsStringFromByteArray(const uint8_t* byteArray, int size);
MmsValue* MmsValue_newMmsStringWithSize(int size);
MmsValue* MmsValue_newOctetString(int size, int maxSize);
MmsValue* MmsValue_newStructure(const MmsVariableSpecification* typeSpec);
MmsValue* MmsValue_newUnsigned(int size);
MmsValue* MmsValue_newUnsignedFromUint32(uint32_t integer);
MmsValue* MmsValue_newUtcTime(uint32_t timeval);
MmsValue* MmsValue_newUtcTimeByMsTime(uint64_t timeval);
MmsValue* MmsValue_newVisibleString(const char* string);
MmsValue* MmsValue_newVisibleStringFromByteArray(const uint8_t* byteArray, int size);
MmsValue* MmsValue_newVisibleStringWithSize(int size);
char* MmsValue_printToBuffer(const MmsValue* self, char* buffer, int bufferSize);
void MmsValue_setAllBitStringBits(MmsValue* self);
void MmsValue_setBinaryTime(MmsValue* self, uint64_t timestamp);
void MmsValue_setBitStringBit(MmsValue* self, int bitPos, bool value);
void MmsValue_setBitStringFromInteger(MmsValue* self, uint32_t intValue);
void MmsValue_setBitStringFromIntegerBigEndian(MmsValue* self, uint32_t intValue);
void MmsValue_setBoolean(MmsValue* value, bool boolValue);
void MmsValue_setDeletable(MmsValue* self);
void MmsValue_setDeletableRecursive(MmsValue* value);
void MmsValue_setDouble(MmsValue* self, double newFloatValue);
void MmsValue_setElement(MmsValue* complexValue, int index, MmsValue* elementValue);
void MmsValue_setFloat(MmsValue* self, float newFloatValue);
void MmsValue_setInt16(MmsValue* value, int16_t integer);
void MmsValue_setInt32(MmsValue* self, int32_t integer);
void MmsValue_setInt64(MmsValue* value, int64_t integer);
void MmsValue_setInt8(MmsValue* value, int8_t integer);
void MmsValue_setMmsString(MmsValue* value, const char* string);
void MmsValue_setOctetString(MmsValue* self, const uint8_t* buf, int size);
void MmsValue_setOctetStringOctet(MmsValue* self, int octetPos, uint8_t value);
void MmsValue_setUint16(MmsValue* value, uint16_t integer);
void MmsValue_setUint32(MmsValue* value, uint32_t integer);
void MmsValue_setUint8(MmsValue* value, uint8_t integer);
MmsValue* MmsValue_setUtcTime(MmsValue* self, uint32_t timeval);
void MmsValue_setUtcTimeByBuffer(MmsValue* self, const uint8_t* buffer);
MmsValue* MmsValue_setUtcTimeMs(MmsValue* self, uint64_t timeval);
MmsValue* MmsValue_setUtcTimeMsEx(MmsValue* self, uint64_t timeval, uint8_t timeQuality);
void MmsValue_setUtcTimeQuality(MmsValue* self, uint8_t timeQuality);
void MmsValue_setVisibleString(MmsValue* self, const char* string);
double MmsValue_toDouble(const MmsValue* self);
float MmsValue_toFloat(const MmsValue* self);
int32_t MmsValue_toInt32(const MmsValue* value);
int64_t MmsValue_toInt64(const MmsValue* self);
char* MmsValue_toString(MmsValue* self);
uint32_t MmsValue_toUint32(const MmsValue* value);
uint32_t MmsValue_toUnixTimestamp(const MmsValue* self);
bool MmsValue_update(MmsValue* self, const MmsValue* source);
void MmsVariableSpecification_destroy(MmsVariableSpecification* self);
MmsVariableSpecification* MmsVariableSpecification_getArrayElementSpecification(MmsVariableSpecification* self);
MmsVariableSpecification* MmsVariableSpecification_getChildSpecificationByIndex(MmsVariableSpecification* self, int index);
MmsVariableSpecification* MmsVariableSpecification_getChildSpecificationByName(MmsVariableSpecification* self, const char* name);
MmsValue* MmsVariableSpecification_getChildValue(MmsVariableSpecification* self, MmsValue* value, const char* childId);
int MmsVariableSpecification_getExponentWidth(MmsVariableSpecification* self);
int MmsVariableSpecification_getMaxEncodedSize(MmsVariableSpecification* self);
char* MmsVariableSpecification_getName(MmsVariableSpecification* self);
MmsVariableSpecification* MmsVariableSpecification_getNamedVariableRecursive(MmsVariableSpecification* self, const char* nameId);
int MmsVariableSpecification_getSize(MmsVariableSpecification* self);
LinkedList MmsVariableSpecification_getStructureElements(MmsVariableSpecification* self);
MmsType MmsVariableSpecification_getType(MmsVariableSpecification* self);
bool MmsVariableSpecification_isValueOfType(MmsVariableSpecification* self, const MmsValue* value);

/*
 * == Common: time stamps, quality, control vocabulary [iec61850_common.h]
 */

/** The octets of a UtcTime: four of seconds, three of fraction, one of time quality */
typedef union {
    uint8_t val[8];
} Timestamp;
/** A set of QUALITY_* bits; bit 0 is the first bit of the bit string */
typedef uint16_t Quality;
/** The two validity bits of a Quality */
typedef uint16_t Validity;
/** Where GOOSE and sampled values go: VLAN, APPID, MAC address */
typedef struct {
    uint8_t vlanPriority;
    uint16_t vlanId;
    uint16_t appId;
    uint8_t dstAddress[6];
} PhyComAddress;
/** The same layout under the name that the publishers use */
typedef struct sCommParameters {
    uint8_t vlanPriority;
    uint16_t vlanId;
    uint16_t appId;
    uint8_t dstAddress[6];
} CommParameters;

/** Position of a double point */
typedef enum {
    DBPOS_INTERMEDIATE_STATE = 0,
    DBPOS_OFF = 1,
    DBPOS_ON = 2,
    DBPOS_BAD_STATE = 3
} Dbpos;

/** Functional constraints of IEC 61850-7-2; RP and BR stand for unbuffered and buffered report control blocks */
typedef enum {
    IEC61850_FC_ST = 0,
    IEC61850_FC_MX = 1,
    IEC61850_FC_SP = 2,
    IEC61850_FC_SV = 3,
    IEC61850_FC_CF = 4,
    IEC61850_FC_DC = 5,
    IEC61850_FC_SG = 6,
    IEC61850_FC_SE = 7,
    IEC61850_FC_SR = 8,
    IEC61850_FC_OR = 9,
    IEC61850_FC_BL = 10,
    IEC61850_FC_EX = 11,
    IEC61850_FC_CO = 12,
    IEC61850_FC_US = 13,
    IEC61850_FC_MS = 14,
    IEC61850_FC_RP = 15,
    IEC61850_FC_BR = 16,
    IEC61850_FC_LG = 17,
    IEC61850_FC_GO = 18,
    IEC61850_FC_ALL = 99,
    IEC61850_FC_NONE = -1
} FunctionalConstraint;

/** Classes of the abstract communication service interface */
typedef enum {
    ACSI_CLASS_DATA_OBJECT = 0,
    ACSI_CLASS_DATA_SET = 1,
    ACSI_CLASS_BRCB = 2,
    ACSI_CLASS_URCB = 3,
    ACSI_CLASS_LCB = 4,
    ACSI_CLASS_LOG = 5,
    ACSI_CLASS_SGCB = 6,
    ACSI_CLASS_GoCB = 7,
    ACSI_CLASS_GsCB = 8,
    ACSI_CLASS_MSVCB = 9,
    ACSI_CLASS_USVCB = 10
} ACSIClass;

/** Control models (ctlModel) */
typedef enum {
    CONTROL_MODEL_STATUS_ONLY = 0,
    CONTROL_MODEL_DIRECT_NORMAL = 1,
    CONTROL_MODEL_SBO_NORMAL = 2,
    CONTROL_MODEL_DIRECT_ENHANCED = 3,
    CONTROL_MODEL_SBO_ENHANCED = 4
} ControlModel;

/** Error of a LastApplError */
typedef enum {
    CONTROL_ERROR_NO_ERROR = 0,
    CONTROL_ERROR_UNKNOWN = 1,
    CONTROL_ERROR_TIMEOUT_TEST = 2,
    CONTROL_ERROR_OPERATOR_TEST = 3
} ControlLastApplError;

/** Additional cause of a refused control (AddCause) */
typedef enum {
    ADD_CAUSE_UNKNOWN = 0,
    ADD_CAUSE_NOT_SUPPORTED = 1,
    ADD_CAUSE_BLOCKED_BY_SWITCHING_HIERARCHY = 2,
    ADD_CAUSE_SELECT_FAILED = 3,
    ADD_CAUSE_INVALID_POSITION = 4,
    ADD_CAUSE_POSITION_REACHED = 5,
    ADD_CAUSE_PARAMETER_CHANGE_IN_EXECUTION = 6,
    ADD_CAUSE_STEP_LIMIT = 7,
    ADD_CAUSE_BLOCKED_BY_MODE = 8,
    ADD_CAUSE_BLOCKED_BY_PROCESS = 9,
    ADD_CAUSE_BLOCKED_BY_INTERLOCKING = 10,
    ADD_CAUSE_BLOCKED_BY_SYNCHROCHECK = 11,
    ADD_CAUSE_COMMAND_ALREADY_IN_EXECUTION = 12,
    ADD_CAUSE_BLOCKED_BY_HEALTH = 13,
    ADD_CAUSE_1_OF_N_CONTROL = 14,
    ADD_CAUSE_ABORTION_BY_CANCEL = 15,
    ADD_CAUSE_TIME_LIMIT_OVER = 16,
    ADD_CAUSE_ABORTION_BY_TRIP = 17,
    ADD_CAUSE_OBJECT_NOT_SELECTED = 18,
    ADD_CAUSE_OBJECT_ALREADY_SELECTED = 19,
    ADD_CAUSE_NO_ACCESS_AUTHORITY = 20,
    ADD_CAUSE_ENDED_WITH_OVERSHOOT = 21,
    ADD_CAUSE_ABORTION_DUE_TO_DEVIATION = 22,
    ADD_CAUSE_ABORTION_BY_COMMUNICATION_LOSS = 23,
    ADD_CAUSE_ABORTION_BY_COMMAND = 24,
    ADD_CAUSE_NONE = 25,
    ADD_CAUSE_INCONSISTENT_PARAMETERS = 26,
    ADD_CAUSE_LOCKED_BY_OTHER_CLIENT = 27
} ControlAddCause;

/** Why the last control was refused; returned by value */
typedef struct {
    int ctlNum;
    ControlLastApplError error;
    ControlAddCause addCause;
} LastApplError;

/* Bits of Quality */
#define QUALITY_VALIDITY_GOOD 0
#define QUALITY_VALIDITY_INVALID 2
#define QUALITY_VALIDITY_RESERVED 1
#define QUALITY_VALIDITY_QUESTIONABLE 3
#define QUALITY_DETAIL_OVERFLOW 4
#define QUALITY_DETAIL_OUT_OF_RANGE 8
#define QUALITY_DETAIL_BAD_REFERENCE 16
#define QUALITY_DETAIL_OSCILLATORY 32
#define QUALITY_DETAIL_FAILURE 64
#define QUALITY_DETAIL_OLD_DATA 128
#define QUALITY_DETAIL_INCONSISTENT 256
#define QUALITY_DETAIL_INACCURATE 512
#define QUALITY_SOURCE_SUBSTITUTED 1024
#define QUALITY_TEST 2048
#define QUALITY_OPERATOR_BLOCKED 4096
#define QUALITY_DERIVED 8192

/* Originator categories (orCat) */
#define CONTROL_ORCAT_NOT_SUPPORTED 0
#define CONTROL_ORCAT_BAY_CONTROL 1
#define CONTROL_ORCAT_STATION_CONTROL 2
#define CONTROL_ORCAT_REMOTE_CONTROL 3
#define CONTROL_ORCAT_AUTOMATIC_BAY 4
#define CONTROL_ORCAT_AUTOMATIC_STATION 5
#define CONTROL_ORCAT_AUTOMATIC_REMOTE 6
#define CONTROL_ORCAT_MAINTENANCE 7
#define CONTROL_ORCAT_PROCESS 8

/* Editions of the standard */
#define IEC_61850_EDITION_1 0
#define IEC_61850_EDITION_2 1
#define IEC_61850_EDITION_2_1 2

/* Trigger options */
#define TRG_OPT_DATA_CHANGED 1
#define TRG_OPT_QUALITY_CHANGED 2
#define TRG_OPT_DATA_UPDATE 4
#define TRG_OPT_INTEGRITY 8
#define TRG_OPT_GI 16
#define TRG_OPT_TRANSIENT 128

/* Optional fields of reports */
#define RPT_OPT_SEQ_NUM 1
#define RPT_OPT_TIME_STAMP 2
#define RPT_OPT_REASON_FOR_INCLUSION 4
#define RPT_OPT_DATA_SET 8
#define RPT_OPT_DATA_REFERENCE 16
#define RPT_OPT_BUFFER_OVERFLOW 32
#define RPT_OPT_ENTRY_ID 64
#define RPT_OPT_CONF_REV 128

/* Optional fields of sampled values */
#define IEC61850_SV_OPT_REFRESH_TIME 1
#define IEC61850_SV_OPT_SAMPLE_SYNC 2
#define IEC61850_SV_OPT_SAMPLE_RATE 4
#define IEC61850_SV_OPT_DATA_SET 8
#define IEC61850_SV_OPT_SECURITY 16

/* Sampling modes */
#define IEC61850_SV_SMPMOD_SAMPLES_PER_PERIOD 0
#define IEC61850_SV_SMPMOD_SAMPLES_PER_SECOND 1
#define IEC61850_SV_SMPMOD_SECONDS_PER_SAMPLE 2
#define IEC61850_SV_SMPMOD_PER_NOMINAL_PERIOD 0

/* Synchronisation of sampled values */
#define IEC61850_SV_SMPSYNC_NOT_SYNCHRONIZED 0
#define IEC61850_SV_SMPSYNC_SYNCED_UNSPEC_LOCAL_CLOCK 1
#define IEC61850_SV_SMPSYNC_SYNCED_GLOBAL_CLOCK 2

Dbpos Dbpos_fromMmsValue(const MmsValue* mmsValue);
MmsValue* Dbpos_toMmsValue(MmsValue* mmsValue, Dbpos dbpos);
char* LibIEC61850_getVersionString(void);
Quality Quality_fromMmsValue(const MmsValue* mmsValue);
Validity Quality_getValidity(Quality* self);
bool Quality_isFlagSet(Quality* self, int flag);
void Quality_setFlag(Quality* self, int flag);
void Quality_setValidity(Quality* self, Validity validity);
MmsValue* Quality_toMmsValue(Quality* self, MmsValue* mmsValue);
void Quality_unsetFlag(Quality* self, int flag);
void Timestamp_clearFlags(Timestamp* self);
Timestamp* Timestamp_create(void);
Timestamp* Timestamp_createFromByteArray(const uint8_t* byteArray);
void Timestamp_destroy(Timestamp* self);
Timestamp* Timestamp_fromMmsValue(Timestamp* self, MmsValue* mmsValue);
float Timestamp_getFractionOfSecond(Timestamp* self);
uint32_t Timestamp_getFractionOfSecondPart(Timestamp* self);
int Timestamp_getSubsecondPrecision(Timestamp* self);
msSinceEpoch Timestamp_getTimeInMs(Timestamp* self);
nsSinceEpoch Timestamp_getTimeInNs(Timestamp* self);
uint32_t Timestamp_getTimeInSeconds(Timestamp* self);
bool Timestamp_hasClockFailure(Timestamp* self);
bool Timestamp_isClockNotSynchronized(Timestamp* self);
bool Timestamp_isLeapSecondKnown(Timestamp* self);
void Timestamp_setByMmsUtcTime(Timestamp* self, const MmsValue* mmsValue);
void Timestamp_setClockFailure(Timestamp* self, bool value);
void Timestamp_setClockNotSynchronized(Timestamp* self, bool value);
void Timestamp_setFractionOfSecondPart(Timestamp* self, uint32_t fractionOfSecond);
void Timestamp_setLeapSecondKnown(Timestamp* self, bool value);
void Timestamp_setSubsecondPrecision(Timestamp* self, int subsecondPrecision);
void Timestamp_setTimeInMilliseconds(Timestamp* self, msSinceEpoch msTime);
void Timestamp_setTimeInNanoseconds(Timestamp* self, nsSinceEpoch nsTime);
void Timestamp_setTimeInSeconds(Timestamp* self, uint32_t secondsSinceEpoch);
MmsValue* Timestamp_toMmsValue(Timestamp* self, MmsValue* mmsValue);

/*
 * == Data model [iec61850_model.h]
 */

/** What a ModelNode is */
typedef enum {
    LogicalDeviceModelType = 0,
    LogicalNodeModelType = 1,
    DataObjectModelType = 2,
    DataAttributeModelType = 3
} ModelNodeType;

/** Basic types of data attributes */
typedef enum {
    IEC61850_UNKNOWN_TYPE = -1,
    IEC61850_BOOLEAN = 0,
    IEC61850_INT8 = 1,
    IEC61850_INT16 = 2,
    IEC61850_INT32 = 3,
    IEC61850_INT64 = 4,
    IEC61850_INT128 = 5,
    IEC61850_INT8U = 6,
    IEC61850_INT16U = 7,
    IEC61850_INT24U = 8,
    IEC61850_INT32U = 9,
    IEC61850_FLOAT32 = 10,
    IEC61850_FLOAT64 = 11,
    IEC61850_ENUMERATED = 12,
    IEC61850_OCTET_STRING_64 = 13,
    IEC61850_OCTET_STRING_6 = 14,
    IEC61850_OCTET_STRING_8 = 15,
    IEC61850_VISIBLE_STRING_32 = 16,
    IEC61850_VISIBLE_STRING_64 = 17,
    IEC61850_VISIBLE_STRING_65 = 18,
    IEC61850_VISIBLE_STRING_129 = 19,
    IEC61850_VISIBLE_STRING_255 = 20,
    IEC61850_UNICODE_STRING_255 = 21,
    IEC61850_TIMESTAMP = 22,
    IEC61850_QUALITY = 23,
    IEC61850_CHECK = 24,
    IEC61850_CODEDENUM = 25,
    IEC61850_GENERIC_BITSTRING = 26,
    IEC61850_CONSTRUCTED = 27,
    IEC61850_ENTRY_TIME = 28,
    IEC61850_PHYCOMADDR = 29,
    IEC61850_CURRENCY = 30,
    IEC61850_OPTFLDS = 31,
    IEC61850_TRGOPS = 32
} DataAttributeType;

typedef struct sIedModel IedModel;
typedef struct sModelNode ModelNode;
typedef struct sLogicalDevice LogicalDevice;
typedef struct sLogicalNode LogicalNode;
typedef struct sDataObject DataObject;
typedef struct sDataAttribute DataAttribute;
typedef struct sDataSet DataSet;
typedef struct sDataSetEntry DataSetEntry;
typedef struct sReportControlBlock ReportControlBlock;
typedef struct sLogControlBlock LogControlBlock;
typedef struct sLog Log;
typedef struct sSettingGroupControlBlock SettingGroupControlBlock;
typedef struct sGSEControlBlock GSEControlBlock;
typedef struct sSVControlBlock SVControlBlock;

/** The root of a model. Creating a server calls initializer, which therefore may not be NULL. */
struct sIedModel {
    char* name;
    LogicalDevice* firstChild;
    DataSet* dataSets;
    ReportControlBlock* rcbs;
    GSEControlBlock* gseCBs;
    SVControlBlock* svCBs;
    SettingGroupControlBlock* sgcbs;
    LogControlBlock* lcbs;
    Log* logs;
    void (*initializer)(void);
};

/** What every node begins with */
struct sModelNode {
    ModelNodeType modelType;
    char* name;
    ModelNode* parent;
    ModelNode* sibling;
    ModelNode* firstChild;
};

/** ldName is the functional name of the logical device, or NULL */
struct sLogicalDevice {
    ModelNodeType modelType;
    char* name;
    ModelNode* parent;
    ModelNode* sibling;
    ModelNode* firstChild;
    char* ldName;
};

struct sLogicalNode {
    ModelNodeType modelType;
    char* name;
    ModelNode* parent;
    ModelNode* sibling;
    ModelNode* firstChild;
};

/** elementCount is 0 for what is no array */
struct sDataObject {
    ModelNodeType modelType;
    char* name;
    ModelNode* parent;
    ModelNode* sibling;
    ModelNode* firstChild;
    int elementCount;
    int arrayIndex;
};

/** Once a server runs on the model, mmsValue points into the values of the server */
struct sDataAttribute {
    ModelNodeType modelType;
    char* name;
    ModelNode* parent;
    ModelNode* sibling;
    ModelNode* firstChild;
    int elementCount;
    int arrayIndex;
    FunctionalConstraint fc;
    DataAttributeType type;
    uint8_t triggerOptions;
    MmsValue* mmsValue;
    uint32_t sAddr;
};

struct sDataSet {
    char* logicalDeviceName;
    char* name;
    int elementCount;
    DataSetEntry* fcdas;
    DataSet* sibling;
};

/** variableName is LN$FC$DO and so on; index is -1 except for an element of an array, whose component componentName then names */
struct sDataSetEntry {
    char* logicalDeviceName;
    bool isLDNameDynamicallyAllocated;
    char* variableName;
    int index;
    char* componentName;
    MmsValue* value;
    DataSetEntry* sibling;
};

/** clientReservation is the kind of address (0 none, 4 IPv4, 6 IPv6) and the address of the client that the block is kept for */
struct sReportControlBlock {
    LogicalNode* parent;
    char* name;
    char* rptId;
    bool buffered;
    char* dataSetName;
    uint32_t confRef;
    uint8_t trgOps;
    uint8_t options;
    uint32_t bufferTime;
    uint32_t intPeriod;
    uint8_t clientReservation[17];
    ReportControlBlock* sibling;
};

struct sLogControlBlock {
    LogicalNode* parent;
    char* name;
    char* dataSetName;
    char* logRef;
    uint8_t trgOps;
    uint32_t intPeriod;
    bool logEna;
    bool reasonCode;
    LogControlBlock* sibling;
};

struct sLog {
    LogicalNode* parent;
    char* name;
    Log* sibling;
};

struct sSettingGroupControlBlock {
    LogicalNode* parent;
    uint8_t actSG;
    uint8_t numOfSGs;
    uint8_t editSG;
    bool cnfEdit;
    uint64_t timestamp;
    uint16_t resvTms;
    SettingGroupControlBlock* sibling;
};

struct sGSEControlBlock {
    LogicalNode* parent;
    char* name;
    char* appId;
    char* dataSetName;
    uint32_t confRev;
    bool fixedOffs;
    PhyComAddress* address;
    int minTime;
    int maxTime;
    GSEControlBlock* sibling;
};

struct sSVControlBlock {
    LogicalNode* parent;
    char* name;
    char* svId;
    char* dataSetName;
    uint8_t optFlds;
    uint8_t smpMod;
    uint16_t smpRate;
    uint32_t confRev;
    PhyComAddress* dstAddress;
    bool isUnicast;
    int noASDU;
    SVControlBlock* sibling;
};

FunctionalConstraint DataAttribute_getFC(DataAttribute* self);
uint8_t DataAttribute_getTrgOps(DataAttribute* self);
DataAttributeType DataAttribute_getType(DataAttribute* self);
bool DataObject_hasFCData(DataObject* self, FunctionalConstraint fc);
DataSetEntry* DataSetEntry_getNext(DataSetEntry* self);
DataSetEntry* DataSet_getFirstEntry(DataSet* self);
char* DataSet_getName(DataSet* self);
int DataSet_getSize(DataSet* self);
FunctionalConstraint FunctionalConstraint_fromString(const char* fcString);
char* FunctionalConstraint_toString(FunctionalConstraint fc);
LogicalDevice* IedModel_getDevice(IedModel* self, const char* ldName);
LogicalDevice* IedModel_getDeviceByIndex(IedModel* self, int index);
LogicalDevice* IedModel_getDeviceByInst(IedModel* self, const char* ldInst);
int IedModel_getLogicalDeviceCount(IedModel* self);
ModelNode* IedModel_getModelNodeByObjectReference(IedModel* self, const char* objectReference);
ModelNode* IedModel_getModelNodeByShortAddress(IedModel* self, uint32_t shortAddress);
ModelNode* IedModel_getModelNodeByShortObjectReference(IedModel* self, const char* objectReference);
SVControlBlock* IedModel_getSVControlBlock(IedModel* self, LogicalNode* parentLN, const char* svcbName);
DataAttribute* IedModel_lookupDataAttributeByMmsValue(IedModel* self, MmsValue* value);
DataSet* IedModel_lookupDataSet(IedModel* self, const char* dataSetReference);
void IedModel_setAttributeValuesToNull(IedModel* self);
ModelNode* LogicalDevice_getChildByMmsVariableName(LogicalDevice* self, const char* mmsVariableName);
LogicalNode* LogicalDevice_getLogicalNode(LogicalDevice* self, const char* lnName);
int LogicalDevice_getLogicalNodeCount(LogicalDevice* self);
SettingGroupControlBlock* LogicalDevice_getSettingGroupControlBlock(LogicalDevice* self);
DataSet* LogicalNode_getDataSet(LogicalNode* self, const char* dataSetName);
bool LogicalNode_hasFCData(LogicalNode* self, FunctionalConstraint fc);
ModelNode* ModelNode_getChild(ModelNode* self, const char* name);
int ModelNode_getChildCount(ModelNode* self);
ModelNode* ModelNode_getChildWithFc(ModelNode* self, const char* name, FunctionalConstraint fc);
ModelNode* ModelNode_getChildWithIdx(ModelNode* self, int idx);
LinkedList ModelNode_getChildren(ModelNode* self);
char* ModelNode_getName(ModelNode* self);
char* ModelNode_getObjectReference(ModelNode* self, char* objectReference);
char* ModelNode_getObjectReferenceEx(ModelNode* node, char* objectReference, bool withoutIedName);
ModelNode* ModelNode_getParent(ModelNode* self);
ModelNodeType ModelNode_getType(ModelNode* self);

/*
 * == Building a model [iec61850_dynamic_model.h]
 */

DataAttribute* DataAttribute_create(
    const char* name, ModelNode* parent, DataAttributeType type, FunctionalConstraint fc, uint8_t triggerOptions, int arrayElements, uint32_t sAddr);
void DataAttribute_setValue(DataAttribute* self, MmsValue* value);
DataObject* DataObject_create(const char* name, ModelNode* parent, int arrayElements);
DataSetEntry* DataSetEntry_create(DataSet* dataSet, const char* variable, int index, const char* component);
DataSet* DataSet_create(const char* name, LogicalNode* parent);
void GSEControlBlock_addPhyComAddress(GSEControlBlock* self, PhyComAddress* phyComAddress);
GSEControlBlock* GSEControlBlock_create(
    const char* name, LogicalNode* parent, const char* appId, const char* dataSet, uint32_t confRev, bool fixedOffs, int minTime, int maxTime);
IedModel* IedModel_create(const char* name);
void IedModel_destroy(IedModel* model);
void IedModel_setIedName(IedModel* self, const char* iedName);
void IedModel_setIedNameForDynamicModel(IedModel* self, const char* name);
LogControlBlock* LogControlBlock_create(
    const char* name, LogicalNode* parent, const char* dataSetName, const char* logRef, uint8_t trgOps, uint32_t intgPd, bool logEna, bool
    reasonCode);
Log* Log_create(const char* name, LogicalNode* parent);
LogicalDevice* LogicalDevice_create(const char* name, IedModel* parent);
LogicalDevice* LogicalDevice_createEx(const char* inst, IedModel* parent, const char* ldName);
LogicalNode* LogicalNode_create(const char* name, LogicalDevice* parent);
PhyComAddress* PhyComAddress_create(uint8_t vlanPriority, uint16_t vlanId, uint16_t appId, uint8_t* dstAddress);
ReportControlBlock* ReportControlBlock_create(
    const char* name, LogicalNode* parent, const char* rptId, bool isBuffered, const char* dataSetName, uint32_t confRef, uint8_t trgOps, uint8_t
    options, uint32_t bufTm, uint32_t intgPd);
void ReportControlBlock_setPreconfiguredClient(ReportControlBlock* self, uint8_t clientType, const uint8_t* clientAddress);
void SVControlBlock_addPhyComAddress(SVControlBlock* self, PhyComAddress* phyComAddress);
SVControlBlock* SVControlBlock_create(
    const char* name, LogicalNode* parent, const char* svID, const char* dataSet, uint32_t confRev, uint8_t smpMod, uint16_t smpRate, uint8_t
    optFlds, bool isUnicast);
SettingGroupControlBlock* SettingGroupControlBlock_create(LogicalNode* parent, uint8_t actSG, uint8_t numOfSGs);

/*
 * == Common data classes [iec61850_cdc.h]
 */

/* Optional attributes of common data classes */
#define CDC_OPTION_PICS_SUBST 1
#define CDC_OPTION_BLK_ENA 2
#define CDC_OPTION_DESC 4
#define CDC_OPTION_DESC_UNICODE 8
#define CDC_OPTION_AC_DLNDA 16
#define CDC_OPTION_AC_DLN 32
#define CDC_OPTION_UNIT 64
#define CDC_OPTION_FROZEN_VALUE 128
#define CDC_OPTION_ADDR 256
#define CDC_OPTION_ADDINFO 512
#define CDC_OPTION_INST_MAG 1024
#define CDC_OPTION_RANGE 2048
#define CDC_OPTION_UNIT_MULTIPLIER 4096
#define CDC_OPTION_AC_SCAV 8192
#define CDC_OPTION_MIN 16384
#define CDC_OPTION_MAX 32768
#define CDC_OPTION_AC_CLC_O 65536
#define CDC_OPTION_RANGE_ANG 131072
#define CDC_OPTION_PHASE_A 262144
#define CDC_OPTION_PHASE_B 524288
#define CDC_OPTION_PHASE_C 1048576
#define CDC_OPTION_PHASE_NEUT 2097152
#define CDC_OPTION_PHASES_ABC 1835008
#define CDC_OPTION_PHASES_ALL 3932160
#define CDC_OPTION_STEP_SIZE 4194304
#define CDC_OPTION_ANGLE_REF 8388608
#define CDC_OPTION_DPL_HWREV 131072
#define CDC_OPTION_DPL_SWREV 262144
#define CDC_OPTION_DPL_SERNUM 524288
#define CDC_OPTION_DPL_MODEL 1048576
#define CDC_OPTION_DPL_LOCATION 2097152
#define CDC_OPTION_AC_LN0_M 16777216
#define CDC_OPTION_AC_LN0_EX 33554432
#define CDC_OPTION_AC_DLD_M 67108864

/* Control models and optional attributes of controllable classes */
#define CDC_CTL_MODEL_NONE 0
#define CDC_CTL_MODEL_DIRECT_NORMAL 1
#define CDC_CTL_MODEL_SBO_NORMAL 2
#define CDC_CTL_MODEL_DIRECT_ENHANCED 3
#define CDC_CTL_MODEL_SBO_ENHANCED 4
#define CDC_CTL_MODEL_HAS_CANCEL 16
#define CDC_CTL_MODEL_IS_TIME_ACTIVATED 32
#define CDC_CTL_OPTION_ORIGIN 64
#define CDC_CTL_OPTION_CTL_NUM 128
#define CDC_CTL_OPTION_ST_SELD 256
#define CDC_CTL_OPTION_OP_RCVD 512
#define CDC_CTL_OPTION_OP_OK 1024
#define CDC_CTL_OPTION_T_OP_OK 2048
#define CDC_CTL_OPTION_SBO_TIMEOUT 4096
#define CDC_CTL_OPTION_SBO_CLASS 8192
#define CDC_CTL_OPTION_OPER_TIMEOUT 16384

/* Optional attributes of the wind power classes (IEC 61400-25) */
#define CDC_OPTION_61400_MIN_MX_VAL 1024
#define CDC_OPTION_61400_MAX_MX_VAL 2048
#define CDC_OPTION_61400_TOT_AV_VAL 4096
#define CDC_OPTION_61400_SDV_VAL 8192
#define CDC_OPTION_61400_INC_RATE 16384
#define CDC_OPTION_61400_DEC_RATE 32768
#define CDC_OPTION_61400_SP_ACS 65536
#define CDC_OPTION_61400_CHA_PER_RS 131072
#define CDC_OPTION_61400_CM_ACS 262144
#define CDC_OPTION_61400_TM_TOT 524288
#define CDC_OPTION_61400_COUNTING_DAILY 1048576
#define CDC_OPTION_61400_COUNTING_MONTHLY 2097152
#define CDC_OPTION_61400_COUNTING_YEARLY 4194304
#define CDC_OPTION_61400_COUNTING_TOTAL 8388608
#define CDC_OPTION_61400_COUNTING_ALL 15728640

DataAttribute* CAC_AnalogueValue_create(const char* name, ModelNode* parent, FunctionalConstraint fc, uint8_t triggerOptions, bool isIntegerNotFloat);
DataAttribute* CAC_Point_create(const char* name, ModelNode* parent, FunctionalConstraint fc, uint8_t triggerOptions, bool hasZVal);
DataAttribute* CAC_ScaledValueConfig_create(const char* name, ModelNode* parent);
DataAttribute* CAC_Unit_create(const char* name, ModelNode* parent, bool hasMagnitude);
DataAttribute* CAC_ValWithTrans_create(
    const char* name, ModelNode* parent, FunctionalConstraint fc, uint8_t triggerOptions, bool hasTransientIndicator);
DataAttribute* CAC_Vector_create(const char* name, ModelNode* parent, uint32_t options, FunctionalConstraint fc, uint8_t triggerOptions);
DataObject* CDC_ACD_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_ACT_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_ALM_create(
    const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, uint32_t wpOptions, bool hasOldStatus);
DataObject* CDC_APC_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, bool isIntegerNotFloat);
DataObject* CDC_ASG_create(const char* dataObjectName, ModelNode* parent, uint32_t options, bool isIntegerNotFloat);
DataObject* CDC_BAC_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, bool isIntegerNotFloat);
DataObject* CDC_BCR_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_BSC_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, bool hasTransientIndicator);
DataObject* CDC_CMD_create(
    const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, uint32_t wpOptions, bool hasOldStatus, bool hasCmTm,
    bool hasCmCt);
DataObject* CDC_CMV_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_CTE_create(
    const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, uint32_t wpOptions, bool hasHisRs);
DataObject* CDC_DEL_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_DPC_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions);
DataObject* CDC_DPL_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_DPS_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_ENC_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions);
DataObject* CDC_ENG_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_ENS_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_HST_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint16_t maxPts);
DataObject* CDC_INC_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions);
DataObject* CDC_ING_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_INS_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_ISC_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, bool hasTransientIndicator);
DataObject* CDC_LPL_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_MV_create(const char* dataObjectName, ModelNode* parent, uint32_t options, bool isIntegerNotFloat);
DataObject* CDC_SAV_create(const char* dataObjectName, ModelNode* parent, uint32_t options, bool isIntegerNotFloat);
DataObject* CDC_SEC_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_SPC_create(const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions);
DataObject* CDC_SPG_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_SPS_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_SPV_create(
    const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, uint32_t wpOptions, bool hasChaManRs);
DataObject* CDC_STV_create(
    const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, uint32_t wpOptions, bool hasOldStatus);
DataObject* CDC_TMS_create(
    const char* dataObjectName, ModelNode* parent, uint32_t options, uint32_t controlOptions, uint32_t wpOptions, bool hasHisRs);
DataObject* CDC_VSG_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_VSS_create(const char* dataObjectName, ModelNode* parent, uint32_t options);
DataObject* CDC_WYE_create(const char* dataObjectName, ModelNode* parent, uint32_t options);

/*
 * == Model files [iec61850_config_file_parser.h]
 */

IedModel* ConfigFileParser_createModelFromConfigFile(FileHandle fileHandle);
IedModel* ConfigFileParser_createModelFromConfigFileEx(const char* filename);

/*
 * == TLS [tls_config.h]
 */

typedef struct sTLSConfiguration* TLSConfiguration;
typedef struct sTLSConnection* TLSConnection;

/** Protocol versions */
typedef enum {
    TLS_VERSION_NOT_SELECTED = 0,
    TLS_VERSION_SSL_3_0 = 3,
    TLS_VERSION_TLS_1_0 = 4,
    TLS_VERSION_TLS_1_1 = 5,
    TLS_VERSION_TLS_1_2 = 6,
    TLS_VERSION_TLS_1_3 = 7
} TLSConfigVersion;

/** How grave a TLS event is */
typedef enum {
    TLS_SEC_EVT_INFO = 0,
    TLS_SEC_EVT_WARNING = 1,
    TLS_SEC_EVT_INCIDENT = 2
} TLSEventLevel;

/* TLS events */
#define TLS_EVENT_CODE_ALM_ALGO_NOT_SUPPORTED 1
#define TLS_EVENT_CODE_ALM_UNSECURE_COMMUNICATION 2
#define TLS_EVENT_CODE_ALM_CERT_UNAVAILABLE 3
#define TLS_EVENT_CODE_ALM_BAD_CERT 4
#define TLS_EVENT_CODE_ALM_CERT_SIZE_EXCEEDED 5
#define TLS_EVENT_CODE_ALM_CERT_VALIDATION_FAILED 6
#define TLS_EVENT_CODE_ALM_CERT_REQUIRED 7
#define TLS_EVENT_CODE_ALM_HANDSHAKE_FAILED_UNKNOWN_REASON 8
#define TLS_EVENT_CODE_WRN_INSECURE_TLS_VERSION 9
#define TLS_EVENT_CODE_INF_SESSION_RENEGOTIATION 10
#define TLS_EVENT_CODE_ALM_CERT_EXPIRED 11
#define TLS_EVENT_CODE_ALM_CERT_REVOKED 12
#define TLS_EVENT_CODE_ALM_CERT_NOT_CONFIGURED 13
#define TLS_EVENT_CODE_ALM_CERT_NOT_TRUSTED 14
#define TLS_EVENT_CODE_ALM_NO_CIPHER 15
#define TLS_EVENT_CODE_INF_SESSION_ESTABLISHED 16
#define TLS_EVENT_CODE_WRN_CERT_EXPIRED 17
#define TLS_EVENT_CODE_WRN_CERT_NOT_YET_VALID 18
#define TLS_EVENT_CODE_WRN_CRL_EXPIRED 19
#define TLS_EVENT_CODE_WRN_CRL_NOT_YET_VALID 20

/** message and con are only valid during the call; con may be NULL */
typedef void (*TLSConfiguration_EventHandler)(void* parameter, TLSEventLevel eventLevel, int eventCode, const char* message, TLSConnection con);

char* TLSConfigVersion_toString(TLSConfigVersion version);
bool TLSConfiguration_addAllowedCertificate(TLSConfiguration self, uint8_t* certificate, int certLen);
bool TLSConfiguration_addAllowedCertificateFromFile(TLSConfiguration self, const char* filename);
bool TLSConfiguration_addCACertificate(TLSConfiguration self, uint8_t* certificate, int certLen);
bool TLSConfiguration_addCACertificateFromFile(TLSConfiguration self, const char* filename);
bool TLSConfiguration_addCRL(TLSConfiguration self, uint8_t* crl, int crlLen);
bool TLSConfiguration_addCRLFromFile(TLSConfiguration self, const char* filename);
void TLSConfiguration_addCipherSuite(TLSConfiguration self, int ciphersuite);
void TLSConfiguration_clearCipherSuiteList(TLSConfiguration self);
TLSConfiguration TLSConfiguration_create(void);
void TLSConfiguration_destroy(TLSConfiguration self);
void TLSConfiguration_enableSessionResumption(TLSConfiguration self, bool enable);
void TLSConfiguration_resetCRL(TLSConfiguration self);
void TLSConfiguration_setAllowOnlyKnownCertificates(TLSConfiguration self, bool value);
void TLSConfiguration_setChainValidation(TLSConfiguration self, bool value);
void TLSConfiguration_setClientMode(TLSConfiguration self);
void TLSConfiguration_setEventHandler(TLSConfiguration self, TLSConfiguration_EventHandler handler, void* parameter);
void TLSConfiguration_setInsecure(TLSConfiguration self, bool value);
void TLSConfiguration_setMaxTlsVersion(TLSConfiguration self, TLSConfigVersion version);
void TLSConfiguration_setMinTlsVersion(TLSConfiguration self, TLSConfigVersion version);
bool TLSConfiguration_setOwnCertificate(TLSConfiguration self, uint8_t* certificate, int certLen);
bool TLSConfiguration_setOwnCertificateFromFile(TLSConfiguration self, const char* filename);
bool TLSConfiguration_setOwnKey(TLSConfiguration self, uint8_t* key, int keyLen, const char* keyPassword);
bool TLSConfiguration_setOwnKeyFromFile(TLSConfiguration self, const char* filename, const char* keyPassword);
void TLSConfiguration_setRenegotiationTime(TLSConfiguration self, int timeInMs);
void TLSConfiguration_setSessionResumptionInterval(TLSConfiguration self, int intervalInSeconds);
void TLSConfiguration_setTimeValidation(TLSConfiguration self, bool value);
char* TLSConnection_getPeerAddress(TLSConnection self, char* peerAddrBuf);
uint8_t* TLSConnection_getPeerCertificate(TLSConnection self, int* certSize);
TLSConfigVersion TLSConnection_getTLSVersion(TLSConnection self);

/*
 * == ACSE and OSI parameters [iso_connection_parameters.h]
 */

/** How a client proves who it is */
typedef enum {
    ACSE_AUTH_NONE = 0,
    ACSE_AUTH_PASSWORD = 1,
    ACSE_AUTH_CERTIFICATE = 2,
    ACSE_AUTH_TLS = 3
} AcseAuthenticationMechanism;

struct sAcseAuthenticationParameter {
    AcseAuthenticationMechanism mechanism;
    union {
        struct {
            uint8_t* octetString;
            int passwordLength;
        } password;
        struct {
            uint8_t* buf;
            int length;
        } certificate;
    } value;
};
typedef struct sAcseAuthenticationParameter* AcseAuthenticationParameter;

/* Selectors are passed by value. */
typedef struct {
    uint8_t size;
    uint8_t value[4];
} TSelector;
typedef struct {
    uint8_t size;
    uint8_t value[16];
} SSelector;
typedef struct {
    uint8_t size;
    uint8_t value[16];
} PSelector;

typedef struct {
    uint16_t arc[10];
    int arcCount;
} ItuObjectIdentifier;
typedef struct {
    ItuObjectIdentifier apTitle;
    int aeQualifier;
} IsoApplicationReference;

struct sIsoConnectionParameters {
    AcseAuthenticationParameter acseAuthParameter;
    TLSConfiguration tlsConfiguration;
    const char* hostname;
    int tcpPort;
    const char* localIpAddress;
    int localTcpPort;
    uint8_t remoteApTitle[10];
    int remoteApTitleLen;
    int remoteAEQualifier;
    PSelector remotePSelector;
    SSelector remoteSSelector;
    TSelector remoteTSelector;
    uint8_t localApTitle[10];
    int localApTitleLen;
    int localAEQualifier;
    PSelector localPSelector;
    SSelector localSSelector;
    TSelector localTSelector;
};
typedef struct sIsoConnectionParameters* IsoConnectionParameters;

/** Accepts (true) or refuses a client; *securityToken stays with the connection and is never freed by the library */
typedef bool (*AcseAuthenticator)(void* parameter, AcseAuthenticationParameter authParameter, void** securityToken, IsoApplicationReference* appReference);

AcseAuthenticationParameter AcseAuthenticationParameter_create(void);
void AcseAuthenticationParameter_destroy(AcseAuthenticationParameter self);
AcseAuthenticationMechanism AcseAuthenticationParameter_getAuthMechanism(AcseAuthenticationParameter self);
char* AcseAuthenticationParameter_getPassword(AcseAuthenticationParameter self);
int AcseAuthenticationParameter_getPasswordLength(AcseAuthenticationParameter self);
void AcseAuthenticationParameter_setAuthMechanism(AcseAuthenticationParameter self, AcseAuthenticationMechanism mechanism);
void AcseAuthenticationParameter_setPassword(AcseAuthenticationParameter self, char* password);
int IsoApplicationReference_getAeQualifier(IsoApplicationReference self);
ItuObjectIdentifier* IsoApplicationReference_getApTitle(const IsoApplicationReference* self);
IsoConnectionParameters IsoConnectionParameters_create(void);
void IsoConnectionParameters_destroy(IsoConnectionParameters self);
void IsoConnectionParameters_setAcseAuthenticationParameter(IsoConnectionParameters self, AcseAuthenticationParameter acseAuthParameter);
void IsoConnectionParameters_setLocalAddresses(IsoConnectionParameters self, PSelector pSelector, SSelector sSelector, TSelector tSelector);
void IsoConnectionParameters_setLocalApTitle(IsoConnectionParameters self, const char* apTitle, int aeQualifier);
void IsoConnectionParameters_setLocalTcpParameters(IsoConnectionParameters self, const char* localIpAddress, int localTcpPort);
void IsoConnectionParameters_setRemoteAddresses(IsoConnectionParameters self, PSelector pSelector, SSelector sSelector, TSelector tSelector);
void IsoConnectionParameters_setRemoteApTitle(IsoConnectionParameters self, const char* apTitle, int aeQualifier);
void IsoConnectionParameters_setTcpParameters(IsoConnectionParameters self, const char* hostname, int tcpPort);
void IsoConnectionParameters_setTlsConfiguration(IsoConnectionParameters self, TLSConfiguration tlsConfig);
uint16_t* ItuObjectIdentifier_getArc(ItuObjectIdentifier* self);
int ItuObjectIdentifier_getArcCount(ItuObjectIdentifier* self);

/*
 * == Log storage [logging_api.h]
 */

/** moreFollow false ends a query; the other arguments then mean nothing */
typedef bool (*LogEntryCallback)(void* parameter, uint64_t timestamp, uint64_t entryID, bool moreFollow);
/** data is the BER encoding of an MMS Data */
typedef bool (*LogEntryDataCallback)(void* parameter, const char* dataRef, uint8_t* data, int dataSize, uint8_t reasonCode, bool moreFollow);
typedef struct sLogStorage* LogStorage;
/** A log storage is this structure filled in by whoever makes one */
struct sLogStorage {
    void* instanceData;
    int maxLogEntries;
    uint64_t (*addEntry)(LogStorage self, uint64_t timestamp);
    bool (*addEntryData)(LogStorage self, uint64_t entryID, const char* dataRef, uint8_t* data, int dataSize, uint8_t reasonCode);
    bool (*getEntries)(LogStorage self, uint64_t startingTime, uint64_t endingTime, LogEntryCallback entryCallback, LogEntryDataCallback entryDataCallback, void* parameter);
    bool (*getEntriesAfter)(LogStorage self, uint64_t startingTime, uint64_t entryID, LogEntryCallback entryCallback, LogEntryDataCallback entryDataCallback, void* parameter);
    bool (*getOldestAndNewestEntries)(LogStorage self, uint64_t* newEntry, uint64_t* newEntryTime, uint64_t* oldEntry, uint64_t* oldEntryTime);
    void (*destroy)(LogStorage self);
};

uint64_t LogStorage_addEntry(LogStorage self, uint64_t timestamp);
bool LogStorage_addEntryData(LogStorage self, uint64_t entryID, const char* dataRef, uint8_t* data, int dataSize, uint8_t reasonCode);
void LogStorage_destroy(LogStorage self);
bool LogStorage_getEntries(
    LogStorage self, uint64_t startingTime, uint64_t endingTime, LogEntryCallback entryCb, LogEntryDataCallback dataCb, void* parameter);
bool LogStorage_getEntriesAfter(
    LogStorage self, uint64_t startingTime, uint64_t entryID, LogEntryCallback entryCb, LogEntryDataCallback dataCb, void* parameter);
int LogStorage_getMaxLogEntries(LogStorage self);
bool LogStorage_getOldestAndNewestEntries(LogStorage self, uint64_t* newEntry, uint64_t* newEntryTime, uint64_t* oldEntry, uint64_t* oldEntryTime);
void LogStorage_setMaxLogEntries(LogStorage self, int maxEntries);

/*
 * == Server [iec61850_server.h, mms_server.h]
 */

typedef struct sIedServer* IedServer;
typedef struct sClientConnection* ClientConnection;
typedef struct sMmsServer* MmsServer;
typedef struct sMmsServerConnection* MmsServerConnection;
typedef struct sMmsGooseControlBlock* MmsGooseControlBlock;
/** The control that a handler is asked about; valid during the call */
typedef void* ControlAction;

/** Read and changed through the functions of IedServerConfig */
struct sIedServerConfig {
    int reportBufferSize;
    int reportBufferSizeURCBs;
    char* fileServiceBasepath;
    bool enableFileService;
    bool enableDynamicDataSetService;
    int maxAssociationSpecificDataSets;
    int maxDomainSpecificDataSets;
    int maxDataSetEntries;
    bool enableLogService;
    bool useIntegratedGoosePublisher;
    uint8_t edition;
    int maxMmsConnections;
    bool enableEditSG;
    bool enableResvTmsForSGCB;
    bool enableResvTmsForBRCB;
    bool enableOwnerForRCB;
    bool syncIntegrityReportTimes;
    uint8_t reportSettingsWritable;
};
typedef struct sIedServerConfig* IedServerConfig;

/** Answer of a static check */
typedef enum {
    CONTROL_ACCEPTED = -1,
    CONTROL_WAITING_FOR_SELECT = 0,
    CONTROL_HARDWARE_FAULT = 1,
    CONTROL_TEMPORARILY_UNAVAILABLE = 2,
    CONTROL_OBJECT_ACCESS_DENIED = 3,
    CONTROL_OBJECT_UNDEFINED = 4,
    CONTROL_VALUE_INVALID = 11
} CheckHandlerResult;

/** Answer of a dynamic check or an execution */
typedef enum {
    CONTROL_RESULT_FAILED = 0,
    CONTROL_RESULT_OK = 1,
    CONTROL_RESULT_WAITING = 2
} ControlHandlerResult;

/** Why the select state of a control changed */
typedef enum {
    SELECT_STATE_REASON_SELECTED = 0,
    SELECT_STATE_REASON_CANCELED = 1,
    SELECT_STATE_REASON_TIMEOUT = 2,
    SELECT_STATE_REASON_OPERATED = 3,
    SELECT_STATE_REASON_OPERATE_FAILED = 4,
    SELECT_STATE_REASON_DISCONNECTED = 5
} SelectStateChangedReason;

/** What happened to a report control block */
typedef enum {
    RCB_EVENT_GET_PARAMETER = 0,
    RCB_EVENT_SET_PARAMETER = 1,
    RCB_EVENT_UNRESERVED = 2,
    RCB_EVENT_RESERVED = 3,
    RCB_EVENT_ENABLE = 4,
    RCB_EVENT_DISABLE = 5,
    RCB_EVENT_GI = 6,
    RCB_EVENT_PURGEBUF = 7,
    RCB_EVENT_OVERFLOW = 8,
    RCB_EVENT_REPORT_CREATED = 9
} IedServer_RCBEventType;

/** Default answer to writes of a functional constraint */
typedef enum {
    ACCESS_POLICY_ALLOW = 0,
    ACCESS_POLICY_DENY = 1
} AccessPolicy;

/** What a client wants with a data set */
typedef enum {
    DATASET_CREATE = 0,
    DATASET_DELETE = 1,
    DATASET_READ = 2,
    DATASET_WRITE = 3,
    DATASET_GET_DIRECTORY = 4
} IedServer_DataSetOperation;

/** What a client wants to list */
typedef enum {
    DIRECTORY_CAT_LD_LIST = 0,
    DIRECTORY_CAT_DATA_LIST = 1,
    DIRECTORY_CAT_DATASET_LIST = 2,
    DIRECTORY_CAT_LOG_LIST = 3
} IedServer_DirectoryCategory;

/** What a client wants with a control block */
typedef enum {
    IEC61850_CB_ACCESS_TYPE_READ = 0,
    IEC61850_CB_ACCESS_TYPE_WRITE = 1
} IedServer_ControlBlockAccessType;

/** What a client wants with a file */
typedef enum {
    MMS_FILE_ACCESS_TYPE_READ_DIRECTORY = 0,
    MMS_FILE_ACCESS_TYPE_OPEN = 1,
    MMS_FILE_ACCESS_TYPE_OBTAIN = 2,
    MMS_FILE_ACCESS_TYPE_DELETE = 3,
    MMS_FILE_ACCESS_TYPE_RENAME = 4
} MmsFileServiceType;

/* Attributes of report control blocks that clients may write */
#define IEC61850_REPORTSETTINGS_RPT_ID 1
#define IEC61850_REPORTSETTINGS_BUF_TIME 2
#define IEC61850_REPORTSETTINGS_DATSET 4
#define IEC61850_REPORTSETTINGS_TRG_OPS 8
#define IEC61850_REPORTSETTINGS_OPT_FIELDS 16
#define IEC61850_REPORTSETTINGS_INTG_PD 32

/* Events of GOOSE control blocks */
#define IEC61850_GOCB_EVENT_ENABLE 1
#define IEC61850_GOCB_EVENT_DISABLE 0

/* Events of sampled value control blocks */
#define IEC61850_SVCB_EVENT_ENABLE 1
#define IEC61850_SVCB_EVENT_DISABLE 0

/* Handlers run in threads of the library, with the data model locked. */
typedef CheckHandlerResult (*ControlPerformCheckHandler)(ControlAction action, void* parameter, MmsValue* ctlVal, bool test, bool interlockCheck);
typedef ControlHandlerResult (*ControlWaitForExecutionHandler)(ControlAction action, void* parameter, MmsValue* ctlVal, bool test, bool synchroCheck);
typedef ControlHandlerResult (*ControlHandler)(ControlAction action, void* parameter, MmsValue* ctlVal, bool test);
typedef void (*ControlSelectStateChangedHandler)(ControlAction action, void* parameter, bool isSelected, SelectStateChangedReason reason);
typedef bool (*ActiveSettingGroupChangedHandler)(void* parameter, SettingGroupControlBlock* sgcb, uint8_t newActSg, ClientConnection connection);
typedef bool (*EditSettingGroupChangedHandler)(void* parameter, SettingGroupControlBlock* sgcb, uint8_t newEditSg, ClientConnection connection);
typedef void (*EditSettingGroupConfirmationHandler)(void* parameter, SettingGroupControlBlock* sgcb, uint8_t editSg);
typedef void (*IedServer_RCBEventHandler)(void* parameter, ReportControlBlock* rcb, ClientConnection connection, IedServer_RCBEventType event,
    const char* parameterName, MmsDataAccessError serviceError);
typedef void (*SVCBEventHandler)(SVControlBlock* svcb, int event, void* parameter);
typedef void (*GoCBEventHandler)(MmsGooseControlBlock goCb, int event, void* parameter);
typedef MmsDataAccessError (*WriteAccessHandler)(DataAttribute* dataAttribute, MmsValue* value, ClientConnection connection, void* parameter);
typedef MmsDataAccessError (*ReadAccessHandler)(LogicalDevice* ld, LogicalNode* ln, DataObject* dataObject, FunctionalConstraint fc,
    ClientConnection connection, void* parameter);
typedef bool (*IedServer_DataSetAccessHandler)(void* parameter, ClientConnection connection, IedServer_DataSetOperation operation, const char* datasetRef);
typedef bool (*IedServer_DirectoryAccessHandler)(void* parameter, ClientConnection connection, IedServer_DirectoryCategory category, LogicalDevice* logicalDevice);
typedef bool (*IedServer_ListObjectsAccessHandler)(void* parameter, ClientConnection connection, ACSIClass acsiClass, LogicalDevice* ld, LogicalNode* ln,
    const char* objectName, const char* subObjectName, FunctionalConstraint fc);
typedef bool (*IedServer_ControlBlockAccessHandler)(void* parameter, ClientConnection connection, ACSIClass acsiClass, LogicalDevice* ld, LogicalNode* ln,
    const char* objectName, const char* subObjectName, IedServer_ControlBlockAccessType accessType);
typedef void (*IedConnectionIndicationHandler)(IedServer self, ClientConnection connection, bool connected, void* parameter);
typedef MmsError (*MmsFileAccessHandler)(void* parameter, MmsServerConnection connection, MmsFileServiceType service, const char* localFilename,
    const char* otherFilename);

IedServerConfig IedServerConfig_create(void);
void IedServerConfig_destroy(IedServerConfig self);
void IedServerConfig_enableDynamicDataSetService(IedServerConfig self, bool enable);
void IedServerConfig_enableEditSG(IedServerConfig self, bool enable);
void IedServerConfig_enableFileService(IedServerConfig self, bool enable);
void IedServerConfig_enableLogService(IedServerConfig self, bool enable);
void IedServerConfig_enableOwnerForRCB(IedServerConfig self, bool enable);
void IedServerConfig_enableResvTmsForBRCB(IedServerConfig self, bool enable);
void IedServerConfig_enableResvTmsForSGCB(IedServerConfig self, bool enable);
uint8_t IedServerConfig_getEdition(IedServerConfig self);
char* IedServerConfig_getFileServiceBasePath(IedServerConfig self);
int IedServerConfig_getMaxAssociationSpecificDataSets(IedServerConfig self);
int IedServerConfig_getMaxDatasSetEntries(IedServerConfig self);
int IedServerConfig_getMaxDomainSpecificDataSets(IedServerConfig self);
int IedServerConfig_getMaxMmsConnections(IedServerConfig self);
int IedServerConfig_getReportBufferSize(IedServerConfig self);
int IedServerConfig_getReportBufferSizeForURCBs(IedServerConfig self);
bool IedServerConfig_getReportSetting(IedServerConfig self, uint8_t setting);
bool IedServerConfig_getSyncIntegrityReportTimes(IedServerConfig self);
bool IedServerConfig_isDynamicDataSetServiceEnabled(IedServerConfig self);
bool IedServerConfig_isFileServiceEnabled(IedServerConfig self);
bool IedServerConfig_isLogServiceEnabled(IedServerConfig self);
bool IedServerConfig_isOwnerForRCBEnabled(IedServerConfig self);
bool IedServerConfig_isResvTmsForBRCBEnabled(IedServerConfig self);
void IedServerConfig_setEdition(IedServerConfig self, uint8_t edition);
void IedServerConfig_setFileServiceBasePath(IedServerConfig self, const char* basepath);
void IedServerConfig_setMaxAssociationSpecificDataSets(IedServerConfig self, int maxDataSets);
void IedServerConfig_setMaxDataSetEntries(IedServerConfig self, int maxDataSetEntries);
void IedServerConfig_setMaxDomainSpecificDataSets(IedServerConfig self, int maxDataSets);
void IedServerConfig_setMaxMmsConnections(IedServerConfig self, int maxConnections);
void IedServerConfig_setReportBufferSize(IedServerConfig self, int reportBufferSize);
void IedServerConfig_setReportBufferSizeForURCBs(IedServerConfig self, int reportBufferSize);
void IedServerConfig_setReportSetting(IedServerConfig self, uint8_t setting, bool isDyn);
void IedServerConfig_setSyncIntegrityReportTimes(IedServerConfig self, bool enable);
void IedServerConfig_useIntegratedGoosePublisher(IedServerConfig self, bool enable);
bool IedServer_addAccessPoint(IedServer self, const char* ipAddr, int tcpPort, TLSConfiguration tlsConfiguration);
IedServer IedServer_create(IedModel* dataModel);
IedServer IedServer_createWithConfig(IedModel* dataModel, TLSConfiguration tlsConfiguration, IedServerConfig serverConfiguration);
IedServer IedServer_createWithTlsSupport(IedModel* dataModel, TLSConfiguration tlsConfiguration);
void IedServer_destroy(IedServer self);
IedModel* IedServer_getDataModel(IedServer self);
MmsServer IedServer_getMmsServer(IedServer self);
int IedServer_getNumberOfOpenConnections(IedServer self);
bool IedServer_isRunning(IedServer self);
void IedServer_lockDataModel(IedServer self);
void IedServer_performPeriodicTasks(IedServer self);
void IedServer_processIncomingData(IedServer self);
void IedServer_setFilestoreBasepath(IedServer self, const char* basepath);
void IedServer_setLocalIpAddress(IedServer self, const char* localIpAddress);
void IedServer_setServerIdentity(IedServer self, const char* vendor, const char* model, const char* revision);
void IedServer_setTimeQuality(IedServer self, bool leapSecondKnown, bool clockFailure, bool clockNotSynchronized, int subsecondPrecision);
void IedServer_start(IedServer self, int tcpPort);
void IedServer_startThreadless(IedServer self, int tcpPort);
void IedServer_stop(IedServer self);
void IedServer_stopThreadless(IedServer self);
void IedServer_unlockDataModel(IedServer self);
int IedServer_waitReady(IedServer self, unsigned int timeoutMs);

MmsValue* IedServer_getAttributeValue(IedServer self, DataAttribute* dataAttribute);
uint32_t IedServer_getBitStringAttributeValue(IedServer self, const DataAttribute* dataAttribute);
bool IedServer_getBooleanAttributeValue(IedServer self, const DataAttribute* dataAttribute);
float IedServer_getFloatAttributeValue(IedServer self, const DataAttribute* dataAttribute);
MmsValue* IedServer_getFunctionalConstrainedData(IedServer self, DataObject* dataObject, FunctionalConstraint fc);
int32_t IedServer_getInt32AttributeValue(IedServer self, const DataAttribute* dataAttribute);
int64_t IedServer_getInt64AttributeValue(IedServer self, const DataAttribute* dataAttribute);
char* IedServer_getStringAttributeValue(IedServer self, const DataAttribute* dataAttribute);
uint32_t IedServer_getUInt32AttributeValue(IedServer self, const DataAttribute* dataAttribute);
uint64_t IedServer_getUTCTimeAttributeValue(IedServer self, const DataAttribute* dataAttribute);
void IedServer_updateAttributeValue(IedServer self, DataAttribute* dataAttribute, MmsValue* value);
void IedServer_updateBitStringAttributeValue(IedServer self, DataAttribute* dataAttribute, uint32_t value);
void IedServer_updateBooleanAttributeValue(IedServer self, DataAttribute* dataAttribute, bool value);
void IedServer_updateCtlModel(IedServer self, DataObject* ctlObject, ControlModel value);
void IedServer_updateDbposValue(IedServer self, DataAttribute* dataAttribute, Dbpos value);
void IedServer_updateFloatAttributeValue(IedServer self, DataAttribute* dataAttribute, float value);
void IedServer_updateInt32AttributeValue(IedServer self, DataAttribute* dataAttribute, int32_t value);
void IedServer_updateInt64AttributeValue(IedServer self, DataAttribute* dataAttribute, int64_t value);
void IedServer_updateQuality(IedServer self, DataAttribute* dataAttribute, Quality quality);
void IedServer_updateTimestampAttributeValue(IedServer self, DataAttribute* dataAttribute, Timestamp* timestamp);
void IedServer_updateUTCTimeAttributeValue(IedServer self, DataAttribute* dataAttribute, uint64_t value);
void IedServer_updateUnsignedAttributeValue(IedServer self, DataAttribute* dataAttribute, uint32_t value);
void IedServer_updateVisibleStringAttributeValue(IedServer self, DataAttribute* dataAttribute, char* value);

void IedServer_disableGoosePublishing(IedServer self);
void IedServer_enableGoosePublishing(IedServer self);
void IedServer_setGoCBHandler(IedServer self, GoCBEventHandler handler, void* parameter);
void IedServer_setGooseInterfaceId(IedServer self, const char* interfaceId);
void IedServer_setGooseInterfaceIdEx(IedServer self, LogicalNode* ln, const char* gcbName, const char* interfaceId);
void IedServer_useGooseVlanTag(IedServer self, LogicalNode* ln, const char* gcbName, bool useVlanTag);
DataSet* MmsGooseControlBlock_getDataSet(MmsGooseControlBlock self);
bool MmsGooseControlBlock_getFixedOffs(MmsGooseControlBlock self);
bool MmsGooseControlBlock_getGoEna(MmsGooseControlBlock self);
LogicalNode* MmsGooseControlBlock_getLogicalNode(MmsGooseControlBlock self);
int MmsGooseControlBlock_getMaxTime(MmsGooseControlBlock self);
int MmsGooseControlBlock_getMinTime(MmsGooseControlBlock self);
char* MmsGooseControlBlock_getName(MmsGooseControlBlock self);
bool MmsGooseControlBlock_getNdsCom(MmsGooseControlBlock self);

ClientConnection ControlAction_getClientConnection(ControlAction self);
DataObject* ControlAction_getControlObject(ControlAction self);
uint64_t ControlAction_getControlTime(ControlAction self);
int ControlAction_getCtlNum(ControlAction self);
bool ControlAction_getInterlockCheck(ControlAction self);
int ControlAction_getOrCat(ControlAction self);
uint8_t* ControlAction_getOrIdent(ControlAction self, int* orIdentSize);
bool ControlAction_getSynchroCheck(ControlAction self);
Timestamp* ControlAction_getT(ControlAction self);
bool ControlAction_isSelect(ControlAction self);
void ControlAction_setAddCause(ControlAction self, ControlAddCause addCause);
void ControlAction_setError(ControlAction self, ControlLastApplError error);
void IedServer_setControlHandler(IedServer self, DataObject* node, ControlHandler handler, void* parameter);
void IedServer_setPerformCheckHandler(IedServer self, DataObject* node, ControlPerformCheckHandler handler, void* parameter);
void IedServer_setSelectStateChangedHandler(IedServer self, DataObject* node, ControlSelectStateChangedHandler handler, void* parameter);
void IedServer_setWaitForExecutionHandler(IedServer self, DataObject* node, ControlWaitForExecutionHandler handler, void* parameter);

void IedServer_changeActiveSettingGroup(IedServer self, SettingGroupControlBlock* sgcb, uint8_t newActiveSg);
uint8_t IedServer_getActiveSettingGroup(IedServer self, SettingGroupControlBlock* sgcb);
void IedServer_setActiveSettingGroupChangedHandler(
    IedServer self, SettingGroupControlBlock* sgcb, ActiveSettingGroupChangedHandler handler, void* parameter);
void IedServer_setEditSettingGroupChangedHandler(
    IedServer self, SettingGroupControlBlock* sgcb, EditSettingGroupChangedHandler handler, void* parameter);
void IedServer_setEditSettingGroupConfirmationHandler(
    IedServer self, SettingGroupControlBlock* sgcb, EditSettingGroupConfirmationHandler handler, void* parameter);

bool ClientConnection_abort(ClientConnection self);
ClientConnection ClientConnection_claimOwnership(ClientConnection self);
char* ClientConnection_getLocalAddress(ClientConnection self);
char* ClientConnection_getPeerAddress(ClientConnection self);
void* ClientConnection_getSecurityToken(ClientConnection self);
void ClientConnection_release(ClientConnection self);
void IedServer_handleWriteAccess(IedServer self, DataAttribute* dataAttribute, WriteAccessHandler handler, void* parameter);
void IedServer_handleWriteAccessForComplexAttribute(IedServer self, DataAttribute* dataAttribute, WriteAccessHandler handler, void* parameter);
void IedServer_handleWriteAccessForDataObject(
    IedServer self, DataObject* dataObject, FunctionalConstraint fc, WriteAccessHandler handler, void* parameter);
void IedServer_ignoreClientRequests(IedServer self, bool enable);
void IedServer_ignoreReadAccess(IedServer self, bool ignore);
void IedServer_setAuthenticator(IedServer self, AcseAuthenticator authenticator, void* authenticatorParameter);
void IedServer_setConnectionIndicationHandler(IedServer self, IedConnectionIndicationHandler handler, void* parameter);
void IedServer_setControlBlockAccessHandler(IedServer self, IedServer_ControlBlockAccessHandler handler, void* parameter);
void IedServer_setDataSetAccessHandler(IedServer self, IedServer_DataSetAccessHandler handler, void* parameter);
void IedServer_setDirectoryAccessHandler(IedServer self, IedServer_DirectoryAccessHandler handler, void* parameter);
void IedServer_setListObjectsAccessHandler(IedServer self, IedServer_ListObjectsAccessHandler handler, void* parameter);
void IedServer_setLogStorage(IedServer self, const char* logRef, LogStorage logStorage);
void IedServer_setRCBEventHandler(IedServer self, IedServer_RCBEventHandler handler, void* parameter);
void IedServer_setReadAccessHandler(IedServer self, ReadAccessHandler handler, void* parameter);
void IedServer_setSVCBHandler(IedServer self, SVControlBlock* svcb, SVCBEventHandler handler, void* parameter);
void IedServer_setWriteAccessPolicy(IedServer self, FunctionalConstraint fc, AccessPolicy policy);
char* LogControlBlock_getName(LogControlBlock* self);
LogicalNode* LogControlBlock_getParent(LogControlBlock* self);
void MmsServer_installFileAccessHandler(MmsServer self, MmsFileAccessHandler handler, void* parameter);
uint32_t ReportControlBlock_getBufTm(ReportControlBlock* self);
uint32_t ReportControlBlock_getConfRev(ReportControlBlock* self);
char* ReportControlBlock_getDataSet(ReportControlBlock* self);
MmsValue* ReportControlBlock_getEntryId(ReportControlBlock* self);
bool ReportControlBlock_getGI(ReportControlBlock* self);
uint32_t ReportControlBlock_getIntgPd(ReportControlBlock* self);
char* ReportControlBlock_getName(ReportControlBlock* self);
uint32_t ReportControlBlock_getOptFlds(ReportControlBlock* self);
MmsValue* ReportControlBlock_getOwner(ReportControlBlock* self);
LogicalNode* ReportControlBlock_getParent(ReportControlBlock* self);
bool ReportControlBlock_getPurgeBuf(ReportControlBlock* self);
bool ReportControlBlock_getResv(ReportControlBlock* self);
int16_t ReportControlBlock_getResvTms(ReportControlBlock* self);
bool ReportControlBlock_getRptEna(ReportControlBlock* self);
char* ReportControlBlock_getRptID(ReportControlBlock* self);
uint16_t ReportControlBlock_getSqNum(ReportControlBlock* self);
uint64_t ReportControlBlock_getTimeofEntry(ReportControlBlock* self);
uint32_t ReportControlBlock_getTrgOps(ReportControlBlock* self);
bool ReportControlBlock_isBuffered(ReportControlBlock* self);
char* SVControlBlock_getName(SVControlBlock* self);

/*
 * == MMS client [mms_client_connection.h]
 */

typedef struct sMmsConnection* MmsConnection;

/** State of an MMS association */
typedef enum {
    MMS_CONNECTION_STATE_CLOSED = 0,
    MMS_CONNECTION_STATE_CONNECTING = 1,
    MMS_CONNECTION_STATE_CONNECTED = 2,
    MMS_CONNECTION_STATE_CLOSING = 3
} MmsConnectionState;

/** What both ends agreed on; returned by value */
typedef struct {
    int maxServOutstandingCalling;
    int maxServOutstandingCalled;
    int dataStructureNestingLevel;
    int maxPduSize;
    uint8_t servicesSupported[11];
} MmsConnectionParameters;
typedef struct {
    char* vendorName;
    char* modelName;
    char* revision;
} MmsServerIdentity;
/** arrayIndex is -1 where no element of an array is meant */
typedef struct {
    char* domainId;
    char* itemId;
    int32_t arrayIndex;
    char* componentName;
} MmsVariableAccessSpecification;
struct sMmsJournalEntry {
    MmsValue* entryID;
    MmsValue* occurenceTime;
    LinkedList journalVariables;
};
typedef struct sMmsJournalEntry* MmsJournalEntry;
struct sMmsJournalVariable {
    char* tag;
    MmsValue* value;
};
typedef struct sMmsJournalVariable* MmsJournalVariable;

/** The handler deletes value */
typedef void (*MmsInformationReportHandler)(void* parameter, char* domainName, char* variableListName, MmsValue* value, bool isVariableListName);
typedef void (*MmsConnectionLostHandler)(MmsConnection connection, void* parameter);
typedef void (*MmsConnectionStateChangedHandler)(MmsConnection connection, void* parameter, MmsConnectionState newState);
typedef void (*MmsRawMessageHandler)(void* parameter, uint8_t* message, int messageLength, bool received);
typedef void (*MmsFileReadHandler)(void* parameter, int32_t frsmId, uint8_t* buffer, uint32_t bytesReceived);
typedef void (*MmsFileDirectoryHandler)(void* parameter, char* filename, uint32_t size, uint64_t lastModified);

/* Answers to asynchronous requests. Values and lists become the handler's. */
typedef void (*MmsConnection_ConcludeAbortHandler)(void* parameter, MmsError mmsError, bool success);
typedef void (*MmsConnection_GenericServiceHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, bool success);
typedef void (*MmsConnection_GetNameListHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, LinkedList nameList, bool moreFollows);
typedef void (*MmsConnection_ReadJournalHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, LinkedList journalEntries, bool moreFollows);
typedef void (*MmsConnection_ReadNVLDirectoryHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, LinkedList specs, bool deletable);
typedef void (*MmsConnection_ReadVariableHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, MmsValue* value);
typedef void (*MmsConnection_WriteVariableHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, MmsDataAccessError accessError);
typedef void (*MmsConnection_WriteMultipleVariablesHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, LinkedList accessResults);
typedef void (*MmsConnection_GetVariableAccessAttributesHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, MmsVariableSpecification* spec);
typedef void (*MmsConnection_IdentifyHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, char* vendorName, char* modelName, char* revision);
typedef void (*MmsConnection_GetServerStatusHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, int vmdLogicalStatus, int vmdPhysicalStatus);
typedef void (*MmsConnection_FileOpenHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, int32_t frsmId, uint32_t fileSize, uint64_t lastModified);
typedef void (*MmsConnection_FileReadHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, int32_t frsmId, uint8_t* buffer, uint32_t byteReceived,
    bool moreFollows);
typedef void (*MmsConnection_FileDirectoryHandler)(uint32_t invokeId, void* parameter, MmsError mmsError, char* filename, uint32_t size,
    uint64_t lastModified, bool moreFollows);

void MmsConnection_abort(MmsConnection self, MmsError* mmsError);
void MmsConnection_close(MmsConnection self);
void MmsConnection_conclude(MmsConnection self, MmsError* mmsError);
bool MmsConnection_connect(MmsConnection self, MmsError* mmsError, const char* serverName, int serverPort);
MmsConnection MmsConnection_create(void);
MmsConnection MmsConnection_createNonThreaded(TLSConfiguration tlsConfig);
MmsConnection MmsConnection_createSecure(TLSConfiguration tlsConfig);
void MmsConnection_defineNamedVariableList(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* listName, LinkedList variableSpecs);
void MmsConnection_defineNamedVariableListAssociationSpecific(MmsConnection self, MmsError* mmsError, const char* listName, LinkedList variableSpecs);
bool MmsConnection_deleteAssociationSpecificNamedVariableList(MmsConnection self, MmsError* mmsError, const char* listName);
bool MmsConnection_deleteNamedVariableList(MmsConnection self, MmsError* mmsError, const char* domainId, const char* listName);
void MmsConnection_destroy(MmsConnection self);
void MmsConnection_fileClose(MmsConnection self, MmsError* mmsError, int32_t frsmId);
void MmsConnection_fileDelete(MmsConnection self, MmsError* mmsError, const char* fileName);
int32_t MmsConnection_fileOpen(
    MmsConnection self, MmsError* mmsError, const char* filename, uint32_t initialPosition, uint32_t* fileSize, uint64_t* lastModified);
bool MmsConnection_fileRead(MmsConnection self, MmsError* mmsError, int32_t frsmId, MmsFileReadHandler handler, void* handlerParameter);
void MmsConnection_fileRename(MmsConnection self, MmsError* mmsError, const char* currentFileName, const char* newFileName);
LinkedList MmsConnection_getDomainJournals(MmsConnection self, MmsError* mmsError, const char* domainId);
LinkedList MmsConnection_getDomainNames(MmsConnection self, MmsError* mmsError);
LinkedList MmsConnection_getDomainVariableListNames(MmsConnection self, MmsError* mmsError, const char* domainId);
LinkedList MmsConnection_getDomainVariableNames(MmsConnection self, MmsError* mmsError, const char* domainId);
bool MmsConnection_getFileDirectory(
    MmsConnection self, MmsError* mmsError, const char* fileSpecification, const char* continueAfter, MmsFileDirectoryHandler handler, void*
    handlerParameter);
IsoConnectionParameters MmsConnection_getIsoConnectionParameters(MmsConnection self);
int32_t MmsConnection_getLocalDetail(MmsConnection self);
MmsConnectionParameters MmsConnection_getMmsConnectionParameters(MmsConnection self);
uint32_t MmsConnection_getRequestTimeout(MmsConnection self);
void MmsConnection_getServerStatus(MmsConnection self, MmsError* mmsError, int* vmdLogicalStatus, int* vmdPhysicalStatus, bool extendedDerivation);
LinkedList MmsConnection_getVMDVariableNames(MmsConnection self, MmsError* mmsError);
MmsVariableSpecification* MmsConnection_getVariableAccessAttributes(MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId);
LinkedList MmsConnection_getVariableListNamesAssociationSpecific(MmsConnection self, MmsError* mmsError);
MmsServerIdentity* MmsConnection_identify(MmsConnection self, MmsError* mmsError);
void MmsConnection_obtainFile(MmsConnection self, MmsError* mmsError, const char* sourceFile, const char* destinationFile);
MmsValue* MmsConnection_readArrayElements(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, uint32_t startIndex, uint32_t numberOfElements);
LinkedList MmsConnection_readJournalStartAfter(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, MmsValue* timeSpecification, MmsValue* entrySpecification,
    bool* moreFollows);
LinkedList MmsConnection_readJournalTimeRange(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, MmsValue* startTime, MmsValue* endTime, bool* moreFollows);
MmsValue* MmsConnection_readMultipleVariables(MmsConnection self, MmsError* mmsError, const char* domainId, LinkedList items);
LinkedList MmsConnection_readNamedVariableListDirectory(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* listName, bool* deletable);
LinkedList MmsConnection_readNamedVariableListDirectoryAssociationSpecific(
    MmsConnection self, MmsError* mmsError, const char* listName, bool* deletable);
MmsValue* MmsConnection_readNamedVariableListValues(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* listName, bool specWithResult);
MmsValue* MmsConnection_readNamedVariableListValuesAssociationSpecific(
    MmsConnection self, MmsError* mmsError, const char* listName, bool specWithResult);
MmsValue* MmsConnection_readSingleArrayElementWithComponent(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, uint32_t index, const char* componentId);
MmsValue* MmsConnection_readVariable(MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId);
MmsValue* MmsConnection_readVariableComponent(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, const char* componentId);
void MmsConnection_sendRawData(MmsConnection self, MmsError* mmsError, uint8_t* buffer, int bufSize);
void MmsConnection_setConnectTimeout(MmsConnection self, uint32_t timeoutInMs);
void MmsConnection_setConnectionLostHandler(MmsConnection self, MmsConnectionLostHandler handler, void* handlerParameter);
void MmsConnection_setConnectionStateChangedHandler(MmsConnection self, MmsConnectionStateChangedHandler handler, void* parameter);
void MmsConnection_setFilestoreBasepath(MmsConnection self, const char* basepath);
void MmsConnection_setInformationReportHandler(MmsConnection self, MmsInformationReportHandler handler, void* parameter);
void MmsConnection_setLocalDetail(MmsConnection self, int32_t localDetail);
void MmsConnection_setRawMessageHandler(MmsConnection self, MmsRawMessageHandler handler, void* parameter);
void MmsConnection_setRequestTimeout(MmsConnection self, uint32_t timeoutInMs);
bool MmsConnection_tick(MmsConnection self);
MmsDataAccessError MmsConnection_writeArrayElements(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, int index, int numberOfElements, MmsValue* value);
void MmsConnection_writeMultipleVariables(
    MmsConnection self, MmsError* mmsError, const char* domainId, LinkedList items, LinkedList values, LinkedList* accessResults);
void MmsConnection_writeNamedVariableList(
    MmsConnection self, MmsError* mmsError, bool isAssociationSpecific, const char* domainId, const char* itemId, LinkedList values, LinkedList*
    accessResults);
MmsDataAccessError MmsConnection_writeSingleArrayElementWithComponent(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, uint32_t arrayIndex, const char* componentId, MmsValue* value);
MmsDataAccessError MmsConnection_writeVariable(MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, MmsValue* value);
MmsDataAccessError MmsConnection_writeVariableComponent(
    MmsConnection self, MmsError* mmsError, const char* domainId, const char* itemId, const char* componentId, MmsValue* value);
void MmsConnection_abortAsync(MmsConnection self, MmsError* mmsError);
void MmsConnection_concludeAsync(MmsConnection self, MmsError* mmsError, MmsConnection_ConcludeAbortHandler handler, void* parameter);
void MmsConnection_connectAsync(MmsConnection self, MmsError* mmsError, const char* serverName, int serverPort);
void MmsConnection_defineNamedVariableListAssociationSpecificAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* listName, LinkedList variableSpecs,
    MmsConnection_GenericServiceHandler handler, void* parameter);
void MmsConnection_defineNamedVariableListAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* listName, LinkedList variableSpecs,
    MmsConnection_GenericServiceHandler handler, void* parameter);
void MmsConnection_deleteAssociationSpecificNamedVariableListAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* listName, MmsConnection_GenericServiceHandler handler, void*
    parameter);
void MmsConnection_deleteNamedVariableListAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* listName, MmsConnection_GenericServiceHandler
    handler, void* parameter);
void MmsConnection_fileCloseAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, uint32_t frsmId, MmsConnection_GenericServiceHandler handler, void* parameter);
void MmsConnection_fileDeleteAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* fileName, MmsConnection_GenericServiceHandler handler, void*
    parameter);
void MmsConnection_fileOpenAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* filename, uint32_t initialPosition, MmsConnection_FileOpenHandler
    handler, void* parameter);
void MmsConnection_fileReadAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, int32_t frsmId, MmsConnection_FileReadHandler handler, void* parameter);
void MmsConnection_fileRenameAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* currentFileName, const char* newFileName,
    MmsConnection_GenericServiceHandler handler, void* parameter);
void MmsConnection_getDomainJournalsAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* continueAfter,
    MmsConnection_GetNameListHandler handler, void* parameter);
void MmsConnection_getDomainNamesAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* continueAfter, LinkedList result, MmsConnection_GetNameListHandler
    handler, void* parameter);
void MmsConnection_getDomainVariableListNamesAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* continueAfter, LinkedList result,
    MmsConnection_GetNameListHandler handler, void* parameter);
void MmsConnection_getDomainVariableNamesAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* continueAfter, LinkedList result,
    MmsConnection_GetNameListHandler handler, void* parameter);
void MmsConnection_getFileDirectoryAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* fileSpecification, const char* continueAfter,
    MmsConnection_FileDirectoryHandler handler, void* parameter);
void MmsConnection_getServerStatusAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, bool extendedDerivation, MmsConnection_GetServerStatusHandler handler, void*
    parameter);
void MmsConnection_getVMDVariableNamesAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* continueAfter, MmsConnection_GetNameListHandler handler, void*
    parameter);
void MmsConnection_getVariableAccessAttributesAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId,
    MmsConnection_GetVariableAccessAttributesHandler handler, void* parameter);
void MmsConnection_getVariableListNamesAssociationSpecificAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* continueAfter, MmsConnection_GetNameListHandler handler, void*
    parameter);
void MmsConnection_identifyAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, MmsConnection_IdentifyHandler handler, void* parameter);
void MmsConnection_obtainFileAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* sourceFile, const char* destinationFile,
    MmsConnection_GenericServiceHandler handler, void* parameter);
void MmsConnection_readArrayElementsAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, uint32_t startIndex, uint32_t
    numberOfElements, MmsConnection_ReadVariableHandler handler, void* parameter);
void MmsConnection_readJournalStartAfterAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, MmsValue* timeSpecification, MmsValue*
    entrySpecification, MmsConnection_ReadJournalHandler handler, void* parameter);
void MmsConnection_readJournalTimeRangeAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, MmsValue* startTime, MmsValue*
    endTime, MmsConnection_ReadJournalHandler handler, void* parameter);
void MmsConnection_readMultipleVariablesAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, LinkedList items, MmsConnection_ReadVariableHandler
    handler, void* parameter);
void MmsConnection_readNamedVariableListDirectoryAssociationSpecificAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* listName, MmsConnection_ReadNVLDirectoryHandler handler, void*
    parameter);
void MmsConnection_readNamedVariableListDirectoryAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* listName,
    MmsConnection_ReadNVLDirectoryHandler handler, void* parameter);
void MmsConnection_readNamedVariableListValuesAssociationSpecificAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* listName, bool specWithResult, MmsConnection_ReadVariableHandler
    handler, void* parameter);
void MmsConnection_readNamedVariableListValuesAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* listName, bool specWithResult,
    MmsConnection_ReadVariableHandler handler, void* parameter);
void MmsConnection_readSingleArrayElementWithComponentAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, uint32_t index, const char*
    componentId, MmsConnection_ReadVariableHandler handler, void* parameter);
void MmsConnection_readVariableAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, MmsConnection_ReadVariableHandler
    handler, void* parameter);
void MmsConnection_readVariableComponentAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, const char* componentId,
    MmsConnection_ReadVariableHandler handler, void* parameter);
void MmsConnection_writeArrayElementsAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, int index, int numberOfElements,
    MmsValue* value, MmsConnection_WriteVariableHandler handler, void* parameter);
void MmsConnection_writeMultipleVariablesAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, LinkedList items, LinkedList values,
    MmsConnection_WriteMultipleVariablesHandler handler, void* parameter);
void MmsConnection_writeNamedVariableListAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, bool isAssociationSpecific, const char* domainId, const char* itemId, LinkedList
    values, MmsConnection_WriteMultipleVariablesHandler handler, void* parameter);
void MmsConnection_writeSingleArrayElementWithComponentAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, uint32_t arrayIndex, const char*
    componentId, MmsValue* value, MmsConnection_WriteVariableHandler handler, void* parameter);
void MmsConnection_writeVariableAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, MmsValue* value,
    MmsConnection_WriteVariableHandler handler, void* parameter);
void MmsConnection_writeVariableComponentAsync(
    MmsConnection self, uint32_t* usedInvokeId, MmsError* mmsError, const char* domainId, const char* itemId, const char* componentId, MmsValue*
    value, MmsConnection_WriteVariableHandler handler, void* parameter);
void MmsConnnection_setMaxOutstandingCalls(MmsConnection self, int calling, int called);
char* MmsError_toString(MmsError err);
void MmsJournalEntry_destroy(MmsJournalEntry self);
MmsValue* MmsJournalEntry_getEntryID(MmsJournalEntry self);
LinkedList MmsJournalEntry_getJournalVariables(MmsJournalEntry self);
MmsValue* MmsJournalEntry_getOccurenceTime(MmsJournalEntry self);
char* MmsJournalVariable_getTag(MmsJournalVariable self);
MmsValue* MmsJournalVariable_getValue(MmsJournalVariable self);
void MmsServerIdentity_destroy(MmsServerIdentity* self);
MmsVariableAccessSpecification* MmsVariableAccessSpecification_create(char* domainId, char* itemId);
MmsVariableAccessSpecification* MmsVariableAccessSpecification_createAlternateAccess(
    char* domainId, char* itemId, int32_t index, char* componentName);
void MmsVariableAccessSpecification_destroy(MmsVariableAccessSpecification* self);

/*
 * == Client [iec61850_client.h]
 */

/** Result of a client service */
typedef enum {
    IED_ERROR_OK = 0,
    IED_ERROR_NOT_CONNECTED = 1,
    IED_ERROR_ALREADY_CONNECTED = 2,
    IED_ERROR_CONNECTION_LOST = 3,
    IED_ERROR_SERVICE_NOT_SUPPORTED = 4,
    IED_ERROR_CONNECTION_REJECTED = 5,
    IED_ERROR_OUTSTANDING_CALL_LIMIT_REACHED = 6,
    IED_ERROR_USER_PROVIDED_INVALID_ARGUMENT = 10,
    IED_ERROR_ENABLE_REPORT_FAILED_DATASET_MISMATCH = 11,
    IED_ERROR_OBJECT_REFERENCE_INVALID = 12,
    IED_ERROR_UNEXPECTED_VALUE_RECEIVED = 13,
    IED_ERROR_TIMEOUT = 20,
    IED_ERROR_ACCESS_DENIED = 21,
    IED_ERROR_OBJECT_DOES_NOT_EXIST = 22,
    IED_ERROR_OBJECT_EXISTS = 23,
    IED_ERROR_OBJECT_ACCESS_UNSUPPORTED = 24,
    IED_ERROR_TYPE_INCONSISTENT = 25,
    IED_ERROR_TEMPORARILY_UNAVAILABLE = 26,
    IED_ERROR_OBJECT_UNDEFINED = 27,
    IED_ERROR_INVALID_ADDRESS = 28,
    IED_ERROR_HARDWARE_FAULT = 29,
    IED_ERROR_TYPE_UNSUPPORTED = 30,
    IED_ERROR_OBJECT_ATTRIBUTE_INCONSISTENT = 31,
    IED_ERROR_OBJECT_VALUE_INVALID = 32,
    IED_ERROR_OBJECT_INVALIDATED = 33,
    IED_ERROR_MALFORMED_MESSAGE = 34,
    IED_ERROR_OBJECT_CONSTRAINT_CONFLICT = 35,
    IED_ERROR_SERVICE_NOT_IMPLEMENTED = 98,
    IED_ERROR_UNKNOWN = 99
} IedClientError;

/** State of a client connection */
typedef enum {
    IED_STATE_CLOSED = 0,
    IED_STATE_CONNECTING = 1,
    IED_STATE_CONNECTED = 2,
    IED_STATE_CLOSING = 3
} IedConnectionState;

/** Which request of a control an answer belongs to */
typedef enum {
    CONTROL_ACTION_TYPE_SELECT = 0,
    CONTROL_ACTION_TYPE_OPERATE = 1,
    CONTROL_ACTION_TYPE_CANCEL = 2
} ControlActionType;

/* Why a member is in a report; several bits may be set */
#define IEC61850_REASON_NOT_INCLUDED 0
#define IEC61850_REASON_DATA_CHANGE 1
#define IEC61850_REASON_QUALITY_CHANGE 2
#define IEC61850_REASON_DATA_UPDATE 4
#define IEC61850_REASON_INTEGRITY 8
#define IEC61850_REASON_GI 16
#define IEC61850_REASON_UNKNOWN 32

/* Attributes of report control blocks to read or write */
#define RCB_ELEMENT_RPT_ID 1
#define RCB_ELEMENT_RPT_ENA 2
#define RCB_ELEMENT_RESV 4
#define RCB_ELEMENT_DATSET 8
#define RCB_ELEMENT_CONF_REV 16
#define RCB_ELEMENT_OPT_FLDS 32
#define RCB_ELEMENT_BUF_TM 64
#define RCB_ELEMENT_SQ_NUM 128
#define RCB_ELEMENT_TRG_OPS 256
#define RCB_ELEMENT_INTG_PD 512
#define RCB_ELEMENT_GI 1024
#define RCB_ELEMENT_PURGE_BUF 2048
#define RCB_ELEMENT_ENTRY_ID 4096
#define RCB_ELEMENT_TIME_OF_ENTRY 8192
#define RCB_ELEMENT_RESV_TMS 16384
#define RCB_ELEMENT_OWNER 32768

/* Attributes of GOOSE control blocks to read or write */
#define GOCB_ELEMENT_GO_ENA 1
#define GOCB_ELEMENT_GO_ID 2
#define GOCB_ELEMENT_DATSET 4
#define GOCB_ELEMENT_CONF_REV 8
#define GOCB_ELEMENT_NDS_COMM 16
#define GOCB_ELEMENT_DST_ADDRESS 32
#define GOCB_ELEMENT_MIN_TIME 64
#define GOCB_ELEMENT_MAX_TIME 128
#define GOCB_ELEMENT_FIXED_OFFS 256
#define GOCB_ELEMENT_ALL 511

typedef int ReasonForInclusion;
typedef struct sIedConnection* IedConnection;
typedef struct sClientReport* ClientReport;
typedef struct sClientReportControlBlock* ClientReportControlBlock;
typedef struct sClientGooseControlBlock* ClientGooseControlBlock;
typedef struct sClientSVControlBlock* ClientSVControlBlock;
typedef struct sClientDataSet* ClientDataSet;
typedef struct sControlObjectClient* ControlObjectClient;
typedef struct sFileDirectoryEntry* FileDirectoryEntry;

/** The report belongs to the library, which fills it anew for the next one */
typedef void (*ReportCallbackFunction)(void* parameter, ClientReport report);
typedef void (*IedConnectionClosedHandler)(void* parameter, IedConnection connection);
typedef void (*IedConnection_StateChangedHandler)(void* parameter, IedConnection connection, IedConnectionState newState);
/** false ends the transfer */
typedef bool (*IedClientGetFileHandler)(void* parameter, uint8_t* buffer, uint32_t bytesRead);
typedef void (*CommandTerminationHandler)(void* parameter, ControlObjectClient controlClient);
typedef void (*ControlObjectClient_ControlActionHandler)(uint32_t invokeId, void* parameter, IedClientError err, ControlActionType type, bool success);

/* Answers to asynchronous requests. Values, lists and objects become the handler's. */
typedef void (*IedConnection_GenericServiceHandler)(uint32_t invokeId, void* parameter, IedClientError err);
typedef void (*IedConnection_GetNameListHandler)(uint32_t invokeId, void* parameter, IedClientError err, LinkedList nameList, bool moreFollows);
typedef void (*IedConnection_GetDataSetDirectoryHandler)(uint32_t invokeId, void* parameter, IedClientError err, LinkedList dataSetDirectory, bool isDeletable);
typedef void (*IedConnection_QueryLogHandler)(uint32_t invokeId, void* parameter, IedClientError err, LinkedList journalEntries, bool moreFollows);
typedef void (*IedConnection_ReadObjectHandler)(uint32_t invokeId, void* parameter, IedClientError err, MmsValue* value);
typedef void (*IedConnection_ReadDataSetHandler)(uint32_t invokeId, void* parameter, IedClientError err, ClientDataSet dataSet);
typedef void (*IedConnection_WriteDataSetHandler)(uint32_t invokeId, void* parameter, IedClientError err, LinkedList accessResults);
typedef void (*IedConnection_GetRCBValuesHandler)(uint32_t invokeId, void* parameter, IedClientError err, ClientReportControlBlock rcb);
typedef void (*IedConnection_GetGoCBValuesHandler)(uint32_t invokeId, void* parameter, IedClientError err, ClientGooseControlBlock goCB);
typedef void (*IedConnection_GetVariableSpecificationHandler)(uint32_t invokeId, void* parameter, IedClientError err, MmsVariableSpecification* spec);
typedef bool (*IedConnection_GetFileAsyncHandler)(uint32_t invokeId, void* parameter, IedClientError err, uint32_t originalInvokeId, uint8_t* buffer,
    uint32_t bytesRead, bool moreFollows);
typedef bool (*IedConnection_FileDirectoryEntryHandler)(uint32_t invokeId, void* parameter, IedClientError err, char* filename, uint32_t size,
    uint64_t lastModified, bool moreFollows);

void IedConnection_abort(IedConnection self, IedClientError* error);
void IedConnection_close(IedConnection self);
void IedConnection_connect(IedConnection self, IedClientError* error, const char* hostname, int tcpPort);
IedConnection IedConnection_create(void);
void IedConnection_createDataSet(IedConnection self, IedClientError* error, const char* dataSetReference, LinkedList dataSetElements);
IedConnection IedConnection_createEx(TLSConfiguration tlsConfig, bool useThreads);
IedConnection IedConnection_createWithTlsSupport(TLSConfiguration tlsConfig);
bool IedConnection_deleteDataSet(IedConnection self, IedClientError* error, const char* dataSetReference);
void IedConnection_deleteFile(IedConnection self, IedClientError* error, const char* fileName);
void IedConnection_destroy(IedConnection self);
LinkedList IedConnection_getDataDirectory(IedConnection self, IedClientError* error, const char* dataReference);
LinkedList IedConnection_getDataDirectoryByFC(IedConnection self, IedClientError* error, const char* dataReference, FunctionalConstraint fc);
LinkedList IedConnection_getDataDirectoryFC(IedConnection self, IedClientError* error, const char* dataReference);
LinkedList IedConnection_getDataSetDirectory(IedConnection self, IedClientError* error, const char* dataSetReference, bool* isDeletable);
void IedConnection_getDeviceModelFromServer(IedConnection self, IedClientError* error);
uint32_t IedConnection_getFile(
    IedConnection self, IedClientError* error, const char* fileName, IedClientGetFileHandler handler, void* handlerParameter);
LinkedList IedConnection_getFileDirectory(IedConnection self, IedClientError* error, const char* directoryName);
LinkedList IedConnection_getFileDirectoryEx(
    IedConnection self, IedClientError* error, const char* directoryName, const char* continueAfter, bool* moreFollows);
ClientGooseControlBlock IedConnection_getGoCBValues(
    IedConnection self, IedClientError* error, const char* goCBReference, ClientGooseControlBlock updateGoCB);
LastApplError IedConnection_getLastApplError(IedConnection self);
LinkedList IedConnection_getLogicalDeviceDataSets(IedConnection self, IedClientError* error, const char* ldName);
LinkedList IedConnection_getLogicalDeviceDirectory(IedConnection self, IedClientError* error, const char* logicalDeviceName);
LinkedList IedConnection_getLogicalDeviceList(IedConnection self, IedClientError* error);
LinkedList IedConnection_getLogicalDeviceVariables(IedConnection self, IedClientError* error, const char* ldName);
LinkedList IedConnection_getLogicalNodeDirectory(IedConnection self, IedClientError* error, const char* logicalNodeReference, ACSIClass acsiClass);
LinkedList IedConnection_getLogicalNodeVariables(IedConnection self, IedClientError* error, const char* logicalNodeReference);
MmsConnection IedConnection_getMmsConnection(IedConnection self);
ClientReportControlBlock IedConnection_getRCBValues(
    IedConnection self, IedClientError* error, const char* rcbReference, ClientReportControlBlock updateRcb);
uint32_t IedConnection_getRequestTimeout(IedConnection self);
LinkedList IedConnection_getServerDirectory(IedConnection self, IedClientError* error, bool getFileNames);
IedConnectionState IedConnection_getState(IedConnection self);
MmsVariableSpecification* IedConnection_getVariableSpecification(
    IedConnection self, IedClientError* error, const char* dataAttributeReference, FunctionalConstraint fc);
void IedConnection_installConnectionClosedHandler(IedConnection self, IedConnectionClosedHandler handler, void* parameter);
void IedConnection_installReportHandler(
    IedConnection self, const char* rcbReference, const char* rptId, ReportCallbackFunction handler, void* handlerParameter);
void IedConnection_installStateChangedHandler(IedConnection self, IedConnection_StateChangedHandler handler, void* parameter);
LinkedList IedConnection_queryLogAfter(
    IedConnection self, IedClientError* error, const char* logReference, MmsValue* entryID, uint64_t timeStamp, bool* moreFollows);
LinkedList IedConnection_queryLogByTime(
    IedConnection self, IedClientError* error, const char* logReference, uint64_t startTime, uint64_t endTime, bool* moreFollows);
bool IedConnection_readBooleanValue(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc);
ClientDataSet IedConnection_readDataSetValues(IedConnection self, IedClientError* error, const char* dataSetReference, ClientDataSet dataSet);
float IedConnection_readFloatValue(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc);
int32_t IedConnection_readInt32Value(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc);
int64_t IedConnection_readInt64Value(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc);
MmsValue* IedConnection_readObject(IedConnection self, IedClientError* error, const char* dataAttributeReference, FunctionalConstraint fc);
Quality IedConnection_readQualityValue(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc);
char* IedConnection_readStringValue(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc);
Timestamp* IedConnection_readTimestampValue(
    IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc, Timestamp* timeStamp);
uint32_t IedConnection_readUnsigned32Value(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc);
void IedConnection_release(IedConnection self, IedClientError* error);
void IedConnection_setConnectTimeout(IedConnection self, uint32_t timeoutInMs);
void IedConnection_setFile(IedConnection self, IedClientError* error, const char* sourceFilename, const char* destinationFilename);
void IedConnection_setFilestoreBasepath(IedConnection self, const char* basepath);
void IedConnection_setGoCBValues(
    IedConnection self, IedClientError* error, ClientGooseControlBlock goCB, uint32_t parametersMask, bool singleRequest);
void IedConnection_setLocalAddress(IedConnection self, const char* localIpAddress, int localPort);
void IedConnection_setMaxOutstandingCalls(IedConnection self, int calling, int called);
void IedConnection_setRCBValues(IedConnection self, IedClientError* error, ClientReportControlBlock rcb, uint32_t parametersMask, bool singleRequest);
void IedConnection_setRequestTimeout(IedConnection self, uint32_t timeoutInMs);
void IedConnection_setTimeQuality(IedConnection self, bool leapSecondKnown, bool clockFailure, bool clockNotSynchronized, int subsecondPrecision);
bool IedConnection_tick(IedConnection self);
void IedConnection_triggerGIReport(IedConnection self, IedClientError* error, const char* rcbReference);
void IedConnection_uninstallReportHandler(IedConnection self, const char* rcbReference);
void IedConnection_writeBooleanValue(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc, bool value);
void IedConnection_writeDataSetValues(
    IedConnection self, IedClientError* error, const char* dataSetReference, LinkedList values, LinkedList* accessResults);
void IedConnection_writeFloatValue(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc, float value);
void IedConnection_writeInt32Value(IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc, int32_t value);
void IedConnection_writeObject(
    IedConnection self, IedClientError* error, const char* dataAttributeReference, FunctionalConstraint fc, MmsValue* value);
void IedConnection_writeOctetString(
    IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc, uint8_t* value, int valueLength);
void IedConnection_writeUnsigned32Value(
    IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc, uint32_t value);
void IedConnection_writeVisibleStringValue(
    IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc, char* value);

void IedConnection_abortAsync(IedConnection self, IedClientError* error);
void IedConnection_connectAsync(IedConnection self, IedClientError* error, const char* hostname, int tcpPort);
uint32_t IedConnection_createDataSetAsync(
    IedConnection self, IedClientError* error, const char* dataSetReference, LinkedList dataSetElements, IedConnection_GenericServiceHandler
    handler, void* parameter);
uint32_t IedConnection_deleteDataSetAsync(
    IedConnection self, IedClientError* error, const char* dataSetReference, IedConnection_GenericServiceHandler handler, void* parameter);
uint32_t IedConnection_deleteFileAsync(
    IedConnection self, IedClientError* error, const char* fileName, IedConnection_GenericServiceHandler handler, void* parameter);
uint32_t IedConnection_getDataSetDirectoryAsync(
    IedConnection self, IedClientError* error, const char* dataSetReference, IedConnection_GetDataSetDirectoryHandler handler, void* parameter);
uint32_t IedConnection_getFileAsync(
    IedConnection self, IedClientError* error, const char* fileName, IedConnection_GetFileAsyncHandler handler, void* parameter);
uint32_t IedConnection_getFileDirectoryAsyncEx(
    IedConnection self, IedClientError* error, const char* directoryName, const char* continueAfter, IedConnection_FileDirectoryEntryHandler
    handler, void* parameter);
uint32_t IedConnection_getGoCBValuesAsync(
    IedConnection self, IedClientError* error, const char* goCBReference, ClientGooseControlBlock updateGoCB, IedConnection_GetGoCBValuesHandler
    handler, void* parameter);
uint32_t IedConnection_getLogicalDeviceDataSetsAsync(
    IedConnection self, IedClientError* error, const char* ldName, const char* continueAfter, LinkedList result, IedConnection_GetNameListHandler
    handler, void* parameter);
uint32_t IedConnection_getLogicalDeviceVariablesAsync(
    IedConnection self, IedClientError* error, const char* ldName, const char* continueAfter, LinkedList result, IedConnection_GetNameListHandler
    handler, void* parameter);
uint32_t IedConnection_getRCBValuesAsync(
    IedConnection self, IedClientError* error, const char* rcbReference, ClientReportControlBlock updateRcb, IedConnection_GetRCBValuesHandler
    handler, void* parameter);
uint32_t IedConnection_getServerDirectoryAsync(
    IedConnection self, IedClientError* error, const char* continueAfter, LinkedList result, IedConnection_GetNameListHandler handler, void*
    parameter);
uint32_t IedConnection_getVariableSpecificationAsync(
    IedConnection self, IedClientError* error, const char* dataAttributeReference, FunctionalConstraint fc,
    IedConnection_GetVariableSpecificationHandler handler, void* parameter);
uint32_t IedConnection_queryLogAfterAsync(
    IedConnection self, IedClientError* error, const char* logReference, MmsValue* entryID, uint64_t timeStamp, IedConnection_QueryLogHandler
    handler, void* parameter);
uint32_t IedConnection_queryLogByTimeAsync(
    IedConnection self, IedClientError* error, const char* logReference, uint64_t startTime, uint64_t endTime, IedConnection_QueryLogHandler
    handler, void* parameter);
uint32_t IedConnection_readDataSetValuesAsync(
    IedConnection self, IedClientError* error, const char* dataSetReference, ClientDataSet dataSet, IedConnection_ReadDataSetHandler handler, void*
    parameter);
uint32_t IedConnection_readObjectAsync(
    IedConnection self, IedClientError* error, const char* objRef, FunctionalConstraint fc, IedConnection_ReadObjectHandler handler, void*
    parameter);
void IedConnection_releaseAsync(IedConnection self, IedClientError* error);
uint32_t IedConnection_setFileAsync(
    IedConnection self, IedClientError* error, const char* sourceFilename, const char* destinationFilename, IedConnection_GenericServiceHandler
    handler, void* parameter);
uint32_t IedConnection_setGoCBValuesAsync(
    IedConnection self, IedClientError* error, ClientGooseControlBlock goCB, uint32_t parametersMask, bool singleRequest,
    IedConnection_GenericServiceHandler handler, void* parameter);
uint32_t IedConnection_setRCBValuesAsync(
    IedConnection self, IedClientError* error, ClientReportControlBlock rcb, uint32_t parametersMask, bool singleRequest,
    IedConnection_GenericServiceHandler handler, void* parameter);
uint32_t IedConnection_writeDataSetValuesAsync(
    IedConnection self, IedClientError* error, const char* dataSetReference, LinkedList values, IedConnection_WriteDataSetHandler handler, void*
    parameter);
uint32_t IedConnection_writeObjectAsync(
    IedConnection self, IedClientError* error, const char* objectReference, FunctionalConstraint fc, MmsValue* value,
    IedConnection_GenericServiceHandler handler, void* parameter);

void ClientDataSet_destroy(ClientDataSet self);
int ClientDataSet_getDataSetSize(ClientDataSet self);
char* ClientDataSet_getReference(ClientDataSet self);
MmsValue* ClientDataSet_getValues(ClientDataSet self);
ClientGooseControlBlock ClientGooseControlBlock_create(const char* dataAttributeReference);
void ClientGooseControlBlock_destroy(ClientGooseControlBlock self);
uint32_t ClientGooseControlBlock_getConfRev(ClientGooseControlBlock self);
char* ClientGooseControlBlock_getDatSet(ClientGooseControlBlock self);
PhyComAddress ClientGooseControlBlock_getDstAddress(ClientGooseControlBlock self);
MmsValue* ClientGooseControlBlock_getDstAddress_addr(ClientGooseControlBlock self);
uint16_t ClientGooseControlBlock_getDstAddress_appid(ClientGooseControlBlock self);
uint8_t ClientGooseControlBlock_getDstAddress_priority(ClientGooseControlBlock self);
uint16_t ClientGooseControlBlock_getDstAddress_vid(ClientGooseControlBlock self);
bool ClientGooseControlBlock_getFixedOffs(ClientGooseControlBlock self);
bool ClientGooseControlBlock_getGoEna(ClientGooseControlBlock self);
char* ClientGooseControlBlock_getGoID(ClientGooseControlBlock self);
uint32_t ClientGooseControlBlock_getMaxTime(ClientGooseControlBlock self);
uint32_t ClientGooseControlBlock_getMinTime(ClientGooseControlBlock self);
bool ClientGooseControlBlock_getNdsComm(ClientGooseControlBlock self);
void ClientGooseControlBlock_setDatSet(ClientGooseControlBlock self, const char* datSet);
void ClientGooseControlBlock_setDstAddress(ClientGooseControlBlock self, PhyComAddress value);
void ClientGooseControlBlock_setDstAddress_addr(ClientGooseControlBlock self, MmsValue* macAddr);
void ClientGooseControlBlock_setDstAddress_appid(ClientGooseControlBlock self, uint16_t appidValue);
void ClientGooseControlBlock_setDstAddress_priority(ClientGooseControlBlock self, uint8_t priorityValue);
void ClientGooseControlBlock_setDstAddress_vid(ClientGooseControlBlock self, uint16_t vidValue);
void ClientGooseControlBlock_setGoEna(ClientGooseControlBlock self, bool goEna);
void ClientGooseControlBlock_setGoID(ClientGooseControlBlock self, const char* goID);
ClientReportControlBlock ClientReportControlBlock_create(const char* rcbReference);
void ClientReportControlBlock_destroy(ClientReportControlBlock self);
uint32_t ClientReportControlBlock_getBufTm(ClientReportControlBlock self);
uint32_t ClientReportControlBlock_getConfRev(ClientReportControlBlock self);
char* ClientReportControlBlock_getDataSetReference(ClientReportControlBlock self);
MmsValue* ClientReportControlBlock_getEntryId(ClientReportControlBlock self);
uint64_t ClientReportControlBlock_getEntryTime(ClientReportControlBlock self);
bool ClientReportControlBlock_getGI(ClientReportControlBlock self);
uint32_t ClientReportControlBlock_getIntgPd(ClientReportControlBlock self);
char* ClientReportControlBlock_getObjectReference(ClientReportControlBlock self);
int ClientReportControlBlock_getOptFlds(ClientReportControlBlock self);
MmsValue* ClientReportControlBlock_getOwner(ClientReportControlBlock self);
bool ClientReportControlBlock_getPurgeBuf(ClientReportControlBlock self);
bool ClientReportControlBlock_getResv(ClientReportControlBlock self);
int16_t ClientReportControlBlock_getResvTms(ClientReportControlBlock self);
bool ClientReportControlBlock_getRptEna(ClientReportControlBlock self);
char* ClientReportControlBlock_getRptId(ClientReportControlBlock self);
uint16_t ClientReportControlBlock_getSqNum(ClientReportControlBlock self);
int ClientReportControlBlock_getTrgOps(ClientReportControlBlock self);
bool ClientReportControlBlock_hasResvTms(ClientReportControlBlock self);
bool ClientReportControlBlock_isBuffered(ClientReportControlBlock self);
void ClientReportControlBlock_setBufTm(ClientReportControlBlock self, uint32_t bufTm);
void ClientReportControlBlock_setDataSetReference(ClientReportControlBlock self, const char* dataSetReference);
void ClientReportControlBlock_setEntryId(ClientReportControlBlock self, MmsValue* entryId);
void ClientReportControlBlock_setGI(ClientReportControlBlock self, bool gi);
void ClientReportControlBlock_setIntgPd(ClientReportControlBlock self, uint32_t intgPd);
void ClientReportControlBlock_setOptFlds(ClientReportControlBlock self, int optFlds);
void ClientReportControlBlock_setPurgeBuf(ClientReportControlBlock self, bool purgeBuf);
void ClientReportControlBlock_setResv(ClientReportControlBlock self, bool resv);
void ClientReportControlBlock_setResvTms(ClientReportControlBlock self, int16_t resvTms);
void ClientReportControlBlock_setRptEna(ClientReportControlBlock self, bool rptEna);
void ClientReportControlBlock_setRptId(ClientReportControlBlock self, const char* rptId);
void ClientReportControlBlock_setTrgOps(ClientReportControlBlock self, int trgOps);
bool ClientReport_getBufOvfl(ClientReport self);
uint32_t ClientReport_getConfRev(ClientReport self);
char* ClientReport_getDataReference(ClientReport self, int elementIndex);
char* ClientReport_getDataSetName(ClientReport self);
MmsValue* ClientReport_getDataSetValues(ClientReport self);
MmsValue* ClientReport_getEntryId(ClientReport self);
bool ClientReport_getMoreSeqmentsFollow(ClientReport self);
char* ClientReport_getRcbReference(ClientReport self);
ReasonForInclusion ClientReport_getReasonForInclusion(ClientReport self, int elementIndex);
char* ClientReport_getRptId(ClientReport self);
uint16_t ClientReport_getSeqNum(ClientReport self);
uint16_t ClientReport_getSubSeqNum(ClientReport self);
uint64_t ClientReport_getTimestamp(ClientReport self);
bool ClientReport_hasBufOvfl(ClientReport self);
bool ClientReport_hasConfRev(ClientReport self);
bool ClientReport_hasDataReference(ClientReport self);
bool ClientReport_hasDataSetName(ClientReport self);
bool ClientReport_hasReasonForInclusion(ClientReport self);
bool ClientReport_hasSeqNum(ClientReport self);
bool ClientReport_hasSubSeqNum(ClientReport self);
bool ClientReport_hasTimestamp(ClientReport self);
ClientSVControlBlock ClientSVControlBlock_create(IedConnection connection, const char* reference);
void ClientSVControlBlock_destroy(ClientSVControlBlock self);
uint32_t ClientSVControlBlock_getConfRev(ClientSVControlBlock self);
char* ClientSVControlBlock_getDatSet(ClientSVControlBlock self);
PhyComAddress ClientSVControlBlock_getDstAddress(ClientSVControlBlock self);
IedClientError ClientSVControlBlock_getLastComError(ClientSVControlBlock self);
char* ClientSVControlBlock_getMsvID(ClientSVControlBlock self);
int ClientSVControlBlock_getNoASDU(ClientSVControlBlock self);
int ClientSVControlBlock_getOptFlds(ClientSVControlBlock self);
bool ClientSVControlBlock_getResv(ClientSVControlBlock self);
uint8_t ClientSVControlBlock_getSmpMod(ClientSVControlBlock self);
uint16_t ClientSVControlBlock_getSmpRate(ClientSVControlBlock self);
bool ClientSVControlBlock_getSvEna(ClientSVControlBlock self);
bool ClientSVControlBlock_isMulticast(ClientSVControlBlock self);
bool ClientSVControlBlock_setResv(ClientSVControlBlock self, bool value);
bool ClientSVControlBlock_setSvEna(ClientSVControlBlock self, bool value);
FileDirectoryEntry FileDirectoryEntry_create(const char* fileName, uint32_t fileSize, uint64_t lastModified);
void FileDirectoryEntry_destroy(FileDirectoryEntry self);
char* FileDirectoryEntry_getFileName(FileDirectoryEntry self);
uint32_t FileDirectoryEntry_getFileSize(FileDirectoryEntry self);
uint64_t FileDirectoryEntry_getLastModified(FileDirectoryEntry self);
char* IedClientError_toString(IedClientError err);
char* ReasonForInclusion_getValueAsString(ReasonForInclusion reasonCode);

bool ControlObjectClient_cancel(ControlObjectClient self);
uint32_t ControlObjectClient_cancelAsync(
    ControlObjectClient self, IedClientError* err, ControlObjectClient_ControlActionHandler handler, void* parameter);
void ControlObjectClient_changeServerControlModel(ControlObjectClient self, ControlModel ctlModel);
ControlObjectClient ControlObjectClient_create(const char* objectReference, IedConnection connection);
ControlObjectClient ControlObjectClient_createEx(
    const char* objectReference, IedConnection connection, ControlModel ctlModel, MmsVariableSpecification* controlObjectSpec);
void ControlObjectClient_destroy(ControlObjectClient self);
void ControlObjectClient_enableInterlockCheck(ControlObjectClient self);
void ControlObjectClient_enableSynchroCheck(ControlObjectClient self);
ControlModel ControlObjectClient_getControlModel(ControlObjectClient self);
MmsType ControlObjectClient_getCtlValType(ControlObjectClient self);
LastApplError ControlObjectClient_getLastApplError(ControlObjectClient self);
IedClientError ControlObjectClient_getLastError(ControlObjectClient self);
char* ControlObjectClient_getObjectReference(ControlObjectClient self);
bool ControlObjectClient_operate(ControlObjectClient self, MmsValue* ctlVal, uint64_t operTime);
uint32_t ControlObjectClient_operateAsync(
    ControlObjectClient self, IedClientError* err, MmsValue* ctlVal, uint64_t operTime, ControlObjectClient_ControlActionHandler handler, void*
    parameter);
bool ControlObjectClient_select(ControlObjectClient self);
uint32_t ControlObjectClient_selectAsync(
    ControlObjectClient self, IedClientError* err, ControlObjectClient_ControlActionHandler handler, void* parameter);
bool ControlObjectClient_selectWithValue(ControlObjectClient self, MmsValue* ctlVal);
uint32_t ControlObjectClient_selectWithValueAsync(
    ControlObjectClient self, IedClientError* err, MmsValue* ctlVal, ControlObjectClient_ControlActionHandler handler, void* parameter);
void ControlObjectClient_setCommandTerminationHandler(ControlObjectClient self, CommandTerminationHandler handler, void* handlerParameter);
void ControlObjectClient_setControlModel(ControlObjectClient self, ControlModel ctlModel);
void ControlObjectClient_setCtlNum(ControlObjectClient self, uint8_t ctlNum);
void ControlObjectClient_setInterlockCheck(ControlObjectClient self, bool value);
void ControlObjectClient_setOrigin(ControlObjectClient self, const char* orIdent, int orCat);
void ControlObjectClient_setSynchroCheck(ControlObjectClient self, bool value);
void ControlObjectClient_setTestMode(ControlObjectClient self, bool value);
void ControlObjectClient_useConstantT(ControlObjectClient self, bool useConstantT);

/*
 * == Routable sessions [r_session.h]
 */

typedef struct sRSession* RSession;

/** Encryption */
typedef enum {
    R_SESSION_SEC_ALGO_NONE = 0,
    R_SESSION_SEC_ALGO_AES_128_GCM = 1,
    R_SESSION_SEC_ALGO_AES_256_GCM = 2
} RSecurityAlgorithm;

/** Signature */
typedef enum {
    R_SESSION_SIG_ALGO_NONE = 0,
    R_SESSION_SIG_ALGO_HMAC_SHA256_80 = 1,
    R_SESSION_SIG_ALGO_HMAC_SHA256_128 = 2,
    R_SESSION_SIG_ALGO_HMAC_SHA256_256 = 3,
    R_SESSION_SIG_ALGO_AES_GMAC_64 = 4,
    R_SESSION_SIG_ALGO_AES_GMAC_128 = 5,
    R_SESSION_SIG_ALGO_HMAC_SHA3_80 = 6,
    R_SESSION_SIG_ALGO_HMAC_SHA3_128 = 7,
    R_SESSION_SIG_ALGO_HMAC_SHA3_256 = 8
} RSignatureAlgorithm;

/** Result of a session call */
typedef enum {
    R_SESSION_ERROR_OK = 0,
    R_SESSION_ERROR_INVALID_KEY = 1,
    R_SESSION_ERROR_KEY_QUEUE_FULL = 2,
    R_SESSION_ERROR_NO_SOCKET = 3,
    R_SESSION_ERROR_OUT_OF_MEMORY = 4,
    R_SESSION_ERROR_FAILED_TO_SEND = 5,
    R_SESSION_ERROR_FAILED_TO_RECEIVE = 6,
    R_SESSION_ERROR_INVALID_MESSAGE = 7,
    R_SESSION_ERROR_SET_FAILED = 8
} RSessionError;

RSessionError RSession_addKey(RSession self, uint32_t keyId, uint8_t* key, int keyLength, RSecurityAlgorithm sec, RSignatureAlgorithm sig);
RSessionError RSession_addMulticastGroup(RSession self, const char* multicastAddress);
RSession RSession_create(void);
void RSession_destroy(RSession self);
void RSession_removeAllKeys(RSession self);
RSessionError RSession_removeKey(RSession self, uint32_t keyId);
RSessionError RSession_setActiveKey(RSession self, uint32_t keyId);
void RSession_setBufferSize(RSession self, uint16_t bufferSize);
RSessionError RSession_setLocalAddress(RSession self, const char* localAddress, int localPort);
RSessionError RSession_setMulticastTtl(RSession self, int ttl);
RSessionError RSession_setRemoteAddress(RSession self, const char* remoteAddress, int remotePort);
RSessionError RSession_setSecurity(RSession self, RSecurityAlgorithm sec, RSignatureAlgorithm sig);
RSessionError RSession_start(RSession self);
RSessionError RSession_stop(RSession self);

/*
 * == GOOSE [goose_publisher.h, goose_receiver.h, goose_subscriber.h]
 */

typedef struct sGoosePublisher* GoosePublisher;
typedef struct sGooseSubscriber* GooseSubscriber;
typedef struct sGooseReceiver* GooseReceiver;
typedef void (*GooseListener)(GooseSubscriber subscriber, void* parameter);

/** What was wrong with a message */
typedef enum {
    GOOSE_PARSE_ERROR_NO_ERROR = 0,
    GOOSE_PARSE_ERROR_UNKNOWN_TAG = 1,
    GOOSE_PARSE_ERROR_TAGDECODE = 2,
    GOOSE_PARSE_ERROR_SUBLEVEL = 3,
    GOOSE_PARSE_ERROR_OVERFLOW = 4,
    GOOSE_PARSE_ERROR_UNDERFLOW = 5,
    GOOSE_PARSE_ERROR_TYPE_MISMATCH = 6,
    GOOSE_PARSE_ERROR_LENGTH_MISMATCH = 7,
    GOOSE_PARSE_ERROR_INVALID_PADDING = 8
} GooseParseError;

GoosePublisher GoosePublisher_create(CommParameters* parameters, const char* interfaceID);
GoosePublisher GoosePublisher_createEx(CommParameters* parameters, const char* interfaceID, bool useVlanTag);
GoosePublisher GoosePublisher_createRemote(RSession session, uint16_t appId);
void GoosePublisher_destroy(GoosePublisher self);
uint64_t GoosePublisher_increaseStNum(GoosePublisher self);
int GoosePublisher_publish(GoosePublisher self, LinkedList dataSet);
int GoosePublisher_publishAndDump(GoosePublisher self, LinkedList dataSet, char* msgBuf, int32_t* msgLen, int32_t bufSize);
void GoosePublisher_reset(GoosePublisher self);
void GoosePublisher_setConfRev(GoosePublisher self, uint32_t confRev);
void GoosePublisher_setDataSetRef(GoosePublisher self, char* dataSetRef);
void GoosePublisher_setGoCbRef(GoosePublisher self, char* goCbRef);
void GoosePublisher_setGoID(GoosePublisher self, char* goID);
void GoosePublisher_setNeedsCommission(GoosePublisher self, bool ndsCom);
void GoosePublisher_setSimulation(GoosePublisher self, bool simulation);
void GoosePublisher_setSqNum(GoosePublisher self, uint32_t sqNum);
void GoosePublisher_setStNum(GoosePublisher self, uint32_t stNum);
void GoosePublisher_setTimeAllowedToLive(GoosePublisher self, uint32_t timeAllowedToLive);
void GooseReceiver_addSubscriber(GooseReceiver self, GooseSubscriber subscriber);
GooseReceiver GooseReceiver_create(void);
GooseReceiver GooseReceiver_createEx(uint8_t* buffer);
GooseReceiver GooseReceiver_createRemote(RSession session);
void GooseReceiver_destroy(GooseReceiver self);
char* GooseReceiver_getInterfaceId(GooseReceiver self);
void GooseReceiver_handleMessage(GooseReceiver self, uint8_t* buffer, int size);
bool GooseReceiver_isRunning(GooseReceiver self);
void GooseReceiver_removeSubscriber(GooseReceiver self, GooseSubscriber subscriber);
void GooseReceiver_setInterfaceId(GooseReceiver self, const char* interfaceId);
void GooseReceiver_start(GooseReceiver self);
EthernetSocket GooseReceiver_startThreadless(GooseReceiver self);
void GooseReceiver_stop(GooseReceiver self);
void GooseReceiver_stopThreadless(GooseReceiver self);
bool GooseReceiver_tick(GooseReceiver self);
GooseSubscriber GooseSubscriber_create(char* goCbRef, MmsValue* dataSetValues);
void GooseSubscriber_destroy(GooseSubscriber self);
int32_t GooseSubscriber_getAppId(GooseSubscriber self);
uint32_t GooseSubscriber_getConfRev(GooseSubscriber self);
char* GooseSubscriber_getDataSet(GooseSubscriber self);
MmsValue* GooseSubscriber_getDataSetValues(GooseSubscriber self);
void GooseSubscriber_getDstMac(GooseSubscriber self, uint8_t* buffer);
char* GooseSubscriber_getGoCbRef(GooseSubscriber self);
char* GooseSubscriber_getGoId(GooseSubscriber self);
GooseParseError GooseSubscriber_getParseError(GooseSubscriber self);
uint32_t GooseSubscriber_getSqNum(GooseSubscriber self);
void GooseSubscriber_getSrcMac(GooseSubscriber self, uint8_t* buffer);
uint32_t GooseSubscriber_getStNum(GooseSubscriber self);
uint32_t GooseSubscriber_getTimeAllowedToLive(GooseSubscriber self);
uint64_t GooseSubscriber_getTimestamp(GooseSubscriber self);
uint16_t GooseSubscriber_getVlanId(GooseSubscriber self);
uint8_t GooseSubscriber_getVlanPrio(GooseSubscriber self);
bool GooseSubscriber_isTest(GooseSubscriber self);
bool GooseSubscriber_isValid(GooseSubscriber self);
bool GooseSubscriber_isVlanSet(GooseSubscriber self);
bool GooseSubscriber_needsCommission(GooseSubscriber self);
void GooseSubscriber_setAppId(GooseSubscriber self, uint16_t appId);
void GooseSubscriber_setDstMac(GooseSubscriber self, uint8_t* dstMac );
void GooseSubscriber_setListener(GooseSubscriber self, GooseListener listener, void* parameter);
void GooseSubscriber_setObserver(GooseSubscriber self);

/*
 * == Sampled values [sv_publisher.h, sv_subscriber.h]
 */

typedef struct sSVPublisher* SVPublisher;
typedef struct sSVPublisher_ASDU* SVPublisher_ASDU;
typedef struct sSVSubscriber* SVSubscriber;
typedef struct sSVSubscriber_ASDU* SVSubscriber_ASDU;
typedef struct sSVReceiver* SVReceiver;
/** asdu is only valid during the call */
typedef void (*SVUpdateListener)(SVSubscriber subscriber, void* parameter, SVSubscriber_ASDU asdu);

int SVPublisher_ASDU_addFLOAT(SVPublisher_ASDU self);
int SVPublisher_ASDU_addFLOAT64(SVPublisher_ASDU self);
int SVPublisher_ASDU_addINT32(SVPublisher_ASDU self);
int SVPublisher_ASDU_addINT64(SVPublisher_ASDU self);
int SVPublisher_ASDU_addINT8(SVPublisher_ASDU self);
int SVPublisher_ASDU_addQuality(SVPublisher_ASDU self);
int SVPublisher_ASDU_addTimestamp(SVPublisher_ASDU self);
void SVPublisher_ASDU_enableRefrTm(SVPublisher_ASDU self);
uint16_t SVPublisher_ASDU_getSmpCnt(SVPublisher_ASDU self);
void SVPublisher_ASDU_increaseSmpCnt(SVPublisher_ASDU self);
void SVPublisher_ASDU_resetBuffer(SVPublisher_ASDU self);
void SVPublisher_ASDU_setFLOAT(SVPublisher_ASDU self, int index, float value);
void SVPublisher_ASDU_setFLOAT64(SVPublisher_ASDU self, int index, double value);
void SVPublisher_ASDU_setGmIdentity(SVPublisher_ASDU self, uint8_t* gmIdentity);
void SVPublisher_ASDU_setINT32(SVPublisher_ASDU self, int index, int32_t value);
void SVPublisher_ASDU_setINT64(SVPublisher_ASDU self, int index, int64_t value);
void SVPublisher_ASDU_setINT8(SVPublisher_ASDU self, int index, int8_t value);
void SVPublisher_ASDU_setQuality(SVPublisher_ASDU self, int index, Quality value);
void SVPublisher_ASDU_setRefrTm(SVPublisher_ASDU self, msSinceEpoch refrTm);
void SVPublisher_ASDU_setRefrTmByTimestamp(SVPublisher_ASDU self, Timestamp* refrTm);
void SVPublisher_ASDU_setRefrTmNs(SVPublisher_ASDU self, nsSinceEpoch refrTmNs);
void SVPublisher_ASDU_setSmpCnt(SVPublisher_ASDU self, uint16_t value);
void SVPublisher_ASDU_setSmpCntWrap(SVPublisher_ASDU self, uint16_t value);
void SVPublisher_ASDU_setSmpMod(SVPublisher_ASDU self, uint8_t smpMod);
void SVPublisher_ASDU_setSmpRate(SVPublisher_ASDU self, uint16_t smpRate);
void SVPublisher_ASDU_setSmpSynch(SVPublisher_ASDU self, uint16_t smpSynch);
void SVPublisher_ASDU_setTimestamp(SVPublisher_ASDU self, int index, Timestamp value);
SVPublisher_ASDU SVPublisher_addASDU(SVPublisher self, const char* svID, const char* datset, uint32_t confRev);
SVPublisher SVPublisher_create(CommParameters* parameters, const char* interfaceId);
SVPublisher SVPublisher_createEx(CommParameters* parameters, const char* interfaceId, bool useVlanTag);
SVPublisher SVPublisher_createRemote(RSession session, uint16_t appId);
void SVPublisher_destroy(SVPublisher self);
void SVPublisher_publish(SVPublisher self);
void SVPublisher_setupComplete(SVPublisher self);
void SVReceiver_addSubscriber(SVReceiver self, SVSubscriber subscriber);
SVReceiver SVReceiver_create(void);
SVReceiver SVReceiver_createRemote(RSession session);
void SVReceiver_destroy(SVReceiver self);
void SVReceiver_disableDestAddrCheck(SVReceiver self);
void SVReceiver_enableDestAddrCheck(SVReceiver self);
bool SVReceiver_isRunning(SVReceiver self);
void SVReceiver_removeSubscriber(SVReceiver self, SVSubscriber subscriber);
void SVReceiver_setInterfaceId(SVReceiver self, const char* interfaceId);
void SVReceiver_start(SVReceiver self);
bool SVReceiver_startThreadless(SVReceiver self);
void SVReceiver_stop(SVReceiver self);
void SVReceiver_stopThreadless(SVReceiver self);
bool SVReceiver_tick(SVReceiver self);
uint32_t SVSubscriber_ASDU_getConfRev(SVSubscriber_ASDU self);
char* SVSubscriber_ASDU_getDatSet(SVSubscriber_ASDU self);
int SVSubscriber_ASDU_getDataSize(SVSubscriber_ASDU self);
float SVSubscriber_ASDU_getFLOAT32(SVSubscriber_ASDU self, int index);
double SVSubscriber_ASDU_getFLOAT64(SVSubscriber_ASDU self, int index);
int16_t SVSubscriber_ASDU_getINT16(SVSubscriber_ASDU self, int index);
uint16_t SVSubscriber_ASDU_getINT16U(SVSubscriber_ASDU self, int index);
int32_t SVSubscriber_ASDU_getINT32(SVSubscriber_ASDU self, int index);
uint32_t SVSubscriber_ASDU_getINT32U(SVSubscriber_ASDU self, int index);
int64_t SVSubscriber_ASDU_getINT64(SVSubscriber_ASDU self, int index);
uint64_t SVSubscriber_ASDU_getINT64U(SVSubscriber_ASDU self, int index);
int8_t SVSubscriber_ASDU_getINT8(SVSubscriber_ASDU self, int index);
uint8_t SVSubscriber_ASDU_getINT8U(SVSubscriber_ASDU self, int index);
Quality SVSubscriber_ASDU_getQuality(SVSubscriber_ASDU self, int index);
uint64_t SVSubscriber_ASDU_getRefrTmAsMs(SVSubscriber_ASDU self);
uint64_t SVSubscriber_ASDU_getRefrTmAsNs(SVSubscriber_ASDU self);
uint16_t SVSubscriber_ASDU_getSmpCnt(SVSubscriber_ASDU self);
uint8_t SVSubscriber_ASDU_getSmpMod(SVSubscriber_ASDU self);
uint16_t SVSubscriber_ASDU_getSmpRate(SVSubscriber_ASDU self);
uint8_t SVSubscriber_ASDU_getSmpSynch(SVSubscriber_ASDU self);
char* SVSubscriber_ASDU_getSvId(SVSubscriber_ASDU self);
Timestamp SVSubscriber_ASDU_getTimestamp(SVSubscriber_ASDU self, int index);
bool SVSubscriber_ASDU_hasDatSet(SVSubscriber_ASDU self);
bool SVSubscriber_ASDU_hasRefrTm(SVSubscriber_ASDU self);
bool SVSubscriber_ASDU_hasSmpMod(SVSubscriber_ASDU self);
bool SVSubscriber_ASDU_hasSmpRate(SVSubscriber_ASDU self);
SVSubscriber SVSubscriber_create(const uint8_t* ethAddr, uint16_t appID);
void SVSubscriber_destroy(SVSubscriber self);
void SVSubscriber_setListener(SVSubscriber self, SVUpdateListener listener, void* parameter);

#ifdef __cplusplus
}
#endif

#endif

