"""Values that a stream computes with pure functions, and calls that are reached by way of other functions."""
import base64
import binascii
import bz2
import codecs
import gzip
import html
import json
import lzma
import urllib.parse
import zlib

from spell import op

ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM")


def text(pen, value, depth=2):
    """Pushes a str, computed by up to `depth` functions one in the other. Lone surrogates have no bytes to be computed from."""
    if depth <= 0 or not value or any("\ud800" <= one <= "\udfff" for one in value):
        return pen.text(value)
    return pen.rng.choice(TEXT)(pen, value, depth - 1)


def raw(pen, value, depth=1):
    """Pushes bytes, computed or not."""
    if depth <= 0:
        return pen.rng.choice([pen.data, pen.data, byte_array])(value) if pen.rng.random() < 0.8 else byte_array(value)
    return pen.rng.choice(RAW)(pen, value, depth - 1)


def byte_array(value):
    return op("BYTEARRAY8", len(value).to_bytes(8, "little") + value)


def grown_array(pen, value, _depth=0):
    """A bytearray that is made longer, or changed, after it was written."""
    at = pen.rng.randint(0, max(0, len(value) - 1))
    if pen.rng.random() < 0.5:
        tail = [pen.integer(byte) for byte in value[at:]]
        return byte_array(value[:at]) + pen.rng.choice([
            b"".join(item + op("APPEND") for item in tail), op("MARK") + b"".join(tail) + op("APPENDS")])
    start = value[:at] + b"?" + value[at + 1:] if value else value
    return byte_array(start) + (pen.integer(at) + pen.integer(value[at]) + op("SETITEM") if value else b"")


def method(pen, base, name, *args):
    """Calls a method of a value that has been written: through getattr, a dotted name, or methodcaller."""
    kind, value = base
    path = "{}.{}".format(kind, name)
    return pen.rng.choice([
        lambda: pen.run("builtins.getattr", value, pen.text(name)) + pen.tuple(*args) + op("REDUCE"),
        lambda: b"\x80\4" + pen.run(("builtins", path), value, *args),
        lambda: pen.run("operator.methodcaller", pen.text(name), *args) + pen.tuple(value) + op("REDUCE"),
        lambda: pen.run("builtins.getattr", pen.dotted("builtins." + kind), pen.text(name)) + pen.tuple(value, *args) + op("REDUCE"),
    ])()


def split(pen, value):
    at = pen.rng.randint(0, len(value))
    return value[:at], value[at:]


def concatenated(pen, value, depth):
    head, tail = split(pen, value)
    function = pen.rng.choice(["operator.add", "operator.concat", "_operator.add", "operator.iadd"])
    if pen.rng.random() < 0.3:
        return method(pen, ("str", text(pen, head, depth)), "__add__", text(pen, tail, depth))
    return pen.run(function, text(pen, head, depth), text(pen, tail, depth))


