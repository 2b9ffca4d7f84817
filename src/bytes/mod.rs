//! Floor 0: bytes as they lie in a file, and how far reading them may go.

mod cursor;
mod limits;
mod map;
mod name;
mod number;
mod span;
mod spool;
mod view;

pub use cursor::{Cursor, Short};
pub use limits::{Budget, Limits, Spent};
pub use map::Map;
pub use name::{Name, escape_into};
pub use number::{index, wide};
pub use span::{Span, Spans};
pub use spool::Spool;
pub use view::Bytes;
