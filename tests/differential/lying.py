"""Archives that lie: zips, tars and packed streams around one inert pickle, each from a seed and a number."""
import bz2
import gzip
import lzma
import random
import struct
import zlib

HONEST = b"\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s."
NAMES = ["archive/data.pkl", "archive/version", "archive/data/0", "model.pkl", "a/b.txt", "weights.bin", "arr_0.npy", "x"]
ALL = 2**32 - 1


def payload(mark, rng):
    """A pickle that asks for `os.system` with an echo of the mark."""
    text = "echo {}".format(mark).encode()
    return rng.choice([b"cos\nsystem\n(S'" + text + b"'\ntR.",
                       b"\x80\x02cos\nsystem\nX" + struct.pack("<I", len(text)) + text + b"\x85R.",
                       b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c" + bytes([len(text)]) + text + b"\x85R."])


def deflate(plain):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(plain) + packer.flush()


def marked(plain):
    """LZMA as zip holds it, with a mark at its end."""
    packer = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}])
    return struct.pack("<BBHBI", 9, 4, 5, 0x5d, 1 << 16) + packer.compress(plain) + packer.flush()


METHODS = {0: bytes, 8: deflate, 12: bz2.compress, 14: marked, 95: lzma.compress}
PACKERS = {".gz": lambda plain: gzip.compress(plain)[:4] + bytes(4) + gzip.compress(plain)[8:], ".bz2": bz2.compress,
           ".xz": lzma.compress, ".z": zlib.compress, ".lzma": lambda plain: lzma.compress(plain, lzma.FORMAT_ALONE)}


def noise(rng, most=64):
    return bytes(rng.randrange(256) for _ in range(rng.randrange(most)))


