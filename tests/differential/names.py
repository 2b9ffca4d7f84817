"""Names that streams look up: dangerous, honest, of Python 2, dotted, odd. Nothing of this is ever called."""
import _compat_pickle

RISKY = [tuple(path.rsplit(".", 1)) for path in (
    "os.system posix.system nt.system subprocess.Popen subprocess.check_output builtins.eval builtins.exec runpy.run_path pty.spawn "
    "ctypes.CDLL shutil.rmtree importlib.import_module marshal.loads timeit.timeit pprint.pprint socket.socket webbrowser.open "
    "sys.exit os.path.join code.interact pdb.run asyncio.run pip.main torch.load numpy.load operator.attrgetter").split()]
HONEST = [tuple(path.rsplit(".", 1)) for path in (
    "collections.OrderedDict datetime.date numpy.dtype numpy.ndarray numpy.core.multiarray._reconstruct m.C m.n.D "
    "torch._utils._rebuild_tensor_v2 torch.FloatStorage sklearn.tree._tree.Tree decimal.Decimal fractions.Fraction").split()]
PYTHON2 = sorted(_compat_pickle.NAME_MAPPING) + [(module, name) for module in sorted(_compat_pickle.IMPORT_MAPPING)
                                                 for name in ("open", "x.y")]
PYTHON2 += [("__builtin__", name) for name in "eval execfile apply reduce intern xrange unicode file raw_input".split()]
PYTHON2 += [("commands", "getoutput"), ("copy_reg", "_reconstructor"), ("cPickle", "loads"), ("exceptions", "ValueError"),
            ("exceptions", "Nothing"), ("__builtin__", "builtin"), ("_socket", "fromfd"), ("os", "errno")]
DOTTED = [("logging", "os.system"), ("pydoc", "subprocess.Popen"), ("random", "_os.system"), ("typing", "sys.modules.get"),
          ("collections", "abc.sys.exit"), ("os", "path.os.system"), ("builtins", "object.__subclasses__"),
          ("m", "C.__init__.__globals__"), ("m", "f.<locals>.g"), ("m", "a..b"), ("m", ".a"), ("m", "a."), ("m", "<locals>")]
ODD = [("os ", "system"), ("os", " system"), ("os\r", "system\r"), ("модуль", "имя"), ("m\t", "x"), ("ﬁ", "x"), ("os", ""),
       ("", "system"), ("m\ud800", "x"), ("a.b c", "d e"), ("\0", "x"), ("os\0x", "system"), ("os", "sys\0tem"), ("é", "é"),
       ("a" * 300, "b" * 300), ("..os", "system"), ("os.", "system"), ("os", "sys-tem"), ("m\\x41", "n\\u0041"), ("\u202eso", "x")]


def any_target(rng):
    """Mostly dangerous, now and then something else."""
    roll = rng.random()
    pool = RISKY if roll < 0.7 else HONEST if roll < 0.85 else PYTHON2 if roll < 0.93 else DOTTED if roll < 0.97 else ODD
    return rng.choice(pool)
