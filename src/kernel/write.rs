//! Commands of the write interface: one request, one answer, each with a part for the driver.
//!
//! Kernels since 4.20 take them through the ioctl `INVOKE_WRITE`, where the parts stay where they
//! are. Before that they are written to the descriptor as one block behind a header that gives
//! the lengths, and the kernel finds the address of the answer inside it.

use super::driver_data::DriverData;
use super::ioctl::Command;
use super::uverbs::Uverbs;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::reserve::{boxed, room_for};

/// A command with a fixed request and answer, named after the C struct that has its header.
///
/// # Safety
/// Both types are `repr(C)` without padding. A standard command with an answer begins with the
/// 64-bit address of it.
pub unsafe trait WriteCommand {
    const NUMBER: u32;
    const IS_EXTENDED: bool;
    type Request: Copy;
    type Response: Copy + Zeroed;
}

macro_rules! commands {
    ($($name:ident: $number:ident $form:ident $request:ident -> $response:ty;)*) => {
        $(
            // SAFETY: structs of the kernel's interface; `tests` compares them with its table.
            unsafe impl WriteCommand for $name {
                const NUMBER: u32 = $number;
                const IS_EXTENDED: bool = commands!(@$form);
                type Request = $request;
                type Response = $response;
            }
        )*
        /// Name, number, form and sizes of each command, for the tests.
        #[cfg(test)]
        pub(super) const COMMANDS: &[(&str, u32, bool, [usize; 3])] = &[$((
            stringify!($number), $number, commands!(@$form),
            [size_of::<$name>(), size_of::<$request>(), size_of::<$response>()],
        )),*];
    };
    (@standard) => { false };
    (@extended) => { true };
}