def lie(rng, true, most=ALL):
    """A number that is seldom the true one."""
    return rng.choice([0, 1, true + 1, max(true - 1, 0), true + rng.randrange(64), true // 2, most, 1000]) & most


def flipped(rng, out):
    out = bytearray(out)
    for _ in range(rng.randrange(1, 4)):
        out[rng.randrange(len(out))] = rng.choice([0, 255, rng.randrange(256)])
    return bytes(out)


# Zip: a member has two headers, which agree until they are made to lie.
def member(rng, name, plain, method):
    data = METHODS[method](plain)
    one = {"name": name.encode(), "method": method, "flags": 2 if method == 14 else 0, "crc": zlib.crc32(plain),
           "packed": len(data), "size": len(plain), "extra": b""}
    made = {"local": dict(one), "central": dict(one), "data": data, "behind": b"", "listed": 1, "shift": 0, "sign": b"PK\3\4"}
    if rng.random() < 0.2:
        describe(rng, made)
    return made


def describe(rng, made):
    """Puts CRC and sizes behind the data."""
    one = made["local"]
    values = [one[key] & ALL for key in ("crc", "packed", "size")]
    if rng.random() < 0.2:
        values[rng.randrange(3)] = lie(rng, values[0])
    made["behind"] = rng.choice([b"PK\7\10", b""]) + struct.pack(rng.choice(["<III", "<IQQ"]), *values)
    for side in ("local", "central"):
        made[side]["flags"] |= 8
    if rng.random() < 0.8:
        one.update(crc=0, packed=0, size=0)


def mutate(rng, made, evil):
    sides = rng.choice([["local", "central"], ["local"], ["central"]])
    what, value = rng.choice(["name", "method", "size", "packed", "sizes", "flags", "crc", "describe", "wide", "extra", "unicode",
                              "sign", "shift", "tail", "cut", "listed", "behind"]), None
    key = {"sizes": "size"}.get(what, what)
    if what in ("size", "packed", "sizes"):
        value = lie(rng, made["central"][key])
    elif what == "name":
        value = rng.choice([rng.choice(NAMES).encode(), b"", b"m.pkl\0.txt", b"../m.pkl", b"ARCHIVE/DATA.PKL", b"m.pkl/"])
    elif what == "method":
        value = rng.choice([0, 8, 9, 12, 14, 93, 95, 98, 99, 77])
    elif what == "flags":
        value = made["central"]["flags"] ^ rng.choice([1, 1, 8, 0x20, 0x40, 0x41, 0x800, 0x2000, 2])
    elif what == "crc":
        value = rng.choice([0, rng.getrandbits(32)])
    elif what == "extra":
        value = rng.choice([noise(rng), struct.pack("<HH", 1, 16), struct.pack("<HH", 0xcafe, 400), b"FB\4\0ZZZZ"])
    for side in sides if value is not None else []:
        made[side][key] = value
        if what == "sizes":
            made[side]["packed"] = value
    if what == "describe":
        describe(rng, made)
    elif what == "wide":
        for side in sides:
            values = [made[side]["size"], made[side]["packed"]]
            made[side]["extra"] += struct.pack("<HHQQ", 1, rng.choice([16, 16, 8, 24]), *rng.choice([values, values[::-1]]))
            made[side].update(rng.choice([{"size": ALL, "packed": ALL}, {"size": ALL}, {"packed": ALL}]))
    elif what == "unicode":
        other = rng.choice(NAMES).encode()
        crc = zlib.crc32(made["central"]["name"])
        made[sides[0]]["extra"] += struct.pack("<HHBI", 0x7075, len(other) + 5, 1, crc) + other
    elif what == "tail":
        made["data"] += rng.choice([noise(rng), evil, bytes(9)])
        for side in sides:
            made[side]["packed"] = len(made["data"])
    elif what == "cut":
        made["data"] = made["data"][:-rng.randrange(1, 12)]
    elif what in ("listed", "shift", "sign", "behind"):
        made[what] = {"listed": rng.choice([0, 2]), "shift": rng.randrange(-40, 40), "sign": rng.choice([b"PK\0\0", bytes(4)]),
                      "behind": made["behind"] + rng.choice([noise(rng), evil, bytes(20), single(rng, evil)])}[what]


def written(made, offset=None):
    """The local part of a member, or its central record."""
    one = made["local" if offset is None else "central"]
    body = struct.pack("<HHIIII", one["flags"], one["method"], 0, one["crc"], one["packed"] & ALL, one["size"] & ALL)
    body += struct.pack("<HH", len(one["name"]), len(one["extra"]))
    if offset is None:
        return made["sign"] + struct.pack("<H", 20) + body + one["name"] + one["extra"] + made["data"] + made["behind"]
    rest = struct.pack("<HHHII", 0, 0, 0, 0, max(offset + made["shift"], 0))
    return b"PK\1\2" + struct.pack("<HH", 0x314, 20) + body + rest + one["name"] + one["extra"]


def end(rng, count, size, offset, comment=b"", lies=0.1):
    values = [count, count, size, offset]
    if rng.random() < lies:
        at = rng.randrange(4)
        values[at] = lie(rng, values[at], 0xffff if at < 2 else ALL)
    return struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, *values, len(comment)) + comment


def archive(rng, members, prefix=b"", counted=True, comment=b"", cut=0):
    out, listing, base = prefix, b"", 0 if counted else len(prefix)
    for made in members:
        listing += written(made, len(out) - base) * made["listed"]
        out += written(made)
    listing = listing[:len(listing) - cut]
    return out + listing + end(rng, sum(made["listed"] for made in members), len(listing), len(out) - base, comment)


def single(rng, plain):
    return archive(rng, [member(rng, rng.choice(NAMES), plain, rng.choice(list(METHODS)))])


def lying_zip(rng, evil):
    members = [member(rng, name, plain, 0) for name, plain in
               rng.choice([[], [("archive/data.pkl", HONEST), ("archive/version", b"3\n"), ("archive/data/0", bytes(16))]])]
    for plain in [evil, rng.choice([b"plain text\n" * 5, HONEST, single(rng, evil)])][:rng.choice([1, 2])]:
        members.insert(rng.randrange(len(members) + 1), member(rng, rng.choice(NAMES), plain, rng.choice(list(METHODS))))
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 5])):
        mutate(rng, rng.choice(members), evil)
    prefix = rng.choice([b""] * 8 + [noise(rng), b"\x7fELF" + bytes(60), single(rng, HONEST)])
    comment = rng.choice([b""] * 8 + [noise(rng), single(rng, evil), end(rng, 0, 0, 0)])
    out = archive(rng, members, prefix, rng.random() < 0.5, comment, rng.choice([0] * 20 + [1, 10, 46]))
    out += rng.choice([b""] * 16 + [noise(rng), evil, single(rng, HONEST), end(rng, 0, 0, rng.randrange(len(out)))])
    changes = [lambda: flipped(rng, out), lambda: out[:-rng.randrange(1, 60)]]
    return rng.choice(["m.zip", "m.npz", "m.pt", "m.bin"]), rng.choice([lambda: out] * 12 + changes)()


