//! Many small files.

use std::{fs, io, path::Path};

use super::{table::Row, write::Pickle};

pub(super) const ROWS: &[Row] = &[Row::new("100,000 small files", tree).rate(10_000)];

/// A thousand folders of a hundred files each: source, text, JSON, and now and then a pickle.
fn tree(folder: &Path) -> io::Result<u64> {
    let mut pickle = Pickle::new(4);
    pickle.raw(b"}(").text("weights").raw(b"]").text("bias").raw(b"Nu.");
    let source = "def f(x):\n    \"\"\"Doubles.\"\"\"\n    return x * 2\n\n\n".repeat(40);
    let json = format!("[{}1]\n", "{\"a\": 1, \"b\": \"text\"}, ".repeat(60));
    for package in 0..1000 {
        let below = folder.join(format!("package{package}"));
        fs::create_dir(&below)?;
        for number in 0..100 {
            let (name, bytes) = match number % 10 {
                0 => ("data.pkl", &*pickle.bytes),
                1 | 2 => ("table.json", json.as_bytes()),
                3 | 4 => ("notes.txt", source.as_bytes()),
                _ => ("code.py", source.as_bytes()),
            };
            fs::write(below.join(format!("{number}-{name}")), bytes)?;
        }
    }
    Ok(100_000)
}
