//! Floor 2: what a scan concludes, and the report as the contract with its readers.

mod finding;
mod fingerprint;
mod nested;
mod report;
mod severity;

pub use finding::{Finding, Related};
pub use fingerprint::fingerprint;
pub use nested::gather;
pub use report::{Artifact, Coverage, Outcome, Report, Scanned, Summary, Tool};
pub use severity::{Severity, Threshold};
