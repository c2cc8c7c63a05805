//! A conversation with the kernel over netlink: dumps, single questions, news of groups.
//!
//! The network's part of it (`Protocol::Route`) serves the embedded NIC's list of interfaces and
//! the resolution of addresses, the RDMA core's part (`Protocol::Rdma`) whoever asks about kernel
//! devices. Every wait is bounded; what does not parse is skipped.
#![forbid(unsafe_code)]

use crate::base::errno::Errno;
use crate::base::reserve::boxed;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recvmsg, send,
    setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Groups of the network a connection may listen to, as bits.
pub mod group {
    pub const LINK: u32 = libc::RTMGRP_LINK as u32;
    pub const NEIGHBOUR: u32 = libc::RTMGRP_NEIGH as u32;
    pub const IPV4_ADDRESS: u32 = libc::RTMGRP_IPV4_IFADDR as u32;
    pub const IPV6_ADDRESS: u32 = libc::RTMGRP_IPV6_IFADDR as u32;
}

/// Who answers at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Interfaces, addresses, routes, neighbours.
    Route,
    /// The RDMA core; a kernel without it refuses the connection.
    Rdma,
}

/// One message of the kernel: its type, and what follows the header.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub kind: u16,
    pub flags: u16,
    pub sequence: u32,
    pub body: &'a [u8],
}

/// What carries questions to a kernel and its datagrams back: a [`Socket`], or a test.
pub trait Transport {
    fn send(&mut self, request: &[u8]) -> Result<(), Errno>;

    /// One datagram, whole: how many bytes of the buffer it fills.
    ///
    /// `EAGAIN` when nothing came in time, `EMSGSIZE` when the buffer is too small.
    fn receive(&mut self, buffer: &mut [u8], flags: MsgFlags) -> Result<usize, Errno>;
}

/// A socket of one protocol.
pub struct Socket(OwnedFd);

