#!/usr/bin/env python3
"""Compares mlscan with CPython on generated pickles: python3 tests/differential/run.py --binary target/release/mlscan

Fails if a name or call that any reading of a stream makes is missing from a trace that calls itself complete, or if the
trace of a stream that all readings load alike is not exact; also if more than 2 in 100 of those are incomplete.
"""
import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import secrets
import subprocess
import sys
import tempfile
import time

import compare
import generate
import loaders

SHOWN, KEPT, INCOMPLETE = 10, 200, 0.02


def trace(binary, streams):
    """What mlscan says of each stream, by number."""
    with tempfile.TemporaryDirectory(prefix="mlscan-differential-") as folder:
        names = ["{}.pkl".format(number) for number in range(len(streams))]
        for name, data in zip(names, streams):
            pathlib.Path(folder, name).write_bytes(data)
        command = [os.path.abspath(binary), "trace", "--format", "json", *names]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    traced = {}
    for line in done.stdout.splitlines():
        said = json.loads(line)
        traced[int(said["path"][:-4])] = said
    return traced


def batch(work):
    """One batch in a worker: counts, and what is wrong with which stream."""
    binary, seed, start, end = work
    made = [generate.stream(seed, index) for index in range(start, end)]
    streams = [data for _, data in made]
    traced = trace(binary, streams)
    counts, wrong = collections.defaultdict(collections.Counter), []
    for number, results in enumerate(loaders.examine(streams)):
        label, data = made[number]
        found = compare.problems(results, traced.get(number), label not in generate.LAYOUTS)
        agreed = compare.alike(results) and label not in generate.LAYOUTS
        counts[label].update(["streams"] + ["alike"] * agreed + ["globals"] * bool(compare.resolved(results))
                             + ["open"] * (not traced.get(number, {}).get("complete")) + [kind for kind, _ in found])
        if any("denied" in outcome for outcomes, _, _ in results.values() for outcome in outcomes):
            found.append(("denied", "a stream reached for an effect"))
        if found:
            wrong.append((label, start + number, data.hex(), found))
    return counts, wrong


def keep(folder, seed, label, index, data, found):
    """Writes one failing stream with what is wrong."""
    kind = found[0][0]
    folder = pathlib.Path(folder, kind)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "{}.{}.{}.pkl".format(label, seed, index)
    path.write_bytes(bytes.fromhex(data))
    lines = ["{}: {}".format(kind, detail) for kind, detail in found]
    path.with_suffix(".txt").write_text("\n".join([label, data] + lines) + "\n", encoding="utf-8", errors="backslashreplace")


def summary(counts):
    """A table by technique, those with something wrong first."""
    columns = ["streams", "globals", "alike", "incomplete", "open", "extra", "silent", "silent-call", "unread"]
    total = collections.Counter()
    for row in counts.values():
        total.update(row)
    print("{:36}".format("technique") + "".join("{:>12}".format(column) for column in columns))
    bad = lambda row: sum(row[kind] for kind in columns[5:])
    for label in sorted(counts, key=lambda label: (-bad(counts[label]), -counts[label]["incomplete"], label)):
        print("{:36}".format(label) + "".join("{:12}".format(counts[label][column]) for column in columns))
    print("{:36}".format("all") + "".join("{:12}".format(total[column]) for column in columns))
    return total


def verdict(total):
    """What fails the run."""
    failed = ["{} {}".format(total[kind], kind) for kind in ("silent", "silent-call", "extra", "unread") if total[kind]]
    if total["incomplete"] > INCOMPLETE * total["alike"]:
        failed.append("{} of {} incomplete where all readings agree".format(total["incomplete"], total["alike"]))
    return failed


def run(options):
    counts, wrong, began = collections.defaultdict(collections.Counter), 0, time.monotonic()
    last = options.first + options.count
    work = [(options.binary, options.seed, start, min(start + options.batch, last)) for start in range(options.first, last, options.batch)]
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for part, found in pool.imap_unordered(batch, work):
            for label, row in part.items():
                counts[label].update(row)
            for label, index, data, what in found:
                wrong += 1
                if wrong <= KEPT or what[0][0] != "incomplete":
                    keep(options.out, options.seed, label, index, data, what)
                if wrong <= SHOWN:
                    print(label, index, data[:400], *what, sep="\n  ", file=sys.stderr)
    total = summary(counts)
    failed = verdict(total)
    print("seed {}: {} streams in {:.0f} s, {}".format(options.seed, options.count, time.monotonic() - began,
                                                      "FAILED: " + ", ".join(failed) if failed else "all held"))
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/mlscan")
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="a fresh one if not given")
    parser.add_argument("--first", type=int, default=0, help="number of the first stream, to see one again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--out", default="target/differential", help="folder for streams with something wrong")
    options = parser.parse_args()
    print("seed {}, Python {}".format(options.seed, sys.version.split()[0]), flush=True)
    sys.exit(run(options))


if __name__ == "__main__":
    main()
