//! The opcode table: for each BTH opcode its service, operation, place in the message and headers.
//!
//! Everything that depends on an opcode asks this table; there is no second list.

/// A BTH opcode: service in the top three bits, operation in the low five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Opcode(pub u8);

/// Transport service an opcode belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Rc,
    Uc,
    Ud,
    /// Manufacturer space: entries that only local links carry.
    Link,
}

/// Place of a packet in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    First,
    Middle,
    Last,
    Only,
}

/// What the packet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Send,
    Write,
    ReadRequest,
    ReadResponse,
    Acknowledge,
    AtomicAcknowledge,
    CompareSwap,
    FetchAdd,
    /// Local links: the QP the packet was for cannot take requests; `psn` is the refused one.
    NotReady,
    /// Local links: does the destination QP take requests?
    Probe,
    /// Local links: answer to a probe; `psn` is what the responder expects next.
    ProbeReply,
    /// Local links: a WRITE with immediate data whose bytes the requester has already placed
    /// itself: the responder only consumes a receive WQE, of `dma_len_bytes` bytes.
    WritePlaced,
    /// Local links: the bytes of a packet by reference could not be fetched from the requester's
    /// memory; `psn` is that packet's.
    SourceFault,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    pub transport: Transport,
    pub operation: Operation,
    pub role: Role,
    pub has_reth: bool,
    pub has_atomic_eth: bool,
    pub has_aeth: bool,
    pub has_atomic_ack_eth: bool,
    pub has_imm: bool,
    pub has_deth: bool,
    pub has_payload: bool,
}

/// Number of operations, places in a message and services: the sides of the reverse table.
const OPERATIONS: usize = 13;
const ROLES: usize = 4;
const TRANSPORTS: usize = 4;

/// Marks a combination that has no opcode. It lies in the manufacturer space and is never assigned.
const NO_OPCODE: u8 = 0xff;

const NO_HEADERS: Traits = Traits {
    transport: Transport::Rc,
    operation: Operation::Send,
    role: Role::Only,
    has_reth: false,
    has_atomic_eth: false,
    has_aeth: false,
    has_atomic_ack_eth: false,
    has_imm: false,
    has_deth: false,
    has_payload: false,
};

const fn send(transport: Transport, role: Role, has_imm: bool) -> Option<Traits> {
    let has_deth = matches!(transport, Transport::Ud);
    let operation = Operation::Send;
    Some(Traits {
        transport,
        operation,
        role,
        has_imm,
        has_deth,
        has_payload: true,
        ..NO_HEADERS
    })
}

const fn write(transport: Transport, role: Role, has_imm: bool) -> Option<Traits> {
    let has_reth = matches!(role, Role::First | Role::Only);
    let operation = Operation::Write;
    Some(Traits {
        transport,
        operation,
        role,
        has_imm,
        has_reth,
        has_payload: true,
        ..NO_HEADERS
    })
}

const fn read_response(role: Role) -> Option<Traits> {
    // Middle packets of a response carry no AETH.
    let has_aeth = !matches!(role, Role::Middle);
    let operation = Operation::ReadResponse;
    Some(Traits {
        operation,
        role,
        has_aeth,
        has_payload: true,
        ..NO_HEADERS
    })
}

const fn link(operation: Operation) -> Traits {
    Traits {
        transport: Transport::Link,
        operation,
        ..NO_HEADERS
    }
}

const fn traits_of(opcode: u8) -> Option<Traits> {
    match opcode {
        0x00 | 0x20 => send(service(opcode), Role::First, false),
        0x01 | 0x21 => send(service(opcode), Role::Middle, false),
        0x02 | 0x22 => send(service(opcode), Role::Last, false),
        0x03 | 0x23 => send(service(opcode), Role::Last, true),
        0x04 | 0x24 | 0x64 => send(service(opcode), Role::Only, false),
        0x05 | 0x25 | 0x65 => send(service(opcode), Role::Only, true),
        0x06 | 0x26 => write(service(opcode), Role::First, false),
        0x07 | 0x27 => write(service(opcode), Role::Middle, false),
        0x08 | 0x28 => write(service(opcode), Role::Last, false),
        0x09 | 0x29 => write(service(opcode), Role::Last, true),
        0x0a | 0x2a => write(service(opcode), Role::Only, false),
        0x0b | 0x2b => write(service(opcode), Role::Only, true),
        0x0c => Some(Traits {
            operation: Operation::ReadRequest,
            has_reth: true,
            ..NO_HEADERS
        }),
        0x0d => read_response(Role::First),
        0x0e => read_response(Role::Middle),
        0x0f => read_response(Role::Last),
        0x10 => read_response(Role::Only),
        0x11 => Some(Traits {
            operation: Operation::Acknowledge,
            has_aeth: true,
            ..NO_HEADERS
        }),
        0x12 => Some(Traits {
            operation: Operation::AtomicAcknowledge,
            has_aeth: true,
            has_atomic_ack_eth: true,
            ..NO_HEADERS
        }),
        0x13 => Some(Traits {
            operation: Operation::CompareSwap,
            has_atomic_eth: true,
            ..NO_HEADERS
        }),
        0x14 => Some(Traits {
            operation: Operation::FetchAdd,
            has_atomic_eth: true,
            ..NO_HEADERS
        }),
        0xc0 => Some(link(Operation::NotReady)),
        0xc1 => Some(link(Operation::Probe)),
        0xc2 => Some(Traits {
            has_aeth: true,
            ..link(Operation::ProbeReply)
        }),
        0xc3 => Some(Traits {
            has_reth: true,
            has_imm: true,
            ..link(Operation::WritePlaced)
        }),
        0xc4 => Some(link(Operation::SourceFault)),
        _ => None,
    }
}

