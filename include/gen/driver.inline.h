/*
 * Types with a union inside that has no name of its own.
 */

/* A queue pair as a driver allocates it. */
struct verbs_qp {
	union {
		struct ibv_qp qp;
		struct ibv_qp_ex qp_ex;
	};
	/* Bits of enum verbs_qp_mask. */
	uint32_t comp_mask;
	struct verbs_xrcd *xrcd;
};

/* A completion queue as a driver allocates it. */
struct verbs_cq {
	union {
		struct ibv_cq cq;
		struct ibv_cq_ex cq_ex;
	};
};

/* Where a driver wants the entries of a completion queue. */
struct verbs_create_cq_prov_attr {
	struct {
		uint64_t length;
		union {
			uint8_t *ptr;
			struct {
				uint64_t offset;
				int fd;
			} dmabuf;
		};
	} buffer;
};

typedef struct verbs_device *(*verbs_driver_init_func)(const char *, int);

/*
 * Prototypes that differ between the generations, and those with variable arguments.
 */

#ifdef VERBS_PABI_34
int ibv_cmd_get_context(struct verbs_context *context, struct ibv_get_context *cmd,
			size_t cmd_size, struct ib_uverbs_get_context_resp *resp,
			size_t resp_size);
int ibv_cmd_create_cq_ex(struct ibv_context *context, const struct ibv_cq_init_attr_ex *cq_attr,
			 struct verbs_cq *cq, struct ibv_create_cq_ex *cmd, size_t cmd_size,
			 struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size,
			 uint32_t cmd_flags);
int ibv_cmd_create_cq_ex2(struct ibv_context *context, const struct ibv_cq_init_attr_ex *cq_attr,
			  struct verbs_cq *cq, struct ibv_create_cq_ex *cmd, size_t cmd_size,
			  struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size,
			  uint32_t cmd_flags, struct ibv_command_buffer *driver);
int ibv_cmd_create_qp_ex2(struct ibv_context *context, struct verbs_qp *qp,
			  struct ibv_qp_init_attr_ex *qp_attr, struct ibv_create_qp_ex *cmd,
			  size_t cmd_size, struct ib_uverbs_ex_create_qp_resp *resp,
			  size_t resp_size);
#else
int ibv_cmd_get_context(struct verbs_context *context, struct ibv_get_context *cmd,
			size_t cmd_size, struct ibv_fd_arr *fd_arr,
			struct ib_uverbs_get_context_resp *resp, size_t resp_size);
int ibv_cmd_create_cq_ex(struct ibv_context *context, const struct ibv_cq_init_attr_ex *cq_attr,
			 struct verbs_create_cq_prov_attr *prov_attr, struct verbs_cq *cq,
			 struct ibv_create_cq_ex *cmd, size_t cmd_size,
			 struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size,
			 uint32_t cmd_flags);
int ibv_cmd_create_cq_ex2(struct ibv_context *context, const struct ibv_cq_init_attr_ex *cq_attr,
			  struct verbs_create_cq_prov_attr *prov_attr, struct verbs_cq *cq,
			  struct ibv_create_cq_ex *cmd, size_t cmd_size,
			  struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size,
			  uint32_t cmd_flags, struct ibv_command_buffer *driver);
int ibv_cmd_create_qp_ex2(struct ibv_context *context, struct verbs_qp *qp,
			  struct ibv_qp_init_attr_ex *qp_attr, struct ibv_create_qp_ex *cmd,
			  size_t cmd_size, struct ib_uverbs_ex_create_qp_resp *resp,
			  size_t resp_size, struct ibv_command_buffer *driver);
#endif

/* A file of the device's directory in sysfs; its name is formatted. */
int ibv_read_ibdev_sysfs_file(char *buf, size_t size, struct verbs_sysfs_dev *sysfs_dev,
			      const char *fnfmt, ...) __attribute__((format(printf, 4, 5)));

