"""Streams by family and technique, from a seed: nothing in them is ever run here.

| family | is |
|---|---|
| attack | a technique that hides one name, dressed or not |
| grammar | a random program that mostly loads |
| mutant | a real pickle, changed |
| honest | a real pickle, spelled in another way |
"""
import random

import grammar
import mutants
from attacks import ENDED, TECHNIQUES
from names import any_target
from spell import Pen, cut, frame, op

# What joblib and PyTorch find in these is not what a loop of loads finds, so that no answer is exact for all.
LAYOUTS = {"attack.legacy-torch", "attack.raw-array"}


def respelled(pen, data):
    """The same with strings, numbers, memo slots and protocols written in another way."""
    out = []
    for piece in cut(data):
        code, change = piece[:1], pen.rng.random() < 0.5
        if change and code in (b"X", b"\x8c"):
            text = piece[2 if code == b"\x8c" else 5:].decode("utf-8", "surrogatepass")
            piece = pen.text(text)
        elif change and code in (b"K", b"M"):
            piece = pen.integer(int.from_bytes(piece[1:], "little"))
        elif change and code in (b"q", b"r"):
            piece = pen.put(int.from_bytes(piece[1:], "little"))
        elif change and code in (b"h", b"j"):
            piece = pen.get(int.from_bytes(piece[1:], "little"))
        elif change and code in (b"C", b"B"):
            piece = pen.data(piece[2 if code == b"C" else 5:])
        out.append(piece)
    return b"".join(out)


def noisy(pen, data):
    """Opcodes in between that change nothing."""
    out = []
    for piece in cut(data):
        if pen.rng.random() < 0.15:
            out.append(pen.noise() if piece[:1] != b"\x95" else b"")
        out.append(piece)
    return b"".join(out)


def framed(pen, data):
    """Honest frames around runs of opcodes."""
    pieces = [piece for piece in cut(data) if piece[:1] != b"\x95"]
    out = []
    while pieces:
        size = pen.rng.choice([0, 1, 2, 3, 8, 30, len(pieces)])
        run, pieces = pieces[:size], pieces[size:]
        out += [frame(len(b"".join(run)))] * (pen.rng.random() < 0.8) + run
        if not size and pen.rng.random() < 0.5:
            break
    return b"".join(out + pieces)


def misframed(pen, data):
    """Frames anywhere, of any length."""
    pieces = cut(data)
    for _ in range(pen.rng.randint(1, 3)):
        at = pen.rng.randrange(len(pieces) + 1)
        rest = len(b"".join(pieces[at:]))
        pieces.insert(at, frame(pen.rng.choice([rest, rest + 1, pen.rng.randint(0, rest + 1), pen.rng.randint(0, 12)])))
    return b"".join(pieces)


def after_streams(pen, data):
    return mutants.real(pen.rng) + data


def before_streams(pen, data):
    return data + mutants.real(pen.rng)


def declared(pen, data):
    return b"\x80" + bytes([pen.rng.randint(0, 5)]) + data


DRESS = [(noisy, 3), (framed, 4), (misframed, 3), (declared, 5), (after_streams, 1), (before_streams, 1)]


def dressed(pen, data, more=()):
    """Up to three changes of the kinds that keep the meaning, or mostly do."""
    functions, weights = zip(*(DRESS + list(more)))
    for function in pen.rng.choices(functions, weights, k=pen.rng.choice([0, 0, 1, 1, 2, 3])):
        data = function(pen, data)
    return data


def attack(pen, index):
    names = sorted(TECHNIQUES) + sorted(ENDED)
    name = names[index % len(names)]
    target = any_target(pen.rng)
    if name in ENDED:
        return name, ENDED[name](pen, target)
    return name, dressed(pen, TECHNIQUES[name](pen, target) + op("STOP"))


def honest(pen, _index):
    change = pen.rng.choice([respelled, noisy, framed, lambda _pen, data: data])
    return getattr(change, "__name__", "as-is").strip("<>"), change(pen, mutants.real(pen.rng))


FAMILIES = [
    ("attack", attack), ("grammar", lambda pen, _: ("program", dressed(pen, grammar.program(pen)))), ("mutant", lambda pen, _: mutants.mutant(pen)),
    ("attack", attack), ("honest", honest), ("grammar", lambda pen, _: ("plain", grammar.program(pen))), ("attack", attack)]


def stream(seed, index):
    """(label, bytes) of one stream of a seed."""
    rng = random.Random("{}/{}".format(seed, index))
    family, make = FAMILIES[index % len(FAMILIES)]
    technique, data = make(Pen(rng), index // len(FAMILIES) * 3 + (0, 0, 0, 1, 0, 0, 2)[index % len(FAMILIES)])
    return "{}.{}".format(family, technique), data
