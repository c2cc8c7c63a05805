/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What perftest's multicast code calls in libibumad. That library's header lives in the directory
 * infiniband/ of its package, which is not read here, so that no header of verbs comes from there.
 * Only for `make downstream`; not installed.
 */
#ifndef DOWNSTREAM_UMAD_H
#define DOWNSTREAM_UMAD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int umad_init(void);
int umad_open_port(const char *device, int port);
int umad_close_port(int port_id);
int umad_register(int port_id, int mgmt_class, int mgmt_version, uint8_t rmpp_version,
		  long method_mask[]);
int umad_unregister(int port_id, int agent_id);
int umad_send(int port_id, int agent_id, void *umad, int length, int timeout_ms, int retries);
int umad_recv(int port_id, void *umad, int *length, int timeout_ms);
int umad_set_addr(void *umad, int dest_lid, int dest_qp, int sl, int qkey);
int umad_set_pkey(void *umad, int pkey_index);
void *umad_get_mad(void *umad);
size_t umad_size(void);

/* These two are no symbols of the library. */
static inline void *umad_alloc(int count, size_t size_bytes)
{
	return calloc((size_t)count, size_bytes);
}

static inline void umad_free(void *umad)
{
	free(umad);
}

#endif
