"""Techniques: each hides the look-up or the call of one name. STOP is added behind, unless the technique has ended itself."""
import pickle
import struct

import computed
from names import DOTTED, ODD, PYTHON2
from spell import CODE, TEXT8_OPCODES, TEXT_OPCODES, counted, frame, op, some_bytes

POP, STOP, REDUCE = op("POP"), op("STOP"), op("REDUCE")
TECHNIQUES = {}


def technique(function):
    TECHNIQUES[function.__name__.replace("_", "-")] = function
    return function


def use(pen, target):
    """Does something to a name that was pushed."""
    argument = pen.rng.choice([pen.text("id"), pen.integer(7), op("NONE"), pen.data(b"x")])
    keywords = pen.dict((pen.text("k"), argument))
    return pen.rng.choice([
        target, target + pen.tuple(argument) + REDUCE, target + pen.tuple() + REDUCE, target + pen.tuple(argument) + op("NEWOBJ"),
        target + pen.tuple() + keywords + op("NEWOBJ_EX"), op("MARK") + target + argument + op("OBJ"), op("MARK") + target + op("OBJ"),
        target + pen.tuple() + REDUCE + argument + op("BUILD"), target + keywords + op("BUILD"), target + argument + op("APPEND"),
        target + op("MARK") + argument + argument + op("APPENDS"), target + op("MARK") + argument + op("ADDITEMS"),
        target + argument + argument + op("SETITEM"), target + op("MARK") + argument * 4 + op("SETITEMS"),
        target + pen.tuple(argument) + REDUCE + pen.tuple(argument) + REDUCE, target + pen.tuple() + op("NEWOBJ") + argument + op("APPEND"),
        target + pen.tuple() + REDUCE + op("MARK") + argument * 2 + op("SETITEMS") + argument + op("BUILD"),
        target + target + pen.tuple() + REDUCE + REDUCE, target + op("DUP") + pen.tuple() + REDUCE + op("NEWOBJ")])


def lines(target):
    return "{}\n{}\n".format(*target).encode("utf-8", "surrogatepass")


@technique
def plain(pen, target):
    return use(pen, pen.name(*target))


@technique
def inst(pen, target):
    return op("MARK") * pen.rng.choice([1, 1, 1, 0]) + pen.rng.choice([b"", pen.text("id"), pen.text("a") * 2]) + op("INST", lines(target))


@technique
def strings(pen, target):
    """Names from every opcode that makes a str."""
    how = TEXT_OPCODES + TEXT8_OPCODES
    return use(pen, pen.text(target[0], pen.rng.choice(how)) + pen.text(target[1], pen.rng.choice(how)) + op("STACK_GLOBAL"))


@technique
def strings_high(pen, target):
    """8-bit strings with bytes that the encodings read differently."""
    junk = pen.rng.choice([b"\xe9", b"\xff", b"\x80", "é".encode()])
    text = lambda value: counted("SHORT_BINSTRING", 1, value) if len(value) < 256 else counted("BINSTRING", 4, value)
    at = pen.rng.randint(0, len(target[0]))
    hidden = target[0].encode("utf-8", "replace")
    hidden = hidden[:at] + junk + hidden[at:]
    return pen.rng.choice([
        text(junk) + POP + use(pen, pen.name(*target)), text(hidden) + text(b"x") + op("STACK_GLOBAL"),
        use(pen, pen.name(*target)) + POP + text(junk), pen.run("m.f", text(junk)) + POP + use(pen, pen.name(*target))])


@technique
def bytes_name(pen, target):
    return pen.data(target[0].encode("utf-8", "replace")) + pen.text(target[1]) + op("STACK_GLOBAL")


@technique
def python2(pen, _target):
    return pen.rng.choice([b"", b"\x80\2", b"\x80\3", b"\x80\1"]) + use(pen, pen.name(*pen.rng.choice(PYTHON2)))


@technique
def dotted(pen, _target):
    return pen.rng.choice([b"", b"\x80\2", b"\x80\4", b"\x80\5"]) + use(pen, pen.name(*pen.rng.choice(DOTTED)))


@technique
def odd_name(pen, _target):
    return pen.rng.choice([b"", b"\x80\4"]) + use(pen, pen.name(*pen.rng.choice(ODD)))


