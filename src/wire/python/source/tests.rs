//! What source uses.

use super::*;

fn called(source: &str) -> Vec<String> {
    let read = Source::read(source.as_bytes(), false);
    let mut names: Vec<String> = read
        .uses
        .iter()
        .filter(|one| one.how == How::Called)
        .map(|one| String::from_utf8_lossy(&one.name).into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn calls_are_followed_to_what_was_imported() {
    for source in [
        "import os\nos.system('id')",
        "import os as o; o.system('id')",
        "from os import system\nsystem('id')",
        "from os import (path,\n  system as s)\ns('id')",
        "import os.path\nos.system('id')",
        "from os import *\nsystem('id')",
        "import os\nf = os.system\nf('id')",
        "import os\nx = y = os\ny.system('id')",
        "__import__('os').system('id')",
        "__import__('o' + 's').system('id')",
        "m = 'o' 's'\n__import__(m).system('id')",
        "import importlib\nimportlib.import_module('os').system('id')",
        "from importlib import import_module as im\nim('os').system('id')",
        "getattr(__import__('os'), 'sys' + 'tem')('id')",
        "import os\nvars(os)['system']('id')",
        "import os\nos.__dict__.get('system')('id')",
        "import sys\nsys.modules['os'].system('id')",
        "exec('import os\\nos.system(\"id\")')",
        "exec \"import os; os.system('id')\"",
        "eval(\"__import__('os').system('id')\")",
        "x = f'{__import__(\"os\").system(\"id\")}'",
        "def f():\n  import os\n  return os.system('id')\n",
        "if 1: import os; os.system('id')",
        "try:\n  import os\nfinally: os.system ('id')",
        "print((lambda: __import__('os').system('id'))())",
        "[__import__('os').system(c) for c in ('id',)]",
        "(__import__('os')).system('id')",
    ] {
        let names = called(source);
        assert!(names.iter().any(|name| name == "os.system"), "{source}: {names:?}");
    }
}

#[test]
fn names_that_are_neither_imported_nor_attributes_are_builtins() {
    assert_eq!(called("eval(x)\nself.eval(y)\nopen('f')"), ["builtins.eval", "builtins.open"]);
    assert_eq!(called("__builtins__['eval'](x)"), ["builtins.eval"]);
    assert_eq!(called("globals()['__builtins__'].eval(x)"), ["builtins.eval", "builtins.globals"]);
    assert_eq!(called("class A(B):\n  def exec(self): pass\n"), Vec::<String>::new());
}

#[test]
fn what_is_handed_on_is_named() {
    let read = Source::read(b"import os, threading\nthreading.Timer(1, os.system, ['id'])", true);
    assert!(read.runs());
    assert!(read.uses.iter().any(|one| one.name == b"os.system" && one.how == How::Named));
    let timer = read.uses.iter().find(|one| one.name == b"threading.Timer").unwrap();
    assert_eq!(timer.how, How::Called);
}

#[test]
fn arguments_that_are_constants_are_kept() {
    let read = Source::read(b"import base64\nexec(base64.b64decode('aWQ=' 'x'))", true);
    let decoded = read.uses.iter().find(|one| one.name == b"base64.b64decode").unwrap();
    assert_eq!(decoded.text.as_deref(), Some(&b"aWQ=x"[..]));
}

#[test]
fn prose_tables_and_markup_do_not_run() {
    for text in [
        "Please import the goods (all of them) before Friday.",
        "the function f(x) is called twice",
        "I don't know (yet).",
        "see https://example.invalid/x(1)",
        "<a href=\"x\">y(1)</a>",
        "{\"a\": [1, 2, 3], \"b\": null}",
        "a,b,c\n1,2,3\n",
        "SELECT count(*) FROM t WHERE a = 1",
        "for (int i = 0; i < n; i++) { f(i); }",
        "#include <stdio.h>\nint main(void) { return 0; }",
        "\\frac{a}{b} (x)",
        "word",
        "(unk)",
        "",
    ] {
        assert!(!Source::read(text.as_bytes(), true).runs(), "{text}");
    }
}

#[test]
fn honest_source_is_not_odd() {
    for source in [
        "import torch\nfrom torch import nn\n\n@torch.jit.script\ndef f(x: int = 1, *a, **k) -> int:\n    \"\"\"doc 'x'\"\"\"\n    y = [i for i in a if i not in k]\n    y += x if x else -1\n    return {**k, 'a': y[1:2, ::3], 'b': x @ y}\n",
        "class A(B, metaclass=C):\n    x: int\n    async def f(self):\n        async with a as b, c() as d:\n            await b\n        raise E('x') from None\n",
        "match x:\n    case [1, *_]: print(1)\n",
        "x = lambda a, b=2: (a, b)\nprint(x(1))\n",
        "print 'a', 1\n",
        "a = b'x' r'y'\nif (n := f()) > 1_000.5e3 and not a: pass\n",
        "def f():\n    yield from g(...)\n    global x, y; x = y = 1\n",
    ] {
        let odd = Source::read(source.as_bytes(), false).odd;
        // `match` reads like two names side by side: a program may have both readings.
        assert!(!odd || source.starts_with("match"), "{source}");
    }
}

#[test]
fn no_source_costs_more_than_its_length() {
    let deep = 200_000;
    for piece in [
        "(",
        "[",
        "{",
        ")",
        "f(",
        "a.",
        "a=",
        "x=x+x;",
        "'a'+",
        "f'{",
        "not ",
        "lambda:",
        "@",
        "\"\"\"",
        "import ",
        "from ",
        "a[",
        "exec('",
        "-",
        "\\",
        "\n ",
        "exec(\"exec(",
        "x='a'*9;",
        "import a as b;",
        "def f(a=(",
        "globals()[",
        "𝒂.",
    ] {
        let source = piece.repeat(deep);
        let started = std::time::Instant::now();
        let _any = Source::read(source.as_bytes(), false);
        assert!(started.elapsed().as_secs() < 5, "{piece}");
    }
}

#[test]
fn every_cut_is_survived() {
    let source =
        "from . import as . (\"'\\\n#\u{e9} import a as\nfrom x import\0(((\"\"\"x = f'{a(}}'; y[1:(]";
    for cut in 0..=source.len() {
        let bytes = source.as_bytes().get(..cut).unwrap();
        let _any = Source::read(bytes, false);
        let _any = Source::read(bytes, true);
    }
}
