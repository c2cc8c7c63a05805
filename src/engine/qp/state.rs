//! The state table: which transitions there are, and which attributes each must and may take.

use crate::engine::types::{AttrMask, QpState, Service};

/// Attributes of one transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transition {
    pub(super) required: AttrMask,
    pub(super) optional: AttrMask,
}

impl QpState {
    /// The state with a number of `enum ibv_qp_state`.
    pub fn from_raw(raw: u32) -> Option<QpState> {
        Some(match raw {
            0 => QpState::Reset,
            1 => QpState::Init,
            2 => QpState::Rtr,
            3 => QpState::Rts,
            4 => QpState::Sqd,
            5 => QpState::Sqe,
            6 => QpState::Err,
            _ => return None,
        })
    }
}

const NONE: AttrMask = AttrMask::empty();

const fn union(masks: &[AttrMask]) -> AttrMask {
    let mut bits = 0;
    let mut i = 0;
    while i < masks.len() {
        bits |= masks[i].bits();
        i += 1;
    }
    AttrMask::from_bits_retain(bits)
}

/// Path migration may be named wherever the table has it; its values are refused apart.
const MIGRATION: AttrMask = union(&[AttrMask::ALT_PATH, AttrMask::PATH_MIG_STATE]);

/// What a running connected QP takes in nearly every transition.
const CONNECTED: AttrMask = union(&[AttrMask::CUR_STATE, AttrMask::ACCESS_FLAGS, MIGRATION]);
const CONNECTED_RC: AttrMask = union(&[CONNECTED, AttrMask::MIN_RNR_TIMER]);
const DATAGRAM: AttrMask = union(&[AttrMask::CUR_STATE, AttrMask::QKEY]);

/// The row of the table; `None` if there is no such transition.
pub(super) fn transition(service: Service, from: QpState, to: QpState) -> Option<Transition> {
    use QpState::{Err, Init, Reset, Rtr, Rts, Sqd, Sqe};
    let is_rc = service == Service::Rc;
    let is_ud = service == Service::Ud;
    let by_service = |rc, uc, ud| match service {
        Service::Rc => rc,
        Service::Uc => uc,
        Service::Ud => ud,
    };
    let identity = by_service(
        union(&[AttrMask::PKEY_INDEX, AttrMask::PORT, AttrMask::ACCESS_FLAGS]),
        union(&[AttrMask::PKEY_INDEX, AttrMask::PORT, AttrMask::ACCESS_FLAGS]),
        union(&[AttrMask::PKEY_INDEX, AttrMask::PORT, AttrMask::QKEY]),
    );
    let path = union(&[
        AttrMask::AV,
        AttrMask::PATH_MTU,
        AttrMask::DEST_QPN,
        AttrMask::RQ_PSN,
    ]);
    let responder = union(&[path, AttrMask::MAX_DEST_RD_ATOMIC, AttrMask::MIN_RNR_TIMER]);
    let retries = union(&[AttrMask::TIMEOUT, AttrMask::RETRY_CNT, AttrMask::RNR_RETRY]);
    let requester = union(&[retries, AttrMask::SQ_PSN, AttrMask::MAX_QP_RD_ATOMIC]);
    let running = by_service(CONNECTED_RC, CONNECTED, DATAGRAM);

    let (required, optional) = match (from, to) {
        (_, Reset) => (NONE, NONE),
        // Nothing is queued or connected in RESET, so there is nothing an error state could end.
        (Reset, Err) => return None,
        (_, Err) => (NONE, NONE),
        (Reset, Init) => (identity, NONE),
        (Init, Init) => (NONE, identity),
        (Init, Rtr) => {
            let connected = union(&[MIGRATION, AttrMask::ACCESS_FLAGS, AttrMask::PKEY_INDEX]);
            let datagram = union(&[AttrMask::PKEY_INDEX, AttrMask::QKEY]);
            (
                by_service(responder, path, NONE),
                by_service(connected, connected, datagram).difference(AttrMask::PATH_MIG_STATE),
            )
        }
        (Rtr, Rts) => (
            by_service(requester, AttrMask::SQ_PSN, AttrMask::SQ_PSN),
            running,
        ),
        (Rts, Rts) | (Sqd, Rts) => (NONE, running),
        (Rts, Sqd) => (NONE, AttrMask::EN_SQD_ASYNC_NOTIFY),
        (Sqd, Sqd) => {
            let common = union(&[
                AttrMask::AV,
                AttrMask::ACCESS_FLAGS,
                AttrMask::PKEY_INDEX,
                MIGRATION,
            ]);
            let depths = union(&[AttrMask::MAX_QP_RD_ATOMIC, AttrMask::MAX_DEST_RD_ATOMIC]);
            let timers = union(&[retries, AttrMask::MIN_RNR_TIMER]);
            let rc = union(&[common, depths, timers, AttrMask::PORT]);
            let ud = union(&[AttrMask::PKEY_INDEX, AttrMask::QKEY]);
            (NONE, by_service(rc, common, ud))
        }
        (Sqe, Rts) if !is_rc => {
            let uc = union(&[AttrMask::CUR_STATE, AttrMask::ACCESS_FLAGS]);
            (NONE, if is_ud { DATAGRAM } else { uc })
        }
        _ => return None,
    };
    Some(Transition { required, optional })
}
