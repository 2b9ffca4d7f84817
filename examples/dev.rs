//! throwaway
use mlscan::{
    bytes::{Budget, Bytes, Limits, Name},
    facts::Said,
    formats::{Emit, FORMATS, Place, Role},
};
fn main() {
    let verbose = std::env::args().any(|a| a == "-v");
    let f = FORMATS.iter().find(|f| f.about().name == "pickle").unwrap();
    for path in std::env::args().skip(1).filter(|a| a != "-v") {
        let files: Vec<_> = if std::path::Path::new(&path).is_dir() {
            let mut v: Vec<_> = std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()).collect();
            v.sort();
            v
        } else {
            vec![path.into()]
        };
        for p in files {
            let mut file = std::fs::File::open(&p).unwrap();
            let b = Bytes::open(&mut file).unwrap();
            let place = Place { names: vec![Name::from(p.to_str().unwrap())], depth: 0, role: Role::Pickle };
            let budget = Budget::new(Limits::default());
            let mut e = Emit::new(&place, &budget);
            let t = std::time::Instant::now();
            let r = f.parse(&b, &mut e);
            let el = t.elapsed();
            let c = e.finish();
            let holes = c.covered.holes(b.size());
            let complete = r.is_ok() && c.gaps.is_empty() && holes.is_empty();
            if verbose {
                println!("{p:?} {el:?} complete={complete} {r:?}");
                for f in &c.facts {
                    println!("  {:?} x{} {:?}", f.span, f.count, f.said);
                }
                for g in &c.gaps {
                    println!("  GAP {:?} {:?} {}", g.code, g.span, g.detail);
                }
                println!("  holes {holes:?} children {}", c.children.len());
            } else {
                let mut imports = vec![];
                let mut calls = vec![];
                for f in &c.facts {
                    match &f.said {
                        Said::Import(i) if i.how != "path" => imports.push(format!(
                            "[{},{}]",
                            serde_json::to_string(&i.module).unwrap(),
                            serde_json::to_string(&i.name).unwrap()
                        )),
                        Said::Call(k) => calls.push(serde_json::to_string(&k.callee).unwrap()),
                        _ => {}
                    }
                }
                println!(
                    "{{\"file\":{:?},\"imports\":[{}],\"calls\":[{}],\"verdict\":{:?},\"gaps\":[{}]}}",
                    p.to_str().unwrap(),
                    imports.join(","),
                    calls.join(","),
                    if complete { "clean" } else { "flagged" },
                    c.gaps
                        .iter()
                        .map(|g| serde_json::to_string(&g.detail).unwrap())
                        .collect::<Vec<_>>()
                        .join(",")
                );
            }
        }
    }
}
