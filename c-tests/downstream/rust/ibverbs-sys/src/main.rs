//! The embedded device through the crate ibverbs-sys: listed, opened, asked, and a registration.

use ibverbs_sys::*;
use std::ffi::CStr;
use std::mem::zeroed;
use std::ptr::null_mut;

fn main() {
    unsafe {
        let mut count = 0;
        let list = ibv_get_device_list(&mut count);
        assert!(!list.is_null() && count > 0, "no device");
        let name = CStr::from_ptr(ibv_get_device_name(*list)).to_owned();
        let context = ibv_open_device(*list);
        assert!(!context.is_null(), "{}", std::io::Error::last_os_error());
        ibv_free_device_list(list);

        let mut device: ibv_device_attr = zeroed();
        assert_eq!(ibv_query_device(context, &mut device), 0);
        assert!(device.max_qp > 0 && device.phys_port_cnt == 1);
        let mut gid: ibv_gid = zeroed();
        assert_eq!(ibv_query_gid(context, 1, 0, &mut gid), 0);
        assert_ne!(gid.raw, [0; 16]);

        let pd = ibv_alloc_pd(context);
        let mut memory = vec![0u8; 4096];
        let access = ibv_access_flags::IBV_ACCESS_LOCAL_WRITE.0 as i32;
        let mr = ibv_reg_mr(pd, memory.as_mut_ptr().cast(), memory.len(), access);
        assert!(!mr.is_null(), "{}", std::io::Error::last_os_error());
        assert_eq!((*mr).length, memory.len());
        let cq = ibv_create_cq(context, 8, null_mut(), null_mut(), 0);
        assert!(!cq.is_null() && (*cq).cqe >= 8);
        let mut wc: ibv_wc = zeroed();
        let poll = (*context).ops.poll_cq.expect("a device that polls");
        assert_eq!(poll(cq, 1, &mut wc), 0);

        assert_eq!(ibv_destroy_cq(cq), 0);
        assert_eq!(ibv_dereg_mr(mr), 0);
        assert_eq!(ibv_dealloc_pd(pd), 0);
        assert_eq!(ibv_close_device(context), 0);
        println!("{}: opened, asked, registered", name.to_string_lossy());
    }
}
