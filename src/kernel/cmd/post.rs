//! The data path through the kernel, for devices whose queues it keeps to itself.

use std::ffi::c_int;

use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::reserve::{boxed, room_for};
use crate::kernel::write::{WriteCommand, bytes_of};
use crate::kernel::{DriverData, Uverbs};

/// How posting went.
pub struct Posted {
    pub result: Result<(), Errno>,
    /// Which request was not taken, counted from 1; 0 if the kernel does not say.
    pub bad_wr: u32,
}

/// The requests of a list, in the kernel's words, with their entries behind them.
struct List {
    wr_count: u32,
    sge_count: u32,
    requests: Vec<u8>,
    entries: Vec<u8>,
}

impl List {
    const fn new() -> List {
        List {
            wr_count: 0,
            sge_count: 0,
            requests: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Adds a request and its entries; `EINVAL` for a number that is none and entries nowhere.
    ///
    /// # Safety
    /// There are `num_sge` entries at `sg_list`, unless it is NULL.
    unsafe fn push<T: Copy>(
        &mut self,
        mut request: T,
        sg_list: *const ibv_sge,
        num_sge: c_int,
    ) -> Result<(), Errno> {
        let num_sge = u32::try_from(num_sge).map_err(|_| Errno::EINVAL)?;
        if sg_list.is_null() && num_sge > 0 {
            return Err(Errno::EINVAL);
        }
        let no_memory = |_| Errno::ENOMEM;
        let entries_len = num_sge as usize * size_of::<ibv_sge>();
        self.requests
            .try_reserve(size_of::<T>())
            .and_then(|()| self.entries.try_reserve(entries_len))
            .map_err(no_memory)?;
        self.requests.extend_from_slice(bytes_of(&mut request));
        for index in 0..num_sge as usize {
            // SAFETY: the caller's promise.
            let mut entry = unsafe { sg_list.add(index).read() };
            self.entries.extend_from_slice(bytes_of(&mut entry));
        }
        self.wr_count = self.wr_count.wrapping_add(1);
        self.sge_count = self.sge_count.wrapping_add(num_sge);
        Ok(())
    }

    /// The three commands begin alike: answer's address, queue, two counts, size of a request.
    fn post<C: WriteCommand>(self, uverbs: &Uverbs, queue: u32, wqe_size: usize) -> Posted {
        let head = ib_uverbs_post_recv {
            response: 0,
            qp_handle: queue,
            wr_count: self.wr_count,
            sge_count: self.sge_count,
            wqe_size: wqe_size as u32,
            recv_wr: [],
        };
        let len = size_of_val(&head) + self.requests.len() + self.entries.len();
        let mut request = match room_for(len) {
            Ok(request) => request,
            Err(errno) => return Posted::refused(errno),
        };
        request.extend_from_slice(bytes_of(&mut { head }));
        request.extend(self.requests);
        request.extend(self.entries);
        let mut bad_wr = [0; size_of::<u32>()];
        let result = uverbs.write_sized::<C>(&mut request, &mut bad_wr, DriverData::NONE);
        Posted {
            result,
            bad_wr: u32::from_ne_bytes(bad_wr),
        }
    }
}

impl Posted {
    /// Nothing was taken, and the kernel was not asked.
    fn refused(errno: Errno) -> Posted {
        if errno == Errno::EINVAL {
            crate::log_warn!("a request has no entries, or no address handle, where it should");
        }
        Posted {
            result: Err(errno),
            bad_wr: 0,
        }
    }
}

/// Posts a list of send requests.
///
/// # Safety
/// The list and its entries are readable; address handles on a UD queue are alive.
pub unsafe fn send(uverbs: &Uverbs, qp: u32, is_ud: bool, first: *const ibv_send_wr) -> Posted {
    let mut list = List::new();
    let mut next = first;
    while !next.is_null() {
        // SAFETY: a request of the list.
        let wr = unsafe { next.read() };
        // SAFETY: the caller's promise.
        let pushed = unsafe { send_request(&wr, is_ud) }.and_then(|request| {
            // SAFETY: the caller's promise.
            unsafe { list.push(request, wr.sg_list, wr.num_sge) }
        });
        if let Err(errno) = pushed {
            return Posted::refused(errno);
        }
        next = wr.next;
    }
    list.post::<ibv_post_send>(uverbs, qp, size_of::<ib_uverbs_send_wr>())
}

/// One request in the kernel's words; `EINVAL` without an address handle on a UD queue.
///
/// # Safety
/// As for [`send`].
unsafe fn send_request(wr: &ibv_send_wr, is_ud: bool) -> Result<ib_uverbs_send_wr, Errno> {
    let mut request = ib_uverbs_send_wr {
        wr_id: wr.wr_id,
        num_sge: wr.num_sge as u32,
        opcode: wr.opcode,
        send_flags: wr.send_flags,
        ex: ib_uverbs_send_wr_ex {
            // SAFETY: 32 bits, whatever they stand for.
            imm_data: unsafe { wr.imm.imm_data },
        },
        wr: Zeroed::zeroed(),
    };
    if is_ud {
        // SAFETY: requests of UD queues use this member.
        let ud = unsafe { wr.wr.ud };
        if ud.ah.is_null() {
            return Err(Errno::EINVAL);
        }
        request.wr.ud = ib_uverbs_send_wr_wr_ud {
            // SAFETY: the caller's promise.
            ah: unsafe { (*ud.ah).handle },
            remote_qpn: ud.remote_qpn,
            remote_qkey: ud.remote_qkey,
            reserved: 0,
        };
        return Ok(request);
    }
    match wr.opcode {
        IBV_WR_RDMA_WRITE | IBV_WR_RDMA_WRITE_WITH_IMM | IBV_WR_RDMA_READ => {
            // SAFETY: the operation says which member is set.
            let rdma = unsafe { wr.wr.rdma };
            request.wr.rdma = ib_uverbs_send_wr_wr_rdma {
                remote_addr: rdma.remote_addr,
                rkey: rdma.rkey,
                reserved: 0,
            };
        }
        IBV_WR_ATOMIC_CMP_AND_SWP | IBV_WR_ATOMIC_FETCH_AND_ADD => {
            // SAFETY: as above.
            let atomic = unsafe { wr.wr.atomic };
            request.wr.atomic = ib_uverbs_send_wr_wr_atomic {
                remote_addr: atomic.remote_addr,
                compare_add: atomic.compare_add,
                swap: atomic.swap,
                rkey: atomic.rkey,
                reserved: 0,
            };
        }
        _ => {}
    }
    Ok(request)
}

/// Posts a list of receive requests to a queue pair.
///
/// # Safety
/// The list and its entries are readable.
pub unsafe fn recv(uverbs: &Uverbs, qp: u32, first: *const ibv_recv_wr) -> Posted {
    // SAFETY: the caller's promise.
    match unsafe { recv_list(first) } {
        Ok(list) => list.post::<ibv_post_recv>(uverbs, qp, size_of::<ib_uverbs_recv_wr>()),
        Err(errno) => Posted::refused(errno),
    }
}

/// Posts a list of receive requests to a shared queue.
///
/// # Safety
/// The list and its entries are readable.
pub unsafe fn srq_recv(uverbs: &Uverbs, srq: u32, first: *const ibv_recv_wr) -> Posted {
    // SAFETY: the caller's promise.
    match unsafe { recv_list(first) } {
        Ok(list) => list.post::<ibv_post_srq_recv>(uverbs, srq, size_of::<ib_uverbs_recv_wr>()),
        Err(errno) => Posted::refused(errno),
    }
}

/// # Safety
/// The list and its entries are readable.
unsafe fn recv_list(first: *const ibv_recv_wr) -> Result<List, Errno> {
    let mut list = List::new();
    let mut next = first;
    while !next.is_null() {
        // SAFETY: a request of the list.
        let wr = unsafe { next.read() };
        let request = ib_uverbs_recv_wr {
            wr_id: wr.wr_id,
            num_sge: wr.num_sge as u32,
            reserved: 0,
        };
        // SAFETY: the caller's promise.
        unsafe { list.push(request, wr.sg_list, wr.num_sge) }?;
        next = wr.next;
    }
    Ok(list)
}

/// The most completions one command has room for: the answer has to fit an attribute.
const MAX_POLLED: u32 = ((u16::MAX as usize - POLLED_HEAD_BYTES) / POLLED_BYTES) as u32;
const POLLED_HEAD_BYTES: usize = size_of::<ib_uverbs_poll_cq_resp>();
const POLLED_BYTES: usize = size_of::<ib_uverbs_wc>();

/// Takes up to `room` completions, with as many commands as it takes to find that there are fewer.
///
/// What has been taken when a command fails is the answer; the next poll meets the failure again.
pub fn poll(uverbs: &Uverbs, cq: u32, room: u32) -> Result<Vec<ibv_wc>, Errno> {
    let mut found = Vec::new();
    loop {
        let asked = (room - found.len() as u32).min(MAX_POLLED);
        let more = match poll_once(uverbs, cq, asked, &mut found) {
            Err(errno) if found.is_empty() => return Err(errno),
            more => more.unwrap_or_default(),
        };
        let is_all = more < asked as usize;
        if is_all || found.len() >= room as usize {
            return Ok(found);
        }
    }
}

/// Gives how many completions it added to those found.
fn poll_once(uverbs: &Uverbs, cq: u32, room: u32, found: &mut Vec<ibv_wc>) -> Result<usize, Errno> {
    // First, since what the kernel has given is not to be lost.
    found
        .try_reserve(room as usize)
        .map_err(|_| Errno::ENOMEM)?;
    let mut request = ib_uverbs_poll_cq {
        response: 0,
        cq_handle: cq,
        ne: room,
    };
    let mut answer = boxed(POLLED_HEAD_BYTES + room as usize * POLLED_BYTES, || 0)?;
    uverbs.write_sized::<ibv_poll_cq>(bytes_of(&mut request), &mut answer, DriverData::NONE)?;
    let (head, list) = answer.split_at(POLLED_HEAD_BYTES);
    let count = head
        .first_chunk()
        .map_or(0, |count| u32::from_ne_bytes(*count));
    let before = found.len();
    let taken = list.chunks_exact(POLLED_BYTES).take(count as usize);
    found.extend(taken.map(completion));
    Ok(found.len() - before)
}

/// One completion in the application's words.
fn completion(bytes: &[u8]) -> ibv_wc {
    let mut from: ib_uverbs_wc = Zeroed::zeroed();
    bytes_of(&mut from).copy_from_slice(bytes);
    ibv_wc {
        wr_id: from.wr_id,
        status: from.status,
        opcode: from.opcode,
        vendor_err: from.vendor_err,
        byte_len: from.byte_len,
        imm: ibv_wc_imm {
            // SAFETY: 32 bits, whatever they stand for.
            imm_data: unsafe { from.ex.imm_data },
        },
        qp_num: from.qp_num,
        src_qp: from.src_qp,
        wc_flags: from.wc_flags,
        pkey_index: from.pkey_index,
        slid: from.slid,
        sl: from.sl,
        dlid_path_bits: from.dlid_path_bits,
    }
}