@technique
def proto_switch(pen, _target):
    pick = lambda: use(pen, pen.name(*pen.rng.choice(PYTHON2 + DOTTED * 3)))
    return b"".join(b"\x80" + bytes([pen.rng.randint(0, 5)]) + pick() + POP for _ in range(3)) + pick()


@technique
def extension(pen, target):
    code = pen.rng.choice([1, 2, 3, 42, 0, 0xFF, 0x100, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000])
    name, width = pen.rng.choice([("EXT4", 4)] + [("EXT1", 1)] * (code < 256) + [("EXT2", 2)] * (code < 65536))
    return use(pen, op(name, code.to_bytes(width, "little")))


def register(pen, code, target):
    """Puts a name into the extension registry, seldom in a way that nobody foresaw."""
    pair = pen.tuple(pen.text(target[0]), pen.text(target[1]))
    registry, number = pen.dotted("copyreg._inverted_registry"), pen.integer(code)
    ways = [
        lambda: registry + number + pair + op("SETITEM"), lambda: registry + op("MARK") + number + pair + op("SETITEMS"),
        lambda: pen.run("copyreg.add_extension", pen.text(target[0]), pen.text(target[1]), number),
        lambda: b"\x80\4" + pen.run(("copyreg", "_inverted_registry.__setitem__"), number, pair),
        lambda: b"\x80\4" + pen.run(("copyreg", "_inverted_registry.update"), pen.dict((number, pair))),
        lambda: pen.run("builtins.getattr", registry, pen.text("update")) + pen.tuple(pen.dict((number, pair))) + REDUCE]
    odd = [lambda: b"\x80\4" + pen.run(("pickle", "_inverted_registry.__setitem__"), number, pair),
           lambda: pen.run("operator.setitem", registry, number, pair)]
    return pen.rng.choice(odd if pen.rng.random() < 0.1 else ways)() + POP


@technique
def extension_filled(pen, target):
    code = pen.rng.randint(5, 40)
    before = register(pen, code, ("collections", "OrderedDict")) if pen.rng.random() < 0.15 else b""
    used = op("EXT1", bytes([code])) + POP if pen.rng.random() < 0.3 else b""
    return before + used + register(pen, code, target) + use(pen, op("EXT1", bytes([code])))


@technique
def extension_across_streams(pen, target):
    code = pen.rng.randint(5, 40)
    return register(pen, code, target) + op("NONE") + STOP + use(pen, op("EXT1", bytes([code])))


@technique
def extension_cached(pen, target):
    code = pen.rng.choice([1, 9])
    return (pen.dotted("copyreg._extension_cache") + pen.integer(code) + pen.name(*target) + op("SETITEM") + POP
            + use(pen, op("EXT1", bytes([code]))))


@technique
def memo(pen, target):
    """Names by way of the memo, with slots far apart, set twice or mixed with MEMOIZE."""
    low = pen.rng.choice([0, 0, 200, 4000, 70000, 1 << 31, 1 << 40])
    first, second = pen.rng.sample(range(low, low + 300), 2)
    decoy = pen.text("decoy") + pen.put(first) + POP if pen.rng.random() < 0.5 else b""
    return (decoy + pen.text(target[0]) + pen.put(first) + POP + pen.text(target[1]) + pen.put(second) + POP
            + use(pen, pen.get(first) + pen.get(second) + op("STACK_GLOBAL")))


@technique
def memoize(pen, target):
    """MEMOIZE writes where as many slots are in use, which may be one in use."""
    slots = pen.rng.sample(range(8), pen.rng.randint(0, 4))
    used = b"".join(pen.text("decoy") + pen.put(slot) + POP for slot in slots)
    module = len(slots)
    name = module + (module not in slots)
    return (used + pen.text(target[0]) + op("MEMOIZE") + pen.text(target[1]) + op("MEMOIZE") + POP + POP
            + use(pen, pen.get(module) + pen.get(name) + op("STACK_GLOBAL")))


@technique
def memo_after_pop(pen, target):
    return (pen.text(target[0]) + pen.text("decoy") + POP + pen.put(1) + pen.text(target[1]) + pen.text("x") + POP + pen.put(2)
            + POP + POP + use(pen, pen.get(1) + pen.get(2) + op("STACK_GLOBAL")))


