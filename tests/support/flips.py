#!/usr/bin/env python3
"""Writes flips.tsv: which names CPython still looks up in an attack of which one bit was flipped.

    flips.py

For each fixtures/pickle/evil-* and each of its bits the damaged bytes are loaded by CPython's own
unpicklers, in a child process with limits and without the right to open, run or connect anything.
find_class is replaced: it notes the name and gives a class that does nothing. A row of the table is
a fixture, the names of the whole file that are still looked up, and the bits (ranges, counted from
the lowest bit of the first byte) of which this is true. Standard library only.
"""
import _compat_pickle
import _pickle
import collections
import io
import json
import os
import pathlib
import pickle
import resource
import signal
import sys
import warnings

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent.parent / "fixtures" / "pickle"
STREAMS = 8


class Nothing:
    """An object that may be called, built, filled and indexed, all to no effect."""

    def __new__(cls, *_args, **_kwargs):
        return object.__new__(cls)

    def __init__(self, *_args, **_kwargs):
        pass

    def __call__(self, *_args, **_kwargs):
        return Nothing()

    def __setstate__(self, _state):
        pass

    def __setitem__(self, _key, _value):
        pass

    append = extend = add = update = lambda self, *_args: None


def python3_name(module, name, protocol):
    """The name that find_class looks up with fix_imports, or AttributeError where it must fail."""
    if "." in name and protocol < 4:
        raise AttributeError(name)
    if protocol < 3 and (module, name) in _compat_pickle.NAME_MAPPING:
        return ".".join(_compat_pickle.NAME_MAPPING[module, name])
    if protocol < 3:
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return module + "." + name


def noting(base, names, highest):
    """An unpickler that notes the names it is asked for."""

    class Unpickler(base):
        def find_class(self, module, name):
            # The C unpickler does not tell the protocol it is in; the highest there is maps no names.
            names.add(python3_name(module, name, getattr(self, "proto", highest)))
            return type("Made", (Nothing,), {})

        def persistent_load(self, _pid):
            return Nothing()

    return Unpickler


class Whole(io.BytesIO):
    """Shows all its bytes at once, as pickle.loads() has them."""

    def peek(self, _size):
        return self.getvalue()[self.tell():]


def looked_up(data):
    """The names that any of three readers looks up, stream after stream until one fails."""
    names = set()
    highest = max([data[at + 1] for at in range(len(data) - 1) if data[at] == 0x80 and data[at + 1] < 6] or [0])
    for base, kind in ((_pickle.Unpickler, io.BytesIO), (_pickle.Unpickler, Whole), (pickle._Unpickler, io.BytesIO)):
        file = kind(data)
        try:
            for _ in range(STREAMS):
                noting(base, names, highest)(file).load()
        except Exception:  # any damage ends this reading
            pass
    return names


def flipped(data, bit):
    damaged = bytearray(data)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def deny(event, _args):
    if event not in ("sys.unraisablehook", "object.__getattr__", "pickle.find_class", "marshal.loads", "builtins.id"):
        raise PermissionError(event)


def child(data, bits, out):
    """Writes a line for each bit: what is still looked up."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(60)
    warnings.simplefilter("ignore")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    whole = looked_up(data)
    sys.addaudithook(deny)
    for bit in bits:
        names = sorted(whole & looked_up(flipped(data, bit)))
        os.write(out, (json.dumps([bit, names]) + "\n").encode())
    os._exit(0)


def survey(data):
    """Bit to names; a bit that ends the child is left out."""
    found, start, end = {}, 0, len(data) * 8
    while start < end:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reader)
                child(data, range(start, end), writer)
            finally:
                os._exit(1)
        os.close(writer)
        with os.fdopen(reader) as lines:
            for line in lines:
                bit, names = json.loads(line)
                found[bit] = tuple(names)
                start = bit + 1
        os.waitpid(pid, 0)
        if start < end:
            print("left out: bit", start, file=sys.stderr)
            start += 1
    return found


def ranges(bits):
    """1,3-5 for 1, 3, 4, 5."""
    runs = []
    for bit in sorted(bits):
        if runs and runs[-1][1] == bit - 1:
            runs[-1][1] = bit
        else:
            runs.append([bit, bit])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def main():
    rows = ["fixture\tnames\tbits"]
    for path in sorted(FIXTURES.glob("evil-*")):
        by_names = collections.defaultdict(list)
        for bit, names in survey(path.read_bytes()).items():
            by_names[names].append(bit)
        for names, bits in sorted(by_names.items()):
            if names:
                rows.append("\t".join((f"pickle/{path.name}", " ".join(names), ranges(bits))))
    (HERE / "flips.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
