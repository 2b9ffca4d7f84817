"""Holds what mlscan says of a stream against what CPython did with it."""
from inert import Journal

EXT_MODULE = "registry"
SAME = {"append": "extend"}  # C calls the one where pickle.py calls the other


def resolved(results):
    """{(raw pair, mapped pair)} of the names that any reading found."""
    return {((g[1], g[2]), (g[3], g[4])) for _, globals_, _ in results.values() for g in globals_ if not g[5]}


def alike(results):
    """Whether all readings load all streams, and do the same."""
    seen = {repr((outcomes, globals_, [(s, ref, SAME.get(how, how)) for s, ref, how in calls]))
            for outcomes, globals_, calls in results.values()}
    outcomes, globals_, _ = next(iter(results.values()), [["none"], [], []])
    return len(seen) == 1 and set(outcomes) == {"ok"} and not any(g[3] == EXT_MODULE for g in globals_)


def whole(results):
    """Whether nothing was left out of the record."""
    return all(len(globals_) + len(calls) < Journal.most for _, globals_, calls in results.values())


def claimed_imports(imports):
    """(mapped pairs, raw pairs) of the names that the trace states."""
    mapped = {(i["module"], i["name"]) for i in imports}
    raw = {(i.get("raw_module", i["module"]), i.get("raw_name", i["name"])) for i in imports}
    return mapped, raw


def claimed_calls(calls):
    return {"{}.{}".format(call["module"], call["name"]) for call in calls} | {call["callee"] for call in calls}


def stated(known, ref, ends):
    """Whether a call is in a trace. What is written of the result of a result depends on the arguments: only its ends count."""
    if ref.startswith("persistent_load"):
        return True  # what it gives is up to the caller
    if len(ref) >= Journal.longest:
        return any(name.startswith(ref[:Journal.longest // 2]) for name in known)
    plain = ref.isascii() and ref.isprintable() and "\\" not in ref
    if plain and ref.count("()") < 2:
        return any(ref + end in known for end in ends)
    base = ref.partition("(")[0] if plain else ""
    bases = (base, base.replace("builtins.", "", 1))  # expressions leave out `builtins`
    return any(name.startswith(bases) and name.endswith(end) for name in known for end in ends)


def missing_calls(results, calls):
    """Calls that a reading made and the trace does not state."""
    known, missing = claimed_calls(calls), set()
    for _, _, made in results.values():
        for _, ref, how in made:
            ends = {"": [""], "__new__": [""], "append": [".append", ".extend"], "extend": [".extend", ".append"]}.get(how, ["." + how])
            if not stated(known, ref, ends):
                missing.add(ref + ends[0])
    return missing


def problems(results, traced, exact):
    """[(kind, detail)] of a stream: `silent` and `silent-call` where something is hidden; `extra` names and `incomplete` traces
    only where all readings agree, and if it has no layout that other loaders read differently (`exact`)."""
    if traced is None:
        return [("unread", "no trace")]
    found = []
    said = [traced] if exact else [traced, *traced["nested"]]
    mapped, raw = claimed_imports([i for part in said for i in part["imports"]])
    missed = {pair for pair in resolved(results) if pair[0] not in raw | mapped and pair[1] not in mapped}
    if not exact:
        missed = {pair for pair in missed if all(part.isidentifier() for part in ".".join(pair[1]).split("."))}
    calls = missing_calls(results, [call for part in said for call in part["calls"]])
    if not exact:
        calls = {call for call in calls if call.partition(".")[0].isidentifier()}
    if not traced["complete"]:
        return [("incomplete", [gap["detail"] for gap in traced["gaps"]][:3])] if exact and alike(results) else []
    if missed:
        found.append(("silent", sorted(missed)))
    if calls:
        found.append(("silent-call", sorted(calls)))
    extra = mapped - {pair[1] for pair in resolved(results)}
    if extra and exact and alike(results) and whole(results):
        found.append(("extra", sorted(extra)))
    return found
