//! Two RC queue pairs of one process, connected to each other with nothing but the crate
//! rdma-sys: SEND with immediate data, RDMA WRITE, RDMA READ, both atomics, and a refused key.

use rdma_sys::*;
use std::mem::{size_of, zeroed};
use std::ptr::{null_mut, NonNull};

const SIZE: usize = 1 << 20;
const DEPTH: u32 = 16;
const ACCESS: u32 = ibv_access_flags::IBV_ACCESS_LOCAL_WRITE.0
    | ibv_access_flags::IBV_ACCESS_REMOTE_WRITE.0
    | ibv_access_flags::IBV_ACCESS_REMOTE_READ.0
    | ibv_access_flags::IBV_ACCESS_REMOTE_ATOMIC.0;

/// The error of a call that answers with a pointer is in errno.
fn made<T>(what: &str, pointer: *mut T) -> *mut T {
    let error = std::io::Error::last_os_error();
    NonNull::new(pointer)
        .unwrap_or_else(|| panic!("{what}: {error}"))
        .as_ptr()
}

fn done(what: &str, result: i32) {
    let error = std::io::Error::from_raw_os_error(result);
    assert_eq!(result, 0, "{what}: {error}");
}

struct End {
    cq: *mut ibv_cq,
    qp: *mut ibv_qp,
    mr: *mut ibv_mr,
    memory: Box<[u64]>,
}

impl End {
    unsafe fn new(context: *mut ibv_context, pd: *mut ibv_pd) -> End {
        let mut memory = vec![0u64; SIZE / 8].into_boxed_slice();
        let mr = made(
            "ibv_reg_mr",
            ibv_reg_mr(pd, memory.as_mut_ptr().cast(), SIZE, ACCESS as i32),
        );
        let cq = made(
            "ibv_create_cq",
            ibv_create_cq(context, 2 * DEPTH as i32, null_mut(), null_mut(), 0),
        );
        let mut init: ibv_qp_init_attr = zeroed();
        init.send_cq = cq;
        init.recv_cq = cq;
        init.qp_type = ibv_qp_type::IBV_QPT_RC;
        init.sq_sig_all = 1;
        init.cap.max_send_wr = DEPTH;
        init.cap.max_recv_wr = DEPTH;
        init.cap.max_send_sge = 1;
        init.cap.max_recv_sge = 1;
        let qp = made("ibv_create_qp", ibv_create_qp(pd, &mut init));
        End { cq, qp, mr, memory }
    }

    unsafe fn connect(&self, remote_qpn: u32, gid: ibv_gid) {
        use ibv_qp_attr_mask as mask;
        let mut attr: ibv_qp_attr = zeroed();
        attr.qp_state = ibv_qp_state::IBV_QPS_INIT;
        attr.port_num = 1;
        attr.qp_access_flags = ACCESS;
        let bits = mask::IBV_QP_STATE
            | mask::IBV_QP_PKEY_INDEX
            | mask::IBV_QP_PORT
            | mask::IBV_QP_ACCESS_FLAGS;
        done("to INIT", ibv_modify_qp(self.qp, &mut attr, bits.0 as i32));

        attr.qp_state = ibv_qp_state::IBV_QPS_RTR;
        attr.path_mtu = ibv_mtu::IBV_MTU_1024;
        attr.dest_qp_num = remote_qpn;
        attr.rq_psn = 0x5a5a5a;
        attr.max_dest_rd_atomic = 4;
        attr.min_rnr_timer = 12;
        attr.ah_attr.is_global = 1;
        attr.ah_attr.port_num = 1;
        attr.ah_attr.grh.dgid = gid;
        attr.ah_attr.grh.hop_limit = 1;
        let bits = mask::IBV_QP_STATE
            | mask::IBV_QP_AV
            | mask::IBV_QP_PATH_MTU
            | mask::IBV_QP_DEST_QPN
            | mask::IBV_QP_RQ_PSN
            | mask::IBV_QP_MAX_DEST_RD_ATOMIC
            | mask::IBV_QP_MIN_RNR_TIMER;
        done("to RTR", ibv_modify_qp(self.qp, &mut attr, bits.0 as i32));

        attr.qp_state = ibv_qp_state::IBV_QPS_RTS;
        attr.sq_psn = 0x5a5a5a;
        attr.timeout = 14;
        attr.retry_cnt = 7;
        attr.rnr_retry = 7;
        attr.max_rd_atomic = 4;
        let bits = mask::IBV_QP_STATE
            | mask::IBV_QP_SQ_PSN
            | mask::IBV_QP_TIMEOUT
            | mask::IBV_QP_RETRY_CNT
            | mask::IBV_QP_RNR_RETRY
            | mask::IBV_QP_MAX_QP_RD_ATOMIC;
        done("to RTS", ibv_modify_qp(self.qp, &mut attr, bits.0 as i32));
    }

    fn sge(&self, len_bytes: usize) -> ibv_sge {
        ibv_sge {
            addr: self.memory.as_ptr() as u64,
            length: len_bytes as u32,
            lkey: unsafe { (*self.mr).lkey },
        }
    }

    unsafe fn post(&self, opcode: ibv_wr_opcode::Type, sge: &mut ibv_sge, wr: wr_t, imm: u32) {
        let mut request: ibv_send_wr = zeroed();
        request.wr_id = u64::from(opcode);
        request.opcode = opcode;
        request.sg_list = sge;
        request.num_sge = 1;
        request.wr = wr;
        request.imm_data_invalidated_rkey_union.imm_data = imm.to_be();
        let mut bad = null_mut();
        done("ibv_post_send", ibv_post_send(self.qp, &mut request, &mut bad));
    }

