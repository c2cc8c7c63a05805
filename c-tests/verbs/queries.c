/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What programs ask beside sending and receiving: structs of every size in circulation, regions by
 * attributes and in allocated buffers, the Ethernet address of a GID, and the answers to what the
 * device does not have.
 */
#include "nic.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNUSED(side, arg) ((void)(side), (void)(arg))

/* 48 bytes is the struct of the first release, 52 that of release 25, 56 today's. */
static void port_sizes(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct verbs_context *verbs = verbs_get_ctx(nic->ctx);
	struct ibv_port_attr attr;
	ENSURE(verbs && sizeof attr == 56);
	ZERO(ibv_query_port(nic->ctx, 1, &attr));
	for (size_t size = 44; size <= 96; size += 4) {
		unsigned char room[128], *whole = (unsigned char *)&attr;
		memset(room, 0xee, sizeof room);
		ZERO(verbs->query_port(nic->ctx, 1, (struct ibv_port_attr *)room, size));
		for (size_t i = 0; i < sizeof room; i++) {
			unsigned char want = i >= size ? 0xee : i < sizeof attr ? whole[i] : 0;
			CHECK(room[i] == want, "size %zu: byte %zu is %02x", size, i, room[i]);
		}
	}
	EXPECT(verbs->query_port(nic->ctx, 2, &attr, sizeof attr), EINVAL);
	uint64_t speed = 0;
	ZERO(ibv_query_port_speed(nic->ctx, 1, &speed));
	CHECK(speed >= 1000, "%llu times 100 Mb/s", (unsigned long long)speed);
	EXPECT(ibv_query_port_speed(nic->ctx, 2, &speed), EINVAL);
	EXPECT(ibv_query_port_speed(nic->ctx, 257, &speed), EINVAL);
	nic_close(nic);
}

/* Structs of older and newer headers than ours. */
static void other_sizes(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct verbs_context *verbs = verbs_get_ctx(nic->ctx);
	struct ibv_device_attr_ex whole;
	ZERO(ibv_query_device_ex(nic->ctx, NULL, &whole));
	static const size_t sizes[] = { sizeof(struct ibv_device_attr), 240, 272, 304,
					sizeof whole, sizeof whole + 64 };
	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		unsigned char room[sizeof whole + 128], *want = (unsigned char *)&whole;
		memset(room, 0xee, sizeof room);
		ZERO(verbs->query_device_ex(nic->ctx, NULL, (struct ibv_device_attr_ex *)room,
					    sizes[k]));
		for (size_t i = sizes[k]; i < sizeof room; i++)
			CHECK(room[i] == 0xee, "size %zu: byte %zu was written", sizes[k], i);
		ENSURE(!memcmp(room, want, sizeof(struct ibv_device_attr)));
		for (size_t i = sizeof whole; i < sizes[k]; i++)
			CHECK(room[i] == 0, "size %zu: byte %zu is %02x", sizes[k], i, room[i]);
	}
	EXPECT(verbs->query_device_ex(nic->ctx, NULL, &whole, sizeof(struct ibv_device_attr) - 1),
	       EINVAL);
	struct {
		struct ibv_gid_entry entry;
		unsigned char more[24];
	} large;
	memset(&large, 0xee, sizeof large);
	ZERO(_ibv_query_gid_ex(nic->ctx, 1, 0, &large.entry, 0, sizeof large.entry + 16));
	ENSURE(large.entry.gid_type == IBV_GID_TYPE_ROCE_V2);
	for (int i = 0; i < 24; i++)
		CHECK(large.more[i] == (i < 16 ? 0 : 0xee), "byte %d is %02x", i, large.more[i]);
	nic_close(nic);
}

