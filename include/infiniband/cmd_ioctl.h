/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Written by `make headers` from src/abi and include/gen; not edited by hand. */
#ifndef __INFINIBAND_VERBS_IOCTL_H
#define __INFINIBAND_VERBS_IOCTL_H

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

struct ibv_command_buffer;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

extern unsigned int __ioctl_final_num_attrs(unsigned int num_attrs,
					    struct ibv_command_buffer *link);

extern int execute_ioctl(struct ibv_context *context, struct ibv_command_buffer *cmd);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Making a command buffer.
 */

/* How many buffers in a row have room for one and for its attributes. */
#define _IOCTL_NUM_CMDB(_num_attrs)                                                                \
	(1 + (sizeof(struct ib_uverbs_attr) * (_num_attrs) + sizeof(struct ibv_command_buffer) -   \
	      1) / sizeof(struct ibv_command_buffer))

/* Attributes of the command and of all that are linked; a constant if there is no link. */
#define _ioctl_final_num_attrs(_num_attrs, _link)                                                  \
	(__builtin_constant_p(!(_link)) && !(_link) ?                                              \
		 (unsigned int)(_num_attrs) :                                                      \
		 __ioctl_final_num_attrs(_num_attrs, _link))

#define _COMMAND_BUFFER_INIT(_hdr, _object_id, _method_id, _num_attrs, _link)                      \
	((struct ibv_command_buffer){                                                              \
		.next = (_link),                                                                   \
		.next_attr = (_hdr).attrs,                                                         \
		.last_attr = (_hdr).attrs + (_num_attrs),                                          \
		.uhw_in_idx = _UHW_NO_INDEX,                                                       \
		.uhw_out_idx = _UHW_NO_INDEX,                                                      \
		.hdr = { .object_id = (_object_id), .method_id = (_method_id) },                   \
	})

static inline int _ioctl_init_cmdb(struct ibv_command_buffer *cmd, uint16_t object_id,
				   uint16_t method_id, size_t num_attrs,
				   struct ibv_command_buffer *link)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->next = link;
	cmd->next_attr = cmd->hdr.attrs;
	cmd->last_attr = cmd->hdr.attrs + num_attrs;
	cmd->uhw_in_idx = _UHW_NO_INDEX;
	cmd->uhw_out_idx = _UHW_NO_INDEX;
	cmd->hdr.object_id = object_id;
	cmd->hdr.method_id = method_id;
	return 0;
}

