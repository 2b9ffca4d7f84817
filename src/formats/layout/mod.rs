//! Files that tell a tool how to load the model beside them: which code to run, which module to import.
//!
//! | file | tool | what it does |
//! |---|---|---|
//! | `MLmodel` | MLflow | imports `loader_module` (`mlflow/pyfunc/__init__.py`, `load_model`), runs the file `model_code_path`, by the last part of its path |
//! | `MAR-INF/MANIFEST.json` | TorchServe | imports `handler` and `modelFile`, installs `requirementsFile` (`ts/model_loader.py`, `load`) |
//! | `config.pbtxt` | Triton | its Python backend imports `model.py` of the version, in the environment `EXECUTION_ENV_PATH` |
//! | `code/inference.py` | SageMaker | its containers import it from `model.tar.gz` (`sagemaker_inference`, `default_handler_service`) |
//! | `model_config.yaml` | NeMo | makes an object of the class `_target_` or `target` (`nemo/core/classes/common.py`, `from_config_dict`) |
//!
//! The settings stand in `keys.tsv`. They are found by their keys, at any depth: YAML, JSON and protobuf's text all
//! write `key: value`, with or without quotes, and a tool that reads one of them need not agree with another on the rest.

mod setting;

use std::sync::LazyLock;

use crate::{
    bytes::{Bytes, Name, Span, index},
    facts::{Fault, GapCode, Reference},
    formats::{About, Collected, Emit, Format, Level, Place, Sure},
    wire::path,
};

use setting::Setting;

/// Files that tell how a model is loaded.
pub(super) struct Layout;

static ABOUT: About = About {
    name: "layout",
    title: "description of how a model is loaded",
    level: Level::Content,
    refines: &["text"],
    extensions: &[],
    model: false,
};

/// The table.
static KEYS: &str = include_str!("keys.tsv");

/// A row of the table.
struct Row {
    file: &'static str,
    has: &'static str,
    key: &'static str,
    value: &'static str,
    to: &'static str,
    what: &'static str,
    purpose: &'static str,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = KEYS.lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next();
        let (file, has, key) = (cell()?, cell()?, cell()?);
        let (value, to, what, purpose) = (cell()?, cell()?, cell()?, cell()?);
        Some(Row { file, has, key, value, to, what, purpose })
    };
    lines.filter_map(row).collect()
});

/// Such files are short; of longer ones this much is read.
const LONGEST: u64 = 16 << 20;

/// The rows that hold for a file.
fn rows(input: &Bytes, place: &Place) -> Vec<&'static Row> {
    let name = place.name();
    let (path, file) = (name.as_bytes(), name.file_name());
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let named = |row: &&Row| match row.key {
        "-" => place.depth > 0 && path == row.file.as_bytes(),
        _ => file
            .strip_suffix(row.file.as_bytes())
            .is_some_and(|before| before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric())),
    };
    let mut rows: Vec<&Row> = ROWS.iter().filter(named).collect();
    rows.retain(|row| memchr::memmem::find(input, row.has.as_bytes()).is_some());
    rows
}

impl Format for Layout {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, place: &Place) -> Sure {
        if rows(input, place).is_empty() { Sure::No } else { Sure::Trial }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let text = input.get(..index(LONGEST)).unwrap_or(input);
        for row in rows(input, out.place()) {
            if row.key == "-" {
                let to = out.place().name();
                let (what, purpose) = (row.what, row.purpose);
                let whole = Span::new(0, input.size());
                out.fact(whole, Reference { to, what, purpose, hazards: Vec::new(), needs: 0 });
                continue;
            }
            for Setting { value, span } in setting::all(text, row.key) {
                if row.value != "*" && row.value.as_bytes() != value.as_bytes() {
                    continue;
                }
                let to = match row.to {
                    "*" => value,
                    "/" => Name::from(value.file_name()),
                    to => Name::from(to),
                };
                let hazards = if row.what == "module" { Vec::new() } else { path::hazards(&to) };
                out.fact(span, Reference { to, what: row.what, purpose: row.purpose, hazards, needs: 0 });
            }
        }
        if setting::escaped(text) {
            let detail = "letters are written as escapes, so that settings cannot be found by their names";
            out.gap(GapCode::Unsupported, Span::new(0, input.size()), detail);
        }
        out.free(Span::new(0, input.size().min(LONGEST)));
        Ok(())
    }

    fn convinces(&self, collected: &Collected, _: &Bytes, _: &Place, _: bool) -> bool {
        !collected.facts.is_empty()
    }
}

#[cfg(test)]
mod tests;
