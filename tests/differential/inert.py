"""Stand-ins for what a stream looks up: they record what is done to them, and do nothing.

Every module imports and every attribute exists, which is the worst case. Pure functions are evaluated for real and
functions that lead to others are followed, so that names which a stream computes are computed here too.
"""
import ast
import base64
import binascii
import bz2
import codecs
import copyreg
import functools
import gzip
import html
import itertools
import json
import lzma
import operator
import posixpath
import string
import types
import urllib.parse
import zlib

LARGEST = 1 << 16
CODECS = ("ascii latin1 utf-8 utf-16-le utf-16 utf-32 utf-7 rot13 hex base64 unicode_escape raw_unicode_escape zlib bz2 "
          "uu quopri punycode idna cp037 cp1252").split()
METHODS = set("join replace lower upper strip lstrip rstrip encode decode format __add__ __getitem__ __mod__ __mul__ split "
              "title swapcase casefold capitalize translate zfill hex fromhex get pop copy __str__ __format__ ljust partition "
              "rpartition expandtabs keys values items append extend insert reverse update setdefault index "
              "sort clear remove __setitem__ __iadd__ __delitem__ __iter__ popitem split rsplit rpartition splitlines swapcase removeprefix "
              "removesuffix rjust maketrans format_map find count to_bytes from_bytes substitute safe_substitute __next__".split())
ITERATORS = tuple(map(type, (iter([]), iter(()), iter(""), iter(b""), iter({}), reversed([]), map(str, ()), zip(), enumerate(()))))
PLAIN = (string.Template, *ITERATORS, str, bytes, bytearray, int, bool, float, type(None), list, tuple, dict, set, frozenset, slice, range)


class Journal:
    """What one reading of a stream does."""
    most, longest = 300, 200

    def __init__(self):
        self.begin()

    def begin(self):
        self.stream, self.globals, self.calls, self.seen = 0, [], [], 0

    def resolved(self, raw, mapped, error):
        self.seen += 1
        if self.seen <= self.most:
            self.globals.append([self.stream, *raw, *mapped, error])

    def called(self, target, how):
        self.seen += 1
        if self.seen <= self.most:
            self.calls.append([self.stream, target._ref, how])


JOURNAL = Journal()


class Method:
    """A recording method, on an instance and on the class itself."""

    def __init__(self, name):
        self.name = name

    def __get__(self, instance, owner):
        target = owner if instance is None else instance
        return lambda *args: JOURNAL.called(target, self.name)


class Resolved(type):
    """What every looked-up name is an instance of."""

    def __call__(cls, *args, **kwargs):
        if cls._module:
            raise TypeError("'module' object is not callable")
        JOURNAL.called(cls, "")
        return outcome(cls, args, kwargs)

    def __iter__(cls):
        return iter(())

    def __setitem__(cls, key, value):
        JOURNAL.called(cls, "__setitem__")
        EFFECTS.get(cls._ref + ".__setitem__", lambda *_: None)(key, value)


class Inert(tuple, metaclass=Resolved):
    """A tuple, because C takes a subclass (such as a namedtuple) for the arguments of a call."""
    _ref, _module = "?", False
    __hash__, __eq__ = object.__hash__, object.__eq__
    __setstate__, __setitem__, append, extend, add = map(Method, "__setstate__ __setitem__ append extend add".split())

    def __new__(cls, *args, **kwargs):
        if cls._module:
            raise TypeError("X is not a type object")
        JOURNAL.called(cls, "__new__")
        return made(cls if isinstance(cls, type) else type(cls), cls._ref)

    def __call__(self, *args, **kwargs):
        JOURNAL.called(self, "")
        return made(type(self), self._ref)

    def __repr__(self):
        return "<{}>".format(self._ref)

    def keys(self):
        return ()


def made(cls, ref):
    instance = tuple.__new__(cls)
    instance._ref = (ref + "()")[:Journal.longest]
    return instance


@functools.lru_cache(4096)
def named(ref, module=False):
    return Resolved("Resolved", (Inert,), {"_ref": ref[:Journal.longest], "_module": module})


