//! A tiny writer of archives, honest and not, for tests.

/// One member to write.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: Vec<u8>,
    /// Bytes as stored.
    pub(crate) data: Vec<u8>,
    pub(crate) size: u32,
    pub(crate) crc: u32,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) attributes: u32,
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) local_method: Option<u16>,
    pub(crate) local_flags: Option<u16>,
    pub(crate) local_packed: Option<u32>,
    pub(crate) packed: Option<u32>,
    pub(crate) local_extra: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    pub(crate) descriptor: bool,
    pub(crate) listed: bool,
    pub(crate) gap: Vec<u8>,
    /// Writes no local part and lists the offset of the member before.
    pub(crate) shares: bool,
}

pub(crate) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

pub(crate) fn deflate(plain: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn len32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}

fn len16(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap()
}

/// A stored member.
pub(crate) fn stored(name: &str, data: &[u8]) -> Member {
    Member {
        name: name.into(),
        data: data.into(),
        size: len32(data),
        crc: crc(data),
        method: 0,
        flags: 0,
        attributes: 0,
        local_name: None,
        local_method: None,
        local_flags: None,
        local_packed: None,
        packed: None,
        local_extra: Vec::new(),
        extra: Vec::new(),
        descriptor: false,
        listed: true,
        gap: Vec::new(),
        shares: false,
    }
}

/// A deflated member.
pub(crate) fn deflated(name: &str, plain: &[u8]) -> Member {
    Member { data: deflate(plain), size: len32(plain), crc: crc(plain), method: 8, ..stored(name, b"") }
}

/// A member as `torch.save` writes it: sizes behind the data, padding in the local header.
pub(crate) fn torch(name: &str, data: &[u8]) -> Member {
    let local_extra = b"FB\x04\x00ZZZZ".to_vec();
    Member { flags: 0x808, descriptor: true, local_extra, ..stored(name, data) }
}

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

fn local(out: &mut Vec<u8>, m: &Member) {
    let packed = m.local_packed.unwrap_or(len32(&m.data));
    let [crc, packed, size] = if m.descriptor { [0; 3] } else { [m.crc, packed, m.size] };
    let name = m.local_name.as_ref().unwrap_or(&m.name);
    put(out, &[b"PK\x03\x04\x14\x00", &m.local_flags.unwrap_or(m.flags).to_le_bytes()]);
    put(out, &[&m.local_method.unwrap_or(m.method).to_le_bytes(), &[0; 4], &crc.to_le_bytes()]);
    put(out, &[&packed.to_le_bytes(), &size.to_le_bytes(), &len16(name).to_le_bytes()]);
    put(out, &[&len16(&m.local_extra).to_le_bytes(), name, &m.local_extra, &m.data]);
    if m.descriptor && !m.data.is_empty() {
        put(
            out,
            &[b"PK\x07\x08", &m.crc.to_le_bytes(), &len32(&m.data).to_le_bytes(), &m.size.to_le_bytes()],
        );
    }
    put(out, &[&m.gap]);
}

fn central(out: &mut Vec<u8>, m: &Member, offset: u32) {
    let packed = m.packed.unwrap_or(len32(&m.data));
    put(out, &[b"PK\x01\x02\x14\x03\x14\x00", &m.flags.to_le_bytes(), &m.method.to_le_bytes(), &[0; 4]]);
    put(out, &[&m.crc.to_le_bytes(), &packed.to_le_bytes(), &m.size.to_le_bytes()]);
    put(out, &[&len16(&m.name).to_le_bytes(), &len16(&m.extra).to_le_bytes(), &[0; 6]]);
    put(out, &[&m.attributes.to_le_bytes(), &offset.to_le_bytes(), &m.name, &m.extra]);
}

/// An end record.
pub(crate) fn end(count: u16, size: u32, offset: u32, comment: &[u8]) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    put(&mut out, &[&count.to_le_bytes(), &count.to_le_bytes(), &size.to_le_bytes(), &offset.to_le_bytes()]);
    put(&mut out, &[&len16(comment).to_le_bytes(), comment]);
    out
}

/// Local parts, central records, and where those begin.
pub(crate) fn parts(members: &[Member]) -> (Vec<u8>, Vec<u8>, u64) {
    let (mut out, mut records, mut offset, mut count) = (Vec::new(), Vec::new(), 0, 0_u64);
    for member in members {
        if !member.shares {
            offset = len32(&out);
            local(&mut out, member);
        }
        if member.listed {
            central(&mut records, member, offset);
            count = count.saturating_add(1);
        }
    }
    (out, records, count)
}

/// A whole archive with a comment.
pub(crate) fn archive_with(members: &[Member], comment: &[u8]) -> Vec<u8> {
    let (mut out, records, count) = parts(members);
    let start = len32(&out);
    out.extend_from_slice(&records);
    out.extend(end(u16::try_from(count).unwrap(), len32(&records), start, comment));
    out
}

/// A whole archive.
pub(crate) fn archive(members: &[Member]) -> Vec<u8> {
    archive_with(members, b"")
}

/// A whole archive whose end is told by zip64 records alone, with `count` members if given.
pub(crate) fn archive_64(members: &[Member], claimed: Option<u64>) -> Vec<u8> {
    let (mut out, records, count) = parts(members);
    let (start, size) = (u64::from(len32(&out)), u64::from(len32(&records)));
    out.extend_from_slice(&records);
    let record = u64::from(len32(&out));
    let count = claimed.unwrap_or(count);
    put(&mut out, &[b"PK\x06\x06", &44_u64.to_le_bytes(), &[45, 0, 45, 0], &[0; 8]]);
    put(&mut out, &[&count.to_le_bytes(), &count.to_le_bytes(), &size.to_le_bytes(), &start.to_le_bytes()]);
    put(&mut out, &[b"PK\x06\x07", &[0; 4], &record.to_le_bytes(), &1_u32.to_le_bytes()]);
    out.extend(end(u16::MAX, u32::MAX, u32::MAX, b""));
    out
}
