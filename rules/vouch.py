#!/usr/bin/env python3
"""List the names of a library that its honest pickles use and that can do no harm.

    python vouch.py --against lists/dangerous.tsv PACKAGE [PACKAGE ...] > names.tsv

Run it in a scratch environment in which the packages are installed: it imports every module of
them and, with --make, makes an instance of every class that needs no arguments.  A row is `module name use
source`, with the meaning that lists/README.md gives to `use`.  What is found is a proposal: a
constructor is cleared by following the calls in its source, and source can be misread.
"""
import argparse
import ast
import builtins
import contextlib
import enum
import functools
import importlib
import importlib.util
import inspect
import io
import os
import pickle
import pkgutil
import re
import sys
import textwrap
import warnings

HARM = {"exec-code", "exec-cmd", "native", "deser", "import", "net", "file-read", "file-write",
        "fs-write", "env", "pkg", "scanner-tamper"}
SKIPPED = ("tests", "test", "testing", "_testing", "conftest", "__main__", "setup", "externals.conftest")
DEPTH = 5
HEAP_TYPE = 1 << 9  # of __flags__: the class was made by a class statement
CONSTANTS = (ast.Constant,) if sys.version_info >= (3, 8) else (ast.Num, ast.Str, ast.Bytes, ast.NameConstant)
AT_HOME = {"inspect", "typing", "warnings", "platform", "logging", "dataclasses", "enum", "abc", "functools",
           "copy", "re", "collections"}  # what these hand on, they made themselves
METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "open", "mkdir", "unlink", "rmdir", "touch", "Load",
           "LoadFromFile", "load_model", "from_pretrained", "from_file", "extractall", "urlopen", "load_library"}
PLACES = re.compile(r"(^|_)(file_?path|file|filename|fname|path|url|uri|dir|directory|repo_id|pretrained_model|command|cmd|script)s?$")
REBUILDERS = ("__pyx_unpickle_", "newObj")  # what Cython and scikit-learn call theirs


class Dangers:
    """The dangerous list: which objects of Python are on it."""

    def __init__(self, path):
        self.exact, self.whole = set(), set()
        with open(path, encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                module, name, effect = line.split("\t")[:3]
                if name == "*" and effect in HARM:
                    self.whole.add(module)
                elif effect in HARM:
                    self.exact.add((module, name))

    def holds(self, module, name):
        """Is this pair dangerous, by itself or because all of its module is?"""
        parts = (module or "").split(".")
        above = (".".join(parts[:n]) for n in range(1, len(parts) + 1))
        return (module, name) in self.exact or any(part in self.whole for part in above)

    def reaches(self, thing):
        """Is this object of Python dangerous under the name that it calls itself?"""
        name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", "")
        return isinstance(name, str) and self.holds(getattr(thing, "__module__", None), name)


class Reader:
    """Follows the calls of a function through source, looking for something dangerous."""

    def __init__(self, dangers):
        self.dangers = dangers
        self.known = {}

    def harmful(self, function, owner=None, depth=DEPTH):
        """Does the function hand something that is not a constant to a dangerous one?"""
        function = inspect.unwrap(getattr(function, "__func__", function))
        code = getattr(function, "__code__", None)
        home = (getattr(function, "__module__", None) or "").split(".")[0]
        if code is None or depth == 0 or home in AT_HOME:
            return False
        key = (code, owner)
        if key not in self.known:
            self.known[key] = False  # what calls itself is clean so far
            self.known[key] = any(self.harmful_call(call, function, owner, depth)
                                  for call in calls_of(code))
        return self.known[key]

    def harmful_call(self, call, function, owner, depth):
        target = resolve(call.func, function, owner)
        if target is None:  # a method of who knows what
            return isinstance(call.func, ast.Attribute) and call.func.attr in METHODS
        if inspect.isclass(target) and issubclass(target, (BaseException, enum.Enum)):
            return False
        given = list(call.args) + [keyword.value for keyword in call.keywords]
        if self.dangers.reaches(target):
            return any(not constant(value, function) for value in given)
        if inspect.isclass(target):
            return any(self.harmful(made, target, depth - 1) for made in makers(target))
        inner = owner if isinstance(call.func, ast.Attribute) and is_self(call.func) else None
        return self.harmful(target, inner, depth - 1)


@functools.lru_cache(None)
def nodes_of(code):
    """All of the source of a code object."""
    try:
        return tuple(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(code)))))
    except (OSError, SyntaxError, TypeError, ValueError, IndexError):
        return ()