def is_inert(value):
    return isinstance(type(value), Resolved) or type(value) is Resolved


def outcome(cls, args, kwargs):
    """What calling a name gives: evaluated, followed, or one more stand-in."""
    effect = EFFECTS.get(cls._ref[max(0, cls._ref.find("sys.modules.")):])
    if effect is not None:
        return effect(*args, **kwargs)
    return made(cls, cls._ref)


def bounded(function):
    """Refuses what could grow, and arguments of which nothing is known."""
    @functools.wraps(function)
    def run(*args, **kwargs):
        for value in args:
            if isinstance(value, int) and abs(value) > LARGEST:
                raise MemoryError("refused")
            if hasattr(value, "__len__") and len(value) > LARGEST:
                raise MemoryError("refused")
        return function(*args, **kwargs)
    return run


def recode(function):
    def run(data, encoding="utf-8", errors="strict"):
        if encoding.lower().replace("-", "_") not in KNOWN_CODECS or errors not in ("strict", "ignore", "replace"):
            raise LookupError("not evaluated here")
        return function(data, encoding, errors)
    return bounded(run)


def pure(owner, name):
    """An attribute of a plain value or type; `decode` and `encode` know the codecs that are there already: others are files."""
    function = getattr(owner, name)
    if name not in ("decode", "encode"):
        return bounded(function)
    return recode(function) if isinstance(owner, type) else recode(lambda _, *codec: function(*codec)).__get__(b"")


def get_attribute(base, name, *default):
    if type(name) is not str:
        raise TypeError("attribute name must be string")
    if is_inert(base):
        return base if name == "__call__" else named("{}.{}".format(base._ref, name))
    if type(base) in PLAIN and name in METHODS:
        return pure(base, name)
    if isinstance(base, types.SimpleNamespace):
        return vars(base)[name] if name in vars(base) else base.missing
    if type(base) is functools.partial or base in PURE_TYPES:
        return pure(base, name)
    raise AttributeError(name)


def namespace(base):
    if is_inert(base):
        return named(base._ref + ".__dict__")
    if not isinstance(base, types.SimpleNamespace):
        raise TypeError("vars() argument must have __dict__ attribute")
    return vars(base)


def get_path(base, path):
    for name in path.split("."):
        base = get_attribute(base, name)
    return base


def import_module(name, package=None):
    if type(name) is not str or not name:
        raise TypeError("module name must be a string")
    return named(name, True)


def dunder_import(name, globals=None, locals=None, fromlist=(), level=0):
    return import_module(name if fromlist else name.partition(".")[0])


def resolve_name(path):
    return named(path.replace(":", ".", 1))


def get_item(base, key):
    if is_inert(base):
        if base._ref.endswith("sys.modules"):
            return import_module(key)
        if base._ref.endswith("__dict__") or base._ref.endswith("__globals__"):
            return named("{}.{}".format(base._ref.rpartition(".")[0], key))
        return made(type(base) if not isinstance(base, type) else base, base._ref + ".__getitem__")
    return bounded(operator.getitem)(base, key)


def method_caller(name, *args):
    return lambda base: get_attribute(base, name)(*args)


def attribute_getter(*paths):
    def get(base):
        found = tuple(get_path(base, path) for path in paths)
        return found[0] if len(found) == 1 else found
    return get


def item_getter(*keys):
    def get(base):
        found = tuple(get_item(base, key) for key in keys)
        return found[0] if len(found) == 1 else found
    return get


def reconstruct(cls, base, state):
    """`copyreg._reconstructor`: an instance that is made without `__init__`."""
    if not isinstance(cls, Resolved):
        raise TypeError("X is not a type object")
    return made(cls, cls._ref)


def text_of(value=b"", *codec):
    if is_inert(value):
        return made(named("builtins.str"), "builtins.str")
    return recode(lambda *args: str(*args))(value, *codec) if codec else str(value)


def register(code, pair):
    """`copyreg._inverted_registry[code] = pair`, as C and Python read it later."""
    copyreg._inverted_registry[code] = pair


def add_extension(module, name, code):
    if not 1 <= code <= 0x7FFFFFFF:
        raise ValueError("code out of range")
    copyreg._inverted_registry[code] = (module, name)


