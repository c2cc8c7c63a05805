/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The functions of node IBVERBS_1.0 with NULL for their object. Their objects are wrappers of
 * another layout, but a NULL is a NULL.
 */
#include "misuse.h"

#define OLD "IBVERBS_1.0"

void old_cases(void)
{
	static uint8_t room[1024];
	static struct ibv_cq *cq;
	static void *context;
	void *place = room;

	fixture = NULL;
	POINTER(ibv_get_device_list, OLD, "no count and no device", NULL);
	NOTHING(ibv_free_device_list, OLD, "NULL", NULL);
	TEXT(ibv_get_device_name, OLD, "NULL", NULL);
	NUMBER(ibv_get_device_guid, OLD, "NULL", NULL);
	POINTER(ibv_open_device, OLD, "NULL", NULL);
	NUMBER(ibv_close_device, OLD, "NULL", NULL);
	NUMBER(ibv_get_async_event, OLD, "no context", NULL, place);
	NOTHING(ibv_ack_async_event, OLD, "NULL", NULL);
	NUMBER(ibv_query_device, OLD, "no context", NULL, place);
	NUMBER(ibv_query_port, OLD, "no context", NULL, 1, place);
	NUMBER(ibv_query_gid, OLD, "no context", NULL, 1, 0, place);
	NUMBER(ibv_query_pkey, OLD, "no context", NULL, 1, 0, place);
	POINTER(ibv_alloc_pd, OLD, "no context", NULL);
	NUMBER(ibv_dealloc_pd, OLD, "NULL", NULL);
	POINTER(ibv_reg_mr, OLD, "no PD", NULL, place, 64, 0);
	NUMBER(ibv_dereg_mr, OLD, "NULL", NULL);
	POINTER(ibv_create_cq, OLD, "no context", NULL, 1, NULL, NULL, 0);
	NUMBER(ibv_resize_cq, OLD, "NULL", NULL, 1);
	NUMBER(ibv_destroy_cq, OLD, "NULL", NULL);
	NUMBER(ibv_get_cq_event, OLD, "no channel", NULL, &cq, &context);
	NOTHING(ibv_ack_cq_events, OLD, "NULL, one", NULL, 1);
	POINTER(ibv_create_srq, OLD, "no PD", NULL, place);
	NUMBER(ibv_modify_srq, OLD, "no SRQ", NULL, place, IBV_SRQ_LIMIT);
	NUMBER(ibv_query_srq, OLD, "no SRQ", NULL, place);
	NUMBER(ibv_destroy_srq, OLD, "NULL", NULL);
	POINTER(ibv_create_qp, OLD, "no PD", NULL, place);
	NUMBER(ibv_query_qp, OLD, "no QP", NULL, place, IBV_QP_STATE, place);
	NUMBER(ibv_modify_qp, OLD, "no QP", NULL, place, IBV_QP_STATE);
	NUMBER(ibv_destroy_qp, OLD, "NULL", NULL);
	POINTER(ibv_create_ah, OLD, "no PD", NULL, place);
	NUMBER(ibv_destroy_ah, OLD, "NULL", NULL);
	NUMBER(ibv_attach_mcast, OLD, "no QP", NULL, place, 0);
	NUMBER(ibv_detach_mcast, OLD, "no QP", NULL, place, 0);
}