def joined(pen, value, depth):
    glue = pen.rng.choice(["", value[len(value) // 2]])
    parts = value.split(glue) if glue else list(value)
    items = [text(pen, part, depth if len(parts) < 4 else 0) for part in parts]
    holder = pen.rng.choice([pen.list, pen.tuple])(*items)
    if len(set(parts)) == len(parts) and pen.rng.random() < 0.2:
        holder = pen.dict(*((item, op("NONE")) for item in items))
    if pen.rng.random() < 0.2:
        holder = pen.run("builtins." + pen.rng.choice(["list", "tuple", "iter"]), holder)
    return method(pen, ("str", pen.text(glue)), "join", holder)


def changed_list(pen, value, _depth):
    """A list of characters that is changed after it was filled, then joined."""
    at = pen.rng.randrange(len(value))
    items = [pen.text(c) for c in value[:at] + "?" + value[at + 1:]]
    fill = pen.list(*items) + pen.put(77) + pen.rng.choice([
        pen.integer(at) + pen.text(value[at]) + op("SETITEM"),
        op("MARK") + pen.integer(at - len(value)) + pen.text(value[at]) + op("SETITEMS")])
    return method(pen, ("str", pen.text("")), "join", fill + op("POP") + pen.get(77))


def changed_by_call(pen, value, _depth):
    """A list that a function changes, joined through another reference."""
    at = pen.rng.randrange(len(value))
    items, held, last = [pen.text(c) for c in value], pen.get(78), pen.text(value[-1])
    wrong = items[:at] + [pen.text("?")] + items[at + 1:]
    start, change = pen.rng.choice([
        (wrong, lambda: pen.run("operator.setitem", held, pen.integer(at), items[at])),
        (items[:-1], lambda: pen.run("builtins.getattr", held, pen.text("append")) + pen.tuple(last) + op("REDUCE")),
        (items[:-1], lambda: pen.run("operator.iadd", held, pen.list(last))),
        (items[:-1], lambda: b"\x80\4" + pen.run(("builtins", "list.append"), held, last)),
        (items[::-1], lambda: b"\x80\4" + pen.run(("builtins", "list.reverse"), held)),
        (items[1:], lambda: method(pen, ("list", held), "insert", pen.integer(0), items[0])),
        (items + [last], lambda: pen.run("operator.delitem", held, pen.integer(-1))),
        (items[:-1], lambda: pen.run("builtins.list", pen.run("builtins.map", pen.run("builtins.getattr", held, pen.text("append")), pen.list(last))))])
    return pen.list(*start) + pen.put(78) + op("POP") + change() + op("POP") + method(pen, ("str", pen.text("")), "join", held)


def joined_long(pen, value, _depth):
    """More items than anybody would look at."""
    head, tail = split(pen, value)
    filler = pen.text("") + op("DUP") * pen.rng.choice([3, 30, 300, 3000, 4090, 4095, 8190])
    return method(pen, ("str", pen.text("")), "join", op("MARK") + pen.text(head) + filler + pen.text(tail) + op("LIST"))


def chosen(pen, value, depth):
    """An item of a container."""
    wrong, right = pen.text("collections"), text(pen, value, depth)
    getter = pen.rng.choice(["operator.getitem", "_operator.getitem"])
    at = pen.rng.randrange(3)
    items = [wrong, wrong, wrong]
    items[at] = right
    holder = pen.rng.choice([pen.list, pen.tuple])(*items)
    index = pen.integer(pen.rng.choice([at, at - 3]))
    pairs = [(pen.text("a"), wrong), (pen.text("b"), right)] + [(pen.text("b"), right)] * pen.rng.randint(0, 1)
    return pen.rng.choice([
        lambda: pen.run(getter, holder, index),
        lambda: pen.run("operator.itemgetter", index) + pen.tuple(holder) + op("REDUCE"),
        lambda: pen.run(getter, pen.dict((pen.text("b"), wrong), *pairs), pen.text("b")),
        lambda: method(pen, ("dict", pen.dict(*pairs)), "get", pen.text("b")),
        lambda: method(pen, ("list", pen.list(wrong, right)), "pop"),
    ])()


def sliced(pen, value, depth):
    head, tail = pen.rng.choice(["", "xy", "os"]), pen.rng.choice(["", "z", "system"])
    whole, end = text(pen, head + value + tail, depth), len(head) + len(value)
    part = pen.run("builtins.slice", pen.integer(len(head)), pen.integer(end))
    if pen.rng.random() < 0.3:
        whole, part = text(pen, value[::-1], depth), pen.run("builtins.slice", op("NONE"), op("NONE"), pen.integer(-1))
    if pen.rng.random() < 0.5:
        return method(pen, ("str", whole), "__getitem__", part)
    return pen.run("operator.getitem", whole, part)


def replaced(pen, value, depth):
    old, new = pen.rng.choice(["!", "xx", "né"]), pen.rng.choice(list(value))
    count = [pen.integer(pen.rng.choice([1, -1, 9]))] if pen.rng.random() < 0.4 else []
    start = value.replace(new, old, 1 if count else -1)
    return method(pen, ("str", text(pen, start, depth)), "replace", pen.text(old), pen.text(new), *count)


def stripped(pen, value, depth):
    junk = pen.rng.choice(["  ", "\t\n", "\x0b", "\x1c", "\u2003", "xq", "#"])
    name = pen.rng.choice(["strip", "lstrip", "rstrip"])
    start = (junk if name != "rstrip" else "") + value + (junk if name != "lstrip" else "")
    chars = [] if junk.isspace() and pen.rng.random() < 0.8 else [pen.text(junk)]
    return method(pen, ("str", text(pen, start, depth)), name, *chars)


def cased(pen, value, depth):
    name = pen.rng.choice(["lower", "casefold", "swapcase", "upper"])
    start = {"lower": value.upper(), "casefold": value.upper(), "swapcase": value.swapcase(), "upper": value.lower()}[name]
    if name in ("lower", "casefold"):
        start = start.replace("K", "\u212a").replace("S", pen.rng.choice(["S", "S", "\u017f"]) if name == "casefold" else "S")
    return method(pen, ("str", text(pen, start, depth)), name)


def formatted(pen, value, depth):
    head, tail = split(pen, value)
    ways = [("{}{}", head, tail), ("{1}{0}", tail, head), ("{0}" + tail.replace("{", "{{"), head), ("{!s}{:s}", head, tail)]
    pattern, *args = pen.rng.choice(ways)
    if pen.rng.random() < 0.4:
        return pen.run("operator.mod", pen.text("%s%s"), pen.tuple(text(pen, head, depth), text(pen, tail, depth)))
    return method(pen, ("str", pen.text(pattern)), "format", *(text(pen, arg, depth) for arg in args))


def decoded(pen, value, depth):
    codec = pen.rng.choice(["utf-8", "utf8", "UTF-8", "U8", "latin1", "iso8859-1", "ascii", "utf-16-le", "utf-16", "utf-32", "utf-7",
                            "cp1252", "cp037", "unicode_escape", "raw_unicode_escape", "Latin-1", "646"])
    try:
        content = codecs.encode(value, codec)
    except UnicodeError:
        codec, content = "utf-8", value.encode("utf-8", "replace")
    errors = []
    if codec == "unicode_escape" and value.isascii():
        content = "".join(pen.rng.choice(["\\u%04x", "\\x%02x", "%c"]) % ord(c) for c in value).encode()
    if pen.rng.random() < 0.2 and codec in ("utf-8", "ascii"):
        content, errors = content[:1] + b"\xff" + content[1:], [pen.text("ignore")]
    function = pen.rng.choice(["builtins.str", "codecs.decode", "_codecs.decode", "bytes.decode"])
    if function == "bytes.decode":
        return method(pen, ("bytes", raw(pen, content, depth)), "decode", pen.text(codec), *errors)
    return pen.run(function, raw(pen, content, depth), pen.text(codec), *errors)


def decoder(pen, value, depth):
    """The functions behind codecs, which give a pair."""
    name = pen.rng.choice(["latin_1_decode", "utf_8_decode", "ascii_decode", "unicode_escape_decode"])
    if not value.isascii():
        return decoded(pen, value, depth)
    pair = pen.run(pen.rng.choice(["_codecs.", "codecs."]) + name, raw(pen, value.encode(), depth))
    return pair if pen.rng.random() < 0.2 else pen.run("operator.getitem", pair, pen.integer(0))


def rotated(pen, value, depth):
    function = pen.rng.choice(["codecs.encode", "codecs.decode", "_codecs.encode", "_codecs.decode"])
    return pen.run(function, text(pen, value.translate(ROT13), depth), pen.text(pen.rng.choice(["rot13", "rot_13", "ROT-13"])))


def characters(pen, value, _depth):
    if len(value) > 12:
        return pen.text(value)
    characters_ = [pen.run("builtins.chr", pen.integer(ord(c))) for c in value]
    if pen.rng.random() < 0.5:
        return method(pen, ("str", pen.text("")), "join", pen.list(*characters_))
    numbers = pen.list(*(pen.integer(ord(c)) for c in value))
    return method(pen, ("str", pen.text("")), "join", pen.run("builtins.map", pen.dotted("builtins.chr"), numbers))


def unquoted(pen, value, depth):
    way = pen.rng.randrange(4)
    if way == 0:
        spelled = "".join("%{:02x}".format(ord(c)) if c.isascii() and pen.rng.random() < 0.6 else c for c in value)
        return pen.run("urllib.parse.unquote", text(pen, spelled, depth))
    if way == 1:
        spelled = "".join("\\u{:04x}".format(ord(c)) if c.isascii() and pen.rng.random() < 0.5 else json.dumps(c)[1:-1] for c in value)
        return pen.run("json.loads", text(pen, pen.rng.choice(['"', ' "']) + spelled.replace("/", "\\/") + '"', depth))
    if way == 2:
        spelled = pen.rng.choice([html.escape(value), "".join("&#{};".format(ord(c)) for c in value)])
        return pen.run("html.unescape", text(pen, spelled, depth))
    return pen.run("sys.intern", text(pen, value, depth))


def padded(pen, value):
    """Base64 with characters that a decoder drops."""
    spelled = base64.b64encode(value).decode()
    if pen.rng.random() < 0.4:
        junk, at = pen.rng.choice(["\n", " ", "-", "_", "!", "==", "="]), pen.rng.randint(0, len(spelled))
        spelled = spelled[:at] + junk + spelled[at:]
    return spelled.encode()


def unpacked(pen, value, depth):
    name, pack = pen.rng.choice([
        ("base64.b64decode", lambda v: padded(pen, v)), ("base64.standard_b64decode", lambda v: padded(pen, v)),
        ("base64.urlsafe_b64decode", base64.urlsafe_b64encode), ("base64.decodebytes", base64.encodebytes),
        ("base64.b32decode", base64.b32encode), ("base64.b16decode", base64.b16encode), ("base64.b85decode", base64.b85encode),
        ("base64.a85decode", base64.a85encode), ("binascii.unhexlify", binascii.hexlify), ("binascii.a2b_hex", binascii.hexlify),
        ("binascii.a2b_base64", lambda v: padded(pen, v)), ("zlib.decompress", zlib.compress), ("gzip.decompress", gzip.compress),
        ("bz2.decompress", bz2.compress), ("lzma.decompress", lzma.compress)])
    return pen.run(name, raw(pen, pack(value), depth))


def recoded(pen, value, depth):
    codec = pen.rng.choice(["hex", "base64", "zlib", "bz2", "hex_codec", "base64_codec"])
    return pen.run(pen.rng.choice(["codecs.decode", "_codecs.decode"]), raw(pen, codecs.encode(value, codec), depth), pen.text(codec))


def packed(pen, value, _depth):
    """Bytes that encoding makes the name of."""
    if len(value) % 4 or not value.isalnum():
        return pen.data(value)
    return pen.run("codecs.encode", pen.data(base64.b64decode(value)), pen.text("base64"))


def encoded(pen, value, depth):
    """Bytes out of text, as protocols below 3 write them."""
    function, codec = pen.rng.choice(["_codecs.encode", "codecs.encode", "builtins.bytes", "str.encode"]), pen.text("latin1")
    spelled = text(pen, value.decode("latin1"), depth)
    if function == "str.encode":
        return method(pen, ("str", spelled), "encode", codec)
    return pen.run(function, spelled, codec)


def from_numbers(pen, value, _depth):
    if len(value) > 24:
        return pen.data(value)
    numbers = pen.rng.choice([pen.list, pen.tuple])(*(pen.integer(byte) for byte in value))
    return pen.run("builtins." + pen.rng.choice(["bytes", "bytearray"]), numbers)


def from_hex(pen, value, _depth):
    digits = pen.text(pen.rng.choice(["", " ", "\n"]).join("{:02x}".format(byte) for byte in value))
    kind = pen.rng.choice(["bytes", "bytearray"])
    return pen.rng.choice([
        lambda: b"\x80\4" + pen.run(("builtins", kind + ".fromhex"), digits),
        lambda: pen.run("builtins.getattr", pen.dotted("builtins." + kind), pen.text("fromhex")) + pen.tuple(digits) + op("REDUCE"),
        lambda: pen.run("binascii.unhexlify", pen.text(value.hex()))])()


def added(pen, value, depth):
    head, tail = split(pen, value)
    if pen.rng.random() < 0.5:
        return method(pen, ("bytes", pen.data(b"")), "join", pen.list(raw(pen, head, depth), raw(pen, tail, depth)))
    return pen.run("operator.add", raw(pen, head, depth), raw(pen, tail, depth))


def glued(pen, items):
    """Joins what an iterator gives."""
    return method(pen, ("str", pen.text("")), "join", items)


def turned(pen, value, depth):
    back = text(pen, value[::-1], depth)
    return glued(pen, pen.run("builtins.reversed", pen.run("builtins.list", back) if pen.rng.random() < 0.3 else back))


def taken(pen, value, depth):
    """What an iterator gives at some turn, after its list was perhaps changed."""
    skipped = pen.rng.randrange(3)
    items = [pen.text("collections")] * skipped + [text(pen, value, depth), pen.text("last")]
    held, iterator = pen.get(81), pen.get(82)
    start = pen.list(*items) + pen.put(81) + op("POP") + pen.run("builtins.iter", held) + pen.put(82) + op("POP")
    change = pen.rng.choice([b"", b"", held + pen.text("more") + op("APPEND") + op("POP"),
                             method(pen, ("list", held), "pop") + op("POP"),
                             held + pen.integer(skipped) + pen.text("changed") + op("SETITEM") + op("POP")])
    step = pen.run("builtins.next", iterator)
    rest = pen.rng.choice([step, step, pen.run("operator.getitem", pen.run("builtins.list", iterator), pen.integer(0)),
                           pen.run("builtins.next", iterator, pen.text("none"))])
    return start + change + (step + op("POP")) * skipped + rest


def ranked(pen, value, depth):
    """The first or last of several."""
    others = [pen.text(pen.rng.choice(["", "A", "Z"])) for _ in range(pen.rng.randint(1, 3))]
    items = [*others, text(pen, value, depth)]
    pen.rng.shuffle(items)
    holder = pen.rng.choice([pen.list, pen.tuple])(*items)
    if pen.rng.random() < 0.5:
        return pen.run("builtins.max", holder)
    return pen.run("operator.getitem", pen.run("builtins.sorted", holder), pen.integer(-1))


def cut(pen, value, depth):
    """A part of a text that is cut."""
    glue = pen.rng.choice([",", "--", "é"])
    name = pen.rng.choice(["split", "rsplit", "partition", "rpartition"])
    parts = [pen.rng.choice(["os", "x", ""]), value, "z"][:2 if name.endswith("partition") else 3]
    whole = ("str", text(pen, glue.join(parts), depth))
    most = [pen.integer(pen.rng.choice([2, 5, -1]))] if name.endswith("split") and pen.rng.random() < 0.3 else []
    place = 1 if name.endswith("split") else 2
    return pen.run("operator.getitem", method(pen, whole, name, pen.text(glue), *most), pen.integer(place))


def translated(pen, value, depth):
    """Some characters put in the place of others."""
    new = pen.rng.choice(list(value))
    if pen.rng.random() < 0.4:
        table = method(pen, ("str", pen.text("")), "maketrans", pen.text("#"), pen.text(new), *[pen.text("!")] * pen.rng.randint(0, 1))
    else:
        table = pen.dict((pen.integer(ord("#")), pen.rng.choice([pen.text(new), pen.integer(ord(new))])), (pen.integer(ord("!")), op("NONE")))
    start = value.replace(new, "#", pen.rng.choice([1, -1]))
    return method(pen, ("str", text(pen, start, depth)), "translate", table)


def xored(pen, value, _depth):
    if len(value) > 16 or not value.isascii():
        return pen.text(value)
    key = [pen.rng.randrange(1, 256) for _ in value]
    masked = pen.run("builtins.map", pen.dotted(pen.rng.choice(["operator.xor", "_operator.xor"])),
                     pen.list(*(pen.integer(ord(c) ^ k) for c, k in zip(value, key))), pen.list(*(pen.integer(k) for k in key)))
    if pen.rng.random() < 0.5:
        return glued(pen, pen.run("builtins.map", pen.dotted("builtins.chr"), masked))
    return method(pen, ("bytes", pen.run("builtins.bytes", masked)), "decode")


def numbered(pen, value, _depth):
    """A whole number, as bytes."""
    spelled = value.encode()
    order = pen.rng.choice(["big", "little"])
    if not spelled or 0 in (spelled[0], spelled[-1]):
        return pen.text(value)
    number = pen.integer(int.from_bytes(spelled, order)) if len(spelled) < 200 else None
    if number is None or number[:1] not in b"\x8a\x8b":
        return pen.text(value)
    return method(pen, ("bytes", method(pen, ("int", number), "to_bytes", pen.integer(len(spelled)), pen.text(order))), "decode")


def folded(pen, value, depth):
    if len(value) > 24:
        return pen.text(value)
    parts = [text(pen, part, depth if at == 0 else 0) for at, part in enumerate(value)]
    start = [pen.text("")] if pen.rng.random() < 0.5 else []
    return pen.run(pen.rng.choice(["functools.reduce", "_functools.reduce"]), pen.dotted("operator.add"), pen.list(*parts), *start)


def filled_in(pen, value, depth):
    head, tail = split(pen, value)
    if "$" in value or "{" in value or "%" in value or "}" in value:
        return pen.text(value)
    way = pen.rng.randrange(4)
    pairs = pen.dict((pen.text("a"), pen.text("no")), (pen.text("a"), text(pen, head, depth)), (pen.text("b"), pen.text(tail)))
    if way == 0:
        return method(pen, ("str", pen.text("{a}{b}")), "format_map", pairs)
    if way == 1:
        return pen.run("operator.mod", pen.text("%(a)s%(b)s"), pairs)
    if way == 2 and value.isascii() and len(value) < 20:
        return pen.run("operator.mod", pen.text("%c" * len(value)), pen.tuple(*(pen.integer(ord(c)) for c in value)))
    made = pen.run("string.Template", pen.text("${a}$b"))
    return pen.run("builtins.getattr", made, pen.text("substitute")) + pen.tuple(pairs) + op("REDUCE")


def attributed(pen, value, depth):
    """An attribute of a plain namespace."""
    state = pen.dict((pen.text("m"), text(pen, value, depth)))
    change = pen.rng.choice([b"", b"", pen.get(83) + pen.text("m") + pen.text("changed") + op("SETITEM") + op("POP")])
    made = state + pen.put(83) + op("POP") + pen.run("types.SimpleNamespace") + pen.get(83) + op("BUILD") + pen.put(84) + op("POP") + change
    return pen.rng.choice([
        lambda: made + pen.run("builtins.getattr", pen.get(84), pen.text("m")),
        lambda: made + pen.run("operator.getitem", pen.run("builtins.vars", pen.get(84)), pen.text("m")),
        lambda: made + pen.run("operator.attrgetter", pen.text("m")) + pen.tuple(pen.get(84)) + op("REDUCE")])()


def chained(pen, value, depth):
    head, tail = split(pen, value)
    pieces = [text(pen, head, depth), pen.list(*(pen.text(c) for c in tail))]
    if pen.rng.random() < 0.5:
        return glued(pen, pen.run("itertools.chain", *pieces))
    pairs = pen.run("builtins.zip", pen.list(*(pen.integer(n) for n in range(len(value)))), text(pen, value, depth))
    return glued(pen, method(pen, ("dict", pen.run("builtins.dict", pairs)), "values"))


def popped(pen, value, depth):
    """Taken out of a container."""
    right, wrong, key = text(pen, value, depth), pen.text("no"), pen.text("k")
    return pen.rng.choice([
        lambda: method(pen, ("list", pen.list(right, wrong)), "pop", pen.integer(0)),
        lambda: method(pen, ("dict", pen.dict((key, wrong), (key, right))), "pop", key),
        lambda: method(pen, ("dict", pen.dict((pen.integer(1), wrong))), "pop", pen.integer(2), right),
        lambda: method(pen, ("dict", pen.dict((pen.integer(1), wrong))), "setdefault", pen.integer(2), right),
        lambda: pen.run("operator.getitem", method(pen, ("dict", pen.dict((wrong, wrong), (key, right))), "popitem"), pen.integer(1)),
        lambda: pen.run("operator.getitem", pen.dict((pen.integer(0), wrong), (op("NEWTRUE"), right)), pen.integer(1)),
    ])()


def quoted(pen, value, depth):
    spelled = pen.rng.choice(["'", '"', "u'", " '"]) + "".join(pen.rng.choice(["\\x%02x", "\\%03o", "\\u%04x"]) % ord(c) for c in value)
    return pen.run("ast.literal_eval", text(pen, spelled + spelled.strip(" u")[0], depth)) if value.isascii() else pen.text(value)


def shaped(pen, value, depth):
    # Python 3.8 knows two of them only.
    names = ["removeprefix", "removesuffix", "title", "capitalize"]
    name = pen.rng.choice([name for name in names if hasattr(str, name)])
    if name == "removeprefix":
        return method(pen, ("str", text(pen, "xy" + value, depth)), name, pen.text("xy"))
    if name == "removesuffix":
        return method(pen, ("str", text(pen, value + "xy", depth)), name, pen.text("xy"))
    return method(pen, ("str", text(pen, value, depth)), name)


TEXT = [concatenated, joined, chosen, sliced, replaced, stripped, cased, formatted, decoded, decoded, rotated, characters, unquoted,
        changed_list, changed_by_call, decoder, turned, taken, ranked, cut, translated, xored, numbered, folded, filled_in,
        attributed, chained, popped, quoted, shaped]
RAW = [unpacked, unpacked, recoded, encoded, from_numbers, from_hex, added, grown_array, packed]


def reached(pen, path):
    """Pushes the function `path`, reached by way of others."""
    module, _, name = path.rpartition(".")
    base, attribute = pen.text(module), pen.text(name)
    imported = lambda: pen.run(pen.rng.choice(["importlib.import_module", "builtins.__import__", "importlib.__import__"]), base)
    return pen.rng.choice([
        lambda: pen.run("builtins.getattr", imported(), attribute),
        lambda: pen.run("operator.attrgetter", attribute) + pen.tuple(imported()) + op("REDUCE"),
        lambda: pen.run("pkgutil.resolve_name", pen.text(path if pen.rng.random() < 0.5 else module + ":" + name)),
        lambda: pen.run("builtins.getattr", b"\x80\4" + pen.run(("sys", "modules.get"), base), attribute),
        lambda: pen.run("builtins.getattr", pen.run("operator.getitem", pen.dotted("sys.modules"), base), attribute),
        lambda: pen.run("builtins.getattr", pen.dotted(module + ".path"), attribute),
        lambda: pen.run("functools.reduce", pen.dotted("builtins.getattr"), pen.list(attribute), imported()),
        lambda: pen.run("functools.partial", pen.name(module, name)),
        lambda: pen.run("functools.partial", pen.dotted("builtins.getattr"), imported()) + pen.tuple(attribute) + op("REDUCE"),
        lambda: pen.run("operator.itemgetter", attribute) + pen.tuple(b"\x80\4" + pen.name(module, "__dict__")) + op("REDUCE"),
    ])()


def called(pen, function, *args):
    """Calls a pushed function by way of others."""
    return pen.rng.choice([
        lambda: function + pen.tuple(*args) + op("REDUCE"),
        lambda: pen.run("builtins.list", pen.run("builtins.map", function, *(pen.list(arg) for arg in args))),
        lambda: pen.run("builtins.list", pen.run("itertools.starmap", function, pen.list(pen.tuple(*args)))),
        lambda: pen.run("functools.partial", function, *args) + op("EMPTY_TUPLE") + op("REDUCE"),
        lambda: pen.run("functools.partial", function) + pen.tuple(*args) + op("REDUCE"),
        lambda: pen.run("operator.call", function, *args),
        lambda: pen.run("operator.methodcaller", pen.text("__call__"), *args) + pen.tuple(function) + op("REDUCE"),
        lambda: pen.run("builtins.tuple", pen.run("builtins.filter", function, pen.tuple(*args))),
        lambda: pen.run("functools.reduce", function, pen.list(*args, op("NONE"))),
        lambda: pen.run("copyreg.__newobj__", function, *args),
        lambda: pen.run("builtins.max", pen.tuple(*args, op("NONE"))),
    ])()