def register_all(pairs):
    for code, pair in dict(pairs).items():
        register(code, pair)


def cache(code, value):
    copyreg._extension_cache[code] = value


PURE_TYPES = (str, bytes, bytearray, list, tuple, dict, set, frozenset)
KNOWN_CODECS = {codec.lower().replace("-", "_") for codec in CODECS} | {"utf8", "latin_1", "rot_13", "hex_codec", "base64_codec"}
EFFECTS = {"builtins." + kind.__name__: bounded(kind) for kind in (
    bytes, bytearray, list, tuple, set, frozenset, dict, chr, ord, int, len, reversed, sorted, slice, range, max, min, sum,
    map, filter, zip, enumerate, next, iter, bool, any, all, format, hex, complex, float, ascii, repr)}
EFFECTS.update({"{}.{}".format(module.__name__, name): bounded(getattr(module, name)) for module, names in [
    (base64, "b64decode b32decode b16decode b85decode a85decode standard_b64decode urlsafe_b64decode decodebytes b64encode"),
    (binascii, "unhexlify a2b_hex a2b_base64 hexlify a2b_uu a2b_qp"), (zlib, "decompress"), (gzip, "decompress"),
    (bz2, "decompress"), (lzma, "decompress"), (json, "loads"), (html, "unescape"), (itertools, "chain starmap islice repeat"),
    (urllib.parse, "unquote unquote_plus quote unquote_to_bytes"), (functools, "partial reduce"),
    (operator, "add sub concat iadd iconcat mod mul floordiv xor and_ or_ invert neg contains truth not_ index setitem delitem"),
    (string, "Template"), (posixpath, "basename"), (ast, "literal_eval")] for name in names.split()})
EFFECTS.update({"_operator." + name: EFFECTS["operator." + name] for name in ("add", "concat", "iadd", "mod", "xor")})
EFFECTS.update({"builtins.{}.{}".format(kind.__name__, name): pure(kind, name)
                for kind in (str, bytes, bytearray, list, dict, int) for name in METHODS if hasattr(kind, name)})
EFFECTS.update({"_codecs." + name: bounded(getattr(codecs, name)) for name in (
    "latin_1_decode", "utf_8_decode", "ascii_decode", "escape_decode", "raw_unicode_escape_decode", "unicode_escape_decode")})
EFFECTS.update({"codecs." + name[8:]: EFFECTS[name] for name in list(EFFECTS) if name.startswith("_codecs.")})
EFFECTS.update({
    "types.SimpleNamespace": types.SimpleNamespace, "builtins.vars": namespace, "builtins.object.__getattribute__": get_attribute,
    "itertools.chain.from_iterable": bounded(itertools.chain.from_iterable), "builtins.str": text_of, "sys.intern": lambda text: text, "codecs.encode": recode(codecs.encode),
    "codecs.decode": recode(codecs.decode), "_codecs.encode": recode(codecs.encode), "_codecs.decode": recode(codecs.decode),
    "builtins.getattr": get_attribute, "importlib.import_module": import_module, "builtins.__import__": dunder_import,
    "importlib.__import__": dunder_import, "pkgutil.resolve_name": resolve_name, "operator.getitem": get_item,
    "_operator.getitem": get_item, "operator.attrgetter": attribute_getter, "operator.methodcaller": method_caller,
    "operator.itemgetter": item_getter, "sys.modules.get": import_module, "sys.modules.__getitem__": import_module,
    "operator.call": lambda function, *args: function(*args), "copyreg._reconstructor": reconstruct, "copy_reg._reconstructor": reconstruct, "copyreg.__newobj__": lambda cls, *args: cls.__new__(cls, *args),
    "_functools.partial": functools.partial, "_functools.reduce": functools.reduce, "copyreg.add_extension": add_extension,
    "copyreg._inverted_registry.__setitem__": register, "copyreg._inverted_registry.update": register_all,
    "pickle._inverted_registry.__setitem__": register, "copyreg._extension_cache.__setitem__": cache})
for _codec in CODECS:
    codecs.lookup(_codec)
