#!/usr/bin/env python3
"""Writes sample.jsonl, which `cargo test` compares with: python3 tests/differential/sample.py

A line is [technique, stream in hex, [[module, name, raw module, raw name]…], whether all readings load it alike,
[[names under which a call may be stated]…]].
"""
import collections
import json
import pathlib

import compare
import generate
import loaders

SEED, COUNT, EACH, LONGEST, BATCH = 1, 1500, 20, 170, 500


def is_text(results):
    """Whether every name can be written in JSON that all readers take: no lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for pair in compare.resolved(results) for name in pair for part in name for c in part)


def line(label, data, results):
    names = sorted([*mapped, *raw] for raw, mapped in compare.resolved(results))
    calls = sorted({tuple(compare.ways(ref, how)) for ref, how in compare.made_calls(results)
                    if compare.is_plain(ref) and not ref.startswith("persistent_load")})
    return json.dumps([label, data.hex(), names, compare.alike(results), calls], separators=(",", ":"))


def main():
    taken, lines, index = collections.Counter(), [], 0
    while len(lines) < COUNT:
        made = [generate.stream(SEED, number) for number in range(index, index + BATCH)]
        index += BATCH
        short = [(label, data) for label, data in made if len(data) <= LONGEST and label not in generate.LAYOUTS]
        for (label, data), results in zip(short, loaders.examine([data for _, data in short])):
            cap = EACH * 12 if label.startswith("grammar") else EACH
            if taken[label] < cap and len(lines) < COUNT and is_text(results):
                taken[label] += 1
                lines.append(line(label, data, results))
    here = pathlib.Path(__file__).parent
    missed = [row.split("\t") for row in (here / "missed.tsv").read_text().splitlines()]
    for (label, data), results in zip(missed, loaders.examine([bytes.fromhex(data) for _, data in missed])):
        lines.append(line(label, bytes.fromhex(data), results))
    path = here / "sample.jsonl"
    path.write_text("\n".join(sorted(lines)) + "\n")
    print("{}: {} streams, {} techniques, {} bytes".format(path.name, len(lines), len(taken), path.stat().st_size))


if __name__ == "__main__":
    main()
