"""Opcodes as bytes, and the many ways to write one value."""
import pickletools
import struct

CODE = {opcode.name: opcode.code.encode("latin1") for opcode in pickletools.opcodes}
BY_BYTE = {opcode.code.encode("latin1"): opcode for opcode in pickletools.opcodes}
LINES = {"GLOBAL": 2, "INST": 2}
WIDTHS = {-2: 1, -3: 4, -4: 4, -5: 8}
TEXT_OPCODES = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "UNICODE-u", "UNICODE-U", "UNICODE-mixed")
TEXT8_OPCODES = ("STRING", "STRING-double", "STRING-hex", "STRING-octal", "STRING-mixed", "BINSTRING", "SHORT_BINSTRING")


def op(name, data=b""):
    return CODE[name] + data


def counted(name, width, data):
    return op(name, len(data).to_bytes(width, "little") + data)


def frame(size):
    return op("FRAME", struct.pack("<Q", size))


def cut(data):
    """The stream in pieces of one opcode each; what cannot be cut is the last piece."""
    pieces, at = [], 0
    while at < len(data):
        end = _end(data, at)
        if end is None or end > len(data):
            return pieces + [data[at:]]
        pieces.append(data[at:end])
        at = end
    return pieces


def _end(data, at):
    opcode = BY_BYTE.get(data[at:at + 1])
    if opcode is None:
        return None
    at += 1
    size = opcode.arg.n if opcode.arg else 0
    if size == -1:
        for _ in range(LINES.get(opcode.name, 1)):
            at = data.find(b"\n", at) + 1
            if not at:
                return None
        return at
    if size < 0:
        width = WIDTHS[size]
        return at + width + int.from_bytes(data[at:at + width], "little")
    return at + size


def some_bytes(rng, count):
    return bytes(rng.getrandbits(8) for _ in range(count))


def _mixed(rng, value, styles):
    return "".join(rng.choice(styles) % ord(c) if rng.random() < 0.5 else c for c in value)


def _escaped(value, style):
    return "".join(style % ord(c) for c in value).encode("ascii")


