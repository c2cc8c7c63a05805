//! The effects of requests: bytes placed, receive WQEs consumed, atomics executed.
//!
//! Nothing here knows PSNs or NAKs; a failure is a [`Refusal`] that the caller turns into one.

use super::checks::{Message, Refusal, is_end, is_start};
use super::resources::Resource;
use crate::base::ids::{Gid, Qpn};
use crate::engine::qp::Qp;
use crate::engine::requester::{MAX_MESSAGE_BYTES, key_vendor_err, psn_count};
use crate::engine::types::{Access, AtomicOp, Cqe, Fault, Host, WcOpcode, WcStatus};
use crate::engine::vendor;
use crate::wire::{Header, Operation, Psn, Traits};

/// Length of the GRH in front of a received datagram.
pub(super) const GRH_BYTES: u32 = 40;

impl Qp {
    /// One packet of a SEND.
    #[inline]
    pub(super) fn execute_send<H: Host>(
        &mut self,
        traits: &Traits,
        header: &Header,
        payload_bytes: u32,
        host: &mut H,
    ) -> Result<(), Refusal> {
        if is_start(traits.role) {
            self.take_recv(host)?;
        }
        self.check_payload(traits, header, payload_bytes)?;
        self.scatter_packet(payload_bytes, host)?;
        if is_end(traits.role) {
            self.resp.message = Message::None;
            let byte_len = self.resp.received_bytes;
            self.complete_recv(WcOpcode::Recv, byte_len, traits, header);
        } else {
            self.resp.message = Message::Send;
        }
        Ok(())
    }

    /// One packet of a WRITE.
    #[inline]
    pub(super) fn execute_write<H: Host>(
        &mut self,
        traits: &Traits,
        header: &Header,
        payload_bytes: u32,
        host: &mut H,
    ) -> Result<(), Refusal> {
        if is_start(traits.role) {
            self.check_granted(traits.operation)?;
            if header.dma_len_bytes > MAX_MESSAGE_BYTES {
                return Err(Refusal::Invalid);
            }
        }
        if traits.has_imm {
            self.take_recv(host)?;
        }
        self.check_payload(traits, header, payload_bytes)?;
        if is_start(traits.role) {
            self.resp.write_va = header.remote_va;
            self.resp.write_rkey = header.rkey;
            self.resp.write_total_bytes = header.dma_len_bytes;
            self.resp.write_left_bytes = header.dma_len_bytes;
        }
        let left = self.resp.write_left_bytes;
        let is_whole = payload_bytes == left;
        if payload_bytes > left || is_whole != is_end(traits.role) {
            return Err(Refusal::Invalid);
        }
        if left != 0 {
            // At the first packet the whole message must fit the region; at later ones the key is
            // looked up again for their own bytes, since it may have gone in between.
            let (va, rkey) = (self.resp.write_va, self.resp.write_rkey);
            let len = if is_start(traits.role) {
                left
            } else {
                payload_bytes
            };
            let addr = self.check_rkey(rkey, va, len, Access::REMOTE_WRITE, host)?;
            host.place(0, addr, payload_bytes).map_err(remote_side)?;
            self.resp.write_va = va.wrapping_add(u64::from(payload_bytes));
            self.resp.write_left_bytes = left - payload_bytes;
        }
        if is_end(traits.role) {
            self.resp.message = Message::None;
            if traits.has_imm {
                let byte_len = self.resp.write_total_bytes;
                self.complete_recv(WcOpcode::RecvRdmaWithImm, byte_len, traits, header);
            } else {
                self.counters.note_received(self.resp.write_total_bytes);
            }
        } else {
            self.resp.message = Message::Write;
        }
        Ok(())
    }

    /// A WRITE with immediate data whose bytes are in place.
    pub(super) fn execute_placed<H: Host>(
        &mut self,
        traits: &Traits,
        header: &Header,
        host: &mut H,
    ) -> Result<(), Refusal> {
        self.check_granted(traits.operation)?;
        self.take_recv(host)?;
        self.complete_recv(
            WcOpcode::RecvRdmaWithImm,
            header.dma_len_bytes,
            traits,
            header,
        );
        Ok(())
    }

