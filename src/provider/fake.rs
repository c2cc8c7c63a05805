//! A NIC for the tests: its objects are zeroed memory, its descriptors pipes.
//!
//! Test-only. It implements enough operations for every path of `api` that does something after
//! the operation has returned.

use std::cell::RefCell;
use std::ffi::{CStr, c_int, c_void};

use super::device::DeviceRef;
use super::embedded::{self, DeviceInfo, Nic};
use super::registry::Registry;
use crate::abi::*;
use crate::base::errno::Errno;

thread_local! {
    /// What this thread's next listing finds; `None` is a NIC that is switched off.
    pub(crate) static FOUND: RefCell<Option<Vec<DeviceInfo>>> = const { RefCell::new(None) };
    /// What `open` of this thread answers instead of opening.
    pub(crate) static OPEN_FAILS: RefCell<Option<Errno>> = const { RefCell::new(None) };
}

pub(crate) static FAKE: Nic = Nic {
    list: |_| Ok(FOUND.with_borrow(Clone::clone)),
    ops: || &OPS,
    core: || &CORE,
    open,
};

pub(crate) const ASYNC_READ: usize = 0;
pub(crate) const PORT: u8 = 1;

pub(crate) fn info(name: &str, key: u32) -> DeviceInfo {
    DeviceInfo {
        name: name.into(),
        dev_name: format!("uverbs{key}"),
        dev_path: format!("/sys/devices/virtual/infiniband_verbs/uverbs{key}"),
        ibdev_path: format!("/sys/devices/virtual/infiniband/{name}"),
        guid_be: 0x0123_4567_89ab_cdef_u64.to_be(),
        key,
    }
}

/// A registry of this NIC beside a kernel without RDMA.
pub(crate) fn registry() -> Registry {
    Registry::new(|| Err(Errno::ENOSYS), &FAKE)
}

/// A fresh device.
pub(crate) fn device() -> DeviceRef {
    FOUND.set(Some(vec![info("fake0", 1)]));
    registry().list().expect("the fake NIC is on").remove(0)
}

/// An open context of a fresh device.
pub(crate) fn opened() -> *mut ibv_context {
    device()
        .open(std::ptr::null_mut())
        .expect("the fake NIC opens")
        .as_ptr()
}

/// The name an application sees.
pub(crate) fn name(device: &DeviceRef) -> String {
    // SAFETY: alive while referenced, and the field ends with NUL.
    let name = unsafe { CStr::from_ptr((*device.as_ptr()).name.as_ptr()) };
    name.to_str().expect("names are ASCII").to_owned()
}

/// The GUID an application sees.
pub(crate) fn guid_be(device: &DeviceRef) -> Option<u64> {
    // SAFETY: alive while referenced.
    unsafe { embedded::guid_be(device.as_ptr()) }
}

pub(crate) fn is_open(fd: c_int) -> bool {
    // SAFETY: only asks about a number.
    unsafe { libc::fcntl(fd, libc::F_GETFD) >= 0 }
}

/// Zeroed memory of an object, as providers get theirs.
fn object<T>() -> *mut T {
    // SAFETY: calloc takes any sizes.
    unsafe { libc::calloc(1, size_of::<T>()) }.cast()
}

unsafe extern "C" fn free<T>(object: *mut T) -> c_int {
    // SAFETY: `object` came from calloc.
    unsafe { libc::free(object.cast()) };
    0
}

fn pipe() -> [c_int; 2] {
    let mut fds = [-1; 2];
    // SAFETY: a place for two descriptors.
    let failed = unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) };
    assert_eq!(failed, 0);
    fds
}

unsafe fn open(key: u32, context: *mut ibv_context) -> Result<*mut c_void, Errno> {
    if let Some(errno) = OPEN_FAILS.take() {
        return Err(errno);
    }
    let fds = Box::new(pipe());
    // SAFETY: the adapter passes a context nobody else sees yet.
    unsafe {
        (*context).async_fd = fds[ASYNC_READ];
        (*context).num_comp_vectors = key as c_int;
    }
    Ok(Box::into_raw(fds).cast())
}

/// The writing end of a context's async descriptor.
pub(crate) unsafe fn async_writer(context: *mut ibv_context) -> c_int {
    // SAFETY: `open` put two descriptors there.
    unsafe {
        (*(*embedded_context::around(context))
            .soft
            .cast::<[c_int; 2]>())[1]
    }
}

unsafe extern "C" fn free_context(context: *mut ibv_context) {
    // SAFETY: `open` boxed two descriptors.
    let fds = unsafe {
        Box::from_raw(
            (*embedded_context::around(context))
                .soft
                .cast::<[c_int; 2]>(),
        )
    };
    for fd in *fds {
        // SAFETY: the descriptors are the context's.
        assert_eq!(unsafe { libc::close(fd) }, 0, "closed twice");
    }
}

unsafe extern "C" fn reg_mr(
    _: *mut ibv_pd,
    _: *mut c_void,
    _: usize,
    _: u64,
    access: c_int,
) -> *mut ibv_mr {
    let mr: *mut verbs_mr = object();
    // SAFETY: fresh memory.
    unsafe { (*mr).access = access };
    mr.cast()
}

unsafe extern "C" fn rereg_mr(
    _: *mut verbs_mr,
    _: c_int,
    _: *mut ibv_pd,
    _: *mut c_void,
    length: usize,
    _: c_int,
) -> c_int {
    if length == 1 { Errno::EFAULT.0 } else { 0 }
}

