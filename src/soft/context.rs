//! An open device: what every object of one `ibv_open_device` shares.

use super::device::DeviceSpec;
use super::notify::{AsyncQueue, AsyncRecord};
use super::process::Process;
use crate::abi;
use crate::base::errno::Errno;
use crate::base::mutex::RwLock;
use crate::engine::types::QpEvent;
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::sync::{Arc, RwLockReadGuard};

/// An open device.
pub(crate) struct Context {
    /// The port within changes when its interface does.
    device: RwLock<DeviceSpec>,
    pub(crate) process: Arc<Process>,
    pub(crate) events: AsyncQueue,
    /// Stands where others have the device's: a descriptor that nothing can be done with.
    pub(crate) cmd_fd: EventFd,
}

impl Context {
    pub(crate) fn new(device: DeviceSpec, process: Arc<Process>) -> Result<Context, Errno> {
        Ok(Context {
            device: RwLock::new(device),
            process,
            events: AsyncQueue::new()?,
            cmd_fd: EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC)?,
        })
    }

    pub(crate) fn device(&self) -> RwLockReadGuard<'_, DeviceSpec> {
        self.device.read()
    }

    /// Looks at the interface again, and tells what has changed since.
    pub(crate) fn refresh_port(&self) {
        let Ok(port) = self.device().current_port() else {
            return;
        };
        let events: Vec<u32> = self.device().port.events(&port).collect();
        self.device.write().port = port;
        for event in events {
            self.raise_port(event);
        }
    }

    pub(crate) fn raise_qp(&self, user_handle: u64, event: QpEvent) {
        self.events.raise(AsyncRecord {
            element: user_handle,
            event_type: event_type(event),
        });
    }

    pub(crate) fn raise_cq_error(&self, user_handle: u64) {
        self.events.raise(AsyncRecord {
            element: user_handle,
            event_type: abi::IBV_EVENT_CQ_ERR,
        });
    }

    pub(crate) fn raise_srq_limit(&self, user_handle: u64) {
        self.events.raise(AsyncRecord {
            element: user_handle,
            event_type: abi::IBV_EVENT_SRQ_LIMIT_REACHED,
        });
    }

    /// Events of the port carry its number.
    pub(crate) fn raise_port(&self, event: u32) {
        self.events.raise(AsyncRecord {
            element: 1,
            event_type: event,
        });
    }
}

fn event_type(event: QpEvent) -> u32 {
    match event {
        QpEvent::Fatal => abi::IBV_EVENT_QP_FATAL,
        QpEvent::RequestError => abi::IBV_EVENT_QP_REQ_ERR,
        QpEvent::AccessError => abi::IBV_EVENT_QP_ACCESS_ERR,
        QpEvent::CommEstablished => abi::IBV_EVENT_COMM_EST,
        QpEvent::SqDrained => abi::IBV_EVENT_SQ_DRAINED,
        QpEvent::LastWqeReached => abi::IBV_EVENT_QP_LAST_WQE_REACHED,
    }
}