    /// A READ request: checked now, answered by `poll_transmit`. Gives the PSNs it stands for.
    pub(super) fn execute_read<H: Host>(
        &mut self,
        header: &Header,
        host: &H,
    ) -> Result<u32, Refusal> {
        self.check_granted(Operation::ReadRequest)?;
        let limit = u32::from(self.attr.max_dest_rd_atomic);
        let len_bytes = header.dma_len_bytes;
        if !self.resp.resources.has_room(limit) || len_bytes > MAX_MESSAGE_BYTES {
            return Err(Refusal::Invalid);
        }
        if len_bytes != 0 {
            let need = Access::REMOTE_READ;
            self.check_rkey(header.rkey, header.remote_va, len_bytes, need, host)?;
        }
        let count = psn_count(len_bytes, self.unit_shift);
        self.push_resource(header, count, None, limit);
        Ok(count)
    }

    /// An atomic: executed now, its result kept for replay.
    pub(super) fn execute_atomic<H: Host>(
        &mut self,
        operation: Operation,
        header: &Header,
        host: &mut H,
    ) -> Result<(), Refusal> {
        self.check_granted(operation)?;
        let limit = u32::from(self.attr.max_dest_rd_atomic);
        if !self.resp.resources.has_room(limit) {
            return Err(Refusal::Invalid);
        }
        let need = Access::REMOTE_ATOMIC;
        let addr = self.check_rkey(header.rkey, header.remote_va, 8, need, host)?;
        if !header.remote_va.is_multiple_of(8) {
            return Err(Refusal::Invalid);
        }
        let op = match operation {
            Operation::CompareSwap => AtomicOp::CompareSwap(header.atomic),
            _ => AtomicOp::FetchAdd(header.atomic.swap_add),
        };
        let orig = host.atomic(addr, op).map_err(remote_side)?;
        self.push_resource(header, 1, Some(orig), limit);
        Ok(())
    }

    fn push_resource(&mut self, header: &Header, count: u32, orig: Option<u64>, limit: u32) {
        if orig.is_some() {
            self.counters.served_atomics += 1;
        } else {
            self.counters.served_reads += 1;
        }
        let first_psn = self.resp.epsn;
        let resource = Resource {
            first_psn,
            end_psn: first_psn.plus(count),
            remote_va: header.remote_va,
            rkey: header.rkey,
            len_bytes: header.dma_len_bytes,
            atomic_orig: orig,
            is_due: true,
            was_answered: false,
            cursor: first_psn,
            replay_psn: first_psn,
        };
        self.resp.resources.push(resource, limit);
        self.resp.owe_resource();
    }

    /// Makes a receive WQE the one in execution, if none is.
    #[inline]
    pub(super) fn take_recv<H: Host>(&mut self, host: &mut H) -> Result<(), Refusal> {
        if !self.resp.has_wqe {
            let taken = if self.has_srq {
                host.take_shared_recv(&mut self.resp.wqe)
            } else {
                self.rq.take(&mut self.resp.wqe)
            };
            if !taken {
                return Err(Refusal::RecvMissing);
            }
            self.resp.has_wqe = true;
            self.resp.checked_count = 0;
        }
        self.resp.rewind();
        Ok(())
    }

    /// Puts a packet's payload behind what the message has brought so far.
    #[inline]
    pub(super) fn scatter_packet<H: Host>(
        &mut self,
        payload_bytes: u32,
        host: &mut H,
    ) -> Result<(), Refusal> {
        if payload_bytes == 0 {
            return Ok(());
        }
        if payload_bytes > self.resp.room_bytes() {
            return Err(Refusal::RecvTooShort);
        }
        self.scatter(payload_bytes, host, |host, offset, addr, len| {
            host.place(offset, addr, len)
        })
    }

    /// Walks `len` bytes further through the receive list, checking each element's key when it is
    /// first touched. The caller has checked that there is room.
    #[inline]
    pub(super) fn scatter<H: Host>(
        &mut self,
        len: u32,
        host: &mut H,
        mut place: impl FnMut(&mut H, u32, u64, u32) -> Result<(), Fault>,
    ) -> Result<(), Refusal> {
        let pd = self.recv_pd;
        let resp = &mut self.resp;
        let mut done = 0;
        while done < len {
            let sge_index = resp.sge_index as usize;
            let Some(sge) = resp.wqe.sges.get_mut(sge_index) else {
                return Err(Refusal::RecvTooShort);
            };
            let room = sge.len_bytes - resp.sge_offset_bytes;
            if room == 0 {
                resp.sge_index += 1;
                resp.sge_offset_bytes = 0;
                continue;
            }
            if resp.checked_count <= resp.sge_index {
                let bytes = u64::from(sge.len_bytes);
                match host.check_local(pd, sge.lkey, sge.addr, bytes, Access::LOCAL_WRITE) {
                    Ok(addr) => sge.addr = addr,
                    Err(error) => {
                        return Err(Refusal::Operational {
                            vendor_err: key_vendor_err(error),
                        });
                    }
                }
                resp.checked_count = resp.sge_index + 1;
            }
            let step = room.min(len - done);
            let addr = sge.addr.wrapping_add(u64::from(resp.sge_offset_bytes));
            place(host, done, addr, step).map_err(local_side)?;
            resp.sge_offset_bytes += step;
            done += step;
        }
        resp.received_bytes += len;
        Ok(())
    }

