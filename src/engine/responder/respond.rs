//! What the responder owes, as packets in the order of their PSNs: READ responses and atomic
//! acknowledgements first, then the NAK or ACK that covers what came after them.

use super::owed;
use crate::base::ids::Qpn;
use crate::engine::qp::Qp;
use crate::engine::requester::{LastTransmit, Plan, Source, psn_count};
use crate::engine::types::{Access, Host, LinkCaps};
use crate::wire::{Header, Opcode, Operation, Role, Syndrome, Transport};

impl Qp {
    /// The next response, in the order of PSNs.
    pub(in crate::engine) fn plan_response<H: Host>(
        &mut self,
        caps: &LinkCaps,
        host: &H,
        header: &mut Header,
    ) -> Plan {
        self.req.last_transmit = LastTransmit::Response;
        *header = Header {
            opcode: Opcode::RC_ACKNOWLEDGE,
            dest_qpn: self.attr.dest_qpn,
            src_qpn: self.qpn,
            psn_count: 1,
            ..Header::default()
        };
        let take = |owed: &mut u8, bit: u8| {
            let is_owed = *owed & bit != 0;
            *owed &= !bit;
            is_owed
        };
        let resp = &mut self.resp;
        if take(&mut resp.owed, owed::REFUSED) {
            header.opcode = Opcode::NOT_READY;
            header.dest_qpn = resp.refused.dest_qpn;
            header.psn = resp.refused.psn;
        } else if resp.owed & owed::RESOURCE != 0 {
            match self.plan_resource(caps, host, header) {
                // If it failed, a NAK is owed by now, and sets what was begun in the header.
                Plan::Nothing => return self.plan_after_resources(header),
                plan => return plan,
            }
        } else {
            return self.plan_after_resources(header);
        }
        Plan::Packet {
            source: Source::None,
            by_reference: false,
        }
    }

    /// Lets a request carry the ACK that is owed.
    #[inline(always)]
    pub(in crate::engine) fn attach_ack(&mut self, header: &mut Header) {
        if self.resp.owed & owed::ACK != 0 {
            self.resp.owed &= !owed::ACK;
            header.has_ack = true;
            header.ack_psn = self.resp.epsn.minus(1);
            header.msn = self.resp.msn;
        }
    }

    fn plan_after_resources(&mut self, header: &mut Header) -> Plan {
        let resp = &mut self.resp;
        header.msn = resp.msn;
        let bit = resp.owed & resp.owed.wrapping_neg();
        resp.owed &= !bit;
        match bit {
            owed::NAK => {
                header.psn = resp.nak_psn;
                header.syndrome = resp.nak;
            }
            owed::ACK => {
                header.psn = resp.epsn.minus(1);
                header.syndrome = Syndrome::ACK;
            }
            owed::PROBE_REPLY => {
                header.opcode = Opcode::PROBE_REPLY;
                header.psn = resp.epsn;
                header.syndrome = Syndrome::ACK;
            }
            owed::SOURCE_FAULT => {
                header.opcode = Opcode::SOURCE_FAULT;
                header.psn = resp.fault_psn;
            }
            _ => return Plan::Nothing,
        }
        Plan::Packet {
            source: Source::None,
            by_reference: false,
        }
    }

    /// The next packet of READ responses, or an atomic acknowledgement.
    fn plan_resource<H: Host>(&mut self, caps: &LinkCaps, host: &H, header: &mut Header) -> Plan {
        let (shift, pd, msn) = (self.unit_shift, self.pd, self.resp.msn);
        let Some(resource) = self.resp.resources.next_due() else {
            self.resp.owed &= !owed::RESOURCE;
            return Plan::Nothing;
        };
        header.psn = resource.cursor;
        header.syndrome = Syndrome::ACK;
        header.msn = msn;
        if let Some(orig) = resource.atomic_orig {
            (resource.is_due, resource.was_answered) = (false, true);
            header.atomic_orig = orig;
            header.opcode = Opcode::find(
                Transport::Rc,
                Operation::AtomicAcknowledge,
                Role::Only,
                false,
            )
            .unwrap_or(Opcode::RC_ACKNOWLEDGE);
            self.drop_resource_bit();
            return Plan::Packet {
                source: Source::None,
                by_reference: false,
            };
        }
        let offset_bytes = resource.cursor.since(resource.first_psn) << shift;
        let remaining = resource.len_bytes - offset_bytes;
        let unit = 1u32 << shift;
        let limit = if caps.lossless {
            (caps.max_payload_bytes & !(unit - 1)).max(unit)
        } else {
            unit
        };
        let len_bytes = remaining.min(limit);
        let va = resource.remote_va.wrapping_add(u64::from(offset_bytes));
        let mut addr = 0;
        self.resp.response_psn = header.psn;
        if len_bytes != 0 {
            // The key was good when the request came; the region may have gone since.
            let len = u64::from(len_bytes);
            match host.check_remote(pd, resource.rkey, va, len, Access::REMOTE_READ) {
                Ok(checked) => addr = checked,
                Err(_) => {
                    self.on_response_fault();
                    return Plan::Nothing;
                }
            }
        }
        let is_first = resource.cursor == resource.replay_psn;
        let is_last = len_bytes == remaining;
        let role = match (is_first, is_last) {
            (true, true) => Role::Only,
            (true, false) => Role::First,
            (false, false) => Role::Middle,
            (false, true) => Role::Last,
        };
        header.opcode = Opcode::find(Transport::Rc, Operation::ReadResponse, role, false)
            .unwrap_or(Opcode::RC_ACKNOWLEDGE);
        header.psn_count = psn_count(len_bytes, shift);
        if role == Role::Middle {
            (header.syndrome, header.msn) = (Syndrome::default(), 0);
        }
        resource.cursor = resource.cursor.plus(header.psn_count);
        resource.is_due = !is_last;
        resource.was_answered |= is_last;
        self.resp.has_had_turn = true;
        self.drop_resource_bit();
        let source = if len_bytes == 0 {
            Source::None
        } else {
            Source::Memory { addr, len_bytes }
        };
        Plan::Packet {
            source,
            by_reference: false,
        }
    }

    fn drop_resource_bit(&mut self) {
        if self.resp.resources.next_due().is_none() {
            self.resp.owed &= !owed::RESOURCE;
        }
    }
}

/// The `NotReady` packet that answers a request nobody can take, for links that carry it: the
/// layer above sends it for a QPN it does not know. `None`: the packet wants no answer.
pub fn not_ready_reply(header: &Header) -> Option<Header> {
    let traits = header.opcode.traits()?;
    let is_request = match traits.transport {
        Transport::Rc => !matches!(
            traits.operation,
            Operation::Acknowledge | Operation::ReadResponse | Operation::AtomicAcknowledge
        ),
        // A placed WRITE of UC gets a reply too, which UC ignores: the opcode does not tell.
        Transport::Link => matches!(traits.operation, Operation::Probe | Operation::WritePlaced),
        Transport::Uc | Transport::Ud => false,
    };
    (is_request && header.src_qpn != Qpn(0)).then(|| Header {
        opcode: Opcode::NOT_READY,
        dest_qpn: header.src_qpn,
        src_qpn: header.dest_qpn,
        psn: header.psn,
        psn_count: 1,
        ..Header::default()
    })
}
