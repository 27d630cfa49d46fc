//! Checks that need nothing of each other, spread over threads.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};

/// How many threads verify signatures and proofs. What an audit comes to is the same for any number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threads(NonZeroUsize);

impl Threads {
    /// None beside the caller's.
    pub const ONE: Self = Self(NonZeroUsize::MIN);

    /// So many.
    pub const fn new(threads: NonZeroUsize) -> Self {
        Self(threads)
    }

    /// One for each core; one alone where that cannot be told, as in a browser.
    pub fn all() -> Self {
        std::thread::available_parallelism().map_or(Self::ONE, Self)
    }

    /// How many.
    pub const fn get(self) -> usize {
        self.0.get()
    }

    /// Asks the same of every item; the answers come in the order of the items, whoever gave them.
    pub(crate) fn map<T: Sync, R: Send>(
        self,
        items: &[T],
        answer: impl Fn(&T) -> R + Sync,
    ) -> Vec<R> {
        let others = self.get().min(items.len()).saturating_sub(1);
        if others == 0 {
            return items.iter().map(answer).collect();
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut answers = Vec::new();
            loop {
                let position = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(position) else {
                    return answers;
                };
                answers.push((position, answer(item)));
            }
        };
        let mut answers = std::thread::scope(|scope| {
            // Where the system has no thread left, this one does the work alone.
            let others: Vec<_> = (0..others)
                .filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let mut answers = work();
            for other in others {
                match other.join() {
                    Ok(more) => answers.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            answers
        });
        answers.sort_unstable_by_key(|(position, _)| *position);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }
}

impl Default for Threads {
    fn default() -> Self {
        Self::all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_from_any_number_of_threads() {
        let items: Vec<u32> = (0..1_000).collect();
        let expected: Vec<u32> = items.iter().map(|item| item * 2).collect();
        for threads in [1, 2, 3, 16] {
            let threads = Threads::new(NonZeroUsize::new(threads).expect("is none of them"));
            assert_eq!(threads.map(&items, |item| item * 2), expected);
            assert_eq!(threads.map(&[], |item: &u32| *item), Vec::<u32>::new());
        }
    }
}
