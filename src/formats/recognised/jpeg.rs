//! JPEG: markers with lengths, then coded data in which only `ff` followed by more than 0 is a marker.

use super::{Kind, Walk, walk::Order::Big};
use crate::{bytes::wide, facts::Fault};

/// JPEG, also several images in a row as cameras write them (CIPA DC-007).
pub(in crate::formats) static JPEG: &Kind = &Kind::new(
    "jpeg",
    "JPEG image",
    &["jpg", "jpeg", "jpe", "jfif"],
    |b| b.starts_with(b"\xff\xd8\xff"),
    jpeg,
);

fn jpeg(w: &mut Walk<'_>) -> Result<(), Fault> {
    loop {
        one(w)?;
        if !w.rest().starts_with(b"\xff\xd8\xff") {
            return Ok(());
        }
    }
}

/// One image, from its first marker to its last.
fn one(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(2)?;
    loop {
        w.step()?;
        let at = w.at();
        if w.u8()? != 0xff {
            return Err(Fault::malformed(at, "this is no JPEG marker"));
        }
        match w.u8()? {
            0xd9 => return Ok(()),
            // A filling byte: the next may be the marker.
            0xff => w.go(at.saturating_add(1))?,
            0x01 | 0xd0..=0xd8 => {}
            marker => {
                let len = w.number(2, Big)?;
                w.skip(len.saturating_sub(2))?;
                if marker == 0xda {
                    coded(w)?;
                }
            }
        }
    }
}

/// Steps over coded data, up to the next marker.
fn coded(w: &mut Walk<'_>) -> Result<(), Fault> {
    let rest = w.rest();
    let marker = memchr::memchr_iter(0xff, rest).find(|&at| {
        let next = at.checked_add(1).and_then(|next| rest.get(next));
        next.is_some_and(|&byte| !matches!(byte, 0 | 0xd0..=0xd7 | 0xff))
    });
    match marker {
        Some(len) => w.skip(wide(len)),
        None => Err(Fault::truncated(w.size(), "the JPEG image has no end")),
    }
}
