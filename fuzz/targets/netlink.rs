//! Whatever a kernel answers over RDMA netlink: a list of devices or an error, within bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix::sys::socket::MsgFlags;
use verbium::base::errno::Errno;
use verbium::base::netlink::{Connection, Transport};
use verbium::kernel::netlink::{Conversation, parse_chardev, parse_device};

/// A kernel that answers the first question with datagrams cut out of the input.
struct Answers<'a>(&'a [u8]);

impl Transport for Answers<'_> {
    fn send(&mut self, _: &[u8]) -> Result<(), Errno> {
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _: MsgFlags) -> Result<usize, Errno> {
        // Two bytes of length before each datagram.
        let (head, rest) = self.0.split_at_checked(2).ok_or(Errno::EAGAIN)?;
        let length = usize::from(u16::from_ne_bytes([head[0], head[1]])).min(rest.len());
        let (datagram, rest) = rest.split_at(length);
        buffer[..length].copy_from_slice(datagram);
        self.0 = rest;
        Ok(length)
    }
}

fn conversation(data: &[u8]) -> Conversation<Answers<'_>> {
    Conversation(Connection::over(Answers(data)).expect("memory for a buffer"))
}

fuzz_target!(|data: &[u8]| {
    let _ = parse_device(data);
    let _ = parse_chardev(data);
    let is_fit = |name: &std::ffi::OsStr| {
        let name = name.as_encoded_bytes();
        assert!(!name.is_empty() && name.len() < 64 && name[0] != b'.');
        assert!(!name.contains(&b'/') && !name.contains(&0));
    };
    for device in conversation(data).devices().unwrap_or_default() {
        is_fit(&device.name);
    }
    if let Ok(chardev) = conversation(data).chardev(0) {
        is_fit(&chardev.name);
    }
});
