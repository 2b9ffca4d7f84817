//! Deflate64, as zip archives (method 9) and 7z know it: deflate with a window of 64 KiB.

use deflate64::InflaterManaged;

use super::{Decode, Now, Step, Wrong};

/// A bare stream.
pub(super) fn raw() -> Box<dyn Decode> {
    Box::new(Deflate64(Box::new(InflaterManaged::new())))
}

struct Deflate64(Box<InflaterManaged>);

impl Decode for Deflate64 {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        if self.0.finished() && self.0.available_output() == 0 {
            return Step { took: 0, gave: 0, now: Now::Ended };
        }
        let result = self.0.inflate(input, out);
        let (took, gave) = (result.bytes_consumed, result.bytes_written);
        let over = self.0.finished() && self.0.available_output() == 0;
        let now = match () {
            () if result.data_error => Now::Wrong(Wrong::malformed("the deflate64 stream is broken")),
            () if over && gave == 0 => Now::Ended,
            () => Now::More,
        };
        Step { took, gave, now }
    }
}
