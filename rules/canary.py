#!/usr/bin/env python3
"""Call every constructor, function and `__setstate__` that lists/safe.tsv lets be called, with paths, addresses and
code as plain data, and tell what Python's audit hooks hear: python rules/canary.py [PACKAGE...]

Run it in a scratch environment that has the libraries. Whatever starts a program, opens a connection or writes a file
is refused and told; a file that is read, an import or a compilation is told if a canary's name is in it. A row that
shows up is no proof of harm (Python compiles the text of a forward reference): read the source. Silence is no proof
of the contrary: only the arguments below are tried.
"""

import argparse
import importlib
import signal
import sys
import warnings
from pathlib import Path

NAME = "mlscan_canary"
PATH, URL, CODE = f"/nonexistent/{NAME}.py", f"http://127.0.0.1:9/{NAME}", f'__import__("{NAME}")'
ARGUMENTS = [
    (PATH,), (URL,), (CODE,), (PATH, PATH), (URL, URL, URL), (CODE, CODE), ([PATH],), ({"path": PATH, "file": PATH, "url": URL},),
    (1, PATH), (PATH, 1), (PATH, PATH, PATH, PATH),
]
WORDS = ("path", "file", "filename", "_path", "name", "url", "code", "source", "data", "model", "state", "handle", "module", "func")
STATES = [(PATH,), ((PATH, PATH),), *(({word: value for word in WORDS},) for value in (PATH, URL, CODE))]
REFUSED = (
    "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.kill", "os.remove", "os.rename", "os.rmdir", "os.mkdir",
    "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.putenv", "subprocess.", "pty.", "shutil.", "socket.connect",
    "socket.getaddrinfo", "urllib.", "ftplib.", "smtplib.", "webbrowser.", "signal.",
)
TOLD = ("open", "compile", "exec", "import", "ctypes.", "pickle.", "marshal.", "os.", "glob.")


class Late(Exception):
    """A call took too long."""


class Ear:
    """What is heard while a call runs."""

    def __init__(self):
        self.open, self.heard = False, []
        sys.addaudithook(self.hear)
        signal.signal(signal.SIGALRM, self.late)

    def late(self, *_):
        if self.open:
            raise Late

    def hear(self, event, args):
        if not self.open:
            return
        said = repr(args)
        writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
        if writes or event.startswith(REFUSED):
            self.heard.append((event, said))
            raise PermissionError(event)
        if event.startswith(TOLD) and NAME in said:
            self.heard.append((event, said))

    def during(self, function, args, seconds):
        """Everything heard while `function` is called."""
        self.heard = []
        try:
            self.open = True
            signal.alarm(seconds)
            function(*args)
        except BaseException:  # whatever a constructor does with nonsense
            pass
        finally:
            self.open = False
            signal.alarm(0)
        return self.heard


def vouched(packages):
    """Modules with the names in them that may be called or given a state, and their uses."""
    rows = (Path(__file__).parent / "lists" / "safe.tsv").read_text().splitlines()[1:]
    modules = {}
    for module, name, use, *_ in (row.split("\t") for row in rows):
        uses = {"make", "call", "build"} & set(use.split(","))
        if uses and (not packages or module.split(".")[0] in packages):
            modules.setdefault(module, []).append((name, uses))
    return modules


def calls(found, uses):
    """What may be called, each with the arguments to try."""
    if uses & {"make", "call"}:
        yield from ((found, args) for args in ARGUMENTS)
    inherited = getattr(object, "__setstate__", None)
    if "build" in uses and getattr(found, "__setstate__", inherited) is not inherited:
        yield from ((lambda state: found.__new__(found).__setstate__(state), args) for args in STATES)


def resolve(module, name):
    """What a name stands for, if it is there."""
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="top-level packages; default: all")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    sys.path[:] = [path for path in sys.path if path != str(Path(__file__).resolve().parent)]  # `coverage` is no package
    ear, tried, rows = Ear(), 0, 0
    for module, names in sorted(vouched(options.packages).items()):
        for name, uses in names:
            rows += 1
            try:
                found = resolve(module, name)
            except BaseException:  # not installed here, or another version
                continue
            tried += 1
            heard = next(filter(None, (ear.during(function, args, 5) for function, args in calls(found, uses))), [])
            for event, said in heard[:3]:
                print(f"{module}\t{name}\t{event}\t{said[:160]}", flush=True)
    print(f"{tried} of {rows} names tried", file=sys.stderr)


if __name__ == "__main__":
    main()
