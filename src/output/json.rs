//! The report as one JSON document, `mlscan-report/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::{Sink, escape, spool::Spool};
use crate::findings::{Outcome, Report, Scanned, Summary, Tool};

/// Writes a scan as one document when it has ended.
///
/// Keys, artifacts and findings come in a fixed order, so that equal scans give equal bytes. How it ended
/// stands before the artifacts, and those before the findings: until then they wait outside of memory.
pub struct Json<W> {
    out: W,
    tool: Option<Tool>,
    artifacts: Spool,
    findings: Spool,
}

/// What comes before the artifacts, as in [`Report`].
#[derive(Serialize)]
struct Head<'a> {
    schema: &'static str,
    tool: &'a Tool,
    outcome: Outcome,
    exit_code: u8,
    summary: &'a Summary,
}

impl<W: Write> Json<W> {
    /// A report that will be written to `out`.
    pub fn new(out: W) -> Self {
        Self { out, tool: None, artifacts: Spool::default(), findings: Spool::default() }
    }

    /// Writes an array of what waits, as a field of the document.
    fn array(&mut self, name: &str, items: Spool) -> io::Result<()> {
        if items.is_empty() {
            return write!(self.out, ",\n  \"{name}\": []");
        }
        write!(self.out, ",\n  \"{name}\": [")?;
        items.copy_to(&mut self.out)?;
        self.out.write_all(b"\n  ]")
    }
}

/// Adds an element of an array that is a field of the document.
fn element(items: &mut Spool, value: &impl Serialize) -> io::Result<()> {
    let mut text = Vec::new();
    escape::json_document(&mut text, value)?;
    let mut start: &[u8] = if items.is_empty() { b"\n    " } else { b",\n    " };
    // Line ends stand outside of strings only.
    for line in text.trim_ascii_end().split(|&byte| byte == b'\n') {
        items.write_all(start)?;
        items.write_all(line)?;
        start = b"\n    ";
    }
    Ok(())
}

impl<W: Write> Sink for Json<W> {
    fn begin(&mut self, tool: &Tool) -> io::Result<()> {
        self.tool = Some(tool.clone());
        Ok(())
    }

    fn file(&mut self, scanned: &Scanned) -> io::Result<()> {
        scanned.artifact.iter().try_for_each(|artifact| element(&mut self.artifacts, artifact))?;
        scanned.findings.iter().try_for_each(|finding| element(&mut self.findings, finding))
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let Some(tool) = self.tool.take() else { return Ok(()) };
        let (outcome, exit_code) = (summary.outcome, summary.exit_code);
        let head = Head { schema: Report::SCHEMA, tool: &tool, outcome, exit_code, summary };
        let mut text = Vec::new();
        escape::json_document(&mut text, &head)?;
        self.out.write_all(text.strip_suffix(b"\n}\n").unwrap_or(&text))?;
        let (artifacts, findings) = (std::mem::take(&mut self.artifacts), std::mem::take(&mut self.findings));
        self.array("artifacts", artifacts)?;
        self.array("findings", findings)?;
        self.out.write_all(b"\n}\n")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Artifact, Coverage, Finding, Severity, Threshold};

    /// The document, which is the same as that of a report that was collected.
    fn written(files: &[Scanned], summary: &Summary) -> Vec<u8> {
        let tool = Tool::new("0".into(), std::collections::BTreeMap::new());
        let (mut out, mut collected, mut same) = (Vec::new(), Report::new(tool.clone()), Vec::new());
        let mut json = Json::new(&mut out);
        let sinks: [&mut dyn Sink; 2] = [&mut json, &mut collected];
        for sink in sinks {
            sink.begin(&tool).unwrap();
            files.iter().for_each(|file| sink.file(file).unwrap());
            sink.end(summary).unwrap();
        }
        escape::json_document(&mut same, &collected).unwrap();
        assert_eq!(String::from_utf8(out.clone()), String::from_utf8(same));
        out
    }

    #[test]
    fn files_come_one_after_the_other() {
        let file = |path: &str| {
            let mut finding = Finding::new("rule", Severity::Low);
            finding.message = "two\nlines \u{202e}".into();
            let artifact = Some(Artifact::new(path.into(), 3));
            Scanned { artifact, findings: vec![finding.clone(), finding], bytes: 3 }
        };
        written(&[], &Summary::default());
        written(&[file("a"), Scanned::default(), file("b")], &Summary::default());
    }

    #[test]
    fn the_report_is_one_document_with_all_its_fields() {
        let mut artifact = Artifact::new("a.pkl".into(), 3);
        artifact.coverage = Coverage::Complete;
        let mut finding = Finding::new("rule", Severity::High);
        finding.path = "a.pkl".into();
        let scanned = Scanned { artifact: Some(artifact), findings: vec![finding], bytes: 3 };
        let mut summary = Summary::default();
        summary.count(&scanned);
        summary.conclude(Threshold::Some(Severity::High), false);
        let out = written(&[scanned], &summary);
        let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(report["schema"], "mlscan-report/1");
        assert_eq!(report["outcome"], "findings");
        assert_eq!(report["exit_code"], 1);
        assert_eq!(report["artifacts"][0]["coverage"], "complete");
        assert_eq!(report["artifacts"][0]["sha256"], serde_json::Value::Null);
        assert_eq!(report["findings"][0]["severity"], "high");
        assert_eq!(report["summary"]["findings"]["high"], 1);
    }
}
