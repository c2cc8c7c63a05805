//! Modify: checks every attribute against the state table and its range before any takes effect.

use super::Qp;
use super::state::transition;
use crate::engine::types::{AttrMask, ModifyError, QpAttr, QpEvent, QpState, Service};
use crate::wire::Psn;

/// Responder resources and initiator depth a QP may ask for.
pub const MAX_RD_ATOMIC: u8 = 128;

/// Largest payload of a datagram, whatever the path: `enum ibv_mtu` ends there.
pub(in crate::engine) const MAX_MTU_BYTES: u32 = 4096;

const MASK_24: u32 = 0x00ff_ffff;

impl Qp {
    /// Changes state and attributes; on an error nothing has changed.
    ///
    /// A transition to RESET forgets everything queued without completions; one to ERR flushes.
    pub fn modify(&mut self, attr: &QpAttr, mask: AttrMask) -> Result<(), ModifyError> {
        let to = self.check_modify(attr, mask)?;
        self.apply(attr, mask);
        self.enter(to, mask);
        Ok(())
    }

    /// Whether `modify` would do this, and which state it would lead to.
    pub fn check_modify(&self, attr: &QpAttr, mask: AttrMask) -> Result<QpState, ModifyError> {
        let to = self.check_transition(attr, mask)?;
        check_ranges(attr, mask)?;
        Ok(to)
    }

    fn check_transition(&self, attr: &QpAttr, mask: AttrMask) -> Result<QpState, ModifyError> {
        let from = self.state;
        if mask.contains(AttrMask::CUR_STATE) && attr.cur_state != from as u32 {
            return Err(ModifyError::CurState { actual: from });
        }
        let raw = if mask.contains(AttrMask::STATE) {
            attr.state
        } else {
            from as u32
        };
        let refused = ModifyError::Transition { from, to: raw };
        let to = QpState::from_raw(raw).ok_or(refused)?;
        let row = transition(self.service, from, to).ok_or(refused)?;
        let missing = row.required.difference(mask);
        if !missing.is_empty() {
            return Err(ModifyError::Missing(missing));
        }
        let taken = row.required | row.optional | AttrMask::STATE;
        let surplus = mask.difference(taken);
        if !surplus.is_empty() {
            return Err(ModifyError::NotAllowed(surplus));
        }
        Ok(to)
    }

    fn apply(&mut self, attr: &QpAttr, mask: AttrMask) {
        let own = &mut self.attr;
        macro_rules! take {
            ($($bit:ident => $field:ident),* $(,)?) => {
                $(if mask.contains(AttrMask::$bit) { own.$field = attr.$field; })*
            };
        }
        take! {
            EN_SQD_ASYNC_NOTIFY => en_sqd_async_notify,
            ACCESS_FLAGS => access,
            PKEY_INDEX => pkey_index,
            PORT => port_num,
            QKEY => qkey,
            AV => av,
            PATH_MTU => path_mtu,
            TIMEOUT => timeout,
            RETRY_CNT => retry_cnt,
            RNR_RETRY => rnr_retry,
            MAX_QP_RD_ATOMIC => max_rd_atomic,
            MAX_DEST_RD_ATOMIC => max_dest_rd_atomic,
            MIN_RNR_TIMER => min_rnr_timer,
            DEST_QPN => dest_qpn,
        }
        // PSNs are 24 bits wide; hardware ignores the rest.
        if mask.contains(AttrMask::RQ_PSN) {
            own.rq_psn = attr.rq_psn & MASK_24;
        }
        if mask.contains(AttrMask::SQ_PSN) {
            own.sq_psn = attr.sq_psn & MASK_24;
        }
        if mask.contains(AttrMask::PATH_MTU) {
            self.mtu_bytes = 128 << attr.path_mtu;
            self.unit_shift = self.mtu_bytes.trailing_zeros();
        }
    }