# Tar.
def header(rng, name, size, kind=b"0", link=b""):
    spelled = rng.choice([b"%011o\0", b"%011o\0", b"%11o ", b"%o"]) % size
    spelled = rng.choice([spelled.ljust(12, b"\0")] * 9 + [b"\x80" + size.to_bytes(11, "big")])
    block = name[:100].ljust(100, b"\0") + b"0000644\0" * 3 + spelled + b"00000000000\0" + b" " * 8 + kind
    block = (block + link[:100].ljust(100, b"\0") + rng.choice([b"ustar\x0000", b"ustar  \0", bytes(8)])).ljust(512, b"\0")
    total = sum(block) + rng.choice([0] * 40 + [1])
    return block[:148] + (b"%06o\0 " % total) + block[156:]


def filled(data):
    return data + bytes(-len(data) % 512)


def pax(rng, key, value, kind=b"x"):
    record = b" " + key + b"=" + value + b"\n"
    record = b"%d" % (len(record) + len(b"%d" % (len(record) + 2)) + rng.choice([0] * 20 + [1])) + record
    return header(rng, b"PaxHeader", len(record), kind) + filled(record)


def tar_member(rng, name, plain, evil):
    size, raw = len(plain), name.encode()
    what = rng.randrange(12)
    honest = header(rng, raw, size) + filled(plain)
    if what == 0:
        return header(rng, raw, size, bytes([rng.choice(b"\0" b"07123456AZSVMDN")]), rng.choice(NAMES).encode()) + filled(plain)
    if what == 1:
        return header(rng, raw, lie(rng, size, 4000)) + filled(plain)
    if what == 2:
        declared = rng.choice([size, lie(rng, size, 4000)])
        return pax(rng, b"size", b"%d" % declared, rng.choice([b"x", b"g"])) + header(rng, raw, rng.choice([size, 0])) + filled(plain)
    if what == 3:
        return pax(rng, b"path", rng.choice(NAMES).encode(), rng.choice([b"x", b"X", b"g"])) + honest
    if what == 4:
        return header(rng, b"././@LongLink", 200, rng.choice([b"L", b"K"])) + filled(rng.choice(NAMES).encode() * 12)[:512] + honest
    if what == 5:
        return pax(rng, b"GNU.sparse.map", b"0,%d" % size) + honest
    if what == 6:
        return honest + rng.choice([bytes(512), bytes(1024), noise(rng), filled(evil)])
    return honest


def lying_tar(rng, evil):
    plains = [evil] + [HONEST, b"text\n" * 9][:rng.randrange(3)]
    rng.shuffle(plains)
    out = b"".join(tar_member(rng, rng.choice(NAMES), plain, evil) for plain in plains) + bytes(rng.choice([0, 512, 1024, 10240]))
    out += rng.choice([b""] * 9 + [header(rng, b"m.pkl", len(evil)) + filled(evil), evil, noise(rng)])
    changes = [lambda: flipped(rng, out), lambda: out[:rng.randrange(512, len(out))]]
    out = rng.choice([lambda: out] * 9 + changes)()
    return rng.choice([lambda: ("m.tar", out)] * 2 + [lambda: packed(rng, evil, out, "m.tar")])()


# Packed streams.
def packed(rng, evil, plain, stem="m.pkl"):
    suffix = rng.choice(list(PACKERS))
    pack, at = PACKERS[suffix], rng.randrange(len(plain))
    whole = pack(plain)
    out = rng.choice([lambda: whole, lambda: whole, lambda: pack(plain[:at]) + rng.choice([b"", bytes(4), noise(rng, 9)]) + pack(plain[at:]),
                      lambda: pack(HONEST) + whole, lambda: whole + rng.choice([noise(rng), evil, pack(evil)]),
                      lambda: flipped(rng, whole), lambda: whole[:-rng.randrange(1, 20)],
                      lambda: PACKERS[rng.choice(list(PACKERS))](whole), lambda: whole[:3] + b"\xe0" + whole[4:]])()
    return stem + suffix, out


def make(seed, number):
    """Name and bytes of a file, the pickle in it, and its mark."""
    rng = random.Random("{}/{}".format(seed, number))
    mark = "lie-{:07d}".format(number)
    evil = payload(mark, rng)
    name, out = rng.choice([lying_zip, lying_zip, lying_zip, lying_tar, lambda rng, evil: packed(rng, evil, evil)])(rng, evil)
    return name, out, evil, mark