@technique
def memo_of_global(pen, target):
    return pen.name(*target) + pen.put(3) + POP + use(pen, pen.get(3))


@technique
def memo_of_container(pen, target):
    """A container that is taken from the memo and filled after it was stored."""
    inner = pen.rng.choice([op("EMPTY_LIST"), op("EMPTY_SET"), op("EMPTY_DICT")])
    fill = {op("EMPTY_LIST"): op("APPEND"), op("EMPTY_SET"): op("ADDITEMS"), op("EMPTY_DICT"): op("SETITEM")}[inner]
    item = pen.text("id") if fill != op("SETITEM") else pen.text("id") + op("NONE")
    item = op("MARK") + item if fill == op("ADDITEMS") else item
    return inner + pen.put(0) + POP + use(pen, pen.get(0) + item + fill + POP + pen.name(*target)) + pen.get(0) + op("TUPLE2")


@technique
def memo_across_streams(pen, target):
    return (pen.text(target[0]) + pen.put(0) + STOP + pen.get(0) + pen.text(target[1])
            + op("STACK_GLOBAL") + pen.rng.choice([b"", pen.tuple() + REDUCE]))


@technique
def memo_across_streams_in_frame(pen, target):
    """Only one unpickler that is used again goes on in the frame; whether it drops the frame's tail is up to the file."""
    tail = pen.get(0) + pen.text(target[1]) + op("STACK_GLOBAL") + STOP
    size = pen.rng.randint(0, len(tail))
    first = pen.text(target[0]) + pen.put(0) + STOP
    decoy = pen.rng.choice([b"", pen.text("ab") + POP, op("GLOBAL", b"not" + lines(target)) + POP])
    return b"\x80\4" + frame(len(first) + size) + first + decoy + tail


@technique
def dup(pen, target):
    return use(pen, pen.text(target[0]) + op("DUP") + op("STACK_GLOBAL"))


@technique
def decoys(pen, target):
    return use(pen, pen.text(target[0]) + pen.noise() + pen.text(target[1]) + pen.text("collections") + pen.text("OrderedDict")
               + POP + POP + op("STACK_GLOBAL"))


@technique
def computed_name(pen, target):
    depth = pen.rng.choice([1, 1, 2, 3])
    return use(pen, computed.text(pen, target[0], depth) + computed.text(pen, target[1], pen.rng.choice([0, depth])) + op("STACK_GLOBAL"))


@technique
def computed_once(pen, target):
    """One function, on one of the two names."""
    pair = [pen.text(target[0]), pen.text(target[1])]
    at = pen.rng.randrange(2)
    pair[at] = computed.text(pen, target[at], 1)
    return pair[0] + pair[1] + op("STACK_GLOBAL")


@technique
def computed_long(pen, target):
    return pen.text(target[0]) + computed.joined_long(pen, target[1] or "x", 1) + op("STACK_GLOBAL")


@technique
def reached(pen, target):
    function = computed.reached(pen, ".".join(target))
    return computed.called(pen, function, pen.text("id")) if pen.rng.random() < 0.7 else use(pen, function)


@technique
def called_indirectly(pen, target):
    return computed.called(pen, pen.name(*target), pen.text("id"))


@technique
def many_calls(pen, target):
    return b"".join(use(pen, pen.run(("m", "f%d" % i), pen.integer(i))) + POP for i in range(pen.rng.randint(5, 40))) + use(
        pen, pen.name(*target))


@technique
def python_only(pen, target):
    """C raises before the look-up or the call; pickle.py goes on."""
    name, text, rest = pen.name(*target), pen.text("id"), use(pen, pen.name(*target))
    return pen.rng.choice([
        name + pen.list(text) + REDUCE, name + pen.dict((text, op("NONE"))) + REDUCE, name + text + REDUCE, op("INST", lines(target)),
        name + op("MARK") + text + op("FROZENSET") + REDUCE, name + pen.list(text) + op("NEWOBJ"), name + name + REDUCE,
        op("NONE") + op("PUT", b"9" * 20 + b"\n") + POP + rest, b"F1e999\n0" + rest, b"F1_0\n0" + rest, op("EMPTY_LIST") * 2 + op("BUILD") + rest,
        op("NONE") + op("EMPTY_DICT") + op("BUILD") + rest, op("EMPTY_LIST") + pen.integer(0) + op("BUILD") + rest,
        pen.run("m.D") + op("MARK") + op("NONE") * 3 + op("SETITEMS") + rest, name + pen.tuple() + REDUCE + pen.tuple() + op("NEWOBJ"),
        op("LONG_BINPUT", b"\xff" * 4) + rest, op("NONE") + op("PUT", b"99999999999\n") + POP + rest]) + pen.rng.choice([b"", op("GLOBAL", lines(target)[:-1] + b"X")])


