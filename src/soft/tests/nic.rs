//! The embedded NIC for tests: opened in this process and spoken to through its operations table.
//!
//! Who uses it: the unit tests of `soft`, and `tests/data_path_allocations.rs`, which includes this
//! file; each provides `abi` and `soft` beside it. Nothing here waits for a certain time: what
//! does not happen within very many looks is a failure.
#![allow(dead_code, reason = "not everybody who includes it needs all of it")]

use super::abi::*;
use super::soft;
use std::ffi::c_int;
use std::ptr::null_mut;

/// Calls one operation of the table.
macro_rules! op {
    ($name:ident($($argument:expr),* $(,)?)) => {{
        let op = soft::ops::TABLE.$name.expect(stringify!($name));
        // SAFETY: the test's own objects, alive, and structs and places of the right types.
        unsafe { op($($argument),*) }
    }};
}
pub(crate) use op;

/// Looks at something that has not happened yet.
pub(crate) const LOOKS: usize = 2_000_000;

pub(crate) const QKEY: u32 = 0x1234;

pub(crate) const ALL_ACCESS: u32 = IBV_ACCESS_LOCAL_WRITE
    | IBV_ACCESS_REMOTE_WRITE
    | IBV_ACCESS_REMOTE_READ
    | IBV_ACCESS_REMOTE_ATOMIC;

/// An open device; closed with the value.
pub(crate) struct Nic {
    pub(crate) context: *mut ibv_context,
    pub(crate) pd: *mut ibv_pd,
}

// SAFETY: verbs objects may be used from any thread.
unsafe impl Send for Nic {}
// SAFETY: as above.
unsafe impl Sync for Nic {}

/// What a QP is made of besides its domain.
#[derive(Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) send_cq: *mut ibv_cq,
    pub(crate) recv_cq: *mut ibv_cq,
    pub(crate) srq: *mut ibv_srq,
    pub(crate) qp_type: u32,
    pub(crate) cap: ibv_qp_cap,
    pub(crate) sq_sig_all: c_int,
}

impl Wish {
    pub(crate) fn on(cq: *mut ibv_cq, qp_type: u32) -> Wish {
        Wish {
            send_cq: cq,
            recv_cq: cq,
            srq: null_mut(),
            qp_type,
            cap: ibv_qp_cap {
                max_send_wr: 64,
                max_recv_wr: 64,
                max_send_sge: 32,
                max_recv_sge: 32,
                max_inline_data: 256,
            },
            sq_sig_all: 0,
        }
    }
}

/// Memory with a key; the key is taken back with the value.
pub(crate) struct Region {
    pub(crate) bytes: Vec<u8>,
    pub(crate) mr: *mut ibv_mr,
}

// SAFETY: verbs objects may be used from any thread.
unsafe impl Sync for Region {}

impl Region {
    pub(crate) fn key(&self) -> u32 {
        // SAFETY: a live region.
        unsafe { (*self.mr).lkey }
    }

    pub(crate) fn sge(&self, offset: usize, len: usize) -> ibv_sge {
        assert!(offset + len <= self.bytes.len());
        ibv_sge {
            addr: self.bytes.as_ptr() as u64 + offset as u64,
            length: len as u32,
            lkey: self.key(),
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        assert_eq!(op!(dereg_mr(self.mr.cast())), 0);
    }
}

impl Nic {
    pub(crate) fn open() -> Nic {
        let devices = soft::list(0)
            .expect("the interfaces can be asked for")
            .expect("the NIC is not switched off");
        let block = Box::into_raw(Box::new(embedded_context {
            verbs: Zeroed::zeroed(),
            soft: null_mut(),
        }));
        // SAFETY: a block of our own.
        let context = unsafe { &raw mut (*block).verbs.context };
        // SAFETY: as above.
        let soft = unsafe { soft::open(devices[0].key, context) }.expect("it opens");
        // SAFETY: as above.
        unsafe { (*block).soft = soft };
        let pd = op!(alloc_pd(context));
        assert!(!pd.is_null());
        Nic { context, pd }
    }

    /// Closes the device with whatever is still open.
    pub(crate) fn abandon(self) {
        op!(free_context(self.context));
        std::mem::forget(self);
    }

    pub(crate) fn channel(&self) -> *mut ibv_comp_channel {
        // SAFETY: an open context.
        let channel = unsafe { (soft::ops::CORE.create_comp_channel)(self.context) };
        assert!(!channel.is_null());
        channel
    }

