//! Connections: the sockets over which rings are handed over, hands shaken and bells rung.
//!
//! A connection belongs to its producer, so two processes that find each other at the same moment
//! make two. Messages are SOCK_SEQPACKET, one record each. After the handshake a doorbell is a
//! message of one byte: a socket of our own, unlike an eventfd, cannot be made to block by the peer.

use super::life::{Fd, Life};
use super::slot::Slot;
use crate::base::errno::Errno;
use crate::log_warn;
use std::sync::Arc;

/// Longest message.
const MESSAGE_BYTES: usize = 48;

/// First bytes of a HELLO: who else would speak here.
const MAGIC: u32 = 0x314d_4256;

/// Both sides must speak the same one.
pub(super) const VERSION: u8 = 1;

/// Read before the peer is known; more connections wait in the backlog.
const BACKLOG: libc::c_int = 4096;

/// A random secret in ordinary memory: who can tell it can read us.
pub(super) type Nonce = [u8; 16];

/// What is said over a connection. "Producer" is who connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Producer, with the ring's memfd. `nonce_addr` 0: no probing.
    Hello {
        slot: Slot,
        has_barrier: bool,
        nonce_addr: u64,
        ring_bytes: u32,
    },
    /// Consumer. The proof is the producer's nonce.
    Welcome {
        has_barrier: bool,
        nonce_addr: u64,
        proof: Option<Nonce>,
    },
    /// Producer, with its tables if the consumer's proof was right. The proof is the consumer's
    /// nonce.
    Proof { proof: Option<Nonce> },
    /// Consumer, with its tables if the producer's proof was right.
    Ready { may_reference: bool },
    /// Producer: there is something in the ring.
    Look,
    /// Consumer: there is room in the ring.
    Space,
}

mod kind {
    pub(super) const HELLO: u8 = 1;
    pub(super) const WELCOME: u8 = 2;
    pub(super) const PROOF: u8 = 3;
    pub(super) const READY: u8 = 4;
    pub(super) const LOOK: u8 = 5;
    pub(super) const SPACE: u8 = 6;
}

const FLAG_BARRIER: u8 = 1;
const FLAG_PROOF: u8 = 2;
const FLAG_REFERENCE: u8 = 4;

/// A message as bytes: kind, flags, version, then fixed places for all fields.
struct Record([u8; MESSAGE_BYTES]);

impl Record {
    fn new(kind: u8, flags: u8) -> Record {
        let mut record = Record([0; MESSAGE_BYTES]);
        record.0[..3].copy_from_slice(&[kind, flags, VERSION]);
        record
    }

    fn put(mut self, at: usize, bytes: &[u8]) -> Record {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn word<const N: usize>(&self, at: usize) -> [u8; N] {
        std::array::from_fn(|index| self.0[at + index])
    }
}

const AT_SLOT: usize = 4;
const AT_NONCE_ADDR: usize = 8;
const AT_RING_BYTES: usize = 16;
const AT_MAGIC: usize = 20;
const AT_PROOF: usize = 32;

impl Message {
    fn encode(&self) -> (Record, usize) {
        let barrier = |has: bool| if has { FLAG_BARRIER } else { 0 };
        let proven = |proof: &Option<Nonce>| if proof.is_some() { FLAG_PROOF } else { 0 };
        let record = match self {
            Message::Hello {
                slot,
                has_barrier,
                nonce_addr,
                ring_bytes,
            } => Record::new(kind::HELLO, barrier(*has_barrier))
                .put(AT_SLOT, &slot.0.to_le_bytes())
                .put(AT_NONCE_ADDR, &nonce_addr.to_le_bytes())
                .put(AT_RING_BYTES, &ring_bytes.to_le_bytes())
                .put(AT_MAGIC, &MAGIC.to_le_bytes()),
            Message::Welcome {
                has_barrier,
                nonce_addr,
                proof,
            } => Record::new(kind::WELCOME, barrier(*has_barrier) | proven(proof))
                .put(AT_NONCE_ADDR, &nonce_addr.to_le_bytes())
                .put(AT_PROOF, &proof.unwrap_or_default()),
            Message::Proof { proof } => {
                Record::new(kind::PROOF, proven(proof)).put(AT_PROOF, &proof.unwrap_or_default())
            }
            Message::Ready { may_reference } => {
                Record::new(kind::READY, if *may_reference { FLAG_REFERENCE } else { 0 })
            }
            Message::Look => return (Record::new(kind::LOOK, 0), 1),
            Message::Space => return (Record::new(kind::SPACE, 0), 1),
        };
        (record, MESSAGE_BYTES)
    }