@technique
def c_only(pen, target):
    """pickle.py raises first; C goes on."""
    return pen.rng.choice([
        b"I010\n0", b"I1\0x\n0", b"L1\0x\n0", b"F1.0\0x\n0", b"Np7\0x\n0", op("MARK") + op("ADDITEMS"), pen.integer(1) + op("MARK") + op("APPENDS") + POP,
        pen.integer(1) + op("MARK") + op("ADDITEMS") + POP, pen.run("m.f") + op("MARK") + op("APPENDS") + POP,
        b"T\xff\xff\xff\xff"]) + use(pen, pen.name(*target))


@technique
def odd_number(pen, target):
    before = pen.odd_integer() if pen.rng.random() < 0.6 else pen.odd_float()
    return before + pen.rng.choice([b"", pen.put(0)]) + POP + use(pen, pen.name(*target))


@technique
def odd_slot(pen, target):
    slot = pen.rng.choice([b"1_0", b" 7 ", b"+7", b"007", b"-1", b"0x7", b"7\0x", b"9" * 30, b"7L", b"\xd9\xa7", b"", b"18446744073709551616"])
    again = pen.rng.choice([slot, b"10", b"7", slot + b" "])
    return pen.name(*target) + op("PUT", slot + b"\n") + POP + use(pen, op("GET", again + b"\n"))


@technique
def odd_string(pen, target):
    before = pen.rng.choice([
        b"S'a\"\n", b"S'\n", b"S'\\x'\n", b"S'\\q'\n", b"S 'a'\n", b"S'a' \n", b"Sabc\n", b"S''\n", b"S'\xe9'\n", b"V\\u12\n", b"V\xff\n",
        b"V\\U00110000\n", b"V\n", b"\x8c\x01\xff", b"\x8c\x03\xed\xa0\x80", b"S'\\777'\n", b"S'a\\'\n", b"S'\\N{DOT}'\n", b"V\\\\u0041\n", b"V\\N\n",
        b"S\"\\\n", b"S'a\r\n", b"P\n", b"Pid\n", b"P\xe9\n", b"P\r\n"])
    return before + POP + use(pen, pen.name(*target))


@technique
def frame_cut(pen, target):
    """A frame whose end cuts an argument or an opcode."""
    body = use(pen, pen.name(*target)) + STOP
    return b"\x80\4" + frame(pen.rng.randint(0, len(body))) + body


@technique
def frame_drop(pen, target):
    """C on a file drops the tail of the frame and reads the name behind it."""
    decoy = op("GLOBAL", pen.rng.choice([b"collections.", b"not-", b"numpy"]))
    return b"\x80\4" + frame(len(decoy)) + decoy + lines(target) + pen.rng.choice([b"", pen.tuple(pen.text("id")) + REDUCE])


@technique
def frame_desync(pen, target):
    run = op("GLOBAL", lines(target)) + pen.tuple(pen.text("id")) + REDUCE + STOP
    width = pen.rng.randint(1, 9)
    return (b"\x80\4" + frame(2 + width) + b"\x8c" + bytes([2 * width + 1]) + b"A" * width
            + b"B" * (width + 1) + counted("BINUNICODE", 4, run) + op("TUPLE2"))


@technique
def frame_desync_again(pen, target):
    """The same with another opcode of each kind across the end."""
    run = op("GLOBAL", lines(target)) + STOP
    head = pen.rng.choice([b"\x8d" + struct.pack("<Q", 9), b"X" + struct.pack("<I", 9), b"B" + struct.pack("<I", 9), b"C\x09", b"T\x09\0\0\0", b"U\x09",
                           b"\x8a\x09", b"\x96" + struct.pack("<Q", 9), b"G", b"J", b"M", b"I", b"V", b"P", b"\x8b\x09\0\0\0", b"r", b"h"])
    size = pen.rng.randint(1, len(head) + 4)
    return op("NONE") * 3 + b"\x80\4" + frame(size) + head + some_bytes(pen.rng, 4) + b"\n12345" + run


