"""Real pickles of many objects by both of CPython's picklers, whole and changed."""
import argparse
import array
import calendar
import collections
import datetime
import decimal
import enum
import fractions
import functools
import http.cookies
import io
import ipaddress
import itertools
import operator
import os
import pathlib
import pickle
import pickletools
import random
import re
import statistics
import string
import sys
import textwrap
import time
import types
import urllib.parse
import uuid
import warnings

from attacks import use
from names import any_target
from spell import CODE, cut, frame, op, some_bytes

warnings.simplefilter("ignore")


def stand_in(module, name):
    """A function that is pickled by a name that exists only here."""
    function = types.FunctionType((lambda *args: None).__code__, {}, name)
    function.__module__, function.__qualname__ = module, name
    setattr(sys.modules.setdefault(module, types.ModuleType(module)), name, function)
    return function


class Reduced:
    """An object with the reduction that it is given."""

    def __init__(self, *reduction):
        self.reduction = reduction

    def __reduce__(self):
        return self.reduction


RECONSTRUCT, NDARRAY = stand_in("numpy.core.multiarray", "_reconstruct"), stand_in("numpy", "ndarray")
REBUILD, STORAGE = stand_in("torch._utils", "_rebuild_tensor_v2"), stand_in("torch", "FloatStorage")


def numpy_like():
    return Reduced(RECONSTRUCT, (NDARRAY, (0,), b"b"), (1, (3,), Reduced(stand_in("numpy", "dtype"), ("f8", False, True), (3, "<", None)), False, bytes(24)))


def torch_like():
    return Reduced(REBUILD, (("storage", STORAGE, "0", "cpu", 6), 0, (2, 3), (3, 1), False, collections.OrderedDict()))


def knot():
    made = [1, {"k": (2,)}]
    made += [made, made[1]]
    return made


def objects():
    """One of each, anew."""
    D = datetime
    yield from ({"a": [1, 2.5, None, True], "b": ("x", b"y" * 20)}, D.datetime(2020, 1, 2), D.timezone(D.timedelta(hours=2)), D.timedelta(3), 2**70, -2**900)
    yield from ("é" * 30, "x" * 300, "\ud800", b"\0" * 300, decimal.Decimal("1.5"), fractions.Fraction(1, 3), collections.OrderedDict(a=1, b=[2]))
    yield from (collections.deque([1, 2], 5), collections.Counter("aab"), collections.ChainMap({1: 2}), collections.UserDict(a=1), {1, 2, 3}, frozenset({4, (5,)}))
    yield from (range(3), slice(1, 2), functools.partial(int, "7", base=8), uuid.UUID(int=5), complex(1, 2), bytearray(b"abc"), ValueError("x", 1), KeyError("k"))
    yield from (pathlib.PurePosixPath("/a"), collections.defaultdict(list, {1: [2]}), operator.attrgetter("a.b"), operator.itemgetter(1, 2), operator.methodcaller("m", 1, k=2))
    yield from (re.compile("a+", re.I), re.I | re.M, ipaddress.ip_network("10.0.0.0/8"), array.array("d", [1.5, 2.5]), types.SimpleNamespace(a=1, b=[2]), argparse.Namespace(x=1))
    yield from (random.Random(1), string.Template("$a"), time.gmtime(0), os.stat_result(range(10)), statistics.NormalDist(1, 2), calendar.Calendar(3), textwrap.TextWrapper())
    yield from (urllib.parse.urlparse("http://a/b"), http.cookies.SimpleCookie("a=b"), io.StringIO("text"), io.BytesIO(b"data"), decimal.Context(prec=5), itertools.count(3))
    yield from (len, os.path.join, int, collections.OrderedDict, str.join, [].append, Ellipsis, NotImplemented, type(None), enum.Enum, logging_record(), knot())
    yield from (numpy_like(), [numpy_like()] * 3, {"state": collections.OrderedDict(weight=torch_like(), bias=torch_like())}, list(range(1500)), {i: str(i) for i in range(1200)})
    yield from ([[[[[[]]]]]], ((((1,), 2), 3), 4), {"k" * i: i for i in range(40)}, [float(i) for i in range(30)], "x" * 9000, [b"y" * 5000] * 2 + ["z" * 70000])


def logging_record():
    import logging
    return logging.LogRecord("n", 10, "p", 1, "m", ("a",), None)


def pickled(value, protocol, way):
    """By the C pickler, the Python one, without a memo, optimised, or with buffers out of band."""
    if way == "python":
        return pickle._dumps(value, protocol)
    if way == "optimized":
        return pickletools.optimize(pickle.dumps(value, protocol))
    if way == "fast":
        out = io.BytesIO()
        pickler = pickle.Pickler(out, protocol)
        pickler.fast = True
        pickler.dump(value)
        return out.getvalue()
    if way == "buffers" and protocol == 5:
        return pickle.dumps([pickle.PickleBuffer(bytearray(b"abc")), value], 5, buffer_callback=lambda _: None)
    return pickle.dumps(value, protocol, fix_imports=way != "unmapped")


def all_pickles():
    """Every object, at every protocol, in every way that works."""
    made = set()
    for way in ("c", "python", "optimized", "fast", "buffers", "unmapped"):
        for value in list(objects())[:-1 if way == "fast" else None]:
            if way == "fast" and isinstance(value, list):
                continue  # a knot has no end without a memo
            for protocol in range(6):
                try:
                    made.add(pickled(value, protocol, way))
                except Exception:
                    continue  # not every object can be pickled at every protocol
    return sorted(made, key=lambda data: (len(data), data))


