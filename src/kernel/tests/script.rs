//! A kernel that answers from a script, one step per system call.
//!
//! A step says which call has to come, byte for byte, and how it ends. Calls nobody expected fail
//! the test, and so do steps that are left over when the script is dropped.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::c_int;

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::Uverbs;
use crate::kernel::sys::SysCalls;

pub(crate) const FD: c_int = 77;
pub(crate) const DRIVER_ID: u32 = 14;

const HDR_BYTES: usize = 24;
const ATTR_BYTES: usize = 16;

thread_local! {
    static STEPS: RefCell<VecDeque<Step>> = const { RefCell::new(VecDeque::new()) };
}

type Step = Box<dyn FnOnce(&mut Call) -> Result<(), Errno>>;

static SCRIPTED: SysCalls = SysCalls { ioctl, write };

/// One system call, as the kernel sees it.
pub(crate) enum Call {
    Ioctl(*mut ib_uverbs_ioctl_hdr),
    /// The bytes, and how many of them are taken.
    Write(Vec<u8>, usize),
}

/// An attribute as the specification words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attr {
    /// An object or a descriptor, by number; 0 where the kernel will say it.
    Handle(u64),
    /// A descriptor that may be ignored.
    OptionalHandle(u64),
    /// Four bytes, in the attribute itself.
    U32(u32),
    /// Eight bytes, in the attribute itself.
    U64(u64),
    /// Fewer bytes, in the attribute itself.
    Short(Vec<u8>),
    /// Bytes behind an address.
    Bytes(Vec<u8>),
    /// Room for so many bytes.
    Out(usize),
    /// A choice, with its bytes behind an address.
    Choice(u8, Vec<u8>),
}

/// Answers of the kernel to an ioctl.
pub(crate) enum Reply {
    Handle(u64),
    Bytes(Vec<u8>),
}

unsafe fn ioctl(fd: c_int, hdr: *mut ib_uverbs_ioctl_hdr) -> Result<(), Errno> {
    assert_eq!(fd, FD);
    step(&mut Call::Ioctl(hdr))
}

unsafe fn write(fd: c_int, command: &[u8]) -> Result<usize, Errno> {
    assert_eq!(fd, FD);
    let mut call = Call::Write(command.to_vec(), command.len());
    step(&mut call)?;
    match call {
        Call::Write(_, taken) => Ok(taken),
        Call::Ioctl(_) => unreachable!(),
    }
}

fn step(call: &mut Call) -> Result<(), Errno> {
    let step = STEPS.with_borrow_mut(VecDeque::pop_front);
    step.expect("a system call nobody expects")(call)
}

/// Steps that are still to come; dropping it checks that all have.
pub(crate) struct Script;

impl Script {
    pub(crate) fn new() -> Script {
        STEPS.with_borrow_mut(VecDeque::clear);
        Script
    }

    /// A descriptor on the scripted kernel.
    pub(crate) fn uverbs(&self, abi_version: u32) -> Uverbs {
        Uverbs::with(&SCRIPTED, FD, DRIVER_ID, abi_version)
    }

    /// A descriptor whose kernel knows no ioctl at all.
    pub(crate) fn old_uverbs(&self, abi_version: u32) -> Uverbs {
        let uverbs = self.uverbs(abi_version);
        self.fails_ioctl(0, 0, Errno::ENOTTY);
        uverbs.probe();
        uverbs.mark_missing(u32::MAX);
        uverbs
    }

    pub(crate) fn push(&self, step: impl FnOnce(&mut Call) -> Result<(), Errno> + 'static) {
        STEPS.with_borrow_mut(|steps| steps.push_back(Box::new(step)));
    }