@technique
def frame_long(pen, target):
    return b"\x80\4" + frame(pen.rng.choice([10 ** pen.rng.randint(2, 18), 2**63, 2**64 - 1, 2**63 - 1])) + use(pen, pen.name(*target))


@technique
def frame_nested(pen, target):
    body = use(pen, pen.name(*target)) + STOP
    inner = frame(pen.rng.randint(0, len(body) + 3)) + body
    return b"\x80\4" + frame(pen.rng.choice([9, len(inner), pen.rng.randint(0, len(inner) + 3)])) + inner


@technique
def frame_past_stop(pen, target):
    inner = op("NONE") + STOP + pen.rng.choice([b"", op("NONE") + STOP, b"cnot", b"c", b"\x8c", some_bytes(pen.rng, 3)])
    return b"\x80\4" + frame(len(inner)) + inner + use(pen, pen.name(*target))


@technique
def frame_large(pen, target):
    """Frames beyond what a buffered file holds."""
    body = use(pen, pen.name(*target)) + STOP
    size = pen.rng.choice([8170, 8180, 8192, 8200, 16384, 65536]) + pen.rng.randint(-20, 20)
    padding = op("NONE") + POP
    body = padding * (size // 2) + body
    return b"\x80\4" + frame(pen.rng.choice([len(body), size, size + 7, pen.rng.randint(size - 20, len(body))])) + body


@technique
def padded_large(pen, target):
    """No frame, but more than a buffer before the name."""
    size = pen.rng.choice([8180, 8192, 16380, 65536]) + pen.rng.randint(-16, 16)
    return counted("BINBYTES", 4, b"x" * size) + POP + use(pen, pen.name(*target))


@technique
def second_stream(pen, target):
    first = pen.rng.choice([b"N.", b"\x80\2K\1.", pickle.dumps({"a": 1}, 4), b"I1\n." * 3, pickle.dumps(["x" * 300], 5)])
    return first + use(pen, pen.name(*target))


@technique
def many_streams(pen, target):
    streams = [pickle.dumps(pen.rng.choice([1, "a", [1, 2], {"k": (1, 2.5)}]), pen.rng.randint(0, 5)) for _ in range(pen.rng.randint(3, 12))]
    streams.insert(pen.rng.randint(0, len(streams)), use(pen, pen.name(*target)) + STOP)
    return b"".join(streams)[:-1]


@technique
def legacy_torch(pen, target):
    """The first numbers of PyTorch's old layout, in which storages follow the fifth stream."""
    magic, sizes = 0x1950A86A20F9469CFC6C, {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2}}
    streams = [pickle.dumps(value, 2) for value in (magic, 1001, sizes, {"a": [1]}, ["140"])]
    streams.insert(pen.rng.randint(1, 5), use(pen, pen.name(*target)) + STOP)
    return b"".join(streams)[:-1]


@technique
def raw_array(pen, target):
    """joblib's wrapper, behind which joblib alone finds the bytes of an array."""
    state = pen.dict((pen.text("subclass"), pen.name("numpy", "ndarray")), (pen.text("shape"), pen.tuple(pen.integer(3))),
                     (pen.text("order"), pen.text("C")), (pen.text("dtype"), pen.run("numpy.dtype", pen.text("u1"), op("NEWFALSE"), op("NEWTRUE"))),
                     (pen.text("allow_mmap"), op("NEWTRUE")))
    wrapper = pen.name("joblib.numpy_pickle", "NumpyArrayWrapper")
    array = wrapper + pen.tuple() + pen.rng.choice([REDUCE, op("NEWOBJ")]) + state + op("BUILD")
    return op("EMPTY_LIST") + array + pen.rng.choice([b"", b"N0N", b"0N0", b"\1\2\3", b"c00"]) + op("APPEND") + use(pen, pen.name(*target))


