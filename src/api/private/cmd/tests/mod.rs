//! The commands as plug-ins call them, on contexts of generation 34 over a scripted kernel.

mod events;
mod objects;
mod queries;
mod queues;

use std::ffi::c_int;
use std::ptr::null_mut;

use crate::abi::pabi_34::VERBS_CONTEXT_SIZE_34;
use crate::abi::*;
use crate::api::private::init::context_of;
use crate::kernel::tests::script::{Reply, Script};
use crate::provider::context::{self, Dialect, Start};
use crate::provider::fake;
use crate::provider::kernel::CORE;

/// Runs one call; the blocks of these tests all have the same argument.
macro_rules! call {
    ($($call:tt)*) => {
        // SAFETY: the promises of `gate`: NULL, or objects and places of the test's own.
        unsafe { $($call)* }
    };
}
use call;

/// A context as a plug-in's `alloc_context` has it, and the kernel behind it.
struct Opened {
    script: Script,
    verbs: *mut verbs_context,
    context: *mut ibv_context,
}

fn opened() -> Opened {
    let script = Script::new();
    // SAFETY: calloc takes any sizes.
    let verbs = unsafe { libc::calloc(1, VERBS_CONTEXT_SIZE_34) }.cast::<verbs_context>();
    let context = context_of(verbs);
    let start = Start {
        device: fake::device(),
        cmd_fd: -1,
        kernel: Some(script.uverbs(6)),
        core: &CORE,
        dialect: Dialect::Pabi34,
    };
    // SAFETY: zeroed memory with the room of this generation.
    unsafe { context::init(context, start) };
    Opened {
        script,
        verbs,
        context,
    }
}

impl Opened {
    /// The next write command, which comes as an ioctl, is this one and gets this answer.
    fn answers(&self, command: u64, answer: Vec<u8>) {
        self.script.push(move |call| {
            let attrs = call.ioctl(0, 0);
            let number = attrs.iter().find(|attr| attr.id == 2).expect("a number");
            assert_eq!(number.data(), command);
            if !answer.is_empty() {
                call.reply(1, Reply::Bytes(answer));
            }
            Ok(())
        });
    }

    fn pd(&self) -> ibv_pd {
        ibv_pd {
            context: self.context,
            handle: 3,
        }
    }

    fn cq(&self) -> ibv_cq {
        ibv_cq {
            context: self.context,
            handle: 4,
            ..Zeroed::zeroed()
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // SAFETY: initialised by `opened`, used by nobody any more.
        unsafe { context::uninit(self.context) };
        // SAFETY: the block came from calloc.
        unsafe { libc::free(self.verbs.cast()) };
    }
}

#[test]
fn a_context_without_a_kernel_takes_no_commands() {
    let context = fake::opened();
    let mut pd: ibv_pd = Zeroed::zeroed();
    let result = call!(super::pd::ibv_cmd_alloc_pd(
        context,
        &mut pd,
        null_mut(),
        0,
        null_mut(),
        0
    ));
    assert_eq!(result, libc::EOPNOTSUPP);
    assert_eq!(call!(crate::api::device::ibv_close_device(context)), 0);
}

/// What every one of these functions answers to nothing.
const EINVAL: c_int = libc::EINVAL;

macro_rules! refuses_null {
    ($($call:expr;)*) => {
        $(assert_eq!(call!($call), EINVAL, stringify!($call));)*
    };
}

#[test]
fn null_is_einval() {
    use super::{cq, device, flow, mr, pd, post, qp, srq, wq};
    let none = null_mut();
    refuses_null! {
        device::execute_ioctl(none, null_mut());
        device::ibv_cmd_get_context(null_mut(), null_mut(), 0, null_mut(), 0);
        device::ibv_cmd_query_context(none, null_mut());
        device::ibv_cmd_query_port(none, 1, null_mut(), null_mut(), 0);
        pd::ibv_cmd_alloc_pd(none, null_mut(), null_mut(), 0, null_mut(), 0);
        pd::ibv_cmd_dealloc_pd(null_mut());
        pd::ibv_cmd_close_xrcd(null_mut());
        pd::ibv_cmd_dealloc_mw(null_mut());
        pd::ibv_cmd_create_ah(null_mut(), null_mut(), null_mut(), null_mut(), 0);
        pd::ibv_cmd_destroy_ah(null_mut());
        pd::ibv_cmd_attach_mcast(null_mut(), null_mut(), 0);
        pd::ibv_cmd_detach_mcast(null_mut(), null_mut(), 0);
        mr::ibv_cmd_dereg_mr(null_mut());
        mr::ibv_cmd_query_mr(null_mut(), null_mut(), 0);
        mr::ibv_cmd_advise_mr(null_mut(), 0, 0, null_mut(), 0);
        mr::ibv_cmd_alloc_dm(none, null_mut(), null_mut(), null_mut());
        mr::ibv_cmd_free_dm(null_mut());
        cq::ibv_cmd_destroy_cq(null_mut());
        cq::ibv_cmd_modify_cq(null_mut(), null_mut(), null_mut(), 0);
        cq::ibv_cmd_req_notify_cq(null_mut(), 0);
        srq::ibv_cmd_destroy_srq(null_mut());
        srq::ibv_cmd_modify_srq(null_mut(), null_mut(), 0, null_mut(), 0);
        srq::ibv_cmd_query_srq(null_mut(), null_mut(), null_mut(), 0);
        qp::ibv_cmd_destroy_qp(null_mut());
        qp::ibv_cmd_modify_qp(null_mut(), null_mut(), 0, null_mut(), 0);
        qp::ibv_cmd_query_qp(null_mut(), null_mut(), 0, null_mut(), null_mut(), 0);
        wq::ibv_cmd_destroy_wq(null_mut());
        wq::ibv_cmd_modify_wq(null_mut(), null_mut(), null_mut(), 0);
        wq::ibv_cmd_destroy_rwq_ind_table(null_mut());
        flow::ibv_cmd_create_flow(null_mut(), null_mut(), null_mut(), null_mut(), 0);
        flow::ibv_cmd_destroy_flow(null_mut());
        flow::ibv_cmd_destroy_flow_action(null_mut());
        flow::ibv_cmd_destroy_counters(null_mut());
        flow::ibv_cmd_read_counters(null_mut(), null_mut(), 0, 0, null_mut());
        post::ibv_cmd_post_send(null_mut(), null_mut(), null_mut());
        post::ibv_cmd_post_recv(null_mut(), null_mut(), null_mut());
        post::ibv_cmd_post_srq_recv(null_mut(), null_mut(), null_mut());
    }
    assert_eq!(call!(post::ibv_cmd_poll_cq(null_mut(), 1, null_mut())), -1);
}