const fn service(opcode: u8) -> Transport {
    match opcode >> 5 {
        0 => Transport::Rc,
        1 => Transport::Uc,
        3 => Transport::Ud,
        _ => Transport::Link,
    }
}

static TRAITS: [Option<Traits>; 256] = {
    let mut table = [None; 256];
    let mut opcode = 0;
    while opcode < 256 {
        table[opcode] = traits_of(opcode as u8);
        opcode += 1;
    }
    table
};

const fn reverse_index(
    transport: Transport,
    operation: Operation,
    role: Role,
    has_imm: bool,
) -> usize {
    ((transport as usize * OPERATIONS + operation as usize) * ROLES + role as usize) * 2
        + has_imm as usize
}

static OPCODES: [u8; TRANSPORTS * OPERATIONS * ROLES * 2] = {
    let mut table = [NO_OPCODE; TRANSPORTS * OPERATIONS * ROLES * 2];
    let mut opcode = 0;
    while opcode < 256 {
        if let Some(t) = traits_of(opcode as u8) {
            table[reverse_index(t.transport, t.operation, t.role, t.has_imm)] = opcode as u8;
        }
        opcode += 1;
    }
    table
};

impl Opcode {
    pub const RC_SEND_ONLY: Opcode = Opcode(0x04);
    pub const RC_ACKNOWLEDGE: Opcode = Opcode(0x11);
    pub const NOT_READY: Opcode = Opcode(0xc0);
    pub const PROBE: Opcode = Opcode(0xc1);
    pub const PROBE_REPLY: Opcode = Opcode(0xc2);
    pub const WRITE_PLACED: Opcode = Opcode(0xc3);
    pub const SOURCE_FAULT: Opcode = Opcode(0xc4);

    /// What the opcode means; `None` if it is reserved or not served.
    #[inline]
    pub const fn traits(self) -> Option<&'static Traits> {
        TRAITS[self.0 as usize].as_ref()
    }

    /// The opcode of an operation; `None` if the service has no such packet. What fits in one
    /// packet has [`Role::Only`], and immediate data rides only in a last (or only) packet.
    #[inline]
    pub fn find(
        transport: Transport,
        operation: Operation,
        role: Role,
        has_imm: bool,
    ) -> Option<Opcode> {
        match OPCODES[reverse_index(transport, operation, role, has_imm)] {
            NO_OPCODE => None,
            opcode => Some(Opcode(opcode)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_are_inverse() {
        let mut count = 0;
        for number in 0..=255u8 {
            let Some(t) = Opcode(number).traits() else {
                continue;
            };
            count += 1;
            let found = Opcode::find(t.transport, t.operation, t.role, t.has_imm);
            assert_eq!(found, Some(Opcode(number)));
            assert_eq!(t.transport, service(number));
        }
        assert_eq!(count, 21 + 12 + 2 + 5);
    }

    #[test]
    fn numbers_are_those_of_the_wire() {
        let find = |t, o, r, i| Opcode::find(t, o, r, i).map(|opcode| opcode.0);
        assert_eq!(
            find(Transport::Rc, Operation::Send, Role::Only, false),
            Some(0x04)
        );
        assert_eq!(
            find(Transport::Rc, Operation::Write, Role::Last, true),
            Some(0x09)
        );
        assert_eq!(
            find(Transport::Uc, Operation::Write, Role::Only, true),
            Some(0x2b)
        );
        assert_eq!(
            find(Transport::Ud, Operation::Send, Role::Only, true),
            Some(0x65)
        );
        assert_eq!(
            find(Transport::Ud, Operation::Send, Role::First, false),
            None
        );
        assert_eq!(
            find(Transport::Uc, Operation::ReadRequest, Role::Only, false),
            None
        );
        assert_eq!(
            find(Transport::Rc, Operation::Send, Role::First, true),
            None
        );
    }
}