def calls_of(code):
    """The calls in the source of a code object."""
    return [node for node in nodes_of(code) if isinstance(node, ast.Call)]


@functools.lru_cache(None)
def imports_of(function):
    """{name: object} of what the function imports itself."""
    found, home = {}, getattr(function, "__globals__", {}).get("__package__")
    for node in nodes_of(getattr(function, "__code__", None)):
        for alias in getattr(node, "names", ()) if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            with contextlib.suppress(Exception):  # what is not installed cannot be called
                if isinstance(node, ast.Import):
                    module = importlib.import_module(alias.name)
                    found[alias.asname or alias.name.split(".")[0]] = module if alias.asname else sys.modules[alias.name.split(".")[0]]
                else:
                    module = importlib.import_module("." * node.level + (node.module or ""), home)
                    found[alias.asname or alias.name] = getattr(module, alias.name)
    return found


def constant(node, function):
    """Is this a constant, or the constant of some module?"""
    if isinstance(node, CONSTANTS) or isinstance(node, ast.Name) and node.id in ("__file__", "__name__"):
        return True
    return isinstance(node, ast.Attribute) and isinstance(resolve(node, function, None), (str, int, float))


def is_self(node):
    """Is this `self.x`, `cls.x` or `super().x`?"""
    inner = node.value
    if isinstance(inner, ast.Call):
        return isinstance(inner.func, ast.Name) and inner.func.id == "super"
    return isinstance(inner, ast.Name) and inner.id in ("self", "cls")


def resolve(node, function, owner):
    """The object that a dotted name in a function means, or None."""
    if isinstance(node, ast.Name):
        known = {**vars(builtins), **getattr(function, "__globals__", {}), **imports_of(function)}
        return known.get(node.id)
    if not isinstance(node, ast.Attribute):
        return None
    if is_self(node):
        return inspect.getattr_static(owner, node.attr, None) if owner else None
    inner = resolve(node.value, function, owner)
    if inspect.ismodule(inner) or inspect.isclass(inner):
        return vars(inner).get(node.attr)
    return None


def makers(cls):
    """The functions that run when an instance is made by a call."""
    names = ("__init__", "__new__", "__post_init__")
    return [made for made in (inspect.getattr_static(cls, name, None) for name in names) if made]


class Recorder(pickle._Unpickler):  # the Python one: only it lets its opcodes be replaced
    """Loads a pickle and notes how each global was used."""

    dispatch = dict(pickle._Unpickler.dispatch)

    def __init__(self, data):
        super().__init__(io.BytesIO(data))
        self.uses, self.names = {}, {}

    def find_class(self, module, name):
        thing = super().find_class(module, name)
        self.names[id(thing)] = (module, name)
        self.uses.setdefault((module, name), {"refer"})
        return thing

    def note(self, thing, use):
        if id(thing) in self.names:
            self.uses[self.names[id(thing)]].add(use)

    def load_reduce(self):
        target = self.stack[-2]
        self.note(target, "make" if inspect.isclass(target) else "call")
        super().load_reduce()

    def load_newobj(self):
        self.note(self.stack[-2], "new")
        super().load_newobj()

    def load_newobj_ex(self):
        self.note(self.stack[-3], "new")
        super().load_newobj_ex()

    def load_build(self):
        self.note(type(self.stack[-2]), "build")
        super().load_build()


for letter, handler in ((pickle.REDUCE, Recorder.load_reduce), (pickle.NEWOBJ, Recorder.load_newobj),
                        (pickle.NEWOBJ_EX, Recorder.load_newobj_ex), (pickle.BUILD, Recorder.load_build)):
    Recorder.dispatch[letter[0]] = handler


def modules_of(package):
    """The package and all modules below it that can be imported."""
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(getattr(root, "__path__", []), package + ".", onerror=lambda _: None):
        if any(part in SKIPPED or part.startswith("test_") for part in found.name.split(".")):
            continue
        try:
            yield importlib.import_module(found.name)
        except (Exception, SystemExit):  # optional parts, scripts
            continue


def instance_of(cls):
    """An instance made without arguments, or None."""
    try:
        return cls()
    except BaseException:  # whatever a stranger's constructor raises
        return None


def recorded(thing):
    """{(module, name): uses} of the pickles of one object."""
    uses = {}
    for protocol in (2, 4):
        try:
            reading = Recorder(pickle.dumps(thing, protocol))
            reading.load()
        except BaseException:
            continue
        for name, found in reading.uses.items():
            uses.setdefault(name, set()).update(found)
    return uses


