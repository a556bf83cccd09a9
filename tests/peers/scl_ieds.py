#!/usr/bin/env python3
"""Lists, as JSON, the [IED name, access point name] pairs of an SCL file that have a server. Independent of our own SCL reader.

Usage: scl_ieds.py FILE
"""

import json
import sys
import xml.etree.ElementTree


def local(element):
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element, name):
    return [child for child in element if local(child) == name]


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with open(sys.argv[1], "rb") as file:
        text = file.read()
    root = xml.etree.ElementTree.fromstring(text.lstrip() if text.lstrip().startswith(b"<") else text)
    pairs = [
        [ied.get("name"), point.get("name")]
        for ied in children(root, "IED")
        for point in children(ied, "AccessPoint")
        if children(point, "Server")
    ]
    json.dump(pairs, sys.stdout)


if __name__ == "__main__":
    main()
