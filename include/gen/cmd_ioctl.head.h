/*
 * For driver plug-ins: commands to the kernel as lists of attributes, built on the stack.
 *
 * A driver that adds attributes of its own to a command makes a buffer for them and hands it to the
 * library's function, which links it behind its own: DECLARE_COMMAND_BUFFER(buffer, object, method,
 * 2), then a fill_attr_ function for each attribute.
 */

#include <assert.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <infiniband/verbs.h>

/* A command under construction. Attributes go from next_attr up to last_attr. */
struct ibv_command_buffer {
	struct ibv_command_buffer *next;
	struct ib_uverbs_attr *next_attr;
	struct ib_uverbs_attr *last_attr;
	/* Where the driver's own data is, and the room before it, if the command is written. */
	uint8_t uhw_in_idx;
	uint8_t uhw_out_idx;
	uint8_t uhw_in_headroom_dwords;
	uint8_t uhw_out_headroom_dwords;
	/* An attribute was too long. */
	uint8_t buffer_error : 1;
	/* What else will do if the kernel has no ioctl: write_ex, or nothing. */
	uint8_t fallback_require_ex : 1;
	uint8_t fallback_ioctl_only : 1;
	struct ib_uverbs_ioctl_hdr hdr;
};

/* An index of ibv_command_buffer that tells of no data. */
enum {
	_UHW_NO_INDEX = 0xff,
};