static enum ibv_wc_status write_within(struct nic *nic, struct ibv_mr *mr, uint64_t from, uint64_t to)
{
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	end_loop(end, NULL, &usual);
	struct ibv_sge sge = { from, 64, mr->lkey };
	struct ibv_send_wr wr = send_wr(1, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
	wr_remote(&wr, to, mr->rkey);
	must_send(end, &wr);
	struct ibv_wc wc = wait_wc(end->send_cq);
	end_free(end);
	return wc.status;
}

static void regions(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	static uint8_t memory[4096];
	struct ibv_mr_init_attr attr = {
		.length = sizeof memory, .access = ALL_ACCESS, .addr = memory,
		.comp_mask = IBV_REG_MR_MASK_ADDR,
	};
	struct ibv_mr *mr = ibv_reg_mr_ex(nic->pd, &attr);
	CHECK(mr, "by address: errno %d", errno);
	ENSURE(mr->addr == memory && mr->length == sizeof memory && mr->pd == nic->pd);
	fill(memory, 0, 64, 3);
	EXPECT((int)write_within(nic, mr, (uintptr_t)memory, (uintptr_t)memory + 1024),
	       IBV_WC_SUCCESS);
	ENSURE(verify(memory + 1024, 0, 64, 3) < 0);
	ZERO(ibv_dereg_mr(mr));
	attr.comp_mask |= IBV_REG_MR_MASK_IOVA;
	attr.iova = 0x5500000000u + ((uintptr_t)memory & 4095);
	ENSURE(mr = ibv_reg_mr_ex(nic->pd, &attr));
	EXPECT((int)write_within(nic, mr, attr.iova, attr.iova + 2048), IBV_WC_SUCCESS);
	ENSURE(verify(memory + 2048, 0, 64, 3) < 0);
	ZERO(ibv_dereg_mr(mr));
	static const struct {
		uint64_t mask;
		int error;
	} refused[] = {
		{ 0, EINVAL },
		{ IBV_REG_MR_MASK_IOVA, EINVAL },
		{ IBV_REG_MR_MASK_FD, EINVAL },
		{ IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET, EINVAL },
		{ IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_IOVA, EINVAL },
		{ IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_FD, EINVAL },
		{ IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_FD_OFFSET, EINVAL },
		{ IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_DMAH, EOPNOTSUPP },
		{ IBV_REG_MR_MASK_ADDR | 1ull << 50, EOPNOTSUPP },
	};
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		attr.comp_mask = refused[i].mask;
		errno = 0;
		mr = ibv_reg_mr_ex(nic->pd, &attr);
		CHECK(!mr && errno == refused[i].error, "mask %#llx: errno %d",
		      (unsigned long long)refused[i].mask, errno);
	}
	/* What frameworks probe for dma-buf with. */
	errno = 0;
	mr = ibv_reg_dmabuf_mr(nic->pd, 0, 4096, 0, -1, 0);
	CHECK(!mr && (errno == EOPNOTSUPP || errno == EBADF), "dma-buf: errno %d", errno);
	nic_close(nic);
}

static void buffers(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open(), *other = nic_open();
	struct ibv_buf *buf = NULL;
	uint8_t *addr = ibv_alloc_buf(nic->pd, 10000, &buf);
	CHECK(addr && buf, "ibv_alloc_buf: errno %d", errno);
	ENSURE(((uintptr_t)addr & 4095) == 0);
	memset(addr, 0, 10000);
	struct ibv_mr *mr = ibv_reg_buf_mr(nic->pd, buf, addr + 4096, 5904, ALL_ACCESS);
	CHECK(mr, "ibv_reg_buf_mr: errno %d", errno);
	ENSURE(mr->addr == addr + 4096 && mr->length == 5904);
	fill(addr + 4096, 0, 64, 8);
	EXPECT((int)write_within(nic, mr, (uintptr_t)addr + 4096, (uintptr_t)addr + 9936),
	       IBV_WC_SUCCESS);
	ENSURE(verify(addr + 9936, 0, 64, 8) < 0);
	ZERO(ibv_dereg_mr(mr));
	/* Past the end, before the beginning, and of another PD. */
	errno = 0;
	ENSURE(!ibv_reg_buf_mr(nic->pd, buf, addr + 4096, 5905, ALL_ACCESS) && errno == EINVAL);
	errno = 0;
	ENSURE(!ibv_reg_buf_mr(nic->pd, buf, addr - 1, 10, ALL_ACCESS) && errno == EINVAL);
	errno = 0;
	ENSURE(!ibv_reg_buf_mr(other->pd, buf, addr, 10, ALL_ACCESS) && errno == EINVAL);
	errno = 0;
	EXPECT(ibv_export_buf_dmabuf_fd(buf), -1);
	EXPECT(errno, ENODATA);
	ibv_free_buf(buf);
	nic_close(other);
	nic_close(nic);
}

