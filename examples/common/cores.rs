//! Work on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The results of `work` for 0 to `count`, in this order; each core takes the next number when it is free.
pub fn on_all_cores<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let take = || {
        for index in std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed)).take_while(|&index| index < count)
        {
            let found = work(index);
            done.lock().expect("no thread has panicked").push((index, found));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(take))));
    let mut done = done.into_inner().expect("no thread has panicked");
    done.sort_by_key(|&(index, _)| index);
    done.into_iter().map(|(_, found)| found).collect()
}