    fn decode(record: &Record, len: usize) -> Result<Message, Errno> {
        match (record.0[0], len) {
            (kind::LOOK, 1) => return Ok(Message::Look),
            (kind::SPACE, 1) => return Ok(Message::Space),
            (_, MESSAGE_BYTES) => (),
            _ => return Err(Errno::EPROTO),
        }
        if record.0[2] != VERSION {
            return Err(Errno::EPROTONOSUPPORT);
        }
        let flags = record.0[1];
        let has_barrier = flags & FLAG_BARRIER != 0;
        let nonce_addr = u64::from_le_bytes(record.word(AT_NONCE_ADDR));
        let proof = (flags & FLAG_PROOF != 0).then(|| record.word(AT_PROOF));
        match record.0[0] {
            kind::HELLO => {
                let slot = Slot(u16::from_le_bytes(record.word(AT_SLOT)));
                let ring_bytes = u32::from_le_bytes(record.word(AT_RING_BYTES));
                if u32::from_le_bytes(record.word(AT_MAGIC)) != MAGIC || slot.0 >= Slot::COUNT {
                    return Err(Errno::EPROTO);
                }
                Ok(Message::Hello {
                    slot,
                    has_barrier,
                    nonce_addr,
                    ring_bytes,
                })
            }
            kind::WELCOME => Ok(Message::Welcome {
                has_barrier,
                nonce_addr,
                proof,
            }),
            kind::PROOF => Ok(Message::Proof { proof }),
            kind::READY => Ok(Message::Ready {
                may_reference: flags & FLAG_REFERENCE != 0,
            }),
            _ => Err(Errno::EPROTO),
        }
    }
}

/// Who is at the other end, as the kernel saw it when the connection was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    /// 0 when it has no number in our PID namespace.
    pub(super) pid: libc::pid_t,
    pub(super) uid: libc::uid_t,
}

/// A seqpacket socket.
pub(super) struct Conn {
    fd: Fd,
}

impl Conn {
    fn socket(life: &Arc<Life>) -> Result<Fd, Errno> {
        let flags = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: plain system call.
        Fd::adopt(
            unsafe { libc::socket(libc::AF_UNIX, flags, 0) }.into(),
            life,
        )
    }

    /// The socket that owns a slot. EADDRINUSE: somebody has it.
    pub(super) fn listen(slot: Slot, life: &Arc<Life>) -> Result<Fd, Errno> {
        let fd = Conn::socket(life)?;
        let (addr, len) = address(slot);
        let addr = (&raw const addr).cast();
        // SAFETY: the address is valid for its length.
        Errno::result(unsafe { libc::bind(fd.raw(), addr, len) }.into())?;
        // SAFETY: plain system call.
        Errno::result(unsafe { libc::listen(fd.raw(), BACKLOG) }.into())?;
        Ok(fd)
    }

    /// EAGAIN: the backlog is full, try again later. ECONNREFUSED: nobody owns the slot.
    pub(super) fn connect(slot: Slot, life: &Arc<Life>) -> Result<Conn, Errno> {
        let fd = Conn::socket(life)?;
        let (addr, len) = address(slot);
        let addr = (&raw const addr).cast();
        // SAFETY: the address is valid for its length.
        Errno::result(unsafe { libc::connect(fd.raw(), addr, len) }.into())?;
        Ok(Conn { fd })
    }

    /// EAGAIN: nobody is waiting.
    pub(super) fn accept(listener: &Fd, life: &Arc<Life>) -> Result<Conn, Errno> {
        let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        let (addr, len) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: no address is asked for.
        let fd = unsafe { libc::accept4(listener.raw(), addr, len, flags) };
        Ok(Conn {
            fd: Fd::adopt(fd.into(), life)?,
        })
    }

    pub(super) fn raw(&self) -> libc::c_int {
        self.fd.raw()
    }

    /// Ends the connection in both directions, whoever still has the socket.
    pub(super) fn shut_down(&self) {
        // SAFETY: plain system call; an ended connection is all that is wanted.
        let _ = unsafe { libc::shutdown(self.fd.raw(), libc::SHUT_RDWR) };
    }

