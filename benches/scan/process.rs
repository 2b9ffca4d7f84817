//! One run of the command: how long, and how much memory.

#![allow(unsafe_code, reason = "what a child took is told by wait4 alone")]

use std::{
    io,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// The release binary.
pub(super) const BINARY: &str = env!("CARGO_BIN_EXE_mlscan");

/// What a run took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// Microseconds from start to end.
    pub(super) wall: u64,
    /// Microseconds of all cores, in the program and in the system.
    pub(super) cpu: u64,
    /// MiB resident at most.
    pub(super) resident: u64,
    /// How it ended.
    pub(super) status: i32,
}

/// Scans a folder.
///
/// # Errors
/// If the command cannot be run, or does not end by itself.
pub(super) fn scan(options: &[&str], folder: &Path) -> io::Result<Cost> {
    let start = Instant::now();
    let mut command = Command::new(BINARY);
    command
        .args(["--quiet", "--allow-empty"])
        .args(options)
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let child = command.spawn()?;
    let pid = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    let mut status = 0;
    // SAFETY: all zeros are a valid `rusage`, and both pointers are to places that live long enough.
    let (ended, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(pid, &raw mut status, 0, &raw mut usage), usage)
    };
    let wall = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    if ended != pid || !libc::WIFEXITED(status) {
        return Err(io::Error::other(format!("the scan was ended by {}", libc::WTERMSIG(status))));
    }
    let cpu = micros(usage.ru_utime).saturating_add(micros(usage.ru_stime));
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1 << 10 };
    let resident = u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(unit) >> 20;
    Ok(Cost { wall, cpu, resident, status: libc::WEXITSTATUS(status) })
}

fn micros(time: libc::timeval) -> u64 {
    let (seconds, rest) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_usec));
    seconds.unwrap_or(0).saturating_mul(1_000_000).saturating_add(rest.unwrap_or(0))
}

/// Makes the input of a row in a folder. Another process does it, since the memory that this one takes would
/// count for the commands that it starts.
///
/// # Errors
/// What the system says.
pub(super) fn make(row: &str, folder: &Path) -> io::Result<u64> {
    let made = Command::new(std::env::current_exe()?).args([MAKE, row]).arg(folder).output()?;
    let units = String::from_utf8_lossy(&made.stdout);
    let trouble = || io::Error::other(format!("{row}: {}", String::from_utf8_lossy(&made.stderr)));
    units.trim().parse().map_err(|_| trouble())
}

/// The word that asks for the input of a row: its name and a folder follow.
pub(super) const MAKE: &str = "--make";
