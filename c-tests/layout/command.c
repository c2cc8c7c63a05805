/*
 * What the functions of cmd_ioctl.h put into the attributes of a command, as the kernel expects it.
 */

#undef NDEBUG
#include <infiniband/driver.h>
#include <stdio.h>
#include <string.h>

static int failures;

#define SAME(what, expected)                                                                       \
	do {                                                                                       \
		long long is = (long long)(what);                                                  \
		if (is != (long long)(expected)) {                                                 \
			printf("%s:%d: %s is %lld, not %s\n", __FILE__, __LINE__, #what, is,       \
			       #expected);                                                         \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

/* What the library would bring: the link's attributes come on top. */
unsigned int __ioctl_final_num_attrs(unsigned int num_attrs, struct ibv_command_buffer *link)
{
	for (; link; link = link->next)
		num_attrs += (unsigned int)(link->next_attr - link->hdr.attrs);
	return num_attrs;
}

static void one_of_each(void)
{
	DECLARE_COMMAND_BUFFER(cmd, 0x11, 0x12, 14);
	const uint8_t three[3] = { 1, 2, 3 };
	const uint64_t nine[9] = { 0 };
	const uint32_t handles[3] = { 7, 8, 9 };
	uint64_t answer;
	struct ib_uverbs_attr *attr = cmd->hdr.attrs;

	SAME(cmd->hdr.object_id, 0x11);
	SAME(cmd->hdr.method_id, 0x12);
	SAME(cmd->next == NULL, 1);
	SAME(cmd->uhw_in_idx, 0xff);
	SAME(cmd->uhw_out_idx, 0xff);
	SAME(cmd->last_attr - attr, 14);

	/* Data of up to eight bytes lie in the attribute. */
	SAME(fill_attr_in(cmd, 1, three, 3) == attr, 1);
	SAME(attr->attr_id, 1);
	SAME(attr->len, 3);
	SAME(attr->flags, UVERBS_ATTR_F_MANDATORY);
	SAME(memcmp(&attr->data, three, 3), 0);
	SAME(attr->data >> 24, 0);
	attr++;
	SAME(fill_attr_in_ptr(cmd, 2, &nine) == attr, 1);
	SAME(attr->len, 72);
	SAME(attr->data, (uintptr_t)&nine);
	attr++;
	fill_attr_in_uint64(cmd, 3, 0x0102030405060708);
	SAME(attr->len, 8);
	SAME(attr->data, 0x0102030405060708);
	attr++;
	fill_attr_in_uint32(cmd, 4, 0x01020304);
	SAME(attr->len, 4);
	SAME(memcmp(&attr->data, &(const uint32_t){ 0x01020304 }, 4), 0);
	attr++;
	fill_attr_const_in(cmd, 5, 6);
	SAME(attr->len, 8);
	SAME(attr->data, 6);
	attr++;
	/* Handles have no length. */
	fill_attr_in_obj(cmd, 6, 0xffffffff);
	SAME(attr->len, 0);
	SAME(attr->data, 0xffffffff);
	attr++;
	attr_optional(fill_attr_out_obj(cmd, 7));
	SAME(attr->flags, 0);
	SAME(attr->data, 0);
	attr->data = 5;
	SAME(read_attr_obj(7, attr), 5);
	attr++;
	SAME(fill_attr_in_fd(cmd, 8, -1) == NULL, 1);
	SAME(attr_optional(NULL) == NULL, 1);
	fill_attr_in_fd(cmd, 8, 3);
	SAME(attr->len, 0);
	SAME(attr->data, 3);
	attr++;
	fill_attr_out_fd(cmd, 9, 4);
	SAME(attr->data, 0);
	attr->data = 6;
	SAME(read_attr_fd(9, attr), 6);
	attr++;
	fill_attr_out_ptr(cmd, 10, &answer);
	SAME(attr->len, 8);
	SAME(attr->data, (uintptr_t)&answer);
	attr++;
	fill_attr_in_enum(cmd, 11, 2, three, 3);
	SAME(attr->attr_data.enum_data.elem_id, 2);
	SAME(attr->len, 3);
	attr++;
	fill_attr_in_objs_arr(cmd, 12, handles, 3);
	SAME(attr->len, 12);
	SAME(attr->data, (uintptr_t)handles);
	attr++;
	SAME(cmd->next_attr - attr, 0);
	SAME(cmd->buffer_error, 0);
	/* Longer than an attribute can say. */
	fill_attr_out_ptr_array(cmd, 13, &answer, 1 << 13);
	SAME(cmd->buffer_error, 1);
	SAME(_array_len(8, SIZE_MAX / 8 + 1) == SIZE_MAX, 1);
	SAME(_array_len(0, SIZE_MAX), 0);
}

static void linked(void)
{
	DECLARE_COMMAND_BUFFER(driver, 0, 0, 2);
	fill_attr_in_uint32(driver, 0x1000, 1);
	fill_attr_in_uint32(driver, 0x1001, 2);
	struct ibv_command_buffer *link = driver;
	DECLARE_COMMAND_BUFFER_LINK(cmd, 1, 2, 3, link);

	SAME(cmd->next == driver, 1);
	SAME(cmd->last_attr - cmd->hdr.attrs, 5);
	SAME(sizeof(cmd) >= offsetof(struct ibv_command_buffer, hdr.attrs) +
				     5 * sizeof(struct ib_uverbs_attr), 1);
}

static void buffers(void)
{
	DECLARE_COMMAND_BUFFER(cmd, 1, 2, 2);
	struct ib_uverbs_buffer_desc where;
	struct ibv_pd pd;
	struct ibv_buf buf;
	char memory[64];

	ibv_buf_init(&buf, &pd, memory, sizeof(memory));
	SAME(buf.dmabuf_fd, -1);
	fill_attr_in_buf_umem(cmd, 1, &where, &buf, memory + 8, 16);
	SAME(where.type, IB_UVERBS_BUFFER_TYPE_VA);
	SAME(where.addr, (uintptr_t)memory + 8);
	SAME(where.length, 16);
	ibv_buf_init_dmabuf(&buf, &pd, memory, sizeof(memory), 5);
	fill_attr_in_buf_umem(cmd, 2, &where, &buf, memory + 8, 16);
	SAME(where.type, IB_UVERBS_BUFFER_TYPE_DMABUF);
	SAME(where.fd, 5);
	SAME(where.addr, 8);
	SAME(cmd->hdr.attrs[1].len, sizeof(where));
	SAME(cmd->hdr.attrs[1].data, (uintptr_t)&where);
}

bool verbs_allow_disassociate_destroy;

static void ends(void)
{
	int error = 0;

	SAME(verbs_is_destroy_err(&error), 0);
	error = EBUSY;
	SAME(verbs_is_destroy_err(&error), 1);
	SAME(error, EBUSY);
	error = EIO;
	SAME(verbs_is_destroy_err(&error), 1);
	SAME(error, EIO);
	verbs_allow_disassociate_destroy = true;
	SAME(verbs_is_destroy_err(&error), 1);
	SAME(error, 0);
	SAME(check_comp_mask(5, 7), 1);
	SAME(check_comp_mask(8, 7), 0);
}

int main(void)
{
	one_of_each();
	linked();
	buffers();
	ends();
	return failures != 0;
}