    /// The WQE in execution ends well.
    #[inline]
    pub(super) fn complete_recv(
        &mut self,
        opcode: WcOpcode,
        byte_len: u32,
        traits: &Traits,
        header: &Header,
    ) {
        self.resp.has_wqe = false;
        let grh_bytes = if traits.has_deth { GRH_BYTES } else { 0 };
        self.counters.note_received(byte_len - grh_bytes);
        let wr_id = self.resp.wqe.wr_id;
        self.recv_cqe = Some(Cqe {
            opcode,
            byte_len,
            imm_data: traits.has_imm.then_some(header.imm_data),
            src_qpn: if traits.has_deth {
                header.src_qpn
            } else {
                Qpn(0)
            },
            has_grh: traits.has_deth,
            solicited: header.solicited,
            ..self.new_recv_cqe(wr_id, WcStatus::Success, vendor::NONE)
        });
    }

    /// The WQE in execution, if any, ends with an error.
    pub(super) fn fail_recv(&mut self, status: WcStatus, vendor_err: u32) {
        if let Some(wr_id) = self.resp.take_wqe_in_execution() {
            self.recv_cqe = Some(self.new_recv_cqe(wr_id, status, vendor_err));
        }
    }
}

/// A fault while bytes of the peer met memory this side registered for it.
fn remote_side(fault: Fault) -> Refusal {
    match fault {
        Fault::Local => Refusal::RemoteAccess,
        Fault::Remote => Refusal::SourceGone,
    }
}

/// A fault while bytes of the peer met a receive list.
fn local_side(fault: Fault) -> Refusal {
    match fault {
        Fault::Local => Refusal::Operational {
            vendor_err: vendor::LOCAL_FAULT,
        },
        Fault::Remote => Refusal::SourceGone,
    }
}

/// The 40 bytes in front of a received datagram: for IPv4 the header as it would have been on the
/// wire, in the last 20; else the IPv6 header.
pub(super) fn grh(header: &Header, has_imm: bool, payload_bytes: u32) -> [u8; 40] {
    let mut grh = [0u8; GRH_BYTES as usize];
    // UDP, BTH, DETH, immediate data, payload with pad, ICRC.
    let imm_bytes = if has_imm { 4 } else { 0 };
    let length = (8 + 12 + 8 + imm_bytes + payload_bytes.next_multiple_of(4) + 4) as u16;
    const UDP: u8 = 17;
    match (header.sgid.to_ipv4(), header.dgid.to_ipv4()) {
        (Some(source), Some(destination)) => {
            let ip = &mut grh[20..];
            ip[0] = 0x45;
            ip[1] = header.traffic_class;
            ip[2..4].copy_from_slice(&(length + 20).to_be_bytes());
            ip[6] = 0x40; // Don't fragment.
            ip[8] = header.hop_limit;
            ip[9] = UDP;
            ip[12..16].copy_from_slice(&source.octets());
            ip[16..20].copy_from_slice(&destination.octets());
            let sum = ipv4_checksum(ip);
            ip[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        _ => {
            let Gid(source) = header.sgid;
            let Gid(destination) = header.dgid;
            grh[0] = 0x60 | header.traffic_class >> 4;
            grh[1] = header.traffic_class << 4;
            grh[4..6].copy_from_slice(&length.to_be_bytes());
            grh[6] = UDP;
            grh[7] = header.hop_limit;
            grh[8..24].copy_from_slice(&source);
            grh[24..40].copy_from_slice(&destination);
        }
    }
    grh
}

fn ipv4_checksum(header: &[u8]) -> u16 {
    let mut sum = 0u32;
    for pair in header.chunks_exact(2) {
        sum += u32::from(u16::from_be_bytes([pair[0], pair[1]]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// The PSN after a packet.
#[inline]
pub(super) fn after(header: &Header) -> Psn {
    header.psn.plus(header.psn_count.max(1))
}