commands! {
    ibv_get_context: IB_USER_VERBS_CMD_GET_CONTEXT standard ib_uverbs_get_context -> ib_uverbs_get_context_resp;
    ibv_query_device: IB_USER_VERBS_CMD_QUERY_DEVICE standard ib_uverbs_query_device -> ib_uverbs_query_device_resp;
    ibv_query_port: IB_USER_VERBS_CMD_QUERY_PORT standard ib_uverbs_query_port -> ib_uverbs_query_port_resp;
    ibv_alloc_pd: IB_USER_VERBS_CMD_ALLOC_PD standard ib_uverbs_alloc_pd -> ib_uverbs_alloc_pd_resp;
    ibv_dealloc_pd: IB_USER_VERBS_CMD_DEALLOC_PD standard ib_uverbs_dealloc_pd -> empty;
    ibv_create_ah: IB_USER_VERBS_CMD_CREATE_AH standard ib_uverbs_create_ah -> ib_uverbs_create_ah_resp;
    ibv_destroy_ah: IB_USER_VERBS_CMD_DESTROY_AH standard ib_uverbs_destroy_ah -> empty;
    ibv_reg_mr: IB_USER_VERBS_CMD_REG_MR standard ib_uverbs_reg_mr -> ib_uverbs_reg_mr_resp;
    ibv_rereg_mr: IB_USER_VERBS_CMD_REREG_MR standard ib_uverbs_rereg_mr -> ib_uverbs_rereg_mr_resp;
    ibv_dereg_mr: IB_USER_VERBS_CMD_DEREG_MR standard ib_uverbs_dereg_mr -> empty;
    ibv_alloc_mw: IB_USER_VERBS_CMD_ALLOC_MW standard ib_uverbs_alloc_mw -> ib_uverbs_alloc_mw_resp;
    ibv_dealloc_mw: IB_USER_VERBS_CMD_DEALLOC_MW standard ib_uverbs_dealloc_mw -> empty;
    ibv_create_comp_channel: IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL standard ib_uverbs_create_comp_channel -> ib_uverbs_create_comp_channel_resp;
    ibv_create_cq: IB_USER_VERBS_CMD_CREATE_CQ standard ib_uverbs_create_cq -> ib_uverbs_create_cq_resp;
    ibv_resize_cq: IB_USER_VERBS_CMD_RESIZE_CQ standard ib_uverbs_resize_cq -> ib_uverbs_resize_cq_resp;
    ibv_destroy_cq: IB_USER_VERBS_CMD_DESTROY_CQ standard ib_uverbs_destroy_cq -> ib_uverbs_destroy_cq_resp;
    ibv_poll_cq: IB_USER_VERBS_CMD_POLL_CQ standard ib_uverbs_poll_cq -> ib_uverbs_poll_cq_resp;
    ibv_req_notify_cq: IB_USER_VERBS_CMD_REQ_NOTIFY_CQ standard ib_uverbs_req_notify_cq -> empty;
    ibv_create_qp: IB_USER_VERBS_CMD_CREATE_QP standard ib_uverbs_create_qp -> ib_uverbs_create_qp_resp;
    ibv_create_qp_v3: IB_USER_VERBS_CMD_CREATE_QP_V3 standard ib_uverbs_create_qp -> ibv_create_qp_resp_v3;
    ibv_create_qp_v4: IB_USER_VERBS_CMD_CREATE_QP_V4 standard ib_uverbs_create_qp -> ibv_create_qp_resp_v4;
    ibv_query_qp: IB_USER_VERBS_CMD_QUERY_QP standard ib_uverbs_query_qp -> ib_uverbs_query_qp_resp;
    ibv_modify_qp: IB_USER_VERBS_CMD_MODIFY_QP standard ib_uverbs_modify_qp -> empty;
    ibv_destroy_qp: IB_USER_VERBS_CMD_DESTROY_QP standard ib_uverbs_destroy_qp -> ib_uverbs_destroy_qp_resp;
    ibv_post_send: IB_USER_VERBS_CMD_POST_SEND standard ib_uverbs_post_send -> ib_uverbs_post_send_resp;
    ibv_post_recv: IB_USER_VERBS_CMD_POST_RECV standard ib_uverbs_post_recv -> ib_uverbs_post_recv_resp;
    ibv_attach_mcast: IB_USER_VERBS_CMD_ATTACH_MCAST standard ib_uverbs_attach_mcast -> empty;
    ibv_detach_mcast: IB_USER_VERBS_CMD_DETACH_MCAST standard ib_uverbs_detach_mcast -> empty;
    ibv_create_srq: IB_USER_VERBS_CMD_CREATE_SRQ standard ib_uverbs_create_srq -> ib_uverbs_create_srq_resp;
    ibv_create_srq_v5: IB_USER_VERBS_CMD_CREATE_SRQ_V5 standard ib_uverbs_create_srq -> ibv_create_srq_resp_v5;
    ibv_modify_srq: IB_USER_VERBS_CMD_MODIFY_SRQ standard ib_uverbs_modify_srq -> empty;
    ibv_modify_srq_v3: IB_USER_VERBS_CMD_MODIFY_SRQ_V3 standard ib_uverbs_modify_srq_v3 -> empty;
    ibv_query_srq: IB_USER_VERBS_CMD_QUERY_SRQ standard ib_uverbs_query_srq -> ib_uverbs_query_srq_resp;
    ibv_destroy_srq: IB_USER_VERBS_CMD_DESTROY_SRQ standard ib_uverbs_destroy_srq -> ib_uverbs_destroy_srq_resp;
    ibv_post_srq_recv: IB_USER_VERBS_CMD_POST_SRQ_RECV standard ib_uverbs_post_srq_recv -> ib_uverbs_post_srq_recv_resp;
    ibv_open_xrcd: IB_USER_VERBS_CMD_OPEN_XRCD standard ib_uverbs_open_xrcd -> ib_uverbs_open_xrcd_resp;
    ibv_close_xrcd: IB_USER_VERBS_CMD_CLOSE_XRCD standard ib_uverbs_close_xrcd -> empty;
    ibv_create_xsrq: IB_USER_VERBS_CMD_CREATE_XSRQ standard ib_uverbs_create_xsrq -> ib_uverbs_create_srq_resp;
    ibv_open_qp: IB_USER_VERBS_CMD_OPEN_QP standard ib_uverbs_open_qp -> ib_uverbs_create_qp_resp;
    ibv_query_device_ex: IB_USER_VERBS_EX_CMD_QUERY_DEVICE extended ib_uverbs_ex_query_device -> ib_uverbs_ex_query_device_resp;
    ibv_create_cq_ex: IB_USER_VERBS_EX_CMD_CREATE_CQ extended ib_uverbs_ex_create_cq -> ib_uverbs_ex_create_cq_resp;
    ibv_create_qp_ex: IB_USER_VERBS_EX_CMD_CREATE_QP extended ib_uverbs_ex_create_qp -> ib_uverbs_ex_create_qp_resp;
    ibv_modify_qp_ex: IB_USER_VERBS_EX_CMD_MODIFY_QP extended ib_uverbs_ex_modify_qp -> ib_uverbs_ex_modify_qp_resp;
    ibv_create_flow: IB_USER_VERBS_EX_CMD_CREATE_FLOW extended ib_uverbs_create_flow -> ib_uverbs_create_flow_resp;
    ibv_destroy_flow: IB_USER_VERBS_EX_CMD_DESTROY_FLOW extended ib_uverbs_destroy_flow -> empty;
    ibv_create_wq: IB_USER_VERBS_EX_CMD_CREATE_WQ extended ib_uverbs_ex_create_wq -> ib_uverbs_ex_create_wq_resp;
    ibv_modify_wq: IB_USER_VERBS_EX_CMD_MODIFY_WQ extended ib_uverbs_ex_modify_wq -> empty;
    ibv_destroy_wq: IB_USER_VERBS_EX_CMD_DESTROY_WQ extended ib_uverbs_ex_destroy_wq -> ib_uverbs_ex_destroy_wq_resp;
    ibv_create_rwq_ind_table: IB_USER_VERBS_EX_CMD_CREATE_RWQ_IND_TBL extended ib_uverbs_ex_create_rwq_ind_table -> ib_uverbs_ex_create_rwq_ind_table_resp;
    ibv_destroy_rwq_ind_table: IB_USER_VERBS_EX_CMD_DESTROY_RWQ_IND_TBL extended ib_uverbs_ex_destroy_rwq_ind_table -> empty;
    ibv_modify_cq: IB_USER_VERBS_EX_CMD_MODIFY_CQ extended ib_uverbs_ex_modify_cq -> empty;
}