class Pen:
    """Writes values; the generator of random numbers decides how."""

    def __init__(self, rng):
        self.rng = rng

    def text(self, value, how=None):
        """A str under every encoding, if `how` is no opcode of 8-bit strings."""
        how = how or self.rng.choice(TEXT_OPCODES)
        raw = value.encode("utf-8", "surrogatepass")
        simple = "\n" not in value and "\\" not in value and all(ord(c) < 0x100 for c in value)
        if how == "SHORT_BINUNICODE" and len(raw) < 256:
            return counted(how, 1, raw)
        if how == "BINUNICODE8":
            return counted(how, 8, raw)
        if how == "UNICODE" and simple:
            return op(how, value.encode("latin1") + b"\n")
        if how == "UNICODE-u" and all(ord(c) < 0x10000 for c in value):
            return op("UNICODE", _escaped(value, "\\u%04x") + b"\n")
        if how == "UNICODE-U":
            return op("UNICODE", _escaped(value, "\\U%08x") + b"\n")
        if how == "UNICODE-mixed" and simple:
            return op("UNICODE", _mixed(self.rng, value, ["\\u%04x", "\\u%04X", "\\U%08x"]).encode("latin1") + b"\n")
        if how in TEXT8_OPCODES and all(ord(c) < 0x100 for c in value):
            return self.text8(value, how)
        return counted("BINUNICODE", 4, raw)

    def text8(self, value, how=None):
        """An 8-bit string, which the encoding makes a str or bytes."""
        how, raw = how or self.rng.choice(TEXT8_OPCODES), value.encode("latin1")
        if how == "SHORT_BINSTRING" and len(raw) < 256:
            return counted(how, 1, raw)
        if how in ("BINSTRING", "SHORT_BINSTRING"):
            return counted("BINSTRING", 4, raw)
        if how == "STRING-octal":
            return op("STRING", b"'" + _escaped(value, "\\%03o") + b"'\n")
        if how == "STRING-mixed" and not set(value) & set("\\'\n"):
            return op("STRING", b"'" + _mixed(self.rng, value, ["\\x%02x", "\\%03o", "\\x%02X"]).encode("latin1") + b"'\n")
        if how in ("STRING", "STRING-double") and not set(value) & set("\\'\"\n"):
            quote = b'"' if how == "STRING-double" else b"'"
            return op("STRING", quote + raw + quote + b"\n")
        return op("STRING", b'"' + _escaped(value, "\\x%02x") + b'"\n')

    def integer(self, value):
        wide = value.to_bytes(value.bit_length() // 8 + self.rng.choice([1, 1, 2, 9]), "little", signed=True)
        ways = [op("LONG1", bytes([len(wide)]) + wide), op("LONG4", struct.pack("<i", len(wide)) + wide),
                op("LONG", b"%dL\n" % value), op("LONG", b"%d\n" % value)]
        if value not in (0, 1):
            ways.append(op("INT", b"%d\n" % value))
        if 0 <= value < 65536:
            ways.append(op("BININT2", struct.pack("<H", value)))
        if 0 <= value < 256:
            ways.append(op("BININT1", bytes([value])))
        if -2**31 <= value < 2**31:
            ways.append(op("BININT", struct.pack("<i", value)))
        return self.rng.choice(ways)

    def odd_integer(self):
        """Spellings that only some readers of integers take."""
        return self.rng.choice([
            b"I0x10\n", b"I0X1f\n", b"I0b11\n", b"I0o17\n", b"I010\n", b"I1_0\n", b"I 12 \n", b"I+1\n", b"I-0\n", b"I 0\n",
            b"I1\0junk\n", b"I01\n", b"I00\n", b"I001\n", b"L0x10L\n", b"L010L\n", b"L7\0L\n", b"L 7 L\n", b"L1__0L\n",
            b"L-1_0\n", b"I99999999999999999999\n", b"L9999999999999999999999L\n", b"I1L\n", b"I\n", b"L\n", b"LL\n",
            b"I" + b"1" * 4400 + b"\n", b"I\xd9\xa1\n", b"I1e3\n", b"L0x\n", b"I--1\n", b"I\t5\n", b"I5\r\n", b"L5L\r\n"])

    def odd_float(self):
        return self.rng.choice([
            b"F1.5\n", b"F1_0\n", b"F 1.0 \n", b"F1e999\n", b"F-1e999\n", b"Fnan\n", b"Finf\n", b"F-Infinity\n", b"F1.0\0x\n",
            b"F0x1p3\n", b"F1.\n", b"F.5\n", b"F.\n", b"F\n", b"F1e\n", b"F1e-999\n", b"F+1\n", b"F1.5\r\n", b"FNaN\n", b"F1,5\n"])

    def data(self, value):
        """A bytes object."""
        ways = [("BINBYTES", 4), ("BINBYTES8", 8)] + [("SHORT_BINBYTES", 1)] * (len(value) < 256)
        return counted(*self.rng.choice(ways), value)

    def tuple(self, *items):
        ways = [op("MARK") + b"".join(items) + op("TUPLE")]
        if len(items) < 4:
            ways += [b"".join(items) + op(["EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"][len(items)])] * 2
        return self.rng.choice(ways)

    def list(self, *items):
        return self.rng.choice([
            op("MARK") + b"".join(items) + op("LIST"), op("EMPTY_LIST") + b"".join(i + op("APPEND") for i in items),
            op("EMPTY_LIST") + op("MARK") + b"".join(items) + op("APPENDS")])

    def dict(self, *pairs):
        flat = b"".join(key + value for key, value in pairs)
        return self.rng.choice([
            op("MARK") + flat + op("DICT"), op("EMPTY_DICT") + b"".join(k + v + op("SETITEM") for k, v in pairs),
            op("EMPTY_DICT") + op("MARK") + flat + op("SETITEMS")])

    def name(self, module, name, how=None):
        """Looks a name up."""
        lines = not set(module + name) & set("\n") and module and name
        if lines and (how == "GLOBAL" or (how is None and self.rng.random() < 0.5)):
            return op("GLOBAL", "{}\n{}\n".format(module, name).encode("utf-8", "surrogatepass"))
        return self.text(module) + self.text(name) + op("STACK_GLOBAL")

    def dotted(self, path):
        module, _, name = path.rpartition(".")
        return self.name(module, name)

    def run(self, path, *args):
        """Calls a function of a module on values that have been written; gives its result."""
        module, name = path if isinstance(path, tuple) else path.rsplit(".", 1)
        return self.name(module, name) + self.tuple(*args) + op("REDUCE")

    def put(self, slot):
        return self._slot(slot, "PUT", "BINPUT", "LONG_BINPUT")

    def get(self, slot):
        return self._slot(slot, "GET", "BINGET", "LONG_BINGET")

    def _slot(self, slot, line, short, long):
        how = self.rng.choice([line] + [short] * (slot < 256) + [long] * (slot < 2**32))
        if how == line:
            return op(line, b"%d\n" % slot)
        return op(how, slot.to_bytes(1 if how == short else 4, "little"))

    def noise(self):
        """Changes nothing on the stack."""
        return self.rng.choice([
            op("NONE") + op("POP"), op("MARK") + op("POP"), op("MARK") + op("POP_MARK"), op("EMPTY_LIST") + op("POP"),
            op("MARK") + op("NONE") + op("NONE") + op("POP_MARK"), op("EMPTY_DICT") + op("MARK") + op("SETITEMS") + op("POP"),
            op("NONE") + op("DUP") + op("POP") + op("POP"), op("MARK") + op("NONE") + op("POP") + op("POP"), frame(0),
            op("MARK") + op("FROZENSET") + op("POP"), op("MARK") + op("MARK") + op("TUPLE") + op("POP_MARK"),
            op("EMPTY_SET") + op("MARK") + op("NONE") + op("ADDITEMS") + op("POP"), op("EMPTY_LIST") + op("NONE") + op("BUILD") + op("POP")])