    pub(super) fn credentials(&self) -> Result<Credentials, Errno> {
        let mut cred = libc::ucred {
            pid: 0,
            uid: 0,
            gid: 0,
        };
        let mut len = size_of_val(&cred) as libc::socklen_t;
        let place = (&raw mut cred).cast();
        let (level, name) = (libc::SOL_SOCKET, libc::SO_PEERCRED);
        // SAFETY: the place is writable for the length.
        let got = unsafe { libc::getsockopt(self.fd.raw(), level, name, place, &mut len) };
        Errno::result(got.into())?;
        Ok(Credentials {
            pid: cred.pid,
            uid: cred.uid,
        })
    }

    /// A descriptor that becomes readable when the process ends. `None`: not to be had here;
    /// ESRCH: it has ended.
    pub(super) fn pidfd(&self, pid: libc::pid_t, life: &Arc<Life>) -> Result<Option<Fd>, Errno> {
        /// `SO_PEERPIDFD`: knows the process even if its number was given away again.
        const SO_PEERPIDFD: libc::c_int = 77;
        let mut fd: libc::c_int = -1;
        let mut len = size_of_val(&fd) as libc::socklen_t;
        let place = (&raw mut fd).cast();
        let level = libc::SOL_SOCKET;
        // SAFETY: the place is writable for the length.
        let got = unsafe { libc::getsockopt(self.fd.raw(), level, SO_PEERPIDFD, place, &mut len) };
        if got == 0 && fd >= 0 {
            return Ok(Some(Fd::adopt(fd.into(), life)?));
        }
        if pid <= 0 {
            return Ok(None);
        }
        // SAFETY: plain system call.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        match Fd::adopt(fd, life) {
            Ok(fd) => Ok(Some(fd)),
            Err(Errno::ESRCH) => Err(Errno::ESRCH),
            Err(Errno::EMFILE) => Err(Errno::EMFILE),
            Err(_) => Ok(None),
        }
    }

    /// Never blocks. EAGAIN: the peer has not read what it was sent before.
    pub(super) fn send(&self, message: &Message, fd: Option<&Fd>) -> Result<(), Errno> {
        let (record, len) = message.encode();
        let mut iov = libc::iovec {
            iov_base: record.0.as_ptr().cast_mut().cast(),
            iov_len: len,
        };
        let mut control = Control::default();
        // SAFETY: all-zero is a valid `msghdr`.
        let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
        header.msg_iov = &mut iov;
        header.msg_iovlen = 1;
        if let Some(fd) = fd {
            control.hold(fd, &mut header);
        }
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        // SAFETY: the header names buffers that live through the call.
        Errno::result(unsafe { libc::sendmsg(self.fd.raw(), &header, flags) } as i64)?;
        Ok(())
    }

    /// The next message and a descriptor that came with it. EAGAIN: none; ECONNRESET: the other end
    /// is closed.
    pub(super) fn receive(&self, life: &Arc<Life>) -> Result<(Message, Option<Fd>), Errno> {
        let mut record = Record([0; MESSAGE_BYTES]);
        let mut iov = libc::iovec {
            iov_base: record.0.as_mut_ptr().cast(),
            iov_len: MESSAGE_BYTES,
        };
        let mut control = Control::default();
        // SAFETY: all-zero is a valid `msghdr`.
        let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
        header.msg_iov = &mut iov;
        header.msg_iovlen = 1;
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(&control.0);
        let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
        // SAFETY: the header names buffers that live through the call.
        let got = unsafe { libc::recvmsg(self.fd.raw(), &mut header, flags) };
        let len = Errno::result(got as i64)? as usize;
        let fds = received_fds(&header, life);
        if len == 0 {
            return Err(Errno::ECONNRESET);
        }
        let fd = fds?;
        // A longer message, or more descriptors than one: the rest was cut off and closed.
        let is_cut = header.msg_flags & libc::MSG_CTRUNC != 0;
        if header.msg_flags & libc::MSG_TRUNC != 0 || is_cut && fd.is_some() {
            return Err(Errno::EPROTO);
        }
        if is_cut {
            // Tables can be done without; a ring cannot, and its connection ends.
            log_warn!("local link: no descriptor left for what a peer sends");
        }
        Ok((Message::decode(&record, len)?, fd))
    }
}

/// Room for one descriptor; the kernel closes those that do not fit.
#[derive(Default)]
#[repr(align(8))]
struct Control([u8; 24]);