/// The bytes of a kernel struct.
pub(super) fn bytes_of<T: Copy>(value: &mut T) -> &mut [u8] {
    // SAFETY: called with the types of `WriteCommand` only, which have no padding and for which
    // any bytes are a value.
    unsafe { std::slice::from_raw_parts_mut(std::ptr::from_mut(value).cast(), size_of::<T>()) }
}

impl Uverbs {
    /// Executes a command of fixed size.
    pub fn write<C: WriteCommand>(
        &self,
        mut request: C::Request,
        driver: DriverData,
    ) -> Result<C::Response, Errno> {
        let mut response = C::Response::zeroed();
        self.write_sized::<C>(bytes_of(&mut request), bytes_of(&mut response), driver)?;
        Ok(response)
    }

    /// Executes a command whose request or answer ends in a list: the bytes are all of it.
    pub fn write_sized<C: WriteCommand>(
        &self,
        request: &mut [u8],
        response: &mut [u8],
        driver: DriverData,
    ) -> Result<(), Errno> {
        if !C::IS_EXTENDED && !response.is_empty() {
            set_response_address(request, response.as_mut_ptr());
        }
        let number = if C::IS_EXTENDED {
            C::NUMBER | IB_USER_VERBS_CMD_FLAG_EXTENDED
        } else {
            C::NUMBER
        };
        if !self.has_only_write() {
            return self.invoke(number, request, response, driver);
        }
        let (_, output_len) = driver.output();
        let mut answer = boxed(response.len() + output_len, || 0)?;
        let block = if C::IS_EXTENDED {
            let input = (&*request, driver.input_bytes());
            extended_block(number, input, &mut answer, response.len())?
        } else {
            if !answer.is_empty() {
                set_response_address(request, answer.as_mut_ptr());
            }
            standard_block(number, request, driver.input_bytes(), answer.len())?
        };
        // SAFETY: the address inside is that of `answer`, whose length the block gives.
        let taken = unsafe { (self.sys.write)(self.fd(), &block) };
        // Posting answers even when it fails.
        let (own, rest) = answer.split_at(response.len());
        response.copy_from_slice(own);
        driver.set_output(rest);
        match taken? {
            taken if taken == block.len() => Ok(()),
            taken => {
                crate::log_warn!("the kernel took {taken} of {} bytes", block.len());
                Err(Errno::EIO)
            }
        }
    }

