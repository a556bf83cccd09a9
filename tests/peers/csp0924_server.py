"""csp0924's server serving the bay of tests/data/bay.cid: FILE PORT. Says `listening` when it is ready.

Its reader of SCL files leaves out data sets and report control blocks, which are made here as the file has them.
"""

import asyncio
import os
import sys

import iec61850

STATUS = [
    "CTRL/XCBR1.Pos.stVal",
    "CTRL/GGIO1.Ind1.stVal",
    "CTRL/GGIO1.Ind2.stVal",
]
CONTROLS = {
    "SPCSO1": "direct-normal",
    "SPCSO2": "sbo-normal",
    "SPCSO3": "direct-enhanced",
    "SPCSO4": "sbo-enhanced",
}


def executed(path, value, action):
    return None


async def main() -> None:
    file, port = sys.argv[1], sys.argv[2]
    server = iec61850.IedServer.from_scl(file, ied_name="BAY1")
    server.bind(f"127.0.0.1:{port}")
    server.add_dataset("LLN0$Status", STATUS)
    triggers = ["data_changed", "quality_changed", "integrity", "gi"]
    fields = ["seq_num", "time_stamp", "reason", "data_set", "conf_rev", "entry_id"]
    server.register_urcb(
        "CTRL/LLN0.urcbStatus01", dataset="LLN0$Status", rpt_id="unbuffered", trg_ops=triggers, opt_flds=fields
    )
    server.register_brcb(
        "CTRL/LLN0.brcbStatus01", dataset="LLN0$Status", rpt_id="buffered", trg_ops=triggers, opt_flds=fields
    )
    for name, model in CONTROLS.items():
        server.on_control(f"CTRL/GGIO1.{name}", ctl_model=model, operate=executed)
    await server.start()
    print("listening", flush=True)
    await asyncio.Event().wait()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    # The package can abort the process while Python shuts down.
    os._exit(0)
