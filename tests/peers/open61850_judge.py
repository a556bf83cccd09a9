#!/usr/bin/env python3
"""What open61850 reads in captures of GOOSE and sampled values, and in COMTRADE records.

Usage: open61850_judge.py frames FILE      a line of JSON for each message and sample, read strictly; samples are written again by its encoder
       open61850_judge.py comtrade FILE    one line: channels, values and times
"""

import json
import sys

from open61850 import comtrade, goose, pcap, sv


def frames(path):
    for captured in pcap.read_pcap(path):
        raw = captured.data
        found = goose.decode_goose_frame(raw, strict=True)
        if found is not None:
            frame, pdu = found
            print(json.dumps({
                "kind": "goose", "goCbRef": pdu.gocb_ref, "datSet": pdu.dat_set, "goId": pdu.go_id, "stNum": pdu.st_num, "sqNum": pdu.sq_num,
                "timeAllowedToLive": pdu.time_allowed_to_live, "confRev": pdu.conf_rev, "simulation": pdu.simulation, "ndsCom": pdu.nds_com,
                "members": len(pdu.all_data), "appId": frame.app_id, "vlan": frame.vlan_id,
            }))
            continue
        found = sv.decode_sv_frame(raw)
        if found is not None:
            frame, pdu = found
            for asdu in pdu.asdus:
                print(json.dumps({
                    "kind": "sv", "svId": asdu.sv_id, "smpCnt": asdu.smp_cnt, "confRev": asdu.conf_rev, "smpSynch": asdu.smp_synch,
                    "length": len(asdu.sample), "first": sv.decode_int32_samples(asdu.sample)[0][0], "appId": frame.app_id,
                    "same": sv.encode_sv_pdu(pdu) in raw,
                }))


def record(path):
    read = comtrade.load_comtrade(path)
    channels = range(len(read.analog_channels))
    print(json.dumps({
        "names": [channel.ch_id for channel in read.analog_channels],
        "units": [channel.unit for channel in read.analog_channels],
        "values": [read.analog(channel, primary=True) for channel in channels],
        "states": read.raw_digital,
        "times": read.times(),
    }))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("frames", "comtrade"):
        raise SystemExit(__doc__)
    {"frames": frames, "comtrade": record}[sys.argv[1]](sys.argv[2])