static void ethernet_addresses(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct ibv_ah_attr attr = { .is_global = 1, .port_num = 1 };
	uint8_t mac[6];
	uint16_t vlan = 1;
	memset(mac, 0xee, sizeof mac);
	/* Our own address is reached by our own interface. */
	attr.grh.dgid = nic->gid;
	ZERO(ibv_resolve_eth_l2_from_gid(nic->ctx, &attr, mac, &vlan));
	ENSURE(!(mac[0] & 1));
	ENSURE(vlan == 0xffff || vlan < 4096);
	ZERO(ibv_resolve_eth_l2_from_gid(nic->ctx, &attr, mac, NULL));
	attr.grh.sgid_index = 99;
	EXPECT(ibv_resolve_eth_l2_from_gid(nic->ctx, &attr, mac, &vlan), -1);
	attr.grh.sgid_index = 0;
	EXPECT(ibv_resolve_eth_l2_from_gid(nic->ctx, NULL, mac, &vlan), -EINVAL);
	EXPECT(ibv_resolve_eth_l2_from_gid(nic->ctx, &attr, NULL, &vlan), -EINVAL);
	nic_close(nic);
}

static void not_there(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	struct ibv_ece ece = { .vendor_id = 0 };
	EXPECT(ibv_set_ece(end->qp, &ece), EOPNOTSUPP);
	ece.vendor_id = 0x15b3;
	EXPECT(ibv_set_ece(end->qp, &ece), EOPNOTSUPP);
	EXPECT(ibv_query_ece(end->qp, &ece), EOPNOTSUPP);
	/* No capability and no promise, whatever is asked. */
	for (uint32_t flags = 0; flags < 16; flags++)
		EXPECT(ibv_query_qp_data_in_order(end->qp, IBV_WR_RDMA_WRITE, flags), 0);
	struct ibv_values_ex now = { .comp_mask = IBV_VALUES_MASK_RAW_CLOCK };
	EXPECT(ibv_query_rt_values_ex(nic->ctx, &now), EOPNOTSUPP);
	struct ibv_comp_cntr_caps caps;
	memset(&caps, 0xee, sizeof caps);
	EXPECT(ibv_query_comp_cntr_caps(nic->ctx, &caps), EOPNOTSUPP);
	ENSURE(((unsigned char *)&caps)[0] == 0);
	struct ibv_comp_cntr_init_attr counter = { 0 };
	struct ibv_dmah_init_attr handle = { 0 };
	errno = 0;
	ENSURE(!ibv_create_comp_cntr(nic->ctx, &counter) && errno == EOPNOTSUPP);
	errno = 0;
	ENSURE(!ibv_alloc_dmah(nic->ctx, &handle) && errno == EOPNOTSUPP);
	struct ibv_srq_init_attr init = { .attr = { .max_wr = 4, .max_sge = 1 } };
	struct ibv_srq *srq = ibv_create_srq(nic->pd, &init);
	uint32_t number;
	ENSURE(srq);
	EXPECT(ibv_get_srq_num(srq, &number), EOPNOTSUPP);
	ZERO(ibv_destroy_srq(srq));
	/* The command descriptor is no device of the kernel that could be shared. */
	errno = 0;
	ENSURE(!ibv_import_device(nic->ctx->cmd_fd) && errno == EINVAL);
	errno = 0;
	ENSURE(!ibv_import_pd(nic->ctx, nic->pd->handle) && errno == EOPNOTSUPP);
	errno = 0;
	ENSURE(!ibv_import_mr(nic->pd, 1) && errno == EOPNOTSUPP);
	errno = 0;
	ENSURE(!ibv_import_dm(nic->ctx, 1) && errno == EOPNOTSUPP);
	end_free(end);
	nic_close(nic);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
#define ONE(name, run) { "queries/" name, LINK_AUTO, 1, run, NULL, 0, false }
		ONE("port-sizes", port_sizes),
		ONE("other-sizes", other_sizes),
		ONE("regions", regions),
		ONE("buffers", buffers),
		ONE("ethernet-addresses", ethernet_addresses),
		ONE("not-there", not_there),
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], NULL);
}