/* A declaration may be followed by others, so the call stands in one. */
#define DECLARE_COMMAND_BUFFER_LINK(_name, _object_id, _method_id, _num_attrs, _link)              \
	const unsigned int __##_name##total = _ioctl_final_num_attrs(_num_attrs, _link);           \
	struct ibv_command_buffer _name[_IOCTL_NUM_CMDB(__##_name##total)];                        \
	int __##_name##dummy __attribute__((unused)) =                                             \
		_ioctl_init_cmdb(_name, _object_id, _method_id, __##_name##total, _link)

#define DECLARE_COMMAND_BUFFER(_name, _object_id, _method_id, _num_attrs)                          \
	DECLARE_COMMAND_BUFFER_LINK(_name, _object_id, _method_id, _num_attrs, NULL)

/*
 * Filling it. Every function returns its attribute.
 */

static inline uint64_t ioctl_ptr_to_u64(const void *ptr)
{
	return (uintptr_t)ptr;
}

/* Clears what a 64-bit view of a pointer member has beyond the pointer. */
static inline void _scrub_ptr_attr(void **ptr)
{
#if UINTPTR_MAX != UINT64_MAX
	uint64_t whole = ioctl_ptr_to_u64(*ptr);

	memcpy(ptr, &whole, sizeof(whole));
#else
	(void)ptr;
#endif
}
#define scrub_ptr_attr(ptr) _scrub_ptr_attr((void **)(&(ptr)))

/* Bytes of an array, or as many as no attribute can have. */
static inline size_t _array_len(size_t size, size_t nelems)
{
	return size && nelems >= SIZE_MAX / size ? SIZE_MAX : size * nelems;
}

static inline size_t __check_divide(size_t val, unsigned int div)
{
	assert(val % div == 0);
	return val / div;
}

/* The kernel has to know an attribute, unless attr_optional says otherwise. */
static inline struct ib_uverbs_attr *_ioctl_next_attr(struct ibv_command_buffer *cmd,
						      uint16_t attr_id)
{
	struct ib_uverbs_attr *attr = cmd->next_attr;

	assert(attr < cmd->last_attr);
	cmd->next_attr++;
	memset(attr, 0, sizeof(*attr));
	attr->attr_id = attr_id;
	attr->flags = UVERBS_ATTR_F_MANDATORY;
	return attr;
}

static inline struct ib_uverbs_attr *attr_optional(struct ib_uverbs_attr *attr)
{
	if (attr)
		attr->flags &= (uint16_t)~UVERBS_ATTR_F_MANDATORY;
	return attr;
}

/* Data for the kernel; what fits lies in the attribute itself. */
static inline struct ib_uverbs_attr *fill_attr_in(struct ibv_command_buffer *cmd, uint16_t attr_id,
						  const void *data, size_t len)
{
	struct ib_uverbs_attr *attr = _ioctl_next_attr(cmd, attr_id);

	if (len > UINT16_MAX)
		cmd->buffer_error = 1;
	attr->len = (uint16_t)len;
	if (len <= sizeof(attr->data))
		memcpy(&attr->data, data, len);
	else
		attr->data = ioctl_ptr_to_u64(data);
	return attr;
}

#define fill_attr_in_ptr(cmd, attr_id, ptr) fill_attr_in(cmd, attr_id, ptr, sizeof(*(ptr)))
#define fill_attr_in_ptr_array(cmd, attr_id, ptr, nelems)                                          \
	fill_attr_in(cmd, attr_id, ptr, _array_len(sizeof(*(ptr)), nelems))

static inline struct ib_uverbs_attr *fill_attr_in_uint64(struct ibv_command_buffer *cmd,
							 uint16_t attr_id, uint64_t data)
{
	return fill_attr_in(cmd, attr_id, &data, sizeof(data));
}
#define fill_attr_const_in(cmd, attr_id, _data) fill_attr_in_uint64(cmd, attr_id, _data)

static inline struct ib_uverbs_attr *fill_attr_in_uint32(struct ibv_command_buffer *cmd,
							 uint16_t attr_id, uint32_t data)
{
	return fill_attr_in(cmd, attr_id, &data, sizeof(data));
}

static inline struct ib_uverbs_attr *fill_attr_in_enum(struct ibv_command_buffer *cmd,
						       uint16_t attr_id, uint8_t elem_id,
						       const void *data, size_t len)
{
	struct ib_uverbs_attr *attr = fill_attr_in(cmd, attr_id, data, len);

	attr->attr_data.enum_data.elem_id = elem_id;
	return attr;
}

static inline struct ib_uverbs_attr *fill_attr_in_objs_arr(struct ibv_command_buffer *cmd,
							   uint16_t attr_id,
							   const uint32_t *idrs_arr, size_t nelems)
{
	return fill_attr_in_ptr_array(cmd, attr_id, idrs_arr, nelems);
}

/* A handle takes the whole data and has no length. */
static inline struct ib_uverbs_attr *fill_attr_in_obj(struct ibv_command_buffer *cmd,
						      uint16_t attr_id, uint32_t idr)
{
	struct ib_uverbs_attr *attr = _ioctl_next_attr(cmd, attr_id);

	attr->data = idr;
	return attr;
}

static inline struct ib_uverbs_attr *fill_attr_out_obj(struct ibv_command_buffer *cmd,
						       uint16_t attr_id)
{
	return fill_attr_in_obj(cmd, attr_id, 0);
}

/* No descriptor, no attribute: NULL. */
static inline struct ib_uverbs_attr *fill_attr_in_fd(struct ibv_command_buffer *cmd,
						     uint16_t attr_id, int fd)
{
	struct ib_uverbs_attr *attr;

	if (fd == -1)
		return NULL;
	attr = _ioctl_next_attr(cmd, attr_id);
	attr->data = (uint64_t)(int64_t)fd;
	return attr;
}

static inline struct ib_uverbs_attr *fill_attr_out_fd(struct ibv_command_buffer *cmd,
						      uint16_t attr_id, int fd)
{
	(void)fd;
	return fill_attr_in_obj(cmd, attr_id, 0);
}

/* Room for data of the kernel. */
static inline struct ib_uverbs_attr *fill_attr_out(struct ibv_command_buffer *cmd,
						   uint16_t attr_id, void *data, size_t len)
{
	struct ib_uverbs_attr *attr = _ioctl_next_attr(cmd, attr_id);

	if (len > UINT16_MAX)
		cmd->buffer_error = 1;
	attr->len = (uint16_t)len;
	attr->data = ioctl_ptr_to_u64(data);
	return attr;
}

#define fill_attr_out_ptr(cmd, attr_id, ptr) fill_attr_out(cmd, attr_id, ptr, sizeof(*(ptr)))
#define fill_attr_out_ptr_array(cmd, attr_id, ptr, nelems)                                         \
	fill_attr_out(cmd, attr_id, ptr, _array_len(sizeof(*(ptr)), nelems))

/*
 * What the kernel put there.
 */

static inline uint32_t read_attr_obj(uint16_t attr_id, struct ib_uverbs_attr *attr)
{
	assert(attr->attr_id == attr_id);
	(void)attr_id;
	return (uint32_t)attr->data;
}

static inline int read_attr_fd(uint16_t attr_id, struct ib_uverbs_attr *attr)
{
	assert(attr->attr_id == attr_id);
	(void)attr_id;
	return (int)attr->data;
}

#ifdef __cplusplus
}
#endif

#endif /* __INFINIBAND_VERBS_IOCTL_H */
