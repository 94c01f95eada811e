//! Resource limits of one job.

use rustix::process::{Resource, Rlimit};

use super::EnterError;

/// What one child may use. Pipes are not bounded by `file_size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Address space in bytes (`RLIMIT_AS`). Thread stacks and arenas count in full, so it follows from the number of
    /// threads: see [`Limits::for_threads`].
    pub memory: u64,
    /// Processor seconds over all threads (`RLIMIT_CPU`).
    pub cpu_seconds: u64,
    /// Largest file that may be written, in bytes. 0 where nothing is written but pipes.
    pub file_size: u64,
    /// Open descriptors (`RLIMIT_NOFILE`).
    pub open_files: u64,
    /// Added to the niceness; the disk priority follows it.
    pub nice: u8,
}

impl Limits {
    /// Enough for `threads` (decoders and encoders together) on frames of `pixels`, and not much more.
    ///
    /// Measured: 4K with four encoders takes 3.0 GB on 2 cores and 9 GB with 40 threads, of which 1.6 GB are resident.
    pub fn for_threads(threads: u32, pixels: u64) -> Self {
        const UHD: u64 = 3840 * 2160;
        let per_thread = GIB / 2;
        // Larger pictures than 4K grow with their size; smaller ones keep the stacks and arenas.
        let scale = pixels.div_ceil(UHD).clamp(1, 8);
        let memory =
            (2 * GIB).saturating_add(per_thread.saturating_mul(u64::from(threads)).saturating_mul(scale));
        Self { memory, ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 2 * GIB, cpu_seconds: 24 * 3600, file_size: 0, open_files: 64, nice: 10 }
    }
}

impl Limits {
    pub(super) fn apply(&self) -> Result<(), EnterError> {
        let system = |what| move |error: rustix::io::Errno| EnterError::System { what, source: error.into() };
        for (resource, value) in [
            (Resource::Core, 0),
            (Resource::Fsize, self.file_size),
            (Resource::Nofile, self.open_files),
            (Resource::Cpu, self.cpu_seconds),
            (Resource::As, self.memory),
        ] {
            // Never above what this process was given itself.
            let allowed = rustix::process::getrlimit(resource).maximum;
            let value = allowed.map_or(value, |allowed| allowed.min(value));
            rustix::process::setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
                .map_err(system("set a resource limit"))?;
        }
        rustix::process::nice(i32::from(self.nice)).map_err(system("lower the priority"))?;
        Ok(())
    }
}

const GIB: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_threads_and_picture_size() {
        let small = Limits::for_threads(4, 1920 * 1080).memory;
        assert_eq!(small, 4 * GIB);
        assert!(Limits::for_threads(40, 3840 * 2160).memory >= 9_000_000_000);
        assert!(Limits::for_threads(4, 7680 * 4320).memory > small);
        assert!(Limits::for_threads(u32::MAX, u64::MAX).memory > small, "no overflow");
    }
}
