//! How many requests are served at once, and whether any more are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// The door: counts those inside, and turns away what would be too many.
#[derive(Debug)]
pub struct Gate {
    inside: AtomicUsize,
    most: usize,
    stopping: AtomicBool,
}

/// A place inside; given up when dropped.
#[derive(Debug)]
pub struct Permit(Arc<Gate>);

impl Gate {
    /// A door for this many at once.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { inside: AtomicUsize::new(0), most, stopping: AtomicBool::new(false) })
    }

    /// A place, if there is one.
    pub fn enter(self: &Arc<Self>) -> Option<Permit> {
        let before = self.inside.fetch_add(1, Ordering::AcqRel);
        let permit = Permit(Arc::clone(self));
        (before < self.most).then_some(permit)
    }

    /// How many are inside.
    pub fn inside(&self) -> usize {
        self.inside.load(Ordering::Acquire)
    }

    /// Says that the server stops: it is no longer ready, and connections close with their next answer. Requests that
    /// come all the same are served.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Waits until nobody is inside, at most this long. Says whether the place is empty.
    pub async fn empty(&self, at_most: Duration) -> bool {
        let end = Instant::now() + at_most;
        while self.inside() > 0 {
            if Instant::now() >= end {
                return false;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn the_door_counts() {
        let gate = Gate::new(2);
        let first = gate.enter().unwrap();
        let second = gate.enter().unwrap();
        assert!(gate.enter().is_none());
        assert_eq!(gate.inside(), 2, "one turned away holds no place");
        drop(first);
        let third = gate.enter();
        assert!(third.is_some());
        assert!(!gate.empty(Duration::from_millis(15)).await);
        drop((second, third));
        assert!(gate.empty(Duration::ZERO).await);
        gate.stop();
        assert!(gate.is_stopping() && gate.enter().is_some());
    }
}
