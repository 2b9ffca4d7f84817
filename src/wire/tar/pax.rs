//! Records of a pax header: `length key=value\n`, the length that of the whole record.

use crate::{
    bytes::{index, wide},
    wire::Wrong,
};

/// A key and its value.
type Record<'a> = (&'a [u8], &'a [u8]);

/// The records in `data`, which stand at `at`.
pub(super) fn records(data: &[u8], at: u64) -> Result<Vec<Record<'_>>, Wrong> {
    let mut rest = data;
    let mut found = Vec::new();
    while rest.first().is_some_and(|&byte| byte != 0) {
        let here = at.saturating_add(wide(data.len().saturating_sub(rest.len())));
        let (key, value, after) =
            record(rest).ok_or_else(|| Wrong::malformed(here, "this is no pax record"))?;
        found.push((key, value));
        rest = after;
    }
    Ok(found)
}

fn record(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = rest.iter().take(20).position(|&byte| byte == b' ')?;
    let len: u64 = std::str::from_utf8(rest.get(..space)?).ok()?.parse().ok()?;
    let (whole, after) = rest.split_at_checked(index(len))?;
    let pair = whole.get(space.checked_add(1)?..)?.strip_suffix(b"\n")?;
    let equals = pair.iter().position(|&byte| byte == b'=').filter(|&at| at > 0)?;
    Some((pair.get(..equals)?, pair.get(equals.checked_add(1)?..)?, after))
}
