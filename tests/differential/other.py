#!/usr/bin/env python3
"""The same question for loaders that are not CPython's alone: joblib's raw arrays, NumPy's object arrays, PyTorch's old layout, and
the unpickler of its own that PyTorch has for weights.

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
import warnings
import zipfile
import _pickle

import compare
import generate
import loaders
import run
from attacks import use
from inert import JOURNAL, Inert, made, named
from names import any_target
from spell import Pen, cut, op

REAL = {("joblib.numpy_pickle", "NumpyArrayWrapper"), ("numpy", "ndarray"), ("numpy", "dtype"), ("torch", "FloatStorage"),
        ("torch", "LongStorage")}


# Modules that the generator makes up, to pickle by their names.
MADE_UP = {name: module for name, module in sys.modules.items()
           if name.partition(".")[0] in ("numpy", "torch") and not hasattr(module, "__file__")}
for made_up in MADE_UP:
    del sys.modules[made_up]


def imported(name):
    try:
        return __import__(name, fromlist=["x"])
    except ImportError:
        return None


def generated(rng):
    """A stream of the generator, with the modules that it makes up."""
    real = {name: sys.modules.get(name) for name in MADE_UP}
    sys.modules.update(MADE_UP)
    try:
        return generate.stream(rng.random(), rng.randrange(7))[1]
    finally:
        for name, module in real.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


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


def dumped_weights(rng):
    out = io.BytesIO()
    torch.save({"w": torch.zeros(rng.randint(0, 4)), "b": [torch.ones(2)], "n": rng.choice([1, "text", None, (1, 2.5), {"k": True}])}, out)
    with zipfile.ZipFile(out) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("/data.pkl")))


def spliced(rng, data):
    """Puts a technique between two opcodes, often right before or behind an array."""
    pen, skip = Pen(rng), 0
    if data[:6] == b"\x93NUMPY":
        skip = 10 + int.from_bytes(data[8:10], "little")
    pieces = cut(data[skip:])
    places = [i for i, piece in enumerate(pieces) if piece[:1] in (b"b", b".")] if rng.random() < 0.5 else []
    at = rng.choice(places or range(len(pieces))) + rng.randint(0, 1)
    inserted = use(pen, pen.name(*any_target(rng))) + op("POP") if rng.random() < 0.7 else generated(rng)
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
    class Loader(_pickle.Unpickler):  # without a `persistent_load` of its own, so that PyTorch's is used
        pass
    Loader.find_class = needed(Loader)
    inert = types.ModuleType("inert_pickle")
    inert.Unpickler, inert.load = Loader, lambda handle, **options: Loader(handle, **options).load()
    torch.load(io.BytesIO(data), pickle_module=inert, weights_only=False)


class Everything(dict):
    """Names that are allowed: all, with stand-ins."""

    def __contains__(self, path):
        return True

    def __getitem__(self, path):
        return named(path)

    def values(self):
        return self


def load_weights(data):
    reader = torch._weights_only_unpickler
    read_name = reader._read_global_instruction

    def noted(readline):
        pair = read_name(readline)
        JOURNAL.resolved(pair, pair, "")
        return pair
    reader._get_allowed_globals, reader._read_global_instruction = Everything, noted
    unpickler = reader.Unpickler(io.BytesIO(data), encoding="utf-8")
    unpickler.persistent_load = lambda _id: made(Inert, "persistent_load")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            unpickler.load()
    finally:
        reader._read_global_instruction = read_name


KINDS = {"joblib": (numpy_pickle and numpy, dumped_joblib, load_joblib), "numpy": (numpy, dumped_numpy, load_numpy),
         "torch": (torch, dumped_torch, load_torch), "weights": (torch, dumped_weights, load_weights)}


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
    KINDS[kind][2](KINDS[kind][1](rng))  # imports what it imports late, which the children may not
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