def compiled(cls):
    """Has the class, or a parent, a constructor whose source cannot be read?"""
    return any(base.__module__ != "builtins" and not base.__flags__ & HEAP_TYPE for base in cls.__mro__)


def takes_place(cls):
    """Does the constructor ask for a path, a URL or a command?"""
    try:
        return any(PLACES.search(name) for name in inspect.signature(cls).parameters)
    except (TypeError, ValueError):
        return False


def is_layer(cls):
    """Is it a module of torch? Pickle makes those without a call; their constructors build, compile and fetch."""
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(cls, torch.nn.Module)


def class_uses(cls, reader, trusting):
    """What a pickle may do with the class, as far as its source shows."""
    static = functools.partial(inspect.getattr_static, cls)
    if reader.harmful(static("__del__", None), cls):
        return set()
    uses = {"refer"}
    if issubclass(cls, enum.Enum):
        return uses | {"make", "new"}
    if trusting or not compiled(cls):
        if not reader.harmful(static("__new__", None), cls):
            uses.add("new")
            if not is_layer(cls) and not takes_place(cls) and not any(reader.harmful(made, cls) for made in makers(cls)):
                uses.add("make")
    setters = ("__setstate__", "__setattr__", "__setitem__", "append", "extend", "add")  # what BUILD and its kin call
    if not any(reader.harmful(static(name, None), cls) for name in setters):
        uses.add("build")
    return uses


def function_uses(function, reader):
    """A function may be mentioned if nothing dangerous is reached from it; a rebuilder, called."""
    if reader.harmful(function):
        return set()
    return {"refer", "call"} if function.__name__.startswith(REBUILDERS) else {"refer"}


def members(module):
    """What a module holds, and the classes within its classes."""
    waiting = list(vars(module).values())
    while waiting:
        thing = waiting.pop()
        yield thing
        if inspect.isclass(thing) and thing.__module__ == module.__name__:
            waiting.extend(inner for inner in vars(thing).values() if inspect.isclass(inner)
                           and inner.__qualname__.startswith(thing.__qualname__ + "."))


def spelled(thing, package, reader):
    """The pair under which pickle writes a class or function of the package, or None."""
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or "<" in name:
        return None
    if module.split(".")[0] != package.split(".")[0] or reader.dangers.holds(module, name):
        return None
    return module, name


class Survey:
    """What the classes and functions of packages are good for."""

    def __init__(self, reader, options):
        self.reader, self.options = reader, options
        self.found, self.written = {}, {}

    def package(self, name):
        """{(module, name): uses} of one package."""
        self.found, self.written = {}, {}
        for module in list(modules_of(name)):
            for thing in members(module):
                try:
                    self.examine(thing, name)
                except Exception:  # objects that answer every question with an error
                    continue
        for pair, uses in self.written.items():
            if not self.reader.dangers.holds(*pair):
                self.found.setdefault(pair, set()).update(uses)
        return self.found

    def examine(self, thing, package):
        pair = spelled(thing, package, self.reader)
        if pair is None or pair in self.found:
            return
        if inspect.isclass(thing):
            self.found[pair] = class_uses(thing, self.reader, self.options.trust_compiled)
            if self.options.make and ("make" in self.found[pair] or compiled(thing)):
                for name, uses in recorded(instance_of(thing)).items():
                    self.written.setdefault(name, set()).update(uses)
        elif callable(thing) and hasattr(thing, "__name__"):
            uses = function_uses(thing, self.reader)
            if self.options.functions or "call" in uses:
                self.found[pair] = uses


def version_of(package):
    """`name version`, as the source column has it."""
    root = sys.modules[package.split(".")[0]]
    return f"{root.__name__} {getattr(root, '__version__', '?')}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--against", required=True, help="the list of dangerous names")
    parser.add_argument("--functions", action="store_true", help="functions that may be mentioned, too")
    parser.add_argument("--make", action="store_true", help="make instances, and read what pickle writes of them")
    parser.add_argument("--trust-compiled", action="store_true", help="a constructor without source is clean")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]  # `coverage` is no package
    survey = Survey(Reader(Dangers(options.against)), options)
    for package in options.packages:
        with contextlib.redirect_stdout(io.StringIO()), open(os.devnull, "w") as quiet:
            with contextlib.redirect_stderr(quiet):
                found = survey.package(package)
        for (module, name), uses in sorted(found.items()):
            if uses:
                print(module, name, ",".join(sorted(uses)), version_of(package), sep="\t")


if __name__ == "__main__":
    main()
