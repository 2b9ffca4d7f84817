#!/usr/bin/env python3
"""Compares mlscan with Python's readers of archives: python3 tests/differential/archives.py --binary target/release/mlscan

Fails if a reader gets bytes that begin with the evil pickle and mlscan says nothing of it, neither a finding nor a gap; also if
more than 1 in 100 of these files have a gap and no finding. Readers give bytes; nothing is loaded."""
import argparse
import bz2
import collections
import gzip
import json
import lzma
import os
import pathlib
import secrets
import subprocess
import sys
import tarfile
import tempfile
import warnings
import zipfile
import zlib

import lying

GAPS, KEPT = 0.01, 50


def begins(stream, evil):
    """Whether a stream gives the pickle before it breaks."""
    had = b""
    try:
        while len(had) < len(evil):
            part = stream.read(16)
            if not part:
                break
            had += part
    except Exception:  # Readers raise whatever comes to them; what was given before counts.
        pass
    return had.startswith(evil)


def zips(path):
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            for key in (info, info.filename):
                try:
                    yield archive.open(key)
                except Exception:
                    continue


def tars(path):
    with tarfile.open(path) as archive:
        for info in archive:
            try:
                yield archive.extractfile(info)
            except Exception:
                continue


def inflated(path):
    class Stream:
        def __init__(self):
            self.packed, self.decoder = path.read_bytes(), zlib.decompressobj()

        def read(self, size):
            part, self.packed = self.packed[:size], self.packed[size:]
            return self.decoder.decompress(part) or (self.read(size) if self.packed else b"")
    yield Stream()


READERS = {"zipfile": zips, "tarfile": tars, "zlib": inflated,
           **{reader.__name__: lambda path, reader=reader: iter([reader.open(path)]) for reader in (gzip, bz2, lzma)}}


def readers(path, evil):
    """The readers that get the pickle."""
    found = []
    for name, streams in READERS.items():
        try:
            if any(begins(stream, evil) for stream in streams(path) if stream):
                found.append(name)
        except Exception:
            continue
    return found


def scanned(binary, folder):
    """Findings and gaps by file."""
    done = subprocess.run([binary, "--format", "json", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    report, said = json.loads(done.stdout), collections.defaultdict(lambda: ["", 0])
    for finding in report["findings"]:
        if finding["severity"] == "critical":
            said[pathlib.Path(finding["path"]).name][0] += json.dumps(finding)
    for artifact in report["artifacts"]:
        said[pathlib.Path(artifact["path"]).name][1] += len(artifact["gaps"])
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/mlscan")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="a fresh one if not given")
    parser.add_argument("--out", default="target/differential", help="folder for files with something wrong")
    options = parser.parse_args()
    print("seed {}, Python {}".format(options.seed, sys.version.split()[0]), flush=True)
    warnings.simplefilter("ignore")
    counts, wrong = collections.Counter(), {}
    with tempfile.TemporaryDirectory(prefix="mlscan-archives-") as folder:
        made = {}
        for number in range(options.count):
            name, data, evil, mark = lying.make(options.seed, number)
            path = pathlib.Path(folder, "{:07d}-{}".format(number, name))
            path.write_bytes(data)
            made[path] = evil, mark
        said = scanned(os.path.abspath(options.binary), folder)
        for path, (evil, mark) in made.items():
            read, (findings, gaps) = readers(path, evil), said[path.name]
            kind = "unread" if not read else "found" if mark in findings else "gap" if gaps else "silent"
            counts[kind] += 1
            if kind in ("gap", "silent"):
                wrong["{}.{}.{}".format(kind, options.seed, path.name)] = path.read_bytes(), read
    for name, (data, read) in list(wrong.items())[:KEPT]:
        os.makedirs(options.out, exist_ok=True)
        pathlib.Path(options.out, name).write_bytes(data)
        print(name, "read by", *read, file=sys.stderr)
    failed = counts["silent"] or counts["gap"] > GAPS * (options.count - counts["unread"])
    print("seed {}: {} files, {}: {}".format(options.seed, options.count, dict(counts), "FAILED" if failed else "all held"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
