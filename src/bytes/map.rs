//! Mapped files. The only module with `unsafe`.
//!
//! A mapped file that shrinks makes the kernel send SIGBUS to whoever touches the missing pages. Here a
//! handler answers it: the page reads as zeros from then on, and the mapping says so ([`Map::changed`]).

#![allow(unsafe_code, reason = "mapping a file and answering SIGBUS have no safe interface")]

use std::{fs::File, io, sync::Arc, sync::atomic::AtomicBool};

use memmap2::Mmap;

/// A file mapped for reading.
#[derive(Debug)]
pub struct Map {
    // Before `map`, so that the watch ends before the pages go.
    watch: Option<watch::Watch>,
    map: Mmap,
}

impl Map {
    /// Maps a file.
    ///
    /// # Errors
    /// What the system says; also when more mappings are open than can be watched.
    pub fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the mapping is private and read-only. That others may write to the file is accepted:
        // bytes may change between two reads, which no code here relies on, and no `str` is made from
        // them in place. That others may shrink the file is answered by `watch`.
        let map = unsafe { Mmap::map(file)? };
        let watch = watch::Watch::new(map.as_ptr().expose_provenance(), map.len())?;
        Ok(Self { watch, map })
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.map
    }

    /// Whether pages were found missing since, and read as zeros.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.watch.as_ref().is_some_and(watch::Watch::fired)
    }
}

/// A flag that outlives the mapping it belongs to.
type Fired = Arc<AtomicBool>;

#[cfg(unix)]
mod watch {
    //! A table of watched mappings that a signal handler may read: fixed size, atomics only.

    use std::{
        io, mem, ptr,
        sync::{
            Arc, Mutex, Once,
            atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::SeqCst},
        },
    };

    use super::Fired;

    const SLOTS: usize = 256;
    /// Bytes that one answer replaces; a multiple of every page size in use.
    const PAGE: usize = 64 << 10;

    struct Slot {
        start: AtomicUsize,
        len: AtomicUsize,
        fired: AtomicPtr<AtomicBool>,
    }

    static TABLE: [Slot; SLOTS] = [const {
        Slot { start: AtomicUsize::new(0), len: AtomicUsize::new(0), fired: AtomicPtr::new(ptr::null_mut()) }
    }; SLOTS];
    static CLAIM: Mutex<()> = Mutex::new(());
    static INSTALL: Once = Once::new();

    /// One slot of the table, held while the mapping lives.
    #[derive(Debug)]
    pub(super) struct Watch {
        slot: usize,
        fired: Fired,
    }

    impl Watch {
        pub(super) fn new(start: usize, len: usize) -> io::Result<Option<Self>> {
            INSTALL.call_once(install);
            let _claim = CLAIM.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let free = TABLE.iter().enumerate().find(|(_, slot)| slot.start.load(SeqCst) == 0);
            let (slot, entry) = free.ok_or_else(|| io::Error::other("too many files are mapped at once"))?;
            let fired = Fired::default();
            entry.fired.store(Arc::as_ptr(&fired).cast_mut(), SeqCst);
            entry.len.store(len, SeqCst);
            entry.start.store(start, SeqCst);
            Ok(Some(Self { slot, fired }))
        }

        pub(super) fn fired(&self) -> bool {
            self.fired.load(SeqCst)
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            if let Some(entry) = TABLE.get(self.slot) {
                entry.len.store(0, SeqCst);
                entry.fired.store(ptr::null_mut(), SeqCst);
                entry.start.store(0, SeqCst);
            }
        }
    }

    fn install() {
        let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = answer;
        // SAFETY: `action` is fully set before it is used; `answer` is async-signal-safe.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = ptr::from_ref(&handler).cast::<libc::sighandler_t>().read();
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&raw mut action.sa_mask);
            libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut());
        }
    }

    /// Puts zero pages where a watched mapping lost its file; any other SIGBUS ends the process as ever.
    extern "C" fn answer(signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
        // SAFETY: the kernel passes a valid `info` for a handler installed with SA_SIGINFO.
        let fault = unsafe { (*info).si_addr() }.addr();
        for slot in &TABLE {
            let (start, len) = (slot.start.load(SeqCst), slot.len.load(SeqCst));
            let Some(inside) = fault.checked_sub(start) else { continue };
            if start == 0 || inside >= len {
                continue;
            }
            let from = inside.wrapping_sub(inside % PAGE);
            let size = PAGE.min(len.wrapping_sub(from));
            let at = ptr::with_exposed_provenance_mut::<libc::c_void>(start.wrapping_add(from));
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
            // SAFETY: the pages replaced lie within one live mapping that this process owns.
            let zeros = unsafe { libc::mmap(at, size, libc::PROT_READ, flags, -1, 0) };
            let fired = slot.fired.load(SeqCst);
            if zeros != libc::MAP_FAILED && !fired.is_null() {
                // SAFETY: the flag lives as long as the mapping that is being read right now.
                unsafe { (*fired).store(true, SeqCst) };
                return;
            }
        }
        // SAFETY: restoring the default action and returning repeats the fault, which then ends the process.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

#[cfg(not(unix))]
mod watch {
    //! Elsewhere a mapped file cannot be made shorter.

    use std::io;

    #[derive(Debug)]
    pub(super) struct Watch;

    impl Watch {
        #[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
        pub(super) fn new(_start: usize, _len: usize) -> io::Result<Option<Self>> {
            Ok(None)
        }

        pub(super) fn fired(&self) -> bool {
            false
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    #[test]
    fn a_file_that_shrinks_while_mapped_reads_as_zeros_and_says_so() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![7; 1 << 20]).unwrap();
        file.rewind().unwrap();
        let map = Map::new(&file).unwrap();
        assert_eq!(map.as_slice()[900_000], 7);
        assert!(!map.changed());
        file.set_len(4096).unwrap();
        assert_eq!(map.as_slice()[900_000], 0);
        assert_eq!(map.as_slice()[4095], 7);
        assert!(map.changed());
    }
}