    pub(crate) fn cq(&self, depth: c_int, channel: *mut ibv_comp_channel) -> *mut ibv_cq {
        // All-zero bytes are an initialised mutex and condition, which `api` makes otherwise.
        let cq = op!(create_cq(self.context, depth, channel, 0));
        assert!(!cq.is_null());
        cq
    }

    pub(crate) fn srq(&self, depth: u32) -> *mut ibv_srq {
        let mut init: ibv_srq_init_attr = Zeroed::zeroed();
        init.attr.max_wr = depth;
        init.attr.max_sge = 2;
        let srq = op!(create_srq(self.pd, &mut init));
        assert!(!srq.is_null());
        srq
    }

    pub(crate) fn try_qp(&self, wish: &Wish) -> *mut ibv_qp {
        let mut init: ibv_qp_init_attr = Zeroed::zeroed();
        init.send_cq = wish.send_cq;
        init.recv_cq = wish.recv_cq;
        init.srq = wish.srq;
        init.qp_type = wish.qp_type;
        init.cap = wish.cap;
        init.sq_sig_all = wish.sq_sig_all;
        op!(create_qp(self.pd, &mut init))
    }

    pub(crate) fn qp(&self, wish: &Wish) -> *mut ibv_qp {
        let qp = self.try_qp(wish);
        assert!(!qp.is_null());
        qp
    }

    /// A QP that talks to itself.
    pub(crate) fn loop_qp(&self, wish: &Wish) -> *mut ibv_qp {
        let qp = self.qp(wish);
        self.connect(qp, number(qp));
        qp
    }

    pub(crate) fn region(&self, len: usize) -> Region {
        self.region_with(vec![0; len], ALL_ACCESS)
    }

    pub(crate) fn region_with(&self, mut bytes: Vec<u8>, access: u32) -> Region {
        let place = bytes.as_mut_ptr();
        let mr = op!(reg_mr(
            self.pd,
            place.cast(),
            bytes.len(),
            place as u64,
            access as c_int,
        ));
        assert!(!mr.is_null(), "errno {}", errno());
        Region { bytes, mr }
    }

    pub(crate) fn gid(&self) -> ibv_gid {
        let mut gid = ibv_gid { raw: [0; 16] };
        // SAFETY: an open context and a place.
        let failed = unsafe { (soft::ops::CORE.query_gid)(self.context, 1, 0, &mut gid) };
        assert_eq!(failed, 0);
        gid
    }

    /// The way to this host.
    pub(crate) fn address(&self) -> ibv_ah_attr {
        let mut address: ibv_ah_attr = Zeroed::zeroed();
        address.is_global = 1;
        address.port_num = 1;
        address.grh.dgid = self.gid();
        address.grh.hop_limit = 64;
        address
    }

    /// Attributes and mask of the way to a state.
    pub(crate) fn attr(&self, qp: *mut ibv_qp, state: u32, peer: u32) -> (ibv_qp_attr, u32) {
        // SAFETY: a live QP.
        let qp_type = unsafe { (*qp).qp_type };
        let is_reliable = qp_type == IBV_QPT_RC;
        let is_datagram = qp_type == IBV_QPT_UD;
        let mut attr: ibv_qp_attr = Zeroed::zeroed();
        attr.qp_state = state;
        let mut mask = IBV_QP_STATE;
        match state {
            IBV_QPS_INIT => {
                attr.port_num = 1;
                mask |= IBV_QP_PKEY_INDEX | IBV_QP_PORT;
                if is_datagram {
                    attr.qkey = QKEY;
                    mask |= IBV_QP_QKEY;
                } else {
                    attr.qp_access_flags = ALL_ACCESS & !IBV_ACCESS_LOCAL_WRITE;
                    mask |= IBV_QP_ACCESS_FLAGS;
                }
            }
            IBV_QPS_RTR if !is_datagram => {
                attr.ah_attr = self.address();
                attr.path_mtu = IBV_MTU_1024;
                attr.dest_qp_num = peer;
                attr.rq_psn = 77;
                mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
                if is_reliable {
                    attr.max_dest_rd_atomic = 4;
                    attr.min_rnr_timer = 1;
                    mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
                }
            }
            IBV_QPS_RTS => {
                attr.sq_psn = 77;
                mask |= IBV_QP_SQ_PSN;
                if is_reliable {
                    attr.timeout = 14;
                    attr.retry_cnt = 7;
                    attr.rnr_retry = 7;
                    attr.max_rd_atomic = 4;
                    mask |= IBV_QP_TIMEOUT
                        | IBV_QP_RETRY_CNT
                        | IBV_QP_RNR_RETRY
                        | IBV_QP_MAX_QP_RD_ATOMIC;
                }
            }
            _ => {}
        }
        (attr, mask)
    }