    unsafe fn poll(&self) -> ibv_wc {
        let mut wc: ibv_wc = zeroed();
        loop {
            match ibv_poll_cq(self.cq, 1, &mut wc) {
                0 => std::thread::yield_now(),
                1 => return wc,
                other => panic!("ibv_poll_cq answered {other}"),
            }
        }
    }

    unsafe fn poll_good(&self, opcode: ibv_wc_opcode::Type) -> ibv_wc {
        let wc = self.poll();
        assert_eq!(wc.status, ibv_wc_status::IBV_WC_SUCCESS);
        assert_eq!(wc.opcode, opcode);
        wc
    }

    unsafe fn close(self) {
        done("ibv_destroy_qp", ibv_destroy_qp(self.qp));
        done("ibv_destroy_cq", ibv_destroy_cq(self.cq));
        done("ibv_dereg_mr", ibv_dereg_mr(self.mr));
    }
}

/// Another pattern for each seed.
fn fill(memory: &mut [u64], seed: u64) {
    for (index, word) in memory.iter_mut().enumerate() {
        *word = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed;
    }
}

fn rdma(target: &End) -> wr_t {
    let (remote_addr, rkey) = (target.memory.as_ptr() as u64, unsafe { (*target.mr).rkey });
    wr_t { rdma: rdma_t { remote_addr, rkey } }
}

fn atomic(target: &End, compare_add: u64, swap: u64) -> wr_t {
    let (remote_addr, rkey) = (target.memory.as_ptr() as u64, unsafe { (*target.mr).rkey });
    wr_t { atomic: atomic_t { remote_addr, compare_add, swap, rkey } }
}

unsafe fn exchange(a: &mut End, b: &mut End) {
    let mut all = a.sge(SIZE);
    let mut word = a.sge(size_of::<u64>());

    fill(&mut a.memory, 1);
    let mut into = b.sge(SIZE);
    let mut receive: ibv_recv_wr = zeroed();
    receive.sg_list = &mut into;
    receive.num_sge = 1;
    done("ibv_post_recv", ibv_post_recv(b.qp, &mut receive, &mut null_mut()));
    a.post(ibv_wr_opcode::IBV_WR_SEND_WITH_IMM, &mut all, zeroed(), 0xfeed_beef);
    a.poll_good(ibv_wc_opcode::IBV_WC_SEND);
    let wc = b.poll_good(ibv_wc_opcode::IBV_WC_RECV);
    assert_eq!(wc.byte_len as usize, SIZE);
    assert_eq!(wc.imm_data_invalidated_rkey_union.imm_data, 0xfeed_beef_u32.to_be());
    assert!(a.memory == b.memory, "SEND brought other bytes");

    fill(&mut a.memory, 2);
    a.post(ibv_wr_opcode::IBV_WR_RDMA_WRITE, &mut all, rdma(b), 0);
    a.poll_good(ibv_wc_opcode::IBV_WC_RDMA_WRITE);
    assert!(a.memory == b.memory, "RDMA WRITE brought other bytes");

    fill(&mut b.memory, 3);
    a.post(ibv_wr_opcode::IBV_WR_RDMA_READ, &mut all, rdma(b), 0);
    a.poll_good(ibv_wc_opcode::IBV_WC_RDMA_READ);
    assert!(a.memory == b.memory, "RDMA READ brought other bytes");

    b.memory[0] = 40;
    a.post(ibv_wr_opcode::IBV_WR_ATOMIC_FETCH_AND_ADD, &mut word, atomic(b, 2, 0), 0);
    a.poll_good(ibv_wc_opcode::IBV_WC_FETCH_ADD);
    assert_eq!((a.memory[0], b.memory[0]), (40, 42));
    a.post(ibv_wr_opcode::IBV_WR_ATOMIC_CMP_AND_SWP, &mut word, atomic(b, 42, 7), 0);
    a.poll_good(ibv_wc_opcode::IBV_WC_COMP_SWAP);
    assert_eq!((a.memory[0], b.memory[0]), (42, 7));

    let mut wrong = rdma(b);
    wrong.rdma.rkey ^= 0x5500;
    a.post(ibv_wr_opcode::IBV_WR_RDMA_WRITE, &mut word, wrong, 0);
    assert_eq!(a.poll().status, ibv_wc_status::IBV_WC_REM_ACCESS_ERR);
    assert_eq!(b.memory[0], 7);
}

fn main() {
    unsafe {
        let mut count = 0;
        let list = made("ibv_get_device_list", ibv_get_device_list(&mut count));
        assert!(count > 0, "no device");
        let context = made("ibv_open_device", ibv_open_device(*list));
        ibv_free_device_list(list);
        let mut port: ibv_port_attr = zeroed();
        done("ibv_query_port", ___ibv_query_port(context, 1, &mut port));
        assert_eq!(port.state, ibv_port_state::IBV_PORT_ACTIVE);
        let mut gid: ibv_gid = zeroed();
        done("ibv_query_gid", ibv_query_gid(context, 1, 0, &mut gid));
        let pd = made("ibv_alloc_pd", ibv_alloc_pd(context));

        let mut a = End::new(context, pd);
        let mut b = End::new(context, pd);
        a.connect((*b.qp).qp_num, gid);
        b.connect((*a.qp).qp_num, gid);
        exchange(&mut a, &mut b);
        a.close();
        b.close();
        done("ibv_dealloc_pd", ibv_dealloc_pd(pd));
        done("ibv_close_device", ibv_close_device(context));
    }
    println!("RC loopback: SEND, WRITE, READ, atomics and a refused key as they should be");
}
