// The functions of cmd_ioctl.h, for `make headers`: cbindgen turns them into prototypes.

unsafe extern "C" {
    pub fn __ioctl_final_num_attrs(num_attrs: c_uint, link: *mut ibv_command_buffer) -> c_uint;
    pub fn execute_ioctl(context: *mut ibv_context, cmd: *mut ibv_command_buffer) -> c_int;
}
