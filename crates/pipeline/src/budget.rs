//! Admission of FFmpeg by memory and processors: what a machine can hold at once is decided before a child starts, because a
//! child that the kernel kills for memory has wasted all it did.
//!
//! First rungs, sources that still arrive, and ladders have a share of the memory each. So a first rung never waits for a ladder
//! or a slow sender, only for other first rungs; and it runs above ladders in priority, as the API runs above both.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What media work may take of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaBudget {
    /// Threads of one FFmpeg's decoder and of each of its encoders.
    pub threads: usize,
    /// Bytes that all FFmpegs together may hold.
    pub memory: u64,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Somebody waits for the first picture.
    First,
    /// The same, while the source comes in at its sender's pace: it holds its memory for long.
    Arriving,
    /// Further rungs.
    Ladder,
}

impl Class {
    /// The class of a stage of a plan.
    pub(crate) fn of(stage: u8) -> Self {
        if stage <= 1 { Self::First } else { Self::Ladder }
    }

    /// Added to the niceness. The API has 0; ten steps apart the kernel gives about nine tenths to the lower.
    pub(crate) fn nice(self) -> u8 {
        match self {
            Self::First | Self::Arriving => 5,
            Self::Ladder => 15,
        }
    }
}

/// The shares, and who holds what of them.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) threads: usize,
    first: Share,
    arriving: Share,
    ladder: Share,
}

impl Budget {
    pub(crate) fn new(budget: MediaBudget) -> Self {
        let (third, sixth) = (budget.memory / 3, budget.memory / 6);
        Self {
            threads: budget.threads.max(1),
            first: Share::new(third),
            arriving: Share::new(sixth),
            ladder: Share::new(budget.memory.saturating_sub(third).saturating_sub(sixth)),
        }
    }

    /// Waits until `bytes` more are free in the share of `class`. Who asks for more than the share has is let in alone.
    pub(crate) async fn admit(&self, class: Class, bytes: u64) -> Option<OwnedSemaphorePermit> {
        match class {
            Class::First => self.first.take(bytes).await,
            Class::Arriving => self.arriving.take(bytes).await,
            Class::Ladder => self.ladder.take(bytes).await,
        }
    }
}

#[derive(Debug)]
struct Share {
    free: Arc<Semaphore>,
    all: u32,
}

impl Share {
    fn new(bytes: u64) -> Self {
        let all = units(bytes).max(1);
        Self { free: Arc::new(Semaphore::new(usize::try_from(all).unwrap_or(usize::MAX))), all }
    }

    async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let wanted = units(bytes).clamp(1, self.all);
        // Only a closed semaphore refuses, and nobody closes it.
        Arc::clone(&self.free).acquire_many_owned(wanted).await.ok()
    }
}

/// Mebibytes, rounded up; a semaphore counts at most 2^29.
fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX).min(1 << 28)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    const MIB: u64 = 1 << 20;

    fn admitted(wait: &mut (impl Future<Output = Option<OwnedSemaphorePermit>> + Unpin)) -> bool {
        matches!(std::pin::Pin::new(wait).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Some(_)))
    }

    #[test]
    fn a_first_rung_does_not_wait_for_ladders() {
        let budget = Budget::new(MediaBudget { threads: 2, memory: 900 * MIB });
        let mut whole = Box::pin(budget.admit(Class::Ladder, 600 * MIB));
        let Poll::Ready(ladder) = whole.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("the share was free")
        };
        assert!(!admitted(&mut Box::pin(budget.admit(Class::Ladder, MIB))), "the ladders' share is taken");
        assert!(admitted(&mut Box::pin(budget.admit(Class::First, 300 * MIB))));
        drop(ladder);
        assert!(admitted(&mut Box::pin(budget.admit(Class::Ladder, MIB))));
    }

    #[test]
    fn what_is_larger_than_its_share_runs_alone() {
        let budget = Budget::new(MediaBudget { threads: 2, memory: 90 * MIB });
        let mut small = Box::pin(budget.admit(Class::Ladder, 10 * MIB));
        let Poll::Ready(held) = small.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("the share was free")
        };
        let mut huge = Box::pin(budget.admit(Class::Ladder, u64::MAX));
        assert!(!admitted(&mut huge));
        drop(held);
        assert!(admitted(&mut huge));
    }
}
