#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the table of docs/ir.md from tcg/ir/ops.def.

  ir-table.py OPS_DEF DOC            replace the table between the marks in DOC
  ir-table.py --check OPS_DEF DOC    exit 1 if it is not up to date
"""
import pathlib
import re
import sys

BEGIN, END = "<!-- ops: begin -->\n", "<!-- ops: end -->\n"


def table(text):
    out = []
    for line in text.splitlines():
        title = re.match(r"/\* --- (.*?) -+ \*/", line)
        if title:
            heading = title[1].strip()
            out += ["", f"**{heading[0].upper()}{heading[1:]}**", "", "| op | shape | flags | meaning |", "|---|---|---|---|"]
        row = re.match(r'OP\((\w+),\s*(\w+),\s*([\w|]+),\s*"(.*)"\)', line)
        if row:
            name, shape, flags, meaning = row.groups()
            meaning = meaning.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
            out.append(f"| `{name}` | {shape} | {flags.replace('|', ' ')} | {meaning} |")
    return "\n".join(out).strip() + "\n"


def main():
    check = sys.argv[1] == "--check"
    ops, doc = map(pathlib.Path, sys.argv[2 if check else 1:])
    old = doc.read_text()
    head, rest = old.split(BEGIN)
    tail = rest.split(END)[1]
    new = head + BEGIN + table(ops.read_text()) + END + tail
    if check and new != old:
        sys.exit(f"{doc} is out of date: run scripts/ir-table.py {ops} {doc}")
    if not check:
        doc.write_text(new)


main()
