#!/usr/bin/env python3
"""The same question for loaders that are not CPython's alone: joblib's raw arrays, NumPy's object arrays, PyTorch's old layout.

    python3 tests/differential/other.py --binary target/release/mlscan --count 2000

Needs those of joblib, numpy and torch that are to be tried. Their own code reads the files; names are looked up as in loaders.py, save
the few that the reading itself needs. Every name that is resolved must be in the trace, or the trace not be complete.
"""
import argparse
import collections
import io
import pickle
import random
import secrets
import sys
import types

import compare
import generate
import loaders
import run
from attacks import use
from inert import JOURNAL
from names import any_target
from spell import Pen, cut, op

REAL = {("joblib.numpy_pickle", "NumpyArrayWrapper"), ("numpy", "ndarray"), ("numpy", "dtype")}


def imported(name):
    try:
        return __import__(name, fromlist=["x"])
    except ImportError:
        return None


numpy, numpy_pickle, torch = imported("numpy"), imported("joblib.numpy_pickle"), imported("torch")


def arrays(rng):
    shape = rng.choice([(), (3,), (2, 2), (0,), (300,)])
    kind = rng.choice(["f8", "i4", "u1", "O", "?", "U3", "M8[s]", [("a", "i4"), ("b", "f8")]])
    made = numpy.zeros(shape, dtype=kind)
    return made if made.dtype != object else numpy.full(shape, rng.choice([{"a": 1}, None, "text"]), dtype=object)


def dumped_joblib(rng):
    out = io.BytesIO()
    value = rng.choice([lambda: arrays(rng), lambda: [arrays(rng), {"k": arrays(rng)}], lambda: {"w": arrays(rng), "n": 1}])()
    numpy_pickle.dump(value, out)
    return out.getvalue()


def dumped_numpy(rng):
    out = io.BytesIO()
    numpy.save(out, numpy.array([rng.choice([{"a": 1}, "text", None, [1, 2]]) for _ in range(rng.randint(1, 4))], dtype=object), allow_pickle=True)
    return out.getvalue()


def dumped_torch(rng):
    out = io.BytesIO()
    value = {"w": torch.zeros(rng.randint(0, 4)), "b": [torch.ones(2, dtype=torch.int64)], "n": rng.randint(0, 9)}
    torch.save(value, out, _use_new_zipfile_serialization=False)
    return out.getvalue()


def spliced(rng, data):
    """Puts a technique between two opcodes, often right before or behind an array."""
    pen, skip = Pen(rng), 0
    if data[:6] == b"\x93NUMPY":
        skip = 10 + int.from_bytes(data[8:10], "little")
    pieces = cut(data[skip:])
    places = [i for i, piece in enumerate(pieces) if piece[:1] in (b"b", b".")] if rng.random() < 0.5 else []
    at = rng.choice(places or range(len(pieces))) + rng.randint(0, 1)
    inserted = use(pen, pen.name(*any_target(rng))) + op("POP") if rng.random() < 0.7 else generate.stream(rng.random(), rng.randrange(7))[1]
    return data[:skip] + b"".join(pieces[:at]) + inserted + b"".join(pieces[at:])


def needed(loader):
    """`find_class` that is inert, save for what the reading itself needs."""
    def find_class(self, module, name):
        if (module, name) in REAL:
            JOURNAL.resolved((module, name), (module, name), "")
            return getattr(sys.modules[module], name)
        return loaders.resolve(super(loader, self).find_class, module, name)
    return find_class


def load_joblib(data):
    class Loader(numpy_pickle.NumpyUnpickler):
        persistent_load = loaders.CLoader.persistent_load
    Loader.find_class = needed(Loader)
    try:
        Loader("", io.BytesIO(data), ensure_native_byte_order=False).load()
    except TypeError as problem:
        if "ensure_native_byte_order" not in str(problem):
            raise
        Loader("", io.BytesIO(data)).load()


def load_numpy(data):
    numpy.lib.format.read_array(io.BytesIO(data), allow_pickle=True)


def load_torch(data):
    inert = types.ModuleType("inert_pickle")
    inert.Unpickler, inert.load = loaders.CLoader, lambda handle, **options: loaders.CLoader(handle, **options).load()
    torch.load(io.BytesIO(data), pickle_module=inert, weights_only=False)


KINDS = {"joblib": (numpy_pickle and numpy, dumped_joblib, load_joblib), "numpy": (numpy, dumped_numpy, load_numpy),
         "torch": (torch, dumped_torch, load_torch)}


def read(kind, data):
    """What the loader of one kind makes of a file: [outcomes, globals, calls]."""
    JOURNAL.begin()
    loaders.clear_registry()
    pickle.load = lambda handle, **options: loaders.CLoader(handle, **options).load()
    outcome = "ok"
    try:
        KINDS[kind][2](data)
    except BaseException as problem:
        outcome = type(problem).__name__
    return {kind: [[outcome], JOURNAL.globals, JOURNAL.calls]}


def everything(said):
    """The parts of a trace, with those inside others."""
    yield said
    for part in said["nested"]:
        yield from everything(part)


def examine(kind, streams):
    """Each in a child; the memory of the limits must hold the libraries too."""
    loaders.MEMORY, results, at = 16 << 30, [], 0
    while at < len(streams):
        tasks = [(n, lambda n=n: read(kind, streams[n])) for n in range(at, len(streams))]
        results += [result for _, result in loaders.ask(tasks)]
        results += [{}] * (len(results) < len(streams))
        at = len(results)
    return results


def one_kind(options, kind, counts):
    """Streams of one kind; the names that are missing."""
    rng, missing = random.Random("{}/{}".format(options.seed, kind)), []
    for start in range(0, options.count, 200):
        honest = [rng.random() < 0.2 for _ in range(200)]
        streams = [data if whole else spliced(rng, data) for whole, data in ((whole, KINDS[kind][1](rng)) for whole in honest)]
        traced = run.trace(options.binary, streams)
        for number, results in enumerate(examine(kind, streams)):
            said = traced.get(number)
            claimed = [i for part in everything(said) for i in part["imports"]] if said else []
            mapped, raw = compare.claimed_imports(claimed)
            missed = {pair for pair in compare.resolved(results) if pair[0] not in raw | mapped and pair[1] not in mapped}
            loaded = any(outcomes == ["ok"] for outcomes, _, _ in results.values())
            counts[kind].update(["streams"] + ["loaded"] * loaded + ["honest"] * honest[number] + ["names"] * bool(compare.resolved(results)))
            counts[kind].update(["honest-open"] * (honest[number] and not said["complete"]) + ["honest-failed"] * (honest[number] and not loaded))
            if said is None or (missed and said["complete"]):
                counts[kind]["silent"] += 1
                missing.append((kind, start + number, streams[number].hex(), [("silent", sorted(missed))]))
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/mlscan")
    parser.add_argument("--count", type=int, default=2000, help="of each kind")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--out", default="target/differential")
    options = parser.parse_args()
    counts, missing = collections.defaultdict(collections.Counter), []
    for kind, (library, _, _) in KINDS.items():
        if library is None:
            print(kind, "is not installed")
            continue
        missing += one_kind(options, kind, counts)
        print(kind, dict(counts[kind]))
    for kind, number, data, found in missing:
        run.keep(options.out, options.seed, kind, number, data, found)
    print("seed {}: {} silent".format(options.seed, len(missing)))
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