impl Control {
    fn hold(&mut self, fd: &Fd, header: &mut libc::msghdr) {
        header.msg_control = self.0.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(&self.0);
        // SAFETY: the header was just given a control buffer.
        let cmsg = unsafe { libc::CMSG_FIRSTHDR(header) };
        let part = libc::cmsghdr {
            // SAFETY: arithmetic only.
            cmsg_len: unsafe { libc::CMSG_LEN(size_of::<libc::c_int>() as u32) } as usize,
            cmsg_level: libc::SOL_SOCKET,
            cmsg_type: libc::SCM_RIGHTS,
        };
        // SAFETY: the buffer is aligned and longer than the head.
        unsafe { cmsg.write(part) };
        // SAFETY: the head is followed by room for one descriptor.
        unsafe {
            libc::CMSG_DATA(cmsg)
                .cast::<libc::c_int>()
                .write_unaligned(fd.raw())
        };
    }
}

/// Adopts what came; everything but one descriptor is closed again.
fn received_fds(header: &libc::msghdr, life: &Arc<Life>) -> Result<Option<Fd>, Errno> {
    let mut kept = None;
    // SAFETY: the kernel filled the header and its control buffer.
    let mut cmsg = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !cmsg.is_null() {
        // SAFETY: points into the control buffer.
        let part = unsafe { cmsg.read() };
        if part.cmsg_level == libc::SOL_SOCKET && part.cmsg_type == libc::SCM_RIGHTS {
            // SAFETY: arithmetic only.
            let head = unsafe { libc::CMSG_LEN(0) } as usize;
            let count = (part.cmsg_len - head) / size_of::<libc::c_int>();
            for index in 0..count {
                // SAFETY: the part holds this many descriptors.
                let place = unsafe { libc::CMSG_DATA(cmsg).cast::<libc::c_int>().add(index) };
                // SAFETY: as above.
                let fd = unsafe { place.read_unaligned() };
                let fd = Fd::adopt(fd.into(), life)?;
                kept.get_or_insert(fd);
            }
        }
        // SAFETY: the header and the part are as the kernel left them.
        cmsg = unsafe { libc::CMSG_NXTHDR(header, cmsg) };
    }
    Ok(kept)
}

/// The abstract name `@verbium/<slot>`.
fn address(slot: Slot) -> (libc::sockaddr_un, libc::socklen_t) {
    // SAFETY: all-zero is a valid `sockaddr_un`.
    let mut addr: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    addr.sun_family = libc::AF_UNIX as libc::sa_family_t;
    let name = format!("verbium/{}", slot.0);
    for (place, byte) in addr.sun_path[1..].iter_mut().zip(name.bytes()) {
        *place = byte as libc::c_char;
    }
    let len = std::mem::offset_of!(libc::sockaddr_un, sun_path) + 1 + name.len();
    (addr, len as libc::socklen_t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_their_encoding() {
        let proof = Some(std::array::from_fn(|i| i as u8 + 1));
        let all = [
            Message::Hello {
                slot: Slot(4095),
                has_barrier: true,
                nonce_addr: 0x7fff_1234_5678,
                ring_bytes: 1 << 20,
            },
            Message::Welcome {
                has_barrier: false,
                nonce_addr: 0,
                proof,
            },
            Message::Welcome {
                has_barrier: true,
                nonce_addr: 9,
                proof: None,
            },
            Message::Proof { proof },
            Message::Proof { proof: None },
            Message::Ready {
                may_reference: true,
            },
            Message::Look,
            Message::Space,
        ];
        for message in all {
            let (record, len) = message.encode();
            assert_eq!(Message::decode(&record, len), Ok(message));
            assert!(Message::decode(&record, len + 1).is_err());
        }
        let (mut record, len) = all[0].encode();
        record.0[2] = VERSION + 1;
        assert_eq!(Message::decode(&record, len), Err(Errno::EPROTONOSUPPORT));
    }

    #[test]
    fn a_descriptor_that_comes_is_closed_by_exec() {
        let life = Life::new().unwrap();
        let mut ends = [0; 2];
        let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
        // SAFETY: two descriptors are written.
        let made = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) };
        assert_eq!(made, 0);
        let [sender, receiver] = ends.map(|fd| Conn {
            fd: Fd::adopt(fd.into(), &life).unwrap(),
        });
        sender.send(&Message::Look, Some(&sender.fd)).unwrap();
        let (message, fd) = receiver.receive(&life).unwrap();
        assert_eq!(message, Message::Look);
        let fd = fd.expect("a descriptor came along");
        // SAFETY: plain system call.
        let flags = unsafe { libc::fcntl(fd.raw(), libc::F_GETFD) };
        assert_eq!(flags, libc::FD_CLOEXEC);
    }
}
