use std::collections::VecDeque;

use nix::sys::socket::MsgFlags;

use super::*;

/// A kernel that answers each request with the datagrams that were written down for it.
#[derive(Default)]
pub(in crate::kernel) struct Scripted {
    answers: VecDeque<Vec<Vec<u8>>>,
    waiting: VecDeque<Vec<u8>>,
    pub(in crate::kernel) requests: Vec<Vec<u8>>,
}

impl Scripted {
    /// Datagrams whose messages get the number of the request they answer.
    pub(in crate::kernel) fn then(mut self, datagrams: &[Vec<u8>]) -> Scripted {
        self.answers.push_back(datagrams.to_vec());
        self
    }
}

impl Transport for Scripted {
    fn send(&mut self, request: &[u8]) -> Result<(), Errno> {
        self.requests.push(request.to_vec());
        let sequence = &request[8..12];
        for mut datagram in self.answers.pop_front().unwrap_or_default() {
            let mut at = 0;
            while let Some(header) = datagram.get_mut(at..at + 16) {
                if header[8..12] == [0; 4] {
                    header[8..12].copy_from_slice(sequence);
                }
                let raw = header[..4].try_into().expect("four bytes");
                at += (u32::from_ne_bytes(raw) as usize)
                    .next_multiple_of(4)
                    .max(16);
            }
            self.waiting.push_back(datagram);
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _: MsgFlags) -> Result<usize, Errno> {
        let datagram = self.waiting.pop_front().ok_or(Errno::EAGAIN)?;
        buffer[..datagram.len()].copy_from_slice(&datagram);
        Ok(datagram.len())
    }
}

/// A conversation with a scripted kernel.
fn with(kernel: Scripted) -> Conversation<Scripted> {
    Conversation(Connection::over(kernel).expect("memory"))
}

const MULTI: u16 = libc::NLM_F_MULTI as u16;

fn message(kind: u16, flags: u16, attributes: &[(u32, &[u8])]) -> Vec<u8> {
    let attributes = attributes
        .iter()
        .flat_map(|(kind, value)| attribute(*kind as u16, value));
    framed(kind, flags, &attributes.collect::<Vec<_>>())
}

fn framed(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = ((16 + body.len()) as u32).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(body);
    bytes
}

/// A device of a dump: index 3 of driver rxe, unless a test says otherwise.
pub(in crate::kernel) fn device(index: u32, name: &str) -> Vec<u8> {
    let name = [name.as_bytes(), &[0]].concat();
    let attributes: [(u32, &[u8]); 6] = [
        (RDMA_NLDEV_ATTR_DEV_INDEX, &index.to_ne_bytes()),
        (RDMA_NLDEV_ATTR_DEV_NAME, &name),
        (RDMA_NLDEV_ATTR_PORT_INDEX, &2_u32.to_ne_bytes()),
        (
            RDMA_NLDEV_ATTR_NODE_GUID,
            &0x1122_3344_5566_7788_u64.to_ne_bytes(),
        ),
        (RDMA_NLDEV_ATTR_DEV_NODE_TYPE, &[1]),
        // Something newer than this library.
        (4000, &[1, 2, 3]),
    ];
    message(kind(RDMA_NLDEV_CMD_GET), MULTI, &attributes)
}

pub(in crate::kernel) fn done() -> Vec<u8> {
    message(libc::NLMSG_DONE as u16, MULTI, &[])
}

pub(in crate::kernel) fn error(errno: i32) -> Vec<u8> {
    let body = [&(-errno).to_ne_bytes()[..], &[0; 16]].concat();
    framed(libc::NLMSG_ERROR as u16, 0, &body)
}

pub(in crate::kernel) fn chardev(name: &str, driver_id: Option<u32>, abi: u64) -> Vec<u8> {
    let name = [name.as_bytes(), &[0]].concat();
    let id = driver_id.unwrap_or_default().to_ne_bytes();
    let dev = 0xe7c0_u64.to_ne_bytes();
    let abi = abi.to_ne_bytes();
    let mut attributes: Vec<(u32, &[u8])> = vec![
        (RDMA_NLDEV_ATTR_CHARDEV_NAME, &name),
        (RDMA_NLDEV_ATTR_CHARDEV_ABI, &abi),
        (RDMA_NLDEV_ATTR_CHARDEV, &dev),
    ];
    if driver_id.is_some() {
        attributes.push((RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID, &id));
    }
    message(kind(RDMA_NLDEV_CMD_GET_CHARDEV), 0, &attributes)
}

fn requests(conversation: &Conversation<Scripted>) -> &[Vec<u8>] {
    &conversation.0.transport().requests
}

fn names(devices: &[Device]) -> Vec<&str> {
    devices
        .iter()
        .map(|device| device.name.to_str().expect("ASCII"))
        .collect()
}

#[test]
fn a_dump_is_read_over_several_datagrams() {
    let kernel = Scripted::default().then(&[
        [device(0, "mlx5_0"), device(1, "mlx5_1")].concat(),
        device(7, "rxe0"),
        done(),
    ]);
    let mut conversation = with(kernel);
    let devices = conversation.devices().expect("a whole dump");
    assert_eq!(names(&devices), ["mlx5_0", "mlx5_1", "rxe0"]);
    let last = &devices[2];
    assert_eq!((last.index, last.port_count, last.node_type), (7, 2, 1));
    assert_eq!(last.guid, 0x1122_3344_5566_7788);
    let request = &requests(&conversation)[0];
    // Header only; NLDEV_CMD_GET; REQUEST and DUMP.
    assert_eq!(request[..4], 16_u32.to_ne_bytes());
    assert_eq!(request[4..6], 0x1401_u16.to_ne_bytes());
    assert_eq!(request[6..8], 0x301_u16.to_ne_bytes());
}

#[test]
fn no_devices_are_an_empty_list() {
    let mut conversation = with(Scripted::default().then(&[done()]));
    assert_eq!(conversation.devices(), Ok(vec![]));
}

#[test]
fn a_dump_cut_short_anywhere_is_an_error() {
    let whole = [device(0, "rxe0"), done()].concat();
    for len in 0..whole.len() {
        let kernel = Scripted::default().then(&[whole[..len].to_vec()]);
        assert!(with(kernel).devices().is_err(), "{len}");
    }
    let kernel = Scripted::default().then(&[whole]);
    assert!(with(kernel).devices().is_ok());
}

#[test]
fn attributes_cut_short_are_an_error() {
    let whole = device(0, "rxe0");
    let body = &whole[16..];
    let mut is_whole_at = vec![];
    for len in 0..=body.len() {
        if parse_device(&body[..len]).is_ok() {
            is_whole_at.push(len);
        }
    }
    // What follows the last attribute we need: its padding, and one newer than us, with padding.
    let all = body.len();
    let padded = [all - 11, all - 10, all - 9, all - 8, all - 1, all];
    assert_eq!(is_whole_at, padded);
}

#[test]
fn each_attribute_of_a_device_is_needed() {
    for missing in [
        RDMA_NLDEV_ATTR_DEV_INDEX,
        RDMA_NLDEV_ATTR_DEV_NAME,
        RDMA_NLDEV_ATTR_PORT_INDEX,
        RDMA_NLDEV_ATTR_NODE_GUID,
        RDMA_NLDEV_ATTR_DEV_NODE_TYPE,
    ] {
        let whole = device(0, "rxe0");
        let mut body = Vec::new();
        for (kind, value) in Attributes::new(&whole[16..]) {
            if u32::from(kind) != missing {
                body.extend(attribute(kind, value));
            }
        }
        assert_eq!(parse_device(&body), Err(Errno::EPROTO), "{missing}");
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["", ".", "..", ".hidden", "a/b", "/dev/mem", &"n".repeat(64)] {
        let message = device(0, name);
        assert_eq!(parse_device(&message[16..]), Err(Errno::EPROTO), "{name}");
    }
    let longest = "n".repeat(63);
    let message = device(0, &longest);
    assert_eq!(
        parse_device(&message[16..]).map(|device| device.name),
        Ok(longest.into())
    );
}

#[test]
fn a_name_without_its_nul_is_refused() {
    let bare = message(0, 0, &[(RDMA_NLDEV_ATTR_CHARDEV_NAME, b"uverbs0")]);
    assert_eq!(parse_chardev(&bare[16..]), Err(Errno::EPROTO));
}

#[test]
fn a_chardev_is_named_with_driver_and_number() {
    let kernel = Scripted::default().then(&[chardev("uverbs3", Some(14), 2)]);
    let mut conversation = with(kernel);
    let found = conversation.chardev(7).expect("an answer");
    assert_eq!(found.name, "uverbs3");
    assert_eq!((found.driver_id, found.driver_abi), (14, 2));
    assert_eq!(found.dev, libc::makedev(231, 192));
    let request = &requests(&conversation)[0];
    assert_eq!(request[4..6], 0x140f_u16.to_ne_bytes());
    let asked: Vec<_> = Attributes::new(&request[16..]).collect();
    assert_eq!(
        asked,
        [(1, &7_u32.to_ne_bytes()[..]), (69, &b"uverbs\0"[..])]
    );
}

#[test]
fn a_kernel_that_does_not_tell_the_driver_gives_none() {
    let kernel = Scripted::default().then(&[chardev("uverbs0", None, 0xffff_0000_0000_0001)]);
    let found = with(kernel).chardev(0).expect("an answer");
    // The upper half of the version is reserved.
    assert_eq!(
        (found.driver_id, found.driver_abi),
        (RDMA_DRIVER_UNKNOWN, 1)
    );
}

#[test]
fn a_kernel_that_does_not_tell_copies_nothing_on_fork() {
    let asked = |attributes: &[(u32, &[u8])]| {
        let answer = message(kind(RDMA_NLDEV_CMD_SYS_GET), 0, attributes);
        with(Scripted::default().then(&[answer])).copies_on_fork()
    };
    assert_eq!(asked(&[]), Ok(false));
    assert_eq!(
        asked(&[(RDMA_NLDEV_SYS_ATTR_COPY_ON_FORK, &[0])]),
        Ok(false)
    );
    assert_eq!(asked(&[(RDMA_NLDEV_SYS_ATTR_COPY_ON_FORK, &[1])]), Ok(true));
    assert_eq!(asked(&[(RDMA_NLDEV_SYS_ATTR_COPY_ON_FORK, &[])]), Ok(false));
}

#[test]
fn an_error_is_the_kernels() {
    let kernel = Scripted::default().then(&[error(libc::ENODEV)]);
    assert_eq!(with(kernel).chardev(0), Err(Errno::ENODEV));
    let kernel = Scripted::default().then(&[error(libc::EPERM)]);
    assert_eq!(with(kernel).devices(), Err(Errno::EPERM));
}

#[test]
fn an_acknowledgement_is_no_answer() {
    let kernel = Scripted::default().then(&[error(0)]);
    assert_eq!(with(kernel).chardev(0), Err(Errno::ENODATA));
}

#[test]
fn answers_to_older_questions_are_passed_over() {
    let mut stale = chardev("uverbs9", Some(1), 1);
    stale[8..12].copy_from_slice(&u32::MAX.to_ne_bytes());
    let kernel = Scripted::default().then(&[stale, chardev("uverbs0", Some(1), 1)]);
    let found = with(kernel).chardev(0).expect("an answer");
    assert_eq!(found.name, "uverbs0");
}

#[test]
fn silence_is_an_error() {
    assert_eq!(with(Scripted::default()).devices(), Err(Errno::EAGAIN));
}

#[test]
fn device_numbers_are_unpacked_from_the_wide_encoding() {
    assert_eq!(dev_of(0xe7c0), libc::makedev(231, 192));
    // Minor 0x12345 and major 0xabc.
    assert_eq!(dev_of(0x123a_bc45), libc::makedev(0xabc, 0x12345));
}
