//! What is said of bytes that nothing explains.

use super::{node::Node, slack, worth::Worth};
use crate::{
    bytes::Span,
    facts::{Fault, GapCode},
    formats::{Format, Level, Role},
};

impl Node {
    /// Turns what is left over into gaps.
    pub(super) fn unexplained(&mut self, holes: &[Span], worth: &mut Worth) {
        if self.bytes.changed() {
            let fault = Fault::new(GapCode::Changed, 0, "the file changed while it was read");
            self.gap(Span::new(0, self.bytes.size()), &fault);
        }
        if self.formats.is_empty() {
            let free = self.place.role.lies() || matches!(self.place.role, Role::Any | Role::Opaque);
            let wanted = !free || slack::expected(&self.place);
            worth.want(wanted);
            if wanted && self.gaps.is_empty() {
                let code =
                    if self.place.role == Role::Slack { GapCode::Trailing } else { GapCode::Unrecognised };
                let fault = Fault::new(code, 0, slack::unrecognised(&self.bytes, &self.place));
                self.gap(Span::new(0, self.bytes.size()), &fault);
            }
            return;
        }
        let name = self.place.name();
        let modest =
            |format: &&dyn Format| format.about().level == Level::Recognised && !format.about().model;
        if self.parent.is_none() && slack::expected(&self.place) && name.extension() != "bin" {
            let title = self.formats.iter().all(modest).then(|| self.formats.first()).flatten();
            if let Some(title) = title.map(|format| format.about().title) {
                let detail = format!("it is {title}, and its name is a model's");
                self.gap(Span::new(0, self.bytes.size()), &Fault::new(GapCode::Unrecognised, 0, detail));
            }
        }
        for &hole in holes {
            let (code, what) = if hole.end() == self.bytes.size() {
                (GapCode::Trailing, "behind the end")
            } else {
                (GapCode::Unexplained, "inside")
            };
            let detail = format!("{} bytes {what} that nothing explains", hole.len);
            self.gap(hole, &Fault::new(code, hole.start, detail));
        }
    }
}
