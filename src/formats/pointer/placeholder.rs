//! What a failed download leaves under a model's name: nothing, a web page, a message, a part of the file.

use crate::{
    bytes::{Bytes, Name, Span},
    facts::{Fault, GapCode},
    formats::{About, Emit, Format, Level, Place, Sure},
};

/// Placeholders.
pub(in crate::formats) struct Placeholder;

static ABOUT: About = About {
    name: "placeholder",
    title: "empty file or error page under a model's name",
    level: Level::Content,
    refines: &["text"],
    extensions: &[
        "bin",
        "caffemodel",
        "ckpt",
        "dill",
        "ggml",
        "gguf",
        "h5",
        "hdf5",
        "joblib",
        "keras",
        "llamafile",
        "mar",
        "mlmodel",
        "model",
        "nemo",
        "npy",
        "npz",
        "onnx",
        "params",
        "pb",
        "pdparams",
        "pickle",
        "pkl",
        "pt",
        "pth",
        "safetensors",
        "skops",
        "t7",
        "tflite",
        "torchscript",
        "weights",
    ],
    model: true,
};

/// Extensions that much else has too: an empty file of that kind says nothing.
const COMMON: &[&str] = &["bin", "model", "params", "pb", "pth", "weights"];
/// Bytes that are looked at.
const HEAD: usize = 512;

/// How messages begin, in lower case and without white space or the declaration of XML, and what they are.
const MESSAGES: &[(&str, &str)] = &[
    ("<!doctypehtml", "an HTML page"),
    ("<html", "an HTML page"),
    ("<head>", "an HTML page"),
    ("<error>", "an error message of a storage service"),
    ("entrynotfound", "an error message"),
    ("notfound", "an error message"),
    ("404:notfound", "an error message"),
    ("404notfound", "an error message"),
    ("invalidusernameorpassword", "an error message"),
    ("invalidcredentials", "an error message"),
    ("accesstomodel", "an error message"),
    ("accessdenied", "an error message"),
    ("forbidden", "an error message"),
    ("unauthorized", "an error message"),
    ("repositorynotfound", "an error message"),
    ("toomanyrequests", "an error message"),
    ("internalservererror", "an error message"),
    ("{\"error\":", "an error message"),
    ("{\"errors\":", "an error message"),
    ("{\"detail\":", "an error message"),
    ("{\"message\":", "an error message"),
];

impl Format for Placeholder {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, place: &Place) -> Sure {
        let extension = place.name().extension();
        if unfinished(&place.name()) {
            return Sure::Yes;
        }
        let named = ABOUT.extensions.contains(&extension.as_str());
        if named && kind(input, &extension).is_some() { Sure::Yes } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let whole = Span::new(0, input.size());
        let name = out.place().name();
        if unfinished(&name) {
            // What is there is left to others.
            let detail = "an unfinished download; finish it or fetch the model again";
            out.gap(GapCode::Pointer, Span::default(), detail);
            return Ok(());
        }
        let extension = name.extension();
        let what = kind(input, &extension).ok_or_else(|| Fault::malformed(0, "this is no placeholder"))?;
        out.free(whole);
        out.gap(GapCode::Pointer, whole, format!("{what} under a model's name; fetch the model again"));
        Ok(())
    }
}

/// Extensions that programs give to what they have not fetched whole.
const UNFINISHED: &[&str] = &["part", "partial", "incomplete", "crdownload", "opdownload", "download"];
/// Digits of the shortest digest by which a cache names a file.
const DIGEST: usize = 40;

/// Whether the name is that of a model that is being fetched: in a cache a digest stands for the model's name.
fn unfinished(name: &Name) -> bool {
    let extension = name.extension();
    if !UNFINISHED.contains(&extension.as_str()) {
        return false;
    }
    let file = name.file_name();
    let len = file.len().saturating_sub(extension.len()).saturating_sub(1);
    let inner = file.get(..len).unwrap_or_default();
    let last = inner.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let digest = last.len() >= DIGEST && last.iter().all(u8::is_ascii_hexdigit);
    digest || ABOUT.extensions.contains(&Name::from(inner).extension().as_str())
}

fn kind(bytes: &Bytes, extension: &str) -> Option<&'static str> {
    if bytes.is_empty() {
        return (!COMMON.contains(&extension)).then_some("an empty file");
    }
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head);
    let plain = |&letter: &char| !letter.is_whitespace() && letter != '\u{feff}';
    let head: String = text.chars().filter(plain).map(|letter| letter.to_ascii_lowercase()).collect();
    let declared = head.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    let head = declared.map_or(head.as_str(), |(_, rest)| rest);
    let found = MESSAGES.iter().find(|(start, _)| head.starts_with(start));
    found.map(|&(_, what)| what)
}