/* A line of the log at one of VERBS_LOG_. */
void __verbs_log(struct verbs_context *ctx, uint32_t level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The number is part of the name, so that a driver never registers with another generation. */
#define ___make_verbs_register_driver(x) verbs_register_driver_##x
#define __make_verbs_register_driver(x) ___make_verbs_register_driver(x)
#define verbs_register_driver __make_verbs_register_driver(IBVERBS_PABI_VERSION)
void verbs_register_driver(const struct verbs_device_ops *ops);

/*
 * Registration: PROVIDER_DRIVER(name, ops), once in a plug-in, registers when it is loaded.
 */

#define PROVIDER_DRIVER(provider_name, drv_struct)                                                 \
	extern const struct verbs_device_ops verbs_provider_##provider_name                        \
		__attribute__((alias(#drv_struct)));                                               \
	static __attribute__((constructor)) void provider_name##_register_driver(void)             \
	{                                                                                          \
		verbs_register_driver(&drv_struct);                                                \
	}

/* Entries of a match table; the last one has kind VERBS_MATCH_SENTINEL. */
#define VERBS_DRIVER_ID(_id)                                                                       \
	{                                                                                          \
		.u.driver_id = (_id), .kind = VERBS_MATCH_DRIVER_ID                                \
	}
#define VERBS_PCI_MATCH(_vendor, _device, _data)                                                   \
	{                                                                                          \
		.driver_data = (void *)(_data), .vendor = (_vendor), .device = (_device),          \
		.kind = VERBS_MATCH_PCI                                                            \
	}
#define VERBS_MODALIAS_MATCH(_mod_str, _data)                                                      \
	{                                                                                          \
		.driver_data = (void *)(_data), .u.modalias = (_mod_str),                          \
		.kind = VERBS_MATCH_MODALIAS                                                       \
	}
/* By the beginning of the device's name, for devices without any better mark. */
#define VERBS_NAME_MATCH(_name_prefix, _data)                                                      \
	VERBS_MODALIAS_MATCH("rdma_device:*N" _name_prefix "*", _data)

/* A zeroed struct of the type of drv_ctx_ptr, whose member ctx_memb is a verbs_context, or NULL. */
#define verbs_init_and_alloc_context(ibdev, cmd_fd, drv_ctx_ptr, ctx_memb, driver_id)              \
	((__typeof__(drv_ctx_ptr))_verbs_init_and_alloc_context(                                   \
		(ibdev), (cmd_fd), sizeof(*(drv_ctx_ptr)),                                         \
		(struct verbs_context *)offsetof(__typeof__(*(drv_ctx_ptr)), ctx_memb),            \
		(driver_id)))

/*
 * The log. errno stays as it is. The forms for the data path are empty unless VERBS_DEBUG is set.
 */

#define verbs_log(ctx, level, format, arg...)                                                      \
	do {                                                                                       \
		int verbs_log_errno = errno;                                                       \
		__verbs_log(ctx, level, "%s: %s:%d: " format, (ctx)->context.device->name,         \
			    __func__, __LINE__, ##arg);                                            \
		errno = verbs_log_errno;                                                           \
	} while (0)
#define verbs_debug(ctx, format, arg...) verbs_log(ctx, VERBS_LOG_DEBUG, format, ##arg)
#define verbs_info(ctx, format, arg...) verbs_log(ctx, VERBS_LOG_INFO, format, ##arg)
#define verbs_warn(ctx, format, arg...) verbs_log(ctx, VERBS_LOG_WARN, format, ##arg)
#define verbs_err(ctx, format, arg...) verbs_log(ctx, VERBS_LOG_ERR, format, ##arg)

#ifdef VERBS_DEBUG
#define verbs_log_datapath(ctx, level, format, arg...) verbs_log(ctx, level, format, ##arg)
#else
#define verbs_log_datapath(ctx, level, format, arg...)                                             \
	do {                                                                                       \
	} while (0)
#endif
#define verbs_debug_datapath(ctx, format, arg...)                                                  \
	verbs_log_datapath(ctx, VERBS_LOG_DEBUG, format, ##arg)
#define verbs_info_datapath(ctx, format, arg...)                                                   \
	verbs_log_datapath(ctx, VERBS_LOG_INFO, format, ##arg)
#define verbs_warn_datapath(ctx, format, arg...)                                                   \
	verbs_log_datapath(ctx, VERBS_LOG_WARN, format, ##arg)
#define verbs_err_datapath(ctx, format, arg...)                                                    \
	verbs_log_datapath(ctx, VERBS_LOG_ERR, format, ##arg)

/*
 * From an object of the application to that of the driver around it.
 */

static inline struct verbs_device *verbs_get_device(const struct ibv_device *dev)
{
	return (struct verbs_device *)((uintptr_t)dev - offsetof(struct verbs_device, device));
}

static inline struct verbs_mr *verbs_get_mr(struct ibv_mr *mr)
{
	return (struct verbs_mr *)((uintptr_t)mr - offsetof(struct verbs_mr, ibv_mr));
}

static inline struct verbs_dmah *verbs_get_dmah(struct ibv_dmah *dmah)
{
	return (struct verbs_dmah *)((uintptr_t)dmah - offsetof(struct verbs_dmah, dmah));
}

/* Whether no bit is set that is not supported. */
static inline bool check_comp_mask(uint64_t input, uint64_t supported)
{
	return !(input & ~supported);
}

/* A parent domain needs a domain. */
static inline int ibv_check_alloc_parent_domain(struct ibv_parent_domain_init_attr *attr)
{
	if (attr->pd)
		return 0;
	errno = EINVAL;
	return -1;
}

/* To the library the parent is the domain it contains. */
static inline void ibv_initialize_parent_domain(struct ibv_pd *parent_domain,
						struct ibv_pd *contained_pd)
{
	parent_domain->context = contained_pd->context;
	parent_domain->handle = contained_pd->handle;
}

/*
 * Buffers that the library and the driver share.
 */

static inline void ibv_buf_init_dmabuf(struct ibv_buf *buf, struct ibv_pd *pd, void *addr,
				       size_t size, int fd)
{
	buf->addr = addr;
	buf->size = size;
	buf->pd = pd;
	buf->dmabuf_fd = fd;
}

static inline void ibv_buf_init(struct ibv_buf *buf, struct ibv_pd *pd, void *addr, size_t size)
{
	ibv_buf_init_dmabuf(buf, pd, addr, size, -1);
}

/* Tells the kernel where a buffer lies: by its dmabuf if it has one, else by its address. */
static inline void fill_attr_in_buf_umem(struct ibv_command_buffer *cmdb, uint16_t attr_id,
					 struct ib_uverbs_buffer_desc *storage, struct ibv_buf *buf,
					 void *addr, size_t length)
{
	memset(storage, 0, sizeof(*storage));
	storage->length = length;
	if (buf && buf->dmabuf_fd >= 0) {
		storage->type = IB_UVERBS_BUFFER_TYPE_DMABUF;
		storage->fd = buf->dmabuf_fd;
		storage->addr = (uintptr_t)addr - (uintptr_t)buf->addr;
	} else {
		storage->type = IB_UVERBS_BUFFER_TYPE_VA;
		storage->addr = (uintptr_t)addr;
	}
	fill_attr_in(cmdb, attr_id, storage, sizeof(*storage));
}