    /// Executes a command whose request ends in a list.
    pub(super) fn write_list<C: WriteCommand>(
        &self,
        request: &mut [u8],
        driver: DriverData,
    ) -> Result<C::Response, Errno> {
        let mut response = C::Response::zeroed();
        self.write_sized::<C>(request, bytes_of(&mut response), driver)?;
        Ok(response)
    }

    /// The command as an ioctl.
    fn invoke(
        &self,
        number: u32,
        request: &[u8],
        response: &mut [u8],
        driver: DriverData,
    ) -> Result<(), Errno> {
        let mut command = Command::new(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
        command.u64_in(UVERBS_ATTR_WRITE_CMD, number.into());
        if !request.is_empty() {
            command.slice_in(UVERBS_ATTR_CORE_IN, request);
        }
        if !response.is_empty() {
            // SAFETY: borrowed until the end of this function.
            unsafe {
                command.bytes_out(UVERBS_ATTR_CORE_OUT, response.as_mut_ptr(), response.len())
            };
        }
        command.driver(driver);
        command.run(self)
    }
}

/// A standard request with an answer begins with the address of it.
fn set_response_address(request: &mut [u8], response: *mut u8) {
    if let Some(place) = request.first_chunk_mut() {
        *place = (response as u64).to_ne_bytes();
    }
}

/// A length in words of `word` bytes, as the header has it.
fn words(len: usize, word: usize) -> Result<u16, Errno> {
    if !len.is_multiple_of(word) {
        crate::log_warn!("a command of {len} bytes is not made of words of {word}");
        return Err(Errno::EINVAL);
    }
    u16::try_from(len / word).map_err(|_| Errno::EINVAL)
}

fn push_header(block: &mut Vec<u8>, number: u32, in_words: u16, out_words: u16) {
    block.extend(number.to_ne_bytes());
    block.extend(in_words.to_ne_bytes());
    block.extend(out_words.to_ne_bytes());
}

/// Words of four bytes; lengths with the header and with the driver's part.
fn standard_block(
    number: u32,
    request: &[u8],
    input: &[u8],
    answer_len: usize,
) -> Result<Vec<u8>, Errno> {
    const WORD: usize = 4;
    let len = size_of::<ib_uverbs_cmd_hdr>() + request.len() + input.len();
    let mut block = room_for(len)?;
    push_header(
        &mut block,
        number,
        words(len, WORD)?,
        words(answer_len, WORD)?,
    );
    block.extend(request);
    block.extend(input);
    Ok(block)
}

/// Words of eight bytes; lengths without headers, and the driver's parts on their own.
fn extended_block(
    number: u32,
    (request, input): (&[u8], &[u8]),
    answer: &mut [u8],
    response_len: usize,
) -> Result<Vec<u8>, Errno> {
    const WORD: usize = 8;
    let mut block = room_for(size_of::<ex_hdr>() + request.len() + input.len())?;
    let out_words = words(response_len, WORD)?;
    push_header(&mut block, number, words(request.len(), WORD)?, out_words);
    let address = if answer.is_empty() {
        0
    } else {
        answer.as_mut_ptr() as u64
    };
    block.extend(address.to_ne_bytes());
    block.extend(words(input.len(), WORD)?.to_ne_bytes());
    block.extend(words(answer.len() - response_len, WORD)?.to_ne_bytes());
    block.extend(0u32.to_ne_bytes());
    block.extend(request);
    block.extend(input);
    Ok(block)
}
