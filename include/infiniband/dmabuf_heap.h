/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Written by `make headers` from src/abi and include/gen; not edited by hand. */
#ifndef INFINIBAND_DMABUF_HEAP_H
#define INFINIBAND_DMABUF_HEAP_H

/* For driver plug-ins: memory that a confidential guest shares with its devices. */

#include <stddef.h>

struct ibv_dmabuf_heap;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

extern void *ibv_dmabuf_heap_alloc(struct ibv_dmabuf_heap *heap, size_t size, int *dmabuf_fd);

extern struct ibv_dmabuf_heap *ibv_dmabuf_heap_cc_shared_init(void);

extern void ibv_dmabuf_heap_destroy(struct ibv_dmabuf_heap *heap);

extern void ibv_dmabuf_heap_free(void *buf, size_t size, int dmabuf_fd);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif /* INFINIBAND_DMABUF_HEAP_H */
