/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Misuse of every public function, one call at a time, each in a process of its own: what comes of
 * it is one line, `FUNCTION@NODE | what was wrong | what happened`, so that two libraries can be
 * compared and a crash is an outcome like any other.
 */
#ifndef CTESTS_MISUSE_H
#define CTESTS_MISUSE_H

#include <errno.h>
#include <infiniband/sa.h>
#include <infiniband/verbs.h>
#include <limits.h>
#include <rdma/ib_user_sa.h>
#include <rdma/ib_user_verbs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Exported, but declared in no public header. */
const char *ibv_get_sysfs_path(void);
int ibv_read_sysfs_file(const char *dir, const char *file, char *buf, size_t size);
int ibv_dontfork_range(void *base, size_t size);
int ibv_dofork_range(void *base, size_t size);
void ibv_copy_ah_attr_from_kern(struct ibv_ah_attr *to, struct ib_uverbs_ah_attr *from);
void ibv_copy_qp_attr_from_kern(struct ibv_qp_attr *to, struct ib_uverbs_qp_attr *from);
void ibv_copy_path_rec_from_kern(struct ibv_sa_path_rec *to, struct ib_user_path_rec *from);
void ibv_copy_path_rec_to_kern(struct ib_user_path_rec *to, struct ibv_sa_path_rec *from);
void ibv_register_driver(const char *name, void *init);

/* Begins a case: true in the process that makes the call. */
bool begin(const char *function, const char *node, const char *what);
/* Each ends the process that made the call. */
void end_number(long long number) __attribute__((noreturn));
void end_pointer(const void *pointer) __attribute__((noreturn));
void end_text(const char *text) __attribute__((noreturn));
void end_nothing(void) __attribute__((noreturn));
/* Adds to the outcome, as what the library called or wrote. */
void said(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Made in each process before its call; what a file's cases need. */
extern void (*fixture)(void);

void *resolve(const char *function, const char *node);

/* The function of a node, whatever macro of that name the header has. */
#define FN(function, node) ((__typeof__(&(function)))resolve(#function, node))
#define CASE_(end, function, node, what, ...)                                                      \
	do {                                                                                       \
		if (begin(#function, node, what))                                                  \
			end(FN(function, node)(__VA_ARGS__));                                      \
	} while (0)
#define NUMBER(...) CASE_(end_number, __VA_ARGS__)
#define POINTER(...) CASE_(end_pointer, __VA_ARGS__)
#define TEXT(...) CASE_(end_text, __VA_ARGS__)
#define NOTHING(function, node, what, ...)                                                         \
	do {                                                                                       \
		if (begin(#function, node, what)) {                                                \
			FN(function, node)(__VA_ARGS__);                                           \
			end_nothing();                                                             \
		}                                                                                  \
	} while (0)

/* The same for inline functions of the header, which need no looking up. */
#define INLINE_NUMBER(what, function, ...)                                                         \
	do {                                                                                       \
		if (begin(#function, "header", what))                                              \
			end_number((long long)function(__VA_ARGS__));                              \
	} while (0)
#define INLINE_POINTER(what, function, ...)                                                        \
	do {                                                                                       \
		if (begin(#function, "header", what))                                              \
			end_pointer(function(__VA_ARGS__));                                        \
	} while (0)
#define INLINE_NOTHING(what, function, ...)                                                        \
	do {                                                                                       \
		if (begin(#function, "header", what)) {                                            \
			function(__VA_ARGS__);                                                     \
			end_nothing();                                                             \
		}                                                                                  \
	} while (0)

/* The files of cases. */
void null_cases(void);
void old_cases(void);
void plugin_cases(void);
void device_cases(void);
void device_inline_cases(void);
void old_device_cases(void);

#endif