@technique
def padded_streams(pen, target):
    return b"N." + pen.rng.choice([b"\0", b"\0" * 16, b"\n", b"\r\n", b"\xff", b" "]) + use(pen, pen.name(*target))


@technique
def inside_object(pen, target):
    return op("EMPTY_DICT") + op("MARK") + pen.text("a") + use(pen, pen.name(*target)) + op("NONE") + POP + op("SETITEMS")


@technique
def buffers(pen, target):
    return pen.rng.choice([op("NEXT_BUFFER") + op("READONLY_BUFFER") + POP, pen.data(b"x") + op("READONLY_BUFFER") + POP, op("NEXT_BUFFER") * 5,
                           op("NONE") + op("READONLY_BUFFER") + POP, computed.byte_array(b"x") + op("READONLY_BUFFER") + POP,
                           op("NEXT_BUFFER") * 4 + op("STACK_GLOBAL")]) + use(pen, pen.name(*target))


@technique
def buffer_text(pen, target):
    """A name made of an out-of-band buffer."""
    return use(pen, pen.run("builtins.str", op("NEXT_BUFFER"), pen.text("ascii")) + pen.text(target[1]) + op("STACK_GLOBAL"))


@technique
def persistent(pen, target):
    identifier = pen.rng.choice([op("PERSID", b"7\n"), op("NONE") + op("BINPERSID"), pen.tuple(pen.text("storage"), pen.name(*target)) + op("BINPERSID")])
    return pen.rng.choice([identifier + POP + use(pen, pen.name(*target)), use(pen, identifier), identifier + pen.text("x") + op("STACK_GLOBAL")])


@technique
def persistent_module(pen, target):
    """The id by which old PyTorch keeps a class and its source."""
    source = pen.tuple(pen.text("module"), pen.name(*target), pen.text("file.py"), pen.text("class A: pass")) + op("BINPERSID")
    return use(pen, source)


@technique
def odd_target(pen, target):
    """Filling and building what is no plain container."""
    base = pen.rng.choice([pen.list(), pen.dict(), op("EMPTY_SET"), pen.tuple(), pen.text("x"), op("NONE"), computed.byte_array(b"abc"), pen.data(b"x"),
                           pen.run("m.f"), pen.name("os", "environ"), op("BINPERSID") if False else pen.integer(5)])
    item = pen.rng.choice([pen.integer(1), pen.text("k"), op("NONE"), pen.list(), pen.name("m", "C")])
    fill = pen.rng.choice([item + op("APPEND"), op("MARK") + item * pen.rng.randint(0, 2) + op("APPENDS"), op("MARK") + item * pen.rng.randint(0, 2) + op("ADDITEMS"),
                           item * 2 + op("SETITEM"), op("MARK") + item * pen.rng.randint(0, 4) + op("SETITEMS"), item + op("BUILD"), pen.dict() + op("BUILD"),
                           pen.tuple(op("NONE"), op("NONE")) + op("BUILD"), pen.tuple(pen.dict(), pen.dict()) + op("BUILD")])
    return base + fill + POP + use(pen, pen.name(*target))


@technique
def build_then_method(pen, target):
    """Sets a method by BUILD, and lets an opcode call it."""
    method, opcode = pen.rng.choice([("append", op("NONE") + op("APPEND")), ("__setstate__", op("NONE") + op("BUILD")), ("extend", op("MARK") + op("NONE") + op("APPENDS")),
                                     ("add", op("MARK") + op("NONE") + op("ADDITEMS"))])
    return pen.run("m.C") + pen.dict((pen.text(method), pen.name(*target))) + op("BUILD") + opcode


ENDINGS = {"unknown-opcode": b"\xff.", "no-stop": b"", "truncated": b"X\xff", "underflow": b"0" * 30 + b".", "protocol-9": b"\x80\x09.", "unset-slot": b"h\xfe.",
           "bad-utf-8": b"\x8c\1\xff.", "bad-number": b"Izz\n.", "mark-on-top": b"(.", "half-frame": b"\x95\1.", "half-line": b"cos\nsystem"}


def ending(label):
    def run(pen, target):
        return use(pen, pen.name(*target)) + ENDINGS[label]
    return run


ENDED = {"ending-" + label: ending(label) for label in ENDINGS}
assert CODE
