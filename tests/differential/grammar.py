"""Random programs that follow a model of the stack, so that most of them load."""
import computed
from attacks import use
from names import any_target
from spell import CODE, op, some_bytes

WORDS = ["os", "system", "a", "", "id", "collections", "OrderedDict", "builtins", "x.y", "é"]
HASHABLE = set("text number none bytes tuple frozen name object".split())
CALLABLE = set("name object".split())
SPECIAL = CALLABLE


class Program:
    """Kinds of what is on the stack; `marks` are the heights at which marks stand."""

    def __init__(self, pen):
        self.pen, self.rng = pen, pen.rng
        self.stack, self.marks, self.slots, self.out = [], [], {}, []

    def floor(self):
        return self.marks[-1] if self.marks else 0

    def above(self):
        return self.stack[self.floor():]

    def emit(self, code, pops=0, *kinds):
        self.out.append(code)
        if pops:
            del self.stack[-pops:]
        self.stack.extend(kinds)

    def close(self, code, *kinds):
        """An opcode that takes everything above the mark."""
        self.out.append(code)
        del self.stack[self.marks.pop():]
        self.stack.extend(kinds)

    def push(self):
        pen, rng = self.pen, self.rng
        kind, code = rng.choice([
            ("text", lambda: pen.text(rng.choice(WORDS))), ("text", lambda: pen.text(rng.choice(WORDS))),
            ("number", lambda: pen.integer(rng.choice([0, 1, 2, -1, 7, 255, 65536, 2**40]))), ("none", lambda: op("NONE")),
            ("number", lambda: op(rng.choice(["NEWTRUE", "NEWFALSE"]))), ("bytes", lambda: pen.data(b"os")),
            ("tuple", lambda: op("EMPTY_TUPLE")), ("list", lambda: op("EMPTY_LIST")), ("dict", lambda: op("EMPTY_DICT")),
            ("set", lambda: op("EMPTY_SET")), ("array", lambda: computed.byte_array(b"ab")), ("float", lambda: op("BINFLOAT", bytes(8))),
            ("name", lambda: pen.name(*any_target(rng))), ("name", lambda: pen.name(*any_target(rng))),
            ("object", lambda: pen.run(any_target(rng), pen.text("id"))), ("any", lambda: use(pen, pen.name(*any_target(rng)))),
            ("text", lambda: computed.text(pen, rng.choice(["os", "system", "m"]), 1)), ("object", lambda: op("PERSID", b"1\n")),
            ("any", lambda: pen.text8(rng.choice(["os", "system", "id"])))])
        self.emit(code(), 0, kind)

    def mark(self):
        self.out.append(op("MARK"))
        self.marks.append(len(self.stack))

    def gather(self):
        if not self.marks:
            return self.mark()
        items = self.above()
        code, kind = self.rng.choice([("TUPLE", "tuple"), ("LIST", "list"), ("TUPLE", "tuple"), ("POP_MARK", ""), ("FROZENSET", "frozen"),
                                      ("DICT", "dict"), ("OBJ", "object"), ("INST", "object")])
        hashed = items[::2] if code == "DICT" else items
        if code in ("DICT", "FROZENSET") and not (set(hashed) <= HASHABLE and (code != "DICT" or len(items) % 2 == 0)):
            code, kind = "TUPLE", "any"
        if code == "OBJ" and not (items and items[0] in CALLABLE):
            code, kind = "LIST", "list"
        data = b"m\nI\n" if code == "INST" else b""
        if kind == "tuple" and not set(items) <= HASHABLE:
            kind = "any-tuple"
        return self.close(op(code, data), *[kind] * bool(kind))

    def fill(self):
        """Something into what is below the mark, or below the top."""
        if self.marks and self.floor() > (self.marks[-2] if len(self.marks) > 1 else 0):
            target, items = self.stack[self.floor() - 1], self.above()
            ways = ["APPENDS"] * (target in ("list", "name", "object")) + ["ADDITEMS"] * (
                target in ("name", "object") or (target == "set" and set(items) <= HASHABLE))
            if len(items) % 2 == 0 and (target in SPECIAL or (target == "dict" and set(items[::2]) <= HASHABLE)):
                ways.append("SETITEMS")
            return self.close(op(self.rng.choice(ways))) if ways else self.close(op("POP_MARK"))
        above = self.above()
        if len(above) > 1 and above[-2] in ("list", "name", "object"):
            return self.emit(op("APPEND"), 1)
        if len(above) > 2 and (above[-3] in SPECIAL or (above[-3] == "dict" and above[-2] in HASHABLE)):
            return self.emit(op("SETITEM"), 2)
        return self.push()

    def call(self):
        above = self.above()
        if len(above) > 1 and above[-1] in ("tuple", "any-tuple", "object") and above[-2] in CALLABLE:
            code = self.rng.choice(["REDUCE", "REDUCE", "NEWOBJ"]) if above[-2] == "name" else "REDUCE"
            return self.emit(op(code), 2, "object")
        if len(above) > 1 and above[-2] in SPECIAL:
            return self.emit(op("BUILD"), 1)
        if len(above) > 1 and above[-1] == above[-2] == "text":
            return self.emit(op("STACK_GLOBAL"), 2, "name")
        if above and above[-1] in CALLABLE:
            return self.emit(self.pen.tuple(self.pen.text("id")) + op("REDUCE"), 1, "object")
        return self.push()

    def shuffle(self):
        above, roll = self.above(), self.rng.random()
        if above and roll < 0.3:
            slot = self.rng.randint(0, 5)
            self.slots[slot] = above[-1]
            return self.emit(self.pen.put(slot))
        if above and roll < 0.4:
            self.slots[len(self.slots)] = above[-1]
            return self.emit(op("MEMOIZE"))
        if self.slots and roll < 0.7:
            slot = self.rng.choice(sorted(self.slots))
            return self.emit(self.pen.get(slot), 0, self.slots[slot])
        if above and roll < 0.8:
            return self.emit(op("DUP"), 0, above[-1])
        if len(above) > 1 and roll < 0.9:
            size = min(len(above), self.rng.randint(1, 3))
            kind = "tuple" if set(above[-size:]) <= HASHABLE else "any-tuple"
            return self.emit(op("TUPLE%d" % size), size, kind)
        if above:
            return self.emit(op("POP"), 1)
        return self.push()

    def wild(self):
        """Any opcode, with whatever bytes behind it."""
        self.out.append(CODE[self.rng.choice(sorted(CODE))] + some_bytes(self.rng, self.rng.randint(0, 4)))

    def switch(self):
        self.out.append(b"\x80" + bytes([self.rng.randint(0, 5)]))


def program(pen):
    """The bytes of one random program."""
    made, rng = Program(pen), pen.rng
    wild = rng.choice([0, 0, 0, 0.03])
    if rng.random() < 0.7:
        made.out.append(b"\x80" + bytes([rng.choice([2, 2, 3, 4, 4, 4, 5])]))
    for _ in range(rng.randint(3, 45)):
        if rng.random() < wild:
            made.wild()
        step = rng.choices([made.push, made.mark, made.gather, made.fill, made.call, made.shuffle, made.switch], [30, 7, 9, 12, 22, 18, 1])[0]
        step()
    if not made.above():
        made.push()
    return b"".join(made.out) + op("STOP")
