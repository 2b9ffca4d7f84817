//! Results of parallel work in the order of the work, few at a time.

use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::findings::Scanned;

/// Results that may wait for one before them.
const RESULTS: usize = 512;
/// What they may weigh together before nothing new is begun.
const WEIGHT: usize = 20_000;

/// What takes memory.
pub(super) trait Weight {
    /// A rough measure of it.
    fn weight(&self) -> usize;
}

impl Weight for Option<Scanned> {
    fn weight(&self) -> usize {
        let gaps = |scanned: &Scanned| scanned.artifact.as_ref().map_or(0, |artifact| artifact.gaps.len());
        self.as_ref().map_or(0, |scanned| scanned.findings.len().saturating_add(gaps(scanned)))
    }
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    /// The next result.
    Ready(T),
    /// It is not there yet.
    Later,
    /// Nothing more comes.
    End,
}

/// Numbers of work to be done, and their results.
pub(super) struct Queue<T> {
    all: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    /// The first number that nobody has taken.
    free: usize,
    /// The number whose result is handed on next.
    due: usize,
    /// Numbers that are being worked on.
    busy: usize,
    results: BTreeMap<usize, T>,
    weight: usize,
    closed: bool,
}

impl<T: Weight> Queue<T> {
    /// Work with the numbers from 0 to `all`.
    pub(super) const fn new(all: usize) -> Self {
        let state = State { free: 0, due: 0, busy: 0, results: BTreeMap::new(), weight: 0, closed: false };
        Self { all, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number to work on, once there is room for its result; nothing if all are taken.
    pub(super) fn take(&self) -> Option<usize> {
        let mut state = self.state();
        loop {
            if state.closed || state.free >= self.all {
                return None;
            }
            if state.free.saturating_sub(state.due) < RESULTS && state.weight <= WEIGHT {
                break;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let number = state.free;
        state.free = number.saturating_add(1);
        state.busy = state.busy.saturating_add(1);
        Some(number)
    }

    /// Puts the result of a number that was taken.
    pub(super) fn put(&self, number: usize, result: T) {
        let mut state = self.state();
        state.busy = state.busy.saturating_sub(1);
        state.weight = state.weight.saturating_add(result.weight());
        state.results.insert(number, result);
        self.changed.notify_all();
    }

    /// No number is given out any more; what is being worked on comes to its end.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// The next result, waiting for it no longer than `patience`. Once closed, numbers nobody took are left out.
    pub(super) fn next(&self, patience: Duration) -> Next<T> {
        let mut state = self.state();
        if state.due < self.all && state.missing() {
            let waited = self.changed.wait_timeout(state, patience);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let due = state.due;
        let result = if state.closed && state.busy == 0 {
            state.results.pop_first().map(|(_, result)| result)
        } else {
            state.results.remove(&due)
        };
        match result {
            Some(result) => {
                state.due = due.saturating_add(1);
                state.weight = state.weight.saturating_sub(result.weight());
                self.changed.notify_all();
                Next::Ready(result)
            }
            None if due >= self.all || (state.closed && state.busy == 0) => Next::End,
            None => Next::Later,
        }
    }
}

impl<T> State<T> {
    /// Whether there is reason to wait for the next result.
    fn missing(&self) -> bool {
        !(self.results.contains_key(&self.due) || self.closed && self.busy == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weight for usize {
        fn weight(&self) -> usize {
            *self
        }
    }

    const SOON: Duration = Duration::from_millis(1);

    #[test]
    fn results_come_in_order_whoever_is_first() {
        let queue = Queue::new(3);
        let taken: Vec<_> = std::iter::from_fn(|| queue.take()).collect();
        assert_eq!(taken, [0, 1, 2]);
        queue.put(2, 20);
        assert_eq!(queue.next(SOON), Next::Later);
        queue.put(0, 0);
        queue.put(1, 10);
        let all: Vec<_> = (0..4).map(|_| queue.next(SOON)).collect();
        assert_eq!(all, [Next::Ready(0), Next::Ready(10), Next::Ready(20), Next::End]);
    }

    #[test]
    fn heavy_results_hold_up_new_work() {
        let queue = Queue::new(9);
        let first = queue.take().unwrap();
        queue.put(first, WEIGHT + 1);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| queue.take());
            std::thread::sleep(Duration::from_millis(20));
            assert!(!second.is_finished());
            assert_eq!(queue.next(SOON), Next::Ready(WEIGHT + 1));
            assert_eq!(second.join().unwrap(), Some(1));
        });
    }

    #[test]
    fn a_closed_queue_hands_out_what_is_done() {
        let queue = Queue::new(9);
        let numbers: Vec<_> = (0..3).filter_map(|_| queue.take()).collect();
        queue.put(2, 7);
        queue.close();
        assert_eq!((numbers.len(), queue.take()), (3, None));
        assert_eq!(queue.next(SOON), Next::Later);
        queue.put(0, 5);
        queue.put(1, 6);
        let all: Vec<_> = (0..4).map(|_| queue.next(SOON)).collect();
        assert_eq!(all, [Next::Ready(5), Next::Ready(6), Next::Ready(7), Next::End]);
    }
}
