//! The bytes of a command that concern the two halves of a driver alone.

use crate::base::errno::Errno;

/// What a plug-in adds to a command of the library, in both directions; the bytes stay its own.
///
/// The library neither reads nor writes them: their addresses go to the kernel, or, where the
/// older form wants one block, they are copied as they are.
#[derive(Clone, Copy)]
pub struct DriverData {
    input: *const u8,
    input_len: usize,
    output: *mut u8,
    output_len: usize,
}

impl DriverData {
    pub const NONE: DriverData = DriverData {
        input: std::ptr::null(),
        input_len: 0,
        output: std::ptr::null_mut(),
        output_len: 0,
    };

    /// The driver's share of blocks that begin with the library's own `Q` and `R`.
    ///
    /// A NULL block has none. A block that is too short for the library's share is `EINVAL`.
    ///
    /// # Safety
    /// Each block is NULL or has as many bytes as the size next to it says, readable or writable,
    /// for as long as the value is used.
    pub unsafe fn behind<Q, R>(
        request: *const Q,
        request_len: usize,
        response: *mut R,
        response_len: usize,
    ) -> Result<DriverData, Errno> {
        let share = |is_null: bool, len: usize, own: usize| match len.checked_sub(own) {
            _ if is_null => Ok(0),
            Some(rest) => Ok(rest),
            None => {
                crate::log_warn!("a driver passed {len} bytes where {own} are the least");
                Err(Errno::EINVAL)
            }
        };
        let input_len = share(request.is_null(), request_len, size_of::<Q>())?;
        let output_len = share(response.is_null(), response_len, size_of::<R>())?;
        Ok(DriverData {
            input: request.wrapping_add(1).cast(),
            input_len,
            output: response.wrapping_add(1).cast(),
            output_len,
        })
    }

    /// A block for the driver alone, NULL for none.
    ///
    /// # Safety
    /// As for [`DriverData::behind`].
    pub unsafe fn input_only(input: *const u8, len: usize) -> DriverData {
        DriverData {
            input,
            input_len: if input.is_null() { 0 } else { len },
            ..DriverData::NONE
        }
    }

    pub(super) fn input(&self) -> (*const u8, usize) {
        (self.input, self.input_len)
    }

    pub(super) fn output(&self) -> (*mut u8, usize) {
        (self.output, self.output_len)
    }

    /// The input, to be copied.
    pub(super) fn input_bytes(&self) -> &[u8] {
        if self.input_len == 0 {
            return &[];
        }
        // SAFETY: whoever made the value vouched for the bytes.
        unsafe { std::slice::from_raw_parts(self.input, self.input_len) }
    }

    /// Fills the output; `bytes` has its length.
    pub(super) fn set_output(&self, bytes: &[u8]) {
        let len = self.output_len.min(bytes.len());
        if len != 0 {
            // SAFETY: whoever made the value vouched for that much room, and `bytes` is ours.
            unsafe { self.output.copy_from_nonoverlapping(bytes.as_ptr(), len) };
        }
    }
}
