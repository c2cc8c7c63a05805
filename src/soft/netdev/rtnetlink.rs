//! A conversation with rtnetlink: dumps, and news of multicast groups.
//!
//! Used by `netdev` alone. Every wait is bounded; what does not parse is skipped.

use crate::base::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recvmsg, send,
    setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Groups a connection may listen to, as bits.
pub(super) mod group {
    pub(in super::super) const LINK: u32 = libc::RTMGRP_LINK as u32;
    pub(in super::super) const IPV4_ADDRESS: u32 = libc::RTMGRP_IPV4_IFADDR as u32;
    pub(in super::super) const IPV6_ADDRESS: u32 = libc::RTMGRP_IPV6_IFADDR as u32;
}

/// One message of the kernel: its type, and what follows the header.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    pub(super) body: &'a [u8],
}

pub(super) struct Connection {
    socket: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) fn open(groups: u32) -> Result<Connection, Errno> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let protocol = SockProtocol::NetlinkRoute;
        let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, protocol)?;
        setsockopt(
            &socket,
            sockopt::ReceiveTimeout,
            &TimeVal::seconds(ANSWER_SECONDS),
        )?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, groups))?;
        Ok(Connection {
            socket,
            sequence: 0,
            buffer: vec![0; BUFFER_BYTES],
        })
    }

    /// Asks for a table and hands each message of it to `on_message`.
    ///
    /// A table that changed while it was read is given as it was read: the news of the change
    /// arrive at the watch, and whoever waits there asks again.
    pub(super) fn dump(
        &mut self,
        kind: u16,
        mut on_message: impl FnMut(&Message<'_>),
    ) -> Result<(), Errno> {
        self.sequence += 1;
        let request = dump_request(kind, self.sequence);
        send(self.socket.as_raw_fd(), &request, MsgFlags::empty())?;
        for _ in 0..MAX_DATAGRAMS {
            let len_bytes = self.receive(MsgFlags::empty())?;
            for message in Messages::new(&self.buffer[..len_bytes]) {
                if message.sequence != self.sequence {
                    continue;
                }
                match i32::from(message.kind) {
                    libc::NLMSG_DONE => return Ok(()),
                    libc::NLMSG_ERROR => return check_error(message.body),
                    _ => on_message(&message),
                }
                if i32::from(message.flags) & libc::NLM_F_MULTI == 0 {
                    return Ok(());
                }
            }
        }
        Err(Errno::EOVERFLOW)
    }

    /// Reads what is there without waiting; true if there was anything, or if some was lost.
    pub(super) fn drain(&mut self) -> bool {
        let mut is_changed = false;
        for _ in 0..MAX_DATAGRAMS {
            match self.receive(MsgFlags::MSG_DONTWAIT) {
                Ok(_) => is_changed = true,
                // The queue ran over: the kernel says so once, and newer messages follow.
                Err(Errno(libc::ENOBUFS)) => is_changed = true,
                Err(_) => break,
            }
        }
        is_changed
    }

    /// One datagram of the kernel, whole.
    fn receive(&mut self, flags: MsgFlags) -> Result<usize, Errno> {
        for _ in 0..MAX_DATAGRAMS {
            let mut pieces = [IoSliceMut::new(&mut self.buffer)];
            match recvmsg::<NetlinkAddr>(self.socket.as_raw_fd(), &mut pieces, None, flags) {
                Err(nix::errno::Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
                // Anything but port 0 is another process.
                Ok(datagram) if datagram.address.is_some_and(|from| from.pid() != 0) => {}
                Ok(datagram) if datagram.flags.contains(MsgFlags::MSG_TRUNC) => {
                    return Err(Errno::EMSGSIZE);
                }
                Ok(datagram) => return Ok(datagram.bytes),
            }
        }
        Err(Errno::EINTR)
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The messages of a datagram.
pub(super) struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    pub(super) fn new(datagram: &'a [u8]) -> Messages<'a> {
        Messages { rest: datagram }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        // struct nlmsghdr: length, type, flags, sequence, port.
        let header = self.rest.get(..HEADER_BYTES)?;
        let word = |at: usize| u32::from_ne_bytes([0, 1, 2, 3].map(|byte| header[at + byte]));
        let half = |at: usize| u16::from_ne_bytes([header[at], header[at + 1]]);
        let len_bytes = word(0) as usize;
        let body = self.rest.get(HEADER_BYTES..len_bytes)?;
        let message = Message {
            kind: half(4),
            flags: half(6),
            sequence: word(8),
            body,
        };
        self.rest = self
            .rest
            .get(len_bytes.next_multiple_of(4)..)
            .unwrap_or_default();
        Some(message)
    }
}

/// The attributes behind the fixed part of a message: type and value.
pub(super) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Attributes<'a> {
        Attributes { rest: bytes }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let header = self.rest.get(..4)?;
        let len_bytes = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        // The upper two bits are flags.
        let kind = u16::from_ne_bytes([header[2], header[3]]) & 0x3fff;
        let value = self.rest.get(4..len_bytes)?;
        self.rest = self
            .rest
            .get(len_bytes.next_multiple_of(4)..)
            .unwrap_or_default();
        Some((kind, value))
    }
}

fn dump_request(kind: u16, sequence: u32) -> [u8; REQUEST_BYTES] {
    let mut request = [0; REQUEST_BYTES];
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16;
    request[..4].copy_from_slice(&(REQUEST_BYTES as u32).to_ne_bytes());
    request[4..6].copy_from_slice(&kind.to_ne_bytes());
    request[6..8].copy_from_slice(&flags.to_ne_bytes());
    request[8..12].copy_from_slice(&sequence.to_ne_bytes());
    request
}

/// The body of an error message starts with a negative errno, or 0.
fn check_error(body: &[u8]) -> Result<(), Errno> {
    let raw = body.get(..4).and_then(|raw| raw.try_into().ok());
    match raw.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(error) => Err(Errno(error.saturating_neg())),
        None => Err(Errno::EPROTO),
    }
}

const HEADER_BYTES: usize = 16;

/// Header, and the longest fixed part of the dumps we ask for: all zero is "everything".
const REQUEST_BYTES: usize = HEADER_BYTES + 16;

/// Dumps arrive in datagrams of at most 32 KiB.
const BUFFER_BYTES: usize = 64 * 1024;

/// A full routing table is read to its end; a kernel that never ends is not.
const MAX_DATAGRAMS: usize = 1 << 16;

/// The kernel answers at once; this bounds a socket filter that swallows the answer.
const ANSWER_SECONDS: i64 = 2;
