//! Commands as the kernel's ioctl takes them: a header and a list of attributes.
//!
//! A [`Command`] borrows everything its attributes point to until it has run. Buffers a plug-in
//! has linked are copied behind the library's own attributes, and after success the kernel's
//! version of them is copied back, for that is where the plug-in looks for handles.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::driver_data::DriverData;
use super::uverbs::Uverbs;
use crate::abi::*;
use crate::base::errno::Errno;

/// The most attributes of a command: the library's own, and those of the linked buffers.
pub const MAX_ATTRS: usize = 64;
/// The most buffers in a chain.
const MAX_LINKS: usize = 16;
/// Values up to this size travel in the attribute itself.
const INLINE_BYTES: usize = size_of::<u64>();

const MANDATORY: u16 = UVERBS_ATTR_F_MANDATORY as u16;

/// What an older form would have to offer for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// The standard write form says all.
    Nothing,
    /// Only the extended write form says all.
    Extended,
    /// Neither does.
    Ioctl,
}

/// The memory the kernel sees.
#[repr(C)]
struct Request {
    hdr: ib_uverbs_ioctl_hdr,
    attrs: [MaybeUninit<ib_uverbs_attr>; MAX_ATTRS],
}

/// A command under construction.
pub struct Command<'a> {
    request: Request,
    count: usize,
    /// Something was asked for that has no form: too long, or too much.
    is_broken: bool,
    needs: Needs,
    driver: DriverData,
    links: *mut ibv_command_buffer,
    /// Where the number of the new object goes, and the attribute that will hold it.
    made: Option<(usize, &'a mut u32)>,
    data: PhantomData<&'a mut ()>,
}

/// The attributes of a linked buffer, which lie behind it.
struct Linked {
    first: *mut ib_uverbs_attr,
    count: usize,
}