impl Transport for Socket {
    fn send(&mut self, request: &[u8]) -> Result<(), Errno> {
        send(self.0.as_raw_fd(), request, MsgFlags::empty())?;
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], flags: MsgFlags) -> Result<usize, Errno> {
        for _ in 0..MAX_DATAGRAMS {
            let mut pieces = [IoSliceMut::new(buffer)];
            match recvmsg::<NetlinkAddr>(self.0.as_raw_fd(), &mut pieces, None, flags) {
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

/// A way to the kernel, and the questions asked over it.
pub struct Connection<T = Socket> {
    transport: T,
    sequence: u32,
    buffer: Box<[u8]>,
}

impl Connection {
    /// Connects and listens to `groups`, which are bits of [`group`] or 0.
    pub fn open(protocol: Protocol, groups: u32) -> Result<Connection, Errno> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let protocol = match protocol {
            Protocol::Route => SockProtocol::NetlinkRoute,
            Protocol::Rdma => SockProtocol::NetlinkRDMA,
        };
        let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, protocol)?;
        setsockopt(
            &socket,
            sockopt::ReceiveTimeout,
            &TimeVal::seconds(ANSWER_SECONDS),
        )?;
        // Without groups the socket gets its address with the first question.
        if groups != 0 {
            bind(socket.as_raw_fd(), &NetlinkAddr::new(0, groups))?;
        }
        Connection::over(Socket(socket))
    }
}

impl<T: Transport> Connection<T> {
    /// ENOMEM: no memory for the answers.
    pub fn over(transport: T) -> Result<Connection<T>, Errno> {
        Ok(Connection {
            transport,
            sequence: 0,
            buffer: boxed(BUFFER_BYTES, || 0)?,
        })
    }

    /// What carries the questions of this connection.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Asks for a table and hands each message of it to `on_message`.
    ///
    /// A table that changed while it was read is given as it was read: the news of the change
    /// arrive at the watch, and whoever waits there asks again.
    pub fn dump(&mut self, kind: u16, on_message: impl FnMut(&Message<'_>)) -> Result<(), Errno> {
        // All zero is "everything".
        self.ask(kind, libc::NLM_F_DUMP, &[0; DUMP_BODY_BYTES], on_message)
    }

    /// Asks one question and hands each message of the answer to `on_message`.
    ///
    /// `flags` are those beside NLM_F_REQUEST; `body` is what follows the message header. Fails
    /// with the error number the kernel answers, with `EPROTO` if the answer is cut short.
    pub fn ask(
        &mut self,
        kind: u16,
        flags: i32,
        body: &[u8],
        mut on_message: impl FnMut(&Message<'_>),
    ) -> Result<(), Errno> {
        self.sequence += 1;
        let request = request(kind, flags, self.sequence, body);
        self.transport.send(&request)?;
        for _ in 0..MAX_DATAGRAMS {
            let len_bytes = self
                .transport
                .receive(&mut self.buffer, MsgFlags::empty())?;
            let datagram = self.buffer.get(..len_bytes).ok_or(Errno::EMSGSIZE)?;
            let mut messages = Messages::new(datagram);
            for message in messages.by_ref() {
                if message.sequence != self.sequence {
                    continue;
                }
                match i32::from(message.kind) {
                    libc::NLMSG_DONE => return Ok(()),
                    libc::NLMSG_ERROR => return check_error(message.body),
                    libc::NLMSG_NOOP => continue,
                    _ => on_message(&message),
                }
                if i32::from(message.flags) & libc::NLM_F_MULTI == 0 {
                    return Ok(());
                }
            }
            if !messages.is_whole() {
                return Err(Errno::EPROTO);
            }
        }
        Err(Errno::EOVERFLOW)
    }

    /// Reads what is there without waiting; true if there was anything, or if some was lost.
    pub fn drain(&mut self) -> bool {
        let mut is_changed = false;
        for _ in 0..MAX_DATAGRAMS {
            match self
                .transport
                .receive(&mut self.buffer, MsgFlags::MSG_DONTWAIT)
            {
                Ok(_) => is_changed = true,
                // The queue ran over: the kernel says so once, and newer messages follow.
                Err(Errno(libc::ENOBUFS)) => is_changed = true,
                Err(_) => break,
            }
        }
        is_changed
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.0.as_fd()
    }
}

/// The messages of a datagram.
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    pub fn new(datagram: &'a [u8]) -> Messages<'a> {
        Messages { rest: datagram }
    }

    /// Whether everything was understood: asked when the walk has ended.
    pub fn is_whole(&self) -> bool {
        self.rest.is_empty()
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
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    pub fn new(bytes: &'a [u8]) -> Attributes<'a> {
        Attributes { rest: bytes }
    }

    /// Whether everything was understood: asked when the walk has ended.
    pub fn is_whole(&self) -> bool {
        self.rest.is_empty()
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

/// Header and body of a question.
fn request(kind: u16, flags: i32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let flags = (libc::NLM_F_REQUEST | flags) as u16;
    let mut request = ((HEADER_BYTES + body.len()) as u32).to_ne_bytes().to_vec();
    request.extend(kind.to_ne_bytes());
    request.extend(flags.to_ne_bytes());
    request.extend(sequence.to_ne_bytes());
    // The kernel fills in the port of the sender.
    request.extend([0; 4]);
    request.extend(body);
    request
}

/// One attribute of a question, padded as the next one expects.
pub fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = ((value.len() + 4) as u16).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The body of an error message starts with a negative errno, or 0.
fn check_error(body: &[u8]) -> Result<(), Errno> {
    let raw = body.get(..4).and_then(|raw| raw.try_into().ok());
    match raw.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(error @ i32::MIN..0) => Err(Errno(error.saturating_neg())),
        _ => Err(Errno::EPROTO),
    }
}

const HEADER_BYTES: usize = 16;

/// The longest fixed part of the tables that are asked for.
const DUMP_BODY_BYTES: usize = 16;

/// Dumps arrive in datagrams of at most 32 KiB.
const BUFFER_BYTES: usize = 64 * 1024;

/// A full routing table is read to its end; a kernel that never ends is not.
const MAX_DATAGRAMS: usize = 1 << 16;

/// The kernel answers at once; this bounds a socket filter that swallows the answer.
const ANSWER_SECONDS: i64 = 2;

#[cfg(test)]
mod tests;