@functools.lru_cache(1)
def pool():
    pickles = all_pickles()
    return [data for data in pickles if len(data) < 3000], [data for data in pickles if len(data) >= 3000]


def real(rng):
    """One pickle, seldom a large one."""
    small, large = pool()
    return rng.choice(large if rng.random() < 0.02 else small)


def _insert(pen, ops, at):
    ops.insert(at, pen.rng.choice([pen.noise(), pen.odd_integer(), op("NONE"), op("POP"), op("MARK"), op("DUP"), op("MEMOIZE"), op("STACK_GLOBAL"), REDUCE, b"h\0"]))


def _replace(pen, ops, at):
    ops[at] = pen.rng.choice(cut(real(pen.rng)))


def _delete(pen, ops, at):
    del ops[at:at + pen.rng.choice([1, 1, 2])]


def _swap(pen, ops, at):
    other = pen.rng.randrange(len(ops))
    ops[at], ops[other] = ops[other], ops[at]


def _repeat(pen, ops, at):
    ops[at:at] = ops[at:at + pen.rng.randint(1, 4)]


def _renumber(pen, ops, _at):
    few = pen.rng.randint(2, 8)
    ops[:] = [o[:1] + bytes([pen.rng.randrange(few)]) if o[:1] in (b"q", b"h") else o for o in ops]


def _memoize(_pen, ops, _at):
    ops[:] = [op("MEMOIZE") if o[:1] in (b"q", b"r", b"p") else o for o in ops]


def _truncate(pen, ops, _at):
    data = b"".join(ops)
    ops[:] = [data[:pen.rng.randint(1, len(data))]]


def _payload(pen, ops, at):
    ops.insert(at, use(pen, pen.name(*any_target(pen.rng))) + op("POP"))


def _in_place(pen, ops, at):
    ops.insert(at, use(pen, pen.name(*any_target(pen.rng))))


def _unstopped(pen, ops, _at):
    ops[-1:] = [use(pen, pen.name(*any_target(pen.rng)))]


def _splice(pen, ops, at):
    other = cut(real(pen.rng))
    ops[at:] = other[pen.rng.randrange(len(other)):]


def _protocol(pen, ops, at):
    ops.insert(at, b"\x80" + bytes([pen.rng.randrange(7)]))


def _framed(pen, ops, at):
    ops.insert(at, frame(pen.rng.choice([0, 1, 2, 3, 5, 9, 17, 40, 200, 2**40, 2**63, len(b"".join(ops[at:]))])))


def _resized(pen, ops, _at):
    """A length that lies by a few bytes."""
    places = [i for i, o in enumerate(ops) if o[:1] in (b"\x95", b"X", b"\x8c", b"C", b"B", b"U", b"T", b"\x8a")]
    if places:
        at = pen.rng.choice(places)
        raw = bytearray(ops[at])
        raw[1] = (raw[1] + pen.rng.choice([-3, -2, -1, 1, 2, 3, 12])) % 256
        ops[at] = bytes(raw)


def _junk(pen, ops, _at):
    ops.append(some_bytes(pen.rng, pen.rng.randint(1, 30)))


def _flip(pen, ops, _at):
    raw = bytearray(b"".join(ops))
    for _ in range(pen.rng.choice([1, 1, 2, 4])):
        raw[pen.rng.randrange(len(raw))] ^= 1 << pen.rng.randrange(8)
    ops[:] = [bytes(raw)]


def _other_opcode(pen, ops, at):
    ops[at] = pen.rng.choice(sorted(CODE.values())) + ops[at][1:]


def _newline(pen, ops, _at):
    raw = b"".join(ops)
    at = pen.rng.randrange(len(raw))
    ops[:] = [raw[:at] + pen.rng.choice([b"\n", b"\0", b"\r"]) + raw[at + pen.rng.randint(0, 1):]]


def _rename(pen, ops, _at):
    names = [i for i, o in enumerate(ops) if o[:1] in (b"c", b"i")]
    if names:
        module, name = any_target(pen.rng)
        ops[pen.rng.choice(names)] = pen.rng.choice([b"c", b"c", b"i"]) + "{}\n{}\n".format(module, name).encode("utf-8", "surrogatepass")


def _following(pen, ops, _at):
    ops += [real(pen.rng), use(pen, pen.name(*any_target(pen.rng))), op("STOP")]


REDUCE = op("REDUCE")
MUTATIONS = {f.__name__.strip("_").replace("_", "-"): f for f in (
    _insert, _replace, _delete, _swap, _repeat, _renumber, _memoize, _truncate, _payload, _in_place, _unstopped, _splice, _protocol, _framed, _resized,
    _junk, _flip, _other_opcode, _newline, _rename, _following)}


def mutant(pen):
    """(kind, bytes) of a real pickle with one to three changes."""
    ops = cut(real(pen.rng))
    kinds = pen.rng.choices(sorted(MUTATIONS), k=pen.rng.choice([1, 1, 1, 2, 3]))
    for kind in kinds:
        MUTATIONS[kind](pen, ops, pen.rng.randrange(len(ops)) if len(ops) else 0)
        ops = [piece for piece in ops if piece] or [b"N"]
    return kinds[0], b"".join(ops)