impl<'a> Command<'a> {
    pub fn new(object: u32, method: u32) -> Command<'a> {
        let hdr = ib_uverbs_ioctl_hdr {
            object_id: object as u16,
            method_id: method as u16,
            ..Zeroed::zeroed()
        };
        Command {
            request: Request {
                hdr,
                attrs: [const { MaybeUninit::uninit() }; MAX_ATTRS],
            },
            count: 0,
            is_broken: false,
            needs: Needs::Nothing,
            driver: DriverData::NONE,
            links: std::ptr::null_mut(),
            made: None,
            data: PhantomData,
        }
    }

    /// The command a plug-in has built itself: the head of a chain says which.
    ///
    /// # Safety
    /// As for [`Command::link`].
    pub unsafe fn of_driver(chain: *mut ibv_command_buffer) -> Command<'a> {
        // SAFETY: the chain is valid by contract.
        let hdr = unsafe { (*chain).hdr };
        let mut command = Command::new(hdr.object_id.into(), hdr.method_id.into());
        command.links = chain;
        command
    }

    /// Adds the attributes of a chain of buffers, NULL for none.
    ///
    /// # Safety
    /// Each buffer of the chain has its attributes behind it, up to `next_attr`, and what they
    /// point to is what they say; all of it stays until the command has run.
    pub unsafe fn link(&mut self, chain: *mut ibv_command_buffer) {
        self.links = chain;
    }

    /// Adds the bytes a driver has for its half in the kernel, and those it wants back.
    pub fn driver(&mut self, driver: DriverData) {
        self.driver = driver;
    }

    /// Says that an older form must be at least this able.
    pub fn require(&mut self, needs: Needs) {
        self.needs = self.needs.max(needs);
    }

    fn push(&mut self, id: u32, len: usize, data: u64) {
        let attr = ib_uverbs_attr {
            attr_id: id as u16,
            len: len as u16,
            flags: MANDATORY,
            attr_data: ib_uverbs_attr_attr_data { reserved: 0 },
            data: ib_uverbs_attr_data { data },
        };
        self.push_attr(attr);
        if len > usize::from(u16::MAX) {
            crate::log_warn!("attribute {id}: {len} bytes are more than an ioctl carries");
            self.is_broken = true;
        }
    }

    fn push_attr(&mut self, attr: ib_uverbs_attr) {
        match self.request.attrs.get_mut(self.count) {
            Some(place) => {
                place.write(attr);
                self.count += 1;
            }
            None => self.is_broken = true,
        }
    }

    fn last(&mut self) -> &mut ib_uverbs_attr {
        let index = self.count - 1;
        // SAFETY: the first `count` attributes are written.
        unsafe { self.request.attrs[index].assume_init_mut() }
    }

    /// An object, or any other number the kernel gave before.
    pub fn handle_in(&mut self, id: u32, handle: u32) {
        self.push(id, 0, handle.into());
    }

    /// A new object.
    pub fn handle_out(&mut self, id: u32, handle: &'a mut u32) {
        self.made = Some((self.count, handle));
        self.push(id, 0, 0);
    }

    /// A descriptor; −1 is left out.
    pub fn fd_in(&mut self, id: u32, fd: c_int) {
        if fd != -1 {
            self.push(id, 0, i64::from(fd) as u64);
        }
    }

    /// A descriptor a kernel may ignore that does not know the attribute; −1 is left out.
    pub fn optional_fd_in(&mut self, id: u32, fd: c_int) {
        if fd != -1 {
            self.fd_in(id, fd);
            self.last().flags &= !MANDATORY;
        }
    }

    pub fn u32_in(&mut self, id: u32, value: u32) {
        let mut bytes = [0; INLINE_BYTES];
        bytes[..size_of::<u32>()].copy_from_slice(&value.to_ne_bytes());
        self.push(id, size_of::<u32>(), u64::from_ne_bytes(bytes));
    }

    /// A value of eight bytes; constants of the kernel are passed like this whatever their size.
    pub fn u64_in(&mut self, id: u32, value: u64) {
        self.push(id, size_of::<u64>(), value);
    }

    /// A struct the kernel reads.
    pub fn struct_in<T>(&mut self, id: u32, value: &'a T) {
        // SAFETY: a borrowed value.
        unsafe { self.bytes_in(id, std::ptr::from_ref(value).cast(), size_of::<T>()) };
    }

    /// Values the kernel reads.
    pub fn slice_in<T>(&mut self, id: u32, values: &'a [T]) {
        // SAFETY: borrowed values.
        unsafe { self.bytes_in(id, values.as_ptr().cast(), size_of_val(values)) };
    }

    /// Bytes the kernel reads.
    ///
    /// # Safety
    /// There are `len` readable bytes, and they stay until the command has run.
    pub unsafe fn bytes_in(&mut self, id: u32, bytes: *const u8, len: usize) {
        let data = if len <= INLINE_BYTES && !bytes.is_null() {
            let mut value = [0; INLINE_BYTES];
            // SAFETY: readable by contract, and no longer than the value.
            unsafe { value.as_mut_ptr().copy_from_nonoverlapping(bytes, len) };
            u64::from_ne_bytes(value)
        } else {
            bytes as u64
        };
        self.push(id, len, data);
    }

    /// Bytes whose meaning depends on a choice.
    ///
    /// # Safety
    /// As for [`Command::bytes_in`].
    pub unsafe fn choice_in(&mut self, id: u32, choice: u8, bytes: *const u8, len: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.bytes_in(id, bytes, len) };
        self.last().attr_data = ib_uverbs_attr_attr_data {
            enum_data: ib_uverbs_attr_attr_data_enum_data {
                elem_id: choice,
                reserved: 0,
            },
        };
    }

    /// A value the kernel fills in.
    pub fn out<T>(&mut self, id: u32, value: &'a mut T) {
        self.push(id, size_of::<T>(), std::ptr::from_mut(value) as u64);
    }

    /// Bytes the kernel fills in.
    ///
    /// # Safety
    /// There are `len` writable bytes, and they stay until the command has run.
    pub unsafe fn bytes_out(&mut self, id: u32, bytes: *mut u8, len: usize) {
        self.push(id, len, bytes as u64);
    }

    /// Gives the command to the kernel.
    ///
    /// `EINVAL` without asking it if an attribute had no form, or a linked buffer was spoilt or
    /// belongs to another command.
    pub fn run(&mut self, uverbs: &Uverbs) -> Result<(), Errno> {
        let own = self.count;
        self.append_driver_data();
        let linked = self.count;
        self.append_links()?;
        if self.is_broken {
            return Err(Errno::EINVAL);
        }
        let hdr = &mut self.request.hdr;
        hdr.length =
            (size_of::<ib_uverbs_ioctl_hdr>() + self.count * size_of::<ib_uverbs_attr>()) as u16;
        hdr.num_attrs = self.count as u16;
        hdr.driver_id = uverbs.driver_id();
        let request = (&raw mut self.request).cast();
        // SAFETY: the header is followed by its attributes; what they point to is borrowed by the
        // command or was vouched for.
        let result = unsafe { (uverbs.sys.ioctl)(uverbs.fd(), request) };
        if result.is_ok() {
            self.copy_back(linked);
        }
        self.count = own;
        result
    }

    fn append_driver_data(&mut self) {
        let (input, len) = self.driver.input();
        if len != 0 {
            // SAFETY: whoever made the value vouched for the bytes.
            unsafe { self.bytes_in(UVERBS_ATTR_UHW_IN, input, len) };
        }
        let (output, len) = self.driver.output();
        if len != 0 {
            // SAFETY: as above.
            unsafe { self.bytes_out(UVERBS_ATTR_UHW_OUT, output, len) };
        }
    }

    /// The buffers of the chain, in order.
    fn chain(&self) -> impl Iterator<Item = *mut ibv_command_buffer> + use<> {
        let next = |link: &*mut ibv_command_buffer| {
            // SAFETY: the chain is valid, whoever linked it has promised.
            Some(unsafe { (**link).next }).filter(|next| !next.is_null())
        };
        let first = Some(self.links).filter(|first| !first.is_null());
        std::iter::successors(first, next)
    }

    /// Copies the attributes of the chain behind the library's own.
    fn append_links(&mut self) -> Result<(), Errno> {
        for (found, link) in self.chain().enumerate() {
            // SAFETY: the chain is valid.
            let buffer = unsafe { &*link };
            let ours = &self.request.hdr;
            let is_ours =
                (buffer.hdr.object_id, buffer.hdr.method_id) == (ours.object_id, ours.method_id);
            if found == MAX_LINKS || !is_ours || buffer.flags & IBV_COMMAND_BUFFER_BUFFER_ERROR != 0
            {
                crate::log_warn!("a command of a driver is spoilt or belongs to another method");
                return Err(Errno::EINVAL);
            }
            let linked = Linked::behind(link, buffer.next_attr);
            for index in 0..linked.count.min(MAX_ATTRS + 1) {
                // SAFETY: the attributes of a valid buffer are readable up to `next_attr`.
                self.push_attr(unsafe { linked.first.add(index).read() });
            }
        }
        Ok(())
    }

    /// Gives the plug-in the kernel's version of its attributes, which begin at `from`, and the
    /// caller its handle.
    fn copy_back(&mut self, mut from: usize) {
        for link in self.chain() {
            // SAFETY: the chain is valid.
            let linked = Linked::behind(link, unsafe { (*link).next_attr });
            let Some(attrs) = self.request.attrs[..self.count].get(from..from + linked.count)
            else {
                // Somebody has changed the chain meanwhile: what is where is not known any more.
                break;
            };
            // SAFETY: as many attributes as were copied from there, written by `append_links`.
            unsafe {
                linked
                    .first
                    .copy_from_nonoverlapping(attrs.as_ptr().cast(), linked.count)
            };
            from += linked.count;
        }
        if let Some((index, handle)) = &mut self.made {
            // SAFETY: the attribute was written when the handle was asked for, and the kernel
            // leaves any 64-bit number in it.
            **handle = unsafe { self.request.attrs[*index].assume_init_ref().data.data } as u32;
        }
    }

    /// What an older form has to offer; driver attributes other than the classic two have none.
    pub(super) fn older_form(&self) -> Needs {
        let classic = [UVERBS_ATTR_UHW_IN as u16, UVERBS_ATTR_UHW_OUT as u16];
        let mut needs = self.needs;
        for link in self.chain().take(MAX_LINKS) {
            // SAFETY: the chain is valid, whoever linked it has promised.
            let buffer = unsafe { &*link };
            let linked = Linked::behind(link, buffer.next_attr);
            let has_new = (0..linked.count).any(|index| {
                // SAFETY: readable up to `next_attr`.
                let attr = unsafe { linked.first.add(index).read() };
                attr.flags & MANDATORY != 0 && !classic.contains(&attr.attr_id)
            });
            if has_new || buffer.flags & IBV_COMMAND_BUFFER_FALLBACK_IOCTL_ONLY != 0 {
                return Needs::Ioctl;
            }
            if buffer.flags & IBV_COMMAND_BUFFER_FALLBACK_REQUIRE_EX != 0 {
                needs = needs.max(Needs::Extended);
            }
        }
        needs
    }
}

impl Linked {
    fn behind(link: *mut ibv_command_buffer, end: *mut ib_uverbs_attr) -> Linked {
        let first = link.wrapping_add(1).cast::<ib_uverbs_attr>();
        let bytes = (end as usize).saturating_sub(first as usize);
        Linked {
            first,
            count: bytes / size_of::<ib_uverbs_attr>(),
        }
    }
}
