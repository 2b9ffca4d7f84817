#!/usr/bin/env python3
"""Check the lists of Python names: python rules/check_lists.py [FOLDER]; exit 1 if one is wrong."""
import pathlib
import re
import sys

HEADERS = {"dangerous.tsv": ("module", "name", "effect", "severity", "does", "source"),
           "safe.tsv": ("module", "name", "use", "source"),
           "modelled.tsv": ("module", "name", "how")}
EFFECTS = set("exec-code exec-cmd native deser import net file-read file-write fs-write env proc call attr "
              "obfuscation info dos pkg scanner-tamper import-side-effect".split())
SEVERITIES = {"critical", "high", "medium", "low"}
USES = ["refer", "new", "make", "call", "build"]  # in the order in which they are written
DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
PHRASES = 40


def read(path):
    """The rows of a list, and what is wrong with its form."""
    data = path.read_bytes()
    header = HEADERS[path.name]
    if b"\r" in data or not data.endswith(b"\n"):
        return [], [f"{path.name}: lines end with LF, the last one too"]
    lines = data.decode("utf-8").split("\n")[:-1]
    if tuple(lines[0].split("\t")) != header:
        return [], [f"{path.name}: the header is not {' '.join(header)}"]
    rows, wrong = [], []
    for number, line in enumerate(lines[1:], 2):
        row = line.split("\t")
        if len(row) != len(header) or any(field != field.strip() or not field for field in row):
            wrong.append(f"{path.name}:{number}: {len(header)} fields, none empty or with blanks around")
            continue
        rows.append(row)
        if rows[:-1] and rows[-2][:2] >= row[:2]:
            wrong.append(f"{path.name}:{number}: twice or out of order: {row[0]} {row[1]}")
    return rows, wrong


def words(dangerous, safe, modelled):
    """What is wrong with the words of the rows."""
    for module, name, *_ in dangerous + safe + modelled:
        if not DOTTED.fullmatch(module) or not (name == "*" or DOTTED.fullmatch(name)):
            yield f"not a name of Python: {module} {name}"
    for module, name, effect, severity, *_ in dangerous:
        if effect not in EFFECTS or severity not in SEVERITIES:
            yield f"dangerous.tsv: unknown effect or severity: {module} {name} {effect} {severity}"
    if len({row[4] for row in dangerous}) >= PHRASES:
        yield f"dangerous.tsv: {PHRASES} phrases or more in `does`"
    for module, name, use, _ in safe:
        uses = use.split(",")
        if uses != [known for known in USES if known in uses] or "refer" not in uses or name == "*":
            yield f"safe.tsv: unknown use, or a wildcard: {module} {name} {use}"
        if "make" in uses and "call" in uses:
            yield f"safe.tsv: a class is made, a function called: {module} {name} {use}"


def overlaps(dangerous, safe, modelled):
    """Names on two lists that exclude each other: one that is dangerous when called may be safe to mention."""
    bad = {tuple(row[:2]) for row in dangerous}
    used = [row for row in safe if row[2] != "refer"]
    for which, rows in (("safe.tsv", used), ("modelled.tsv", modelled)):
        for row in rows:
            if tuple(row[:2]) in bad:
                yield f"{which}: also dangerous: {row[0]} {row[1]}"


def main():
    folder = pathlib.Path(sys.argv[1] if sys.argv[1:] else pathlib.Path(__file__).parent / "lists")
    lists, wrong = [], []
    for name in HEADERS:
        rows, problems = read(folder / name)
        lists.append(rows)
        wrong += problems
    wrong += [*words(*lists), *overlaps(*lists)]
    print(*wrong, *(f"{name}: {len(rows)} rows" for name, rows in zip(HEADERS, lists)), sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