    fn enter(&mut self, to: QpState, mask: AttrMask) {
        let from = self.state;
        match to {
            QpState::Reset => {
                self.reset();
                return;
            }
            QpState::Err => {
                self.enter_err();
                self.resp.clear_outputs();
                return;
            }
            _ => {}
        }
        self.set_state(to);
        match (from, to) {
            (QpState::Init, QpState::Rtr) => {
                if self.service == Service::Ud {
                    self.mtu_bytes = MAX_MTU_BYTES;
                    self.unit_shift = MAX_MTU_BYTES.trailing_zeros();
                }
                self.resp.connect(Psn::new(self.attr.rq_psn));
            }
            (QpState::Rtr, QpState::Rts) => {
                self.req.connect(Psn::new(self.attr.sq_psn), &self.attr);
            }
            (QpState::Rts, QpState::Sqd) => {
                // Without the flag the notification of an earlier drain would come again.
                if !mask.contains(AttrMask::EN_SQD_ASYNC_NOTIFY) {
                    self.attr.en_sqd_async_notify = false;
                }
                self.attr.sq_draining = true;
                self.check_drained();
            }
            (QpState::Sqd, QpState::Sqd) => self.req.refill_budgets(&self.attr),
            (QpState::Sqd, QpState::Rts) => self.attr.sq_draining = false,
            (QpState::Sqe, QpState::Rts) => self.sq.end_flush(),
            _ => {}
        }
    }

    /// In SQD: reports once that all WQEs that had started are done.
    #[inline]
    pub(in crate::engine) fn check_drained(&mut self) {
        if self.attr.sq_draining && self.sq.done == self.sq.started {
            self.attr.sq_draining = false;
            if self.attr.en_sqd_async_notify {
                self.raise(QpEvent::SqDrained);
            }
        }
    }
}

fn check_ranges(attr: &QpAttr, mask: AttrMask) -> Result<(), ModifyError> {
    let within = |bit: AttrMask, is_good: bool, name| {
        if mask.contains(bit) && !is_good {
            Err(ModifyError::Range(name))
        } else {
            Ok(())
        }
    };
    within(AttrMask::PKEY_INDEX, attr.pkey_index == 0, "pkey_index")?;
    within(AttrMask::PORT, attr.port_num == 1, "port_num")?;
    within(AttrMask::AV, attr.av.port_num == 1, "ah_attr.port_num")?;
    within(
        AttrMask::PATH_MTU,
        (1..=5).contains(&attr.path_mtu),
        "path_mtu",
    )?;
    within(
        AttrMask::DEST_QPN,
        attr.dest_qpn.0 <= MASK_24,
        "dest_qp_num",
    )?;
    within(AttrMask::TIMEOUT, attr.timeout < 32, "timeout")?;
    within(AttrMask::RETRY_CNT, attr.retry_cnt < 8, "retry_cnt")?;
    within(AttrMask::RNR_RETRY, attr.rnr_retry < 8, "rnr_retry")?;
    within(
        AttrMask::MIN_RNR_TIMER,
        attr.min_rnr_timer < 32,
        "min_rnr_timer",
    )?;
    let depth = |value: u8| value <= MAX_RD_ATOMIC;
    within(
        AttrMask::MAX_QP_RD_ATOMIC,
        depth(attr.max_rd_atomic),
        "max_rd_atomic",
    )?;
    within(
        AttrMask::MAX_DEST_RD_ATOMIC,
        depth(attr.max_dest_rd_atomic),
        "max_dest_rd_atomic",
    )?;
    // Path migration is an InfiniBand matter: RoCE has no alternate path.
    if mask.contains(AttrMask::ALT_PATH) {
        return Err(ModifyError::Unsupported("alt_ah_attr"));
    }
    if mask.contains(AttrMask::PATH_MIG_STATE) && attr.path_mig_state != 0 {
        return Err(ModifyError::Unsupported("path_mig_state"));
    }
    Ok(())
}
