#!/usr/bin/env python3
"""The scenarios of the recordings in tests/golden, with the real client of libiec61850 and any server in place of the C library's.

Usage: scenarios NAME      one of 10-identify-status ... 52-goose-sv-control-blocks

Prints lines: `# TEXT` is a line of the log, as in the recordings; `= TEXT` asks the server to do something, and a line on stdin has to say
that it is done: `= start` starts the server of the scenario, the answer is its port on 127.0.0.1; `= lock` and `= unlock` lock its data model;
everything else is what the application of the recorded server did, in the words of its log. What scenarios need is in tests/golden/README.md.
"""

import os
import sys
import tempfile

import play
import controls  # noqa: F401 (makes its scenarios known)
import records  # noqa: F401
import reports  # noqa: F401
import services  # noqa: F401


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in play.SCENARIOS:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        # The files that the client sends are there.
        os.chdir(folder)
        play.SCENARIOS[sys.argv[1]]()
        play.log("end of scenario")
        os.chdir("/")
    # The library's threads may still run.
    os._exit(0)


if __name__ == "__main__":
    main()