    /// An ioctl with these attributes, which is answered.
    pub(crate) fn ioctl(
        &self,
        (object, method): (u16, u16),
        expected: &[(u16, Attr)],
        replies: Vec<(u16, Reply)>,
    ) {
        let expected = expected.to_vec();
        self.push(move |call| {
            let ioctl = call.ioctl(object, method);
            let found: Vec<_> = ioctl.iter().map(|attr| attr.id).collect();
            let ids: Vec<_> = expected.iter().map(|(id, _)| *id).collect();
            assert_eq!(found, ids, "attributes of {object}/{method}");
            for (attr, (id, expected)) in ioctl.iter().zip(&expected) {
                attr.check(*id, expected);
            }
            for (id, reply) in replies {
                call.reply(id, reply);
            }
            Ok(())
        });
    }

    /// An ioctl, whatever it carries, that fails.
    pub(crate) fn fails_ioctl(&self, object: u16, method: u16, errno: Errno) {
        self.push(move |call| {
            call.ioctl(object, method);
            Err(errno)
        });
    }

    /// A written command, with zeros where the address of the answer stands, which is answered.
    pub(crate) fn write(&self, expected: Vec<u8>, answer: Vec<u8>) {
        self.push(move |call| {
            let Call::Write(bytes, _) = call else {
                panic!("an ioctl where a write was expected");
            };
            let place = address_place(bytes);
            let mut address = [0; 8];
            let mut shown = bytes.clone();
            if !answer.is_empty() {
                address.copy_from_slice(&shown[place..place + 8]);
                shown[place..place + 8].fill(0);
            }
            assert_eq!(shown, expected);
            assert_eq!(answer_len(bytes), answer.len());
            let to = u64::from_ne_bytes(address) as *mut u8;
            if !answer.is_empty() {
                // SAFETY: the command says that so many bytes may be written there.
                unsafe { to.copy_from_nonoverlapping(answer.as_ptr(), answer.len()) };
            }
            Ok(())
        });
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let left = STEPS.with_borrow(VecDeque::len);
        if !std::thread::panicking() {
            assert_eq!(left, 0, "system calls that never came");
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

fn is_extended(bytes: &[u8]) -> bool {
    u32::from_ne_bytes(bytes[..4].try_into().expect("four bytes")) & 0x8000_0000 != 0
}

/// Where a written command has the address of its answer: behind the first header.
fn address_place(bytes: &[u8]) -> usize {
    assert!(bytes.len() >= 8);
    8
}

/// How long the answer may be, by the header.
fn answer_len(bytes: &[u8]) -> usize {
    let words = usize::from(u16_at(bytes, 6));
    if is_extended(bytes) {
        8 * (words + usize::from(u16_at(bytes, 18)))
    } else {
        4 * words
    }
}

/// One attribute on its way to the kernel.
pub(crate) struct Given {
    pub(crate) id: u16,
    len: usize,
    flags: u16,
    choice: u16,
    data: u64,
}

impl Given {
    fn check(&self, id: u16, expected: &Attr) {
        let shape = |len: usize, flags: u16| {
            assert_eq!(
                (self.len, self.flags, self.choice),
                (len, flags, 0),
                "length, flags, choice of attribute {id}"
            );
        };
        match expected {
            Attr::Handle(handle) => {
                shape(0, 1);
                assert_eq!(self.data, *handle, "attribute {id}");
            }
            Attr::OptionalHandle(handle) => {
                shape(0, 0);
                assert_eq!(self.data, *handle, "attribute {id}");
            }
            Attr::U32(value) => {
                shape(4, 1);
                assert_eq!(self.data, u64::from(*value), "attribute {id}");
            }
            Attr::U64(value) => {
                shape(8, 1);
                assert_eq!(self.data, *value, "attribute {id}");
            }
            Attr::Short(bytes) => {
                shape(bytes.len(), 1);
                assert_eq!(self.data.to_ne_bytes()[..bytes.len()], bytes[..]);
            }
            Attr::Bytes(bytes) => {
                shape(bytes.len(), 1);
                assert_eq!(self.bytes(), bytes, "attribute {id}");
            }
            Attr::Out(len) => {
                shape(*len, 1);
                assert_ne!(self.data, 0, "attribute {id}");
            }
            Attr::Choice(choice, bytes) => {
                assert_eq!((self.len, self.flags), (bytes.len(), 1));
                assert_eq!(self.choice, u16::from(*choice));
                assert_eq!(self.bytes(), bytes, "attribute {id}");
            }
        }
    }

    /// What stands in the attribute itself.
    pub(crate) fn data(&self) -> u64 {
        self.data
    }

    /// The bytes a longer attribute points to.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: an attribute longer than eight bytes has the address of readable ones.
        unsafe { std::slice::from_raw_parts(self.data as *const u8, self.len) }
    }
}

impl Call {
    /// The attributes of an ioctl, after a look at its header.
    pub(crate) fn ioctl(&self, object: u16, method: u16) -> Vec<Given> {
        let Call::Ioctl(hdr) = self else {
            panic!("a write where an ioctl was expected");
        };
        // SAFETY: a header, with attributes behind it as its length says.
        let bytes = unsafe {
            let length = hdr.cast::<u16>().read();
            std::slice::from_raw_parts(hdr.cast::<u8>(), length.into())
        };
        let count = usize::from(u16_at(bytes, 6));
        assert_eq!(bytes.len(), HDR_BYTES + count * ATTR_BYTES, "length");
        assert_eq!((u16_at(bytes, 2), u16_at(bytes, 4)), (object, method));
        assert_eq!(bytes[8..16], [0; 8], "reserved");
        assert_eq!(bytes[16..20], DRIVER_ID.to_ne_bytes(), "driver");
        assert_eq!(bytes[20..24], [0; 4], "reserved");
        let attrs = bytes[HDR_BYTES..].chunks_exact(ATTR_BYTES);
        attrs
            .map(|attr| Given {
                id: u16_at(attr, 0),
                len: u16_at(attr, 2).into(),
                flags: u16_at(attr, 4),
                choice: u16_at(attr, 6),
                data: u64::from_ne_bytes(attr[8..].try_into().expect("eight bytes")),
            })
            .collect()
    }

    /// Answers in one attribute.
    pub(crate) fn reply(&self, id: u16, reply: Reply) {
        let Call::Ioctl(hdr) = self else {
            panic!("a write where an ioctl was expected");
        };
        // SAFETY: a header, with as many attributes behind it as it says.
        let attrs = unsafe {
            let first = hdr.byte_add(HDR_BYTES).cast::<ib_uverbs_attr>();
            std::slice::from_raw_parts_mut(first, (**hdr).num_attrs.into())
        };
        let attr = attrs.iter_mut().find(|attr| attr.attr_id == id);
        let attr = attr.expect("an attribute that is there");
        attr.flags |= UVERBS_ATTR_F_VALID_OUTPUT as u16;
        match reply {
            Reply::Handle(handle) => attr.data.data = handle,
            Reply::Bytes(bytes) => {
                assert!(bytes.len() <= attr.len.into());
                // SAFETY: the attribute has the address of so much room.
                unsafe {
                    let to = attr.data.data as *mut u8;
                    to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                }
            }
        }
    }
}

/// Words of four bytes, one after the other.
pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The header of a standard command, lengths in words.
pub(crate) fn standard(number: u32, in_words: u16, out_words: u16) -> Vec<u8> {
    let mut bytes = number.to_ne_bytes().to_vec();
    bytes.extend(in_words.to_ne_bytes());
    bytes.extend(out_words.to_ne_bytes());
    bytes
}

/// Both headers of an extended command, without the address of the answer.
pub(crate) fn extended(number: u32, core: (u16, u16), provider: (u16, u16)) -> Vec<u8> {
    let mut bytes = standard(number | 0x8000_0000, core.0, core.1);
    bytes.extend([0; 8]);
    bytes.extend(provider.0.to_ne_bytes());
    bytes.extend(provider.1.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes
}
