/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What functions answer that need no device for it: the sender of a datagram as far as its header
 * tells, what is refused before a provider is asked, and an attribute of a device in a made-up tree.
 */
#include "diff.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <infiniband/driver.h>
#include <infiniband/verbs.h>
#include <sys/stat.h>

#define HEADERS 4000

static void answer(const char *call, long ret, int error)
{
	printf("%s: %ld, errno %d\n", call, ret, error);
	values++;
}

/* What a call returns, and the errno it leaves if it fails. */
#define ANSWER(call)                                                                               \
	do {                                                                                       \
		errno = 0;                                                                         \
		long ret_ = (long)(call);                                                          \
		answer(#call, ret_, errno);                                                        \
	} while (0)

/* The sum over all words of an IPv4 header that makes it valid. */
static uint16_t checksum(const uint8_t *header)
{
	uint32_t sum = 0;
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/*
 * A header that says in the end that nobody can be answered, since then no GID of ours is looked
 * for: an IPv4 group, or IPv6 with a next header of nobody. Which of the two it was taken for shows
 * in errno.
 */
static void make_header(uint8_t bytes[40], uint64_t *state)
{
	for (int i = 0; i < 40; i++)
		bytes[i] = (uint8_t)next_number(state);
	uint64_t how = next_number(state);
	if (how & 1)
		bytes[0] = 0x60 | (bytes[0] & 0xf);
	bytes[6] = 200;
	if (bytes[24] == 0xff)
		bytes[24] = 0xfe;
	uint8_t *ipv4 = bytes + 20;
	ipv4[16] = 0xe0 | (ipv4[16] & 0xf);
	if (how & 2)
		ipv4[0] = 0x40 | (ipv4[0] & 0xf);
	if (how & 4)
		ipv4[0] = (ipv4[0] & 0xf0) | 5;
	if (how & 8) {
		ipv4[10] = ipv4[11] = 0;
		uint16_t sum = htons(checksum(ipv4));
		memcpy(ipv4 + 10, &sum, 2);
	}
	/* Neither version at all: only the two above are left to be taken for. */
	if ((bytes[0] >> 4) != 6 && (ipv4[0] >> 4) != 4 && (how & 16))
		ipv4[0] = 0x45;
}

static void senders(void)
{
	uint64_t state = 3;
	SECTION("ibv_init_ah_from_wc with a GRH");
	for (int i = 0; i < HEADERS; i++) {
		union {
			struct ibv_grh grh;
			uint8_t bytes[40];
		} header;
		struct ibv_wc wc = { .wc_flags = IBV_WC_GRH, .slid = (uint16_t)i };
		struct ibv_ah_attr attr;
		make_header(header.bytes, &state);
		errno = 0;
		int ret = ibv_init_ah_from_wc(NULL, 1, &wc, &header.grh, &attr);
		printf("%d: %d, errno %d, flow %x, lid %d, global %d\n", i, ret, errno,
		       attr.grh.flow_label, attr.dlid, attr.is_global);
		values++;
	}
	SECTION("ibv_init_ah_from_wc without a GRH");
	for (int i = 0; i < HEADERS / 10; i++) {
		struct ibv_grh grh;
		struct ibv_wc wc;
		struct ibv_ah_attr attr;
		for (size_t k = 0; k < sizeof wc; k++)
			((uint8_t *)&wc)[k] = (uint8_t)next_number(&state);
		for (size_t k = 0; k < sizeof grh; k++)
			((uint8_t *)&grh)[k] = (uint8_t)next_number(&state);
		wc.wc_flags &= ~(unsigned)IBV_WC_GRH;
		memset(&attr, 0x5a, sizeof attr);
		int ret = ibv_init_ah_from_wc(NULL, (uint8_t)i, &wc, &grh, &attr);
		printf("%d: %d, attr %016llx\n", i, ret,
		       (unsigned long long)hash_bytes(&attr, sizeof attr));
		values++;
	}
}

static void regions(void)
{
	/* As a provider allocates it; nothing of it but its kind is looked at. */
	struct verbs_mr mr = { .mr_type = IBV_MR_TYPE_NULL_MR };
	SECTION("ibv_rereg_mr");
	for (int type = 0; type < 4; type++) {
		mr.mr_type = (enum ibv_mr_type)type;
		ANSWER(ibv_rereg_mr(&mr.ibv_mr, 1 << 7, NULL, &mr, 1, 0));
		ANSWER(ibv_rereg_mr(&mr.ibv_mr, -1, NULL, &mr, 1, 0));
		ANSWER(ibv_rereg_mr(&mr.ibv_mr, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, &mr, 0, 0));
		ANSWER(ibv_rereg_mr(&mr.ibv_mr, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, NULL, 1, 0));
		ANSWER(ibv_rereg_mr(&mr.ibv_mr, IBV_REREG_MR_CHANGE_PD, NULL, NULL, 0, 1));
	}
}

static void refusals(void)
{
	struct ibv_ece none = { .vendor_id = 0, .options = 7 };
	int file = open("/proc/self/exe", O_RDONLY), null = open("/dev/null", O_RDWR);
	int pipes[2] = { -1, -1 };
	if (pipe(pipes))
		exit(98);
	SECTION("refused before a provider is asked");
	ANSWER(ibv_set_ece(NULL, &none));
	SECTION("ibv_import_device");
	ANSWER(ibv_import_device(-1));
	ANSWER(ibv_import_device(1 << 20));
	ANSWER(ibv_import_device(file));
	ANSWER(ibv_import_device(pipes[0]));
	ANSWER(ibv_import_device(null));
}

static void attributes(void)
{
	static struct verbs_sysfs_dev device;
	char tree[] = "/tmp/diff-ibdev-XXXXXX", path[300], buf[64];
	if (!mkdtemp(tree))
		exit(98);
	snprintf(path, sizeof path, "%s/ports-1-x-2-3-4-5-6.50", tree);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, "0xffff\n", 7) != 7)
		exit(98);
	snprintf(device.ibdev_path, sizeof device.ibdev_path, "%s", tree);
	SECTION("ibv_read_ibdev_sysfs_file");
	memset(buf, 0x5a, sizeof buf);
	ANSWER(ibv_read_ibdev_sysfs_file(buf, sizeof buf, &device, "ports-%d-%s-%u-%ld-%d-%d-%.2f",
					 1, "x", 2u, 3l, 4, 5, 6.5));
	printf("%.6s %d\n", buf, buf[6]);
	ANSWER(ibv_read_ibdev_sysfs_file(buf, 7, &device, "ports-1-x-2-3-4-5-%.2f", 6.5));
	ANSWER(ibv_read_ibdev_sysfs_file(buf, 6, &device, "ports-1-x-2-3-4-5-%.2f", 6.5));
	ANSWER(ibv_read_ibdev_sysfs_file(buf, sizeof buf, &device, "ports"));
	ANSWER(ibv_read_ibdev_sysfs_file(buf, sizeof buf, &device, "%300d", 1));
	ANSWER(ibv_read_ibdev_sysfs_file(buf, sizeof buf, &device, "%s", ""));
	unlink(path);
	rmdir(tree);
}

int main(void)
{
	senders();
	regions();
	refusals();
	attributes();
	return finish();
}
