//! The shared receive queue: WQEs that any of its QPs may take, with a low-water event.
//!
//! It is locked apart from the QPs; they reach it through `Host::take_shared_recv`.

use super::rq::Rq;
use super::types::{PostError, RecvWqe, Sge};
use std::collections::TryReserveError;

pub struct Srq {
    rq: Rq,
    max_sge: usize,
    /// 0: not armed.
    limit: u32,
    has_limit_event: bool,
}

impl Srq {
    pub fn new(depth: u32, max_sge: u32) -> Result<Srq, TryReserveError> {
        Ok(Srq {
            rq: Rq::new(depth, max_sge)?,
            max_sge: max_sge as usize,
            limit: 0,
            has_limit_event: false,
        })
    }

    pub fn post_recv(&mut self, wr_id: u64, sges: &[Sge]) -> Result<(), PostError> {
        // Unlike on a QP, the request is judged before the room.
        if sges.len() > self.max_sge {
            return Err(PostError::TooMuch);
        }
        self.rq.push(wr_id, sges)
    }

    /// Moves the oldest WQE into `wqe`; `false` if there is none.
    pub fn take(&mut self, wqe: &mut RecvWqe) -> bool {
        let taken = self.rq.take(wqe);
        self.check_limit();
        taken
    }

    /// Arms the limit; 0 disarms. The event is raised once, when a WQE is taken and fewer than
    /// `limit` are left.
    pub fn arm_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// The armed limit; 0 once the event was raised.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// True once after the number of WQEs fell below the armed limit.
    pub fn poll_limit_event(&mut self) -> bool {
        std::mem::take(&mut self.has_limit_event)
    }

    /// How many WQEs wait.
    pub fn count(&self) -> u32 {
        self.rq.count()
    }

    fn check_limit(&mut self) {
        if self.limit != 0 && self.rq.count() < self.limit {
            self.limit = 0;
            self.has_limit_event = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::Lkey;

    #[test]
    fn takes_in_order_and_reports_the_limit_once() {
        let mut srq = Srq::new(3, 2).unwrap();
        let sge = |addr| Sge {
            addr,
            len_bytes: 8,
            lkey: Lkey(1),
        };
        for i in 0..3 {
            srq.post_recv(i, &[sge(i), sge(i + 10)]).unwrap();
        }
        assert_eq!(srq.post_recv(3, &[]), Err(PostError::Full));
        srq.arm_limit(2);
        let mut wqe = RecvWqe::default();
        assert!(srq.take(&mut wqe));
        assert_eq!((wqe.wr_id, wqe.sges[1].addr), (0, 10));
        assert!(!srq.poll_limit_event());
        assert!(srq.take(&mut wqe));
        assert!(srq.poll_limit_event());
        assert!(!srq.poll_limit_event());
        assert_eq!(srq.limit(), 0);
        assert!(srq.take(&mut wqe));
        assert!(!srq.take(&mut wqe));
        assert_eq!(srq.post_recv(9, &[sge(0); 3]), Err(PostError::TooMuch));
    }
}
