//! A queue that many threads put into without ever waiting for each other, and one empties as a whole.
//!
//! The stack of Treiber (IBM RJ 5118, 1986), emptied with a single swap, which also spares it the ABA problem.
//! Not a channel: std's and crossbeam's senders and receivers wait for one another for a moment at the edges of
//! their blocks, and here one side is the event loop and the other a worker that may be preempted for long.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// See the module's documentation.
pub struct Stack<T> {
    head: AtomicPtr<Node<T>>,
}

struct Node<T> {
    value: T,
    next: *mut Node<T>,
}

// SAFETY: values are only moved in and out, never shared; a node belongs to the thread that made it until the
// exchange that publishes it, and to the thread that swapped it out afterwards.
unsafe impl<T: Send> Send for Stack<T> {}
// SAFETY: as above; `&Stack` gives no access to a `&T`.
unsafe impl<T: Send> Sync for Stack<T> {}

impl<T> Default for Stack<T> {
    fn default() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()) }
    }
}

impl<T> Stack<T> {
    /// Puts a value in.
    pub fn put(&self, value: T) {
        let mut head = self.head.load(Ordering::Relaxed);
        let node = Box::into_raw(Box::new(Node { value, next: head }));
        while let Err(now) = self.head.compare_exchange_weak(head, node, Ordering::Release, Ordering::Relaxed)
        {
            head = now;
            // SAFETY: the node is not published yet, so it is ours alone.
            unsafe { (*node).next = head };
        }
    }

    /// Takes everything out, oldest first.
    pub fn take_all(&self) -> Vec<T> {
        let mut node = self.head.swap(ptr::null_mut(), Ordering::Acquire);
        let mut values = Vec::new();
        while !node.is_null() {
            // SAFETY: the swap made the whole chain ours; each node came from `Box::into_raw` in `put`, whose
            // writes the acquire makes visible, and is turned back once.
            let taken = *unsafe { Box::from_raw(node) };
            values.push(taken.value);
            node = taken.next;
        }
        values.reverse();
        values
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        drop(self.take_all());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn nothing_is_lost_and_each_thread_s_order_is_kept() {
        const EACH: usize = 20_000;
        let stack = Arc::new(Stack::default());
        let putters: Vec<_> = (0..4)
            .map(|putter| {
                let stack = Arc::clone(&stack);
                thread::spawn(move || (0..EACH).for_each(|number| stack.put((putter, Box::new(number)))))
            })
            .collect();
        let mut next = [0; 4];
        while next != [EACH; 4] {
            for (putter, number) in stack.take_all() {
                assert_eq!(*number, next[putter]);
                next[putter] += 1;
            }
        }
        for putter in putters {
            putter.join().unwrap();
        }
        assert!(stack.take_all().is_empty());
    }

    #[test]
    fn what_is_left_is_dropped_with_it() {
        let value = Arc::new(());
        let stack = Stack::default();
        (0..10).for_each(|_| stack.put(Arc::clone(&value)));
        drop(stack);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
