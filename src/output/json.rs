//! The report as one JSON document, `mlscan-report/1`.

use std::io::{self, Write};

use super::{Sink, escape};
use crate::findings::{Report, Scanned, Summary, Tool};

/// Collects a scan and writes it when it has ended.
///
/// Keys, artifacts and findings come in a fixed order, so that equal scans give equal bytes.
pub struct Json<W> {
    out: W,
    report: Option<Report>,
}

impl<W: Write> Json<W> {
    /// A report that will be written to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, report: None }
    }
}

impl<W: Write> Sink for Json<W> {
    fn begin(&mut self, tool: &Tool) -> io::Result<()> {
        self.report = Some(Report::new(tool.clone()));
        Ok(())
    }

    fn file(&mut self, scanned: &Scanned) -> io::Result<()> {
        self.report.as_mut().map_or(Ok(()), |report| report.file(scanned))
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let Some(mut report) = self.report.take() else { return Ok(()) };
        report.end(summary)?;
        escape::json_document(&mut self.out, &report)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Artifact, Coverage, Finding, Severity, Threshold};

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
        let mut out = Vec::new();
        let mut json = Json::new(&mut out);
        json.begin(&Tool::new("0".into(), std::collections::BTreeMap::new())).unwrap();
        json.file(&scanned).unwrap();
        json.end(&summary).unwrap();
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
