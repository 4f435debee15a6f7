#!/usr/bin/env python3
"""Turns a file into a C array: embed.py FILE OUTPUT NAME HEADER."""
import sys

path, output, name, header = sys.argv[1:]
with open(path, "rb") as file:
    data = file.read()
with open(output, "w") as file:
    file.write(f'#include "{header}"\n\nconst char {name}[] = {{\n')
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        file.write("    " + ", ".join(f"'\\x{byte:02x}'" for byte in row) + ",\n")
    file.write(f"    '\\0'}};\nconst size_t {name}_len = {len(data)};\n")