unsafe extern "C" fn query_port(
    _: *mut ibv_context,
    port_num: u8,
    attr: *mut ibv_port_attr,
) -> c_int {
    if port_num != PORT {
        return Errno::EINVAL.0;
    }
    // SAFETY: the library passes a struct of that size.
    unsafe {
        (*attr).state = IBV_PORT_ACTIVE;
        (*attr).flags = 0xaa;
        (*attr).active_speed_ex = 7;
    }
    0
}

unsafe extern "C" fn query_device_ex(
    _: *mut ibv_context,
    _: *const ibv_query_device_ex_input,
    attr: *mut ibv_device_attr_ex,
    size: usize,
) -> c_int {
    assert_eq!(size, size_of::<ibv_device_attr>());
    // SAFETY: the library passes a struct of that size.
    unsafe { (*attr).orig_attr.max_qp = 77 };
    0
}

unsafe extern "C" fn modify_qp(_: *mut ibv_qp, attr: *mut ibv_qp_attr, _: c_int) -> c_int {
    // SAFETY: the library has checked the pointer.
    if unsafe { (*attr).qp_state } == IBV_QPS_ERR {
        Errno::EINVAL.0
    } else {
        0
    }
}

pub(crate) static OPS: verbs_context_ops = verbs_context_ops {
    alloc_pd: Some({
        unsafe extern "C" fn alloc_pd(_: *mut ibv_context) -> *mut ibv_pd {
            object()
        }
        alloc_pd
    }),
    dealloc_pd: Some(free::<ibv_pd>),
    create_cq: Some({
        unsafe extern "C" fn create_cq(
            _: *mut ibv_context,
            _: c_int,
            _: *mut ibv_comp_channel,
            _: c_int,
        ) -> *mut ibv_cq {
            object::<verbs_cq>().cast()
        }
        create_cq
    }),
    destroy_cq: Some(free::<ibv_cq>),
    create_srq: Some({
        unsafe extern "C" fn create_srq(_: *mut ibv_pd, _: *mut ibv_srq_init_attr) -> *mut ibv_srq {
            object::<verbs_srq>().cast()
        }
        create_srq
    }),
    destroy_srq: Some(free::<ibv_srq>),
    create_qp: Some({
        unsafe extern "C" fn create_qp(pd: *mut ibv_pd, _: *mut ibv_qp_init_attr) -> *mut ibv_qp {
            let qp: *mut ibv_qp = object::<verbs_qp>().cast();
            // SAFETY: fresh memory; providers set the members of a QP themselves.
            unsafe { (*qp).context = (*pd).context };
            qp
        }
        create_qp
    }),
    modify_qp: Some(modify_qp),
    destroy_qp: Some(free::<ibv_qp>),
    reg_mr: Some(reg_mr),
    rereg_mr: Some(rereg_mr),
    dereg_mr: Some(free::<verbs_mr>),
    query_port: Some(query_port),
    query_device_ex: Some(query_device_ex),
    free_context: Some(free_context),
    ..EMPTY
};

// SAFETY: the table is made of optional function pointers; all-zero bytes are `None` in each.
const EMPTY: verbs_context_ops = unsafe { std::mem::zeroed() };

/// GID 0 is ::ffff:127.0.0.1, GID 1 is zero, and there are no more.
pub(crate) const OWN_GID: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];

pub(crate) static CORE: CoreOps = CoreOps {
    create_comp_channel: |context| {
        let channel: *mut (ibv_comp_channel, c_int) = object();
        let fds = pipe();
        // SAFETY: fresh memory.
        unsafe {
            channel.write((
                ibv_comp_channel {
                    context,
                    fd: fds[0],
                    refcnt: 9,
                },
                fds[1],
            ))
        };
        channel.cast()
    },
    destroy_comp_channel: |channel| {
        // SAFETY: a channel of ours.
        unsafe { libc::close((*channel).fd) };
        // SAFETY: as above.
        unsafe { libc::close(channel_writer(channel)) };
        // SAFETY: it came from calloc.
        unsafe { free(channel) }
    },
    query_gid: |_, _, index, gid| {
        let raw = match index {
            0 => OWN_GID,
            1 => [0; 16],
            _ => {
                super::refuse::set_errno(Errno::EINVAL);
                return -1;
            }
        };
        // SAFETY: the library has checked the place.
        unsafe { gid.write(ibv_gid { raw }) };
        0
    },
    query_gid_ex: |_, _, _, _, _, _| Errno::ENODATA.0,
    query_gid_table: |_, _, max, _, _| {
        if max == 0 {
            -(Errno::EINVAL.0 as isize)
        } else {
            1
        }
    },
    query_gid_type: |_, _, _, gid_type| {
        // SAFETY: the library has checked the place.
        unsafe { gid_type.write(IBV_GID_TYPE_SYSFS_ROCE_V2) };
        0
    },
    query_pkey: |_, _, index, pkey| {
        if index > 1 {
            super::refuse::set_errno(Errno::EINVAL);
            return -1;
        }
        // SAFETY: the library has checked the place.
        unsafe { pkey.write([0xffff_u16, 0x1234][index as usize].to_be()) };
        0
    },
};

/// The writing end of a fake channel.
pub(crate) unsafe fn channel_writer(channel: *mut ibv_comp_channel) -> c_int {
    // SAFETY: the fake allocates the pair.
    unsafe { (*channel.cast::<(ibv_comp_channel, c_int)>()).1 }
}
