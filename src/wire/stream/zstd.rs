//! Zstandard frames (RFC 8878).

use std::io::{ErrorKind, Read as _};

use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{
        BlockHeaderReadError, DecodeBlockContentError, FrameDecoderError, FrameHeaderError,
        ReadFrameHeaderError,
    },
};

use super::{Cause, Codec, Decode, MAX_WINDOW, Now, Start, Step, Wrong};
use crate::bytes::Cursor;

/// Magic number of a frame.
const FRAME: u32 = 0xfd2f_b528;
/// Sixteen magic numbers of frames that hold nothing begin here.
const SKIPPABLE: u32 = 0x184d_2a50;

/// Whether a number is the magic of a frame that is stepped over; LZ4 has the same.
pub(super) const fn skippable(magic: u32) -> bool {
    magic & !0xf == SKIPPABLE
}

/// Whether the bytes begin as frames of this kind do.
pub(super) fn looks(bytes: &[u8]) -> bool {
    let mut c = Cursor::new(bytes);
    // Bit 3 of the descriptor is reserved.
    matches!((c.u32(), c.u8()), (Ok(FRAME), Ok(descriptor)) if descriptor & 8 == 0)
}

/// What stands at the head of `rest`.
pub(super) fn start(rest: &[u8]) -> Start {
    let mut c = Cursor::new(rest);
    let Ok(magic) = c.u32() else { return Start::Other };
    if magic == FRAME {
        let mut inner = FrameDecoder::new();
        inner.set_max_window_size(MAX_WINDOW);
        return Start::Stream(Box::new(Zstd { inner, begun: false, broken: None }), 0);
    }
    if !skippable(magic) {
        return Start::Other;
    }
    match c.u32().and_then(|len| c.skip(u64::from(len))) {
        Ok(()) => Start::Skip(c.at()),
        Err(_) => Start::Short,
    }
}

struct Zstd {
    inner: FrameDecoder,
    begun: bool,
    broken: Option<Wrong>,
}

impl Decode for Zstd {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut rest = input;
        let now = if self.begun { self.go_on(&mut rest, out) } else { self.begin(&mut rest).map(|()| 0) };
        let took = input.len().saturating_sub(rest.len());
        match now {
            Ok(gave) if gave == 0 && took == 0 => Step { took, gave, now: self.ended() },
            Ok(gave) => Step { took, gave, now: Now::More },
            Err(wrong) => Step { took, gave: 0, now: Now::Wrong(wrong) },
        }
    }
}

impl Zstd {
    fn begin(&mut self, rest: &mut &[u8]) -> Result<(), Wrong> {
        self.inner.init(&mut *rest).map_err(|error| wrong(&error))?;
        self.begun = true;
        Ok(())
    }

    /// Gives what is there, or decodes one more block.
    fn go_on(&mut self, rest: &mut &[u8], out: &mut [u8]) -> Result<usize, Wrong> {
        let gave = self.inner.read(out).map_err(|error| Wrong::malformed(error.to_string()))?;
        if gave > 0 || self.inner.is_finished() {
            return Ok(gave);
        }
        if let Err(error) = self.inner.decode_blocks(&mut *rest, BlockDecodingStrategy::UptoBlocks(1)) {
            self.broken = Some(wrong(&error));
            // The decoder holds back a window until the last block: an empty one makes it let go.
            let last = [1, 0, 0, 0, 0, 0, 0];
            let _nothing_more = self.inner.decode_blocks(&last[..], BlockDecodingStrategy::UptoBlocks(1));
            return self.inner.read(out).map_err(|error| Wrong::malformed(error.to_string()));
        }
        Ok(0)
    }

    fn ended(&mut self) -> Now {
        if let Some(wrong) = self.broken.take() {
            return Now::Wrong(wrong);
        }
        match (self.inner.get_checksum_from_data(), self.inner.get_calculated_checksum()) {
            (Some(said), Some(is)) if said != is => {
                Now::Wrong(Wrong::malformed("the checksum of the zstd frame does not fit its content"))
            }
            _ => Now::Ended,
        }
    }
}

fn wrong(error: &FrameDecoderError) -> Wrong {
    match error {
        FrameDecoderError::WindowSizeTooBig { .. } => Wrong::window(Codec::Zstd),
        FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig { .. }) => {
            Wrong::window(Codec::Zstd)
        }
        FrameDecoderError::DictNotProvided { dict_id } => Wrong {
            why: Cause::Unsupported,
            what: format!("the zstd frame needs the dictionary {dict_id}, which is not in it"),
        },
        _ if short(error) => Wrong { why: Cause::Ended, what: "the zstd stream is cut short".to_owned() },
        _ => Wrong::malformed(format!("the zstd stream is broken: {error}")),
    }
}

/// Whether the input ended too early.
fn short(error: &FrameDecoderError) -> bool {
    use FrameDecoderError as E;
    use ReadFrameHeaderError as H;
    let io = match error {
        E::ReadFrameHeaderError(
            H::MagicNumberReadError(io)
            | H::FrameDescriptorReadError(io)
            | H::WindowDescriptorReadError(io)
            | H::DictionaryIdReadError(io)
            | H::FrameContentSizeReadError(io),
        )
        | E::FailedToReadBlockHeader(BlockHeaderReadError::ReadError(io))
        | E::FailedToReadBlockBody(DecodeBlockContentError::ReadError { source: io, .. })
        | E::FailedToReadChecksum(io) => Some(io.kind()),
        E::FailedToReadBlockBody(DecodeBlockContentError::DecompressBlockError(error)) => {
            return error.to_string().contains("failed to fill whole buffer");
        }
        _ => None,
    };
    io == Some(ErrorKind::UnexpectedEof)
}
