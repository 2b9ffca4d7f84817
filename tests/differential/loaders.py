"""What CPython's own unpicklers make of a stream, without letting it do anything.

A forked child with hard limits and an audit hook runs many streams; where it dies, each reading of that stream gets a child
of its own. `find_class` is CPython's too: it only meets modules that are not real.
"""
import builtins
import copyreg
import io
import json
import os
import pickle
import resource
import signal
import sys
import warnings
import _pickle

from inert import JOURNAL, Inert, made, named

SECONDS, MEMORY, STREAMS = 10, 1 << 30, 32
EXT_MODULE, EXT_CODES = "registry", (1, 2, 42, 0xFF, 0x100, 0xFFFF, 0x10000, 0x7FFFFFFF)
BUFFERS = (b"readonly", bytearray(b"writable"), b"os", b"system")
ALLOWED = ("pickle.find_class", "compile", "builtins.id", "object.__getattr__", "sys.unraisablehook")


class Path:
    """A module or attribute that is not real: it notes which attributes are taken from it."""
    __slots__ = ("names",)

    def __getattribute__(self, name):
        if not name or "." in name:
            raise AttributeError(name)
        names = object.__getattribute__(self, "names")
        names.append(name)
        return self


def resolve(find_class, module, name):
    """CPython's `find_class(module, name)` among modules that are not real."""
    asked, saved, root, names = [], {}, Path(), []
    Path.names.__set__(root, names)
    real = builtins.__import__

    def stand_in(wanted, *_args, **_kwargs):
        asked.append(wanted)
        if not wanted or "\0" in wanted:
            raise ImportError(wanted)
        saved.setdefault(wanted, sys.modules.get(wanted))
        sys.modules[wanted] = root
        return root

    error = ""
    builtins.__import__ = stand_in
    try:
        find_class(module, name)
    except Exception as problem:
        error = type(problem).__name__
        raise
    finally:
        builtins.__import__ = real
        for key, value in saved.items():
            if value is None:
                del sys.modules[key]
            else:
                sys.modules[key] = value
        mapped = (asked[0] if asked else module, name if error else ".".join(names))
        JOURNAL.resolved((module, name), mapped, error)
    return named(".".join(mapped))


class CLoader(_pickle.Unpickler):
    def find_class(self, module, name):
        return resolve(super().find_class, module, name)

    def persistent_load(self, _pid):
        return made(Inert, "persistent_load")


class PythonLoader(pickle._Unpickler):
    def find_class(self, module, name):
        return resolve(super().find_class, module, name)

    def persistent_load(self, _pid):
        return made(Inert, "persistent_load")


class Memory(io.BytesIO):
    """Shows all that is left to whoever peeks: the unpickler then reads as `loads` does."""

    def peek(self, _size):
        return self.getbuffer()[self.tell():].tobytes()


def buffered(data):
    return io.BufferedReader(io.BytesIO(data))


FILES = {"file": (CLoader, io.BytesIO), "peek": (CLoader, buffered), "memory": (CLoader, Memory),
         "python": (PythonLoader, io.BytesIO)}
ENCODINGS = {"latin1": {"encoding": "latin1"}, "bytes": {"encoding": "bytes"}, "utf-8": {"encoding": "utf-8"},
             "ignore": {"errors": "ignore"}}


def readings(data, first):
    """Names of the readings that can differ: encodings need 8-bit strings, buffers their opcodes, use again more data."""
    encodings = [""] + (list(ENCODINGS) if set(data) & set(b"STU") else [])
    buffers = ["", "buffers"] if set(data) & {0x97, 0x98} else [""]
    again = ["", "again"] if first else [""]
    for file in FILES:
        for use in again if file != "memory" else [""]:
            for encoding in encodings:
                for buffer in buffers:
                    yield "+".join(part for part in (file, use, encoding, buffer) if part)


def setting(name):
    file, *parts = name.split("+")
    options = {}
    for part in parts:
        options.update(ENCODINGS.get(part, {}))
    if "buffers" in parts:
        options["buffers"] = BUFFERS
    return FILES[file] + (options, "again" in parts)


def clear_registry():
    copyreg._extension_cache.clear()
    copyreg._inverted_registry.clear()
    copyreg._inverted_registry.update({code: (EXT_MODULE, "code_{}".format(code)) for code in EXT_CODES})


def read(data, name):
    """Loads stream after stream, as loops do: [outcomes, globals, calls]."""
    loader, kind, options, again = setting(name)
    JOURNAL.begin()
    clear_registry()
    handle, unpickler, outcomes, before = kind(data), None, [], -1
    for JOURNAL.stream in range(STREAMS):
        outcome = "ok"
        try:
            if unpickler is None or not again:
                unpickler = loader(handle, **options)
            unpickler.load()
        except BaseException as problem:
            outcome = "denied" if str(problem).startswith("denied: ") else type(problem).__name__
        at = handle.tell()
        if again and outcome == "EOFError" and before == len(data):
            break  # only this tells the end of an unpickler that has read ahead
        outcomes.append(outcome)
        before = at
        if outcome != "ok" or (at >= len(data) and not again):
            break
    return [outcomes, JOURNAL.globals, JOURNAL.calls]


def read_all(data):
    """{reading: result}, with readings of the same result joined by a blank."""
    handle = Memory(data)
    clear_registry()
    try:
        CLoader(handle).load()
        more = handle.tell() < len(data)
    except BaseException:
        more = data.count(b".") > 1
    groups = {}
    for name in readings(data, more):
        groups.setdefault(json.dumps(read(data, name)), []).append(name)
    return {" ".join(names): json.loads(result) for result, names in groups.items()}


def confine():
    """Limits and the hook that denies effects, for the rest of this process."""
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):
            pass  # macOS has no limit of address space
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(1000)

    def deny(event, _args):
        if not event.startswith(ALLOWED):
            raise PermissionError("denied: " + event)
    sys.addaudithook(deny)


def serve(tasks, out):
    """In the child: answers one line for each task."""
    confine()
    for number, work in tasks:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        answer = json.dumps([number, work()]).encode() + b"\n"
        while answer:
            answer = answer[os.write(out, answer):]
    signal.setitimer(signal.ITIMER_REAL, 0)


def ask(tasks):
    """Answers of a child to (number, function) tasks, up to the one that kills it."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reader)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            serve(tasks, writer)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, "rb") as lines:
        text = lines.read()
    os.waitpid(pid, 0)
    whole = text[:text.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


def examine(streams):
    """What all readings make of each stream, in order."""
    results, at = [], 0
    while at < len(streams):
        tasks = [(number, lambda number=number: read_all(streams[number])) for number in range(at, len(streams))]
        results += [result for _, result in ask(tasks)]
        at = len(results)
        if at < len(streams):
            results.append(one_by_one(streams[at]))
            at += 1
    return results


def one_by_one(data):
    """A stream that kills its child: each reading in a child of its own; those that die are left out."""
    results = {}
    for name in readings(data, True):
        for _, result in ask([(0, lambda name=name: read(data, name))]):
            results[name] = result
    return results