    pub(crate) fn modify(&self, qp: *mut ibv_qp, state: u32, peer: u32) -> c_int {
        let (mut attr, mask) = self.attr(qp, state, peer);
        op!(modify_qp(qp, &mut attr, mask as c_int))
    }

    pub(crate) fn connect(&self, qp: *mut ibv_qp, peer: u32) {
        for state in [IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS] {
            assert_eq!(self.modify(qp, state, peer), 0);
        }
    }
}

impl Drop for Nic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert_eq!(op!(dealloc_pd(self.pd)), 0);
        op!(free_context(self.context));
        let block = embedded_context::around(self.context);
        // SAFETY: `open` made it, and the NIC has let go of it.
        drop(unsafe { Box::from_raw(block) });
    }
}

pub(crate) fn number(qp: *mut ibv_qp) -> u32 {
    // SAFETY: a live QP.
    unsafe { (*qp).qp_num }
}

pub(crate) fn errno() -> c_int {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// One look.
pub(crate) fn poll_once(cq: *mut ibv_cq) -> Option<ibv_wc> {
    let mut wc: ibv_wc = Zeroed::zeroed();
    match op!(poll_cq(cq, 1, &mut wc)) {
        0 => None,
        count => {
            assert_eq!(count, 1);
            Some(wc)
        }
    }
}

/// The next completion, which must come.
pub(crate) fn poll(cq: *mut ibv_cq) -> ibv_wc {
    for look in 0..LOOKS {
        if let Some(wc) = poll_once(cq) {
            return wc;
        }
        if look % 64 == 63 {
            std::thread::yield_now();
        }
    }
    panic!("no completion");
}

/// A send work request without a place on the other side.
pub(crate) fn send_wr(wr_id: u64, opcode: u32, sges: &mut [ibv_sge]) -> ibv_send_wr {
    let mut wr: ibv_send_wr = Zeroed::zeroed();
    wr.wr_id = wr_id;
    wr.opcode = opcode;
    wr.send_flags = IBV_SEND_SIGNALED;
    wr.sg_list = sges.as_mut_ptr();
    wr.num_sge = sges.len() as c_int;
    wr
}

/// A WRITE or READ of the place.
pub(crate) fn rdma_wr(
    wr_id: u64,
    opcode: u32,
    sges: &mut [ibv_sge],
    remote: &ibv_sge,
) -> ibv_send_wr {
    let mut wr = send_wr(wr_id, opcode, sges);
    wr.wr.rdma = ibv_send_wr_wr_rdma {
        remote_addr: remote.addr,
        rkey: remote.lkey,
    };
    wr
}

pub(crate) fn post_send(qp: *mut ibv_qp, wr: &mut ibv_send_wr) -> c_int {
    let mut bad = null_mut();
    op!(post_send(qp, wr, &mut bad))
}

pub(crate) fn post_recv(qp: *mut ibv_qp, wr_id: u64, sges: &mut [ibv_sge]) -> c_int {
    let mut wr: ibv_recv_wr = Zeroed::zeroed();
    wr.wr_id = wr_id;
    wr.sg_list = sges.as_mut_ptr();
    wr.num_sge = sges.len() as c_int;
    let mut bad = null_mut();
    op!(post_recv(qp, &mut wr, &mut bad))
}

pub(crate) fn post_srq(srq: *mut ibv_srq, wr_id: u64, sges: &mut [ibv_sge]) -> c_int {
    let mut wr: ibv_recv_wr = Zeroed::zeroed();
    wr.wr_id = wr_id;
    wr.sg_list = sges.as_mut_ptr();
    wr.num_sge = sges.len() as c_int;
    let mut bad = null_mut();
    op!(post_srq_recv(srq, &mut wr, &mut bad))
}

/// Bytes that tell messages and places apart.
pub(crate) fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let byte = |at: usize| {
        (at as u64)
            .wrapping_mul(0x9e37_79b9)
            .wrapping_add(seed * 131)
            >> 7
    };
    (0..len).map(|at| byte(at) as u8).collect()
}
