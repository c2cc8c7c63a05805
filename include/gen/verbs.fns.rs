// The functions of verbs.h, for `make headers`: cbindgen turns them into prototypes.
//
// They stand here and not in src/api because there each is an entry with several versioned names,
// made by a macro cbindgen does not see through.

unsafe extern "C" {
    // Devices and contexts.
    /// All devices, as an array that ends in NULL; their number goes to num_devices unless that
    /// is NULL. NULL with errno if there can be none.
    pub fn ibv_get_device_list(num_devices: *mut c_int) -> *mut *mut ibv_device;
    /// Gives the array back. Devices that are open stay; others are gone.
    pub fn ibv_free_device_list(list: *mut *mut ibv_device);
    /// The kernel's name of the device. It lives as long as the device.
    pub fn ibv_get_device_name(device: *mut ibv_device) -> *const c_char;
    /// The kernel's number of the device, or -1 if it does not tell one.
    pub fn ibv_get_device_index(device: *mut ibv_device) -> c_int;
    /// The GUID of the node in network order, 0 if it is not known.
    pub fn ibv_get_device_guid(device: *mut ibv_device) -> __be64;
    /// A context, through which everything else is done. NULL with errno.
    pub fn ibv_open_device(device: *mut ibv_device) -> *mut ibv_context;
    /// Closes the context. Objects that are left are released with it. Returns 0.
    pub fn ibv_close_device(context: *mut ibv_context) -> c_int;
    /// A context on the command descriptor of another one, of this process or another. NULL
    /// with errno.
    pub fn ibv_import_device(cmd_fd: c_int) -> *mut ibv_context;

    // Questions to a device and its ports.
    /// Attributes and limits of the device. 0, or an error number.
    pub fn ibv_query_device(context: *mut ibv_context, device_attr: *mut ibv_device_attr) -> c_int;
    /// Attributes of a port, counted from 1, in the short form of old; the macro of the same
    /// name asks for the whole. 0, or an error number.
    pub fn ibv_query_port(
        context: *mut ibv_context,
        port_num: u8,
        port_attr: *mut _compat_ibv_port_attr,
    ) -> c_int;
    /// The speed of a port in units of 100 Mbit/s. 0, or an error number.
    pub fn ibv_query_port_speed(
        context: *mut ibv_context,
        port_num: u32,
        port_speed: *mut u64,
    ) -> c_int;
    /// An entry of a port's GID table. 0, or -1 with errno.
    pub fn ibv_query_gid(
        context: *mut ibv_context,
        port_num: u8,
        index: c_int,
        gid: *mut ibv_gid,
    ) -> c_int;
    /// What ibv_query_gid_ex calls, with the size of the entry it knows. flags is 0.
    pub fn _ibv_query_gid_ex(
        context: *mut ibv_context,
        port_num: u32,
        gid_index: u32,
        entry: *mut ibv_gid_entry,
        flags: u32,
        entry_size: usize,
    ) -> c_int;
    /// What ibv_query_gid_table calls, with the size of an entry it knows. How many entries it
    /// stored, or a negative error number.
    pub fn _ibv_query_gid_table(
        context: *mut ibv_context,
        entries: *mut ibv_gid_entry,
        max_entries: usize,
        flags: u32,
        entry_size: usize,
    ) -> ssize_t;
    /// An entry of a port's table of partition keys, in network order. 0, or -1 with errno.
    pub fn ibv_query_pkey(
        context: *mut ibv_context,
        port_num: u8,
        index: c_int,
        pkey: *mut __be16,
    ) -> c_int;
    /// Where a partition key stands in the table of a port, or -1.
    pub fn ibv_get_pkey_index(context: *mut ibv_context, port_num: u8, pkey: __be16) -> c_int;
    /// The Ethernet address behind a GID of the same network, and its VLAN; vid may be NULL. 0,
    /// or a negative error number.
    pub fn ibv_resolve_eth_l2_from_gid(
        context: *mut ibv_context,
        attr: *mut ibv_ah_attr,
        eth_mac: *mut u8,
        vid: *mut u16,
    ) -> c_int;

    // Events.
    /// Waits for the next asynchronous event of the context; each must be acknowledged. 0, or
    /// -1 with errno.
    pub fn ibv_get_async_event(context: *mut ibv_context, event: *mut ibv_async_event) -> c_int;
    /// Acknowledges an event. To destroy its object waits for that.
    pub fn ibv_ack_async_event(event: *mut ibv_async_event);
    /// A channel on which completion events arrive; its descriptor can be polled. NULL with
    /// errno.
    pub fn ibv_create_comp_channel(context: *mut ibv_context) -> *mut ibv_comp_channel;
    /// Refuses with EBUSY while a completion queue uses the channel.
    pub fn ibv_destroy_comp_channel(channel: *mut ibv_comp_channel) -> c_int;
    /// Waits for the next completion event of the channel: its queue and what the queue was
    /// created with. Each must be acknowledged. 0, or -1 with errno.
    pub fn ibv_get_cq_event(
        channel: *mut ibv_comp_channel,
        cq: *mut *mut ibv_cq,
        cq_context: *mut *mut c_void,
    ) -> c_int;
    /// Acknowledges that many events of a queue. To destroy the queue waits for all.
    pub fn ibv_ack_cq_events(cq: *mut ibv_cq, nevents: c_uint);

    // Protection domains and memory.
    /// A protection domain, in which regions and queue pairs belong together. NULL with errno.
    pub fn ibv_alloc_pd(context: *mut ibv_context) -> *mut ibv_pd;
    /// Refuses with EBUSY while anything is in the domain. 0, or an error number.
    pub fn ibv_dealloc_pd(pd: *mut ibv_pd) -> c_int;
    /// The domain with this handle in an imported context. NULL with errno.
    pub fn ibv_import_pd(context: *mut ibv_context, pd_handle: u32) -> *mut ibv_pd;
    /// Forgets an imported domain, which goes on to exist.
    pub fn ibv_unimport_pd(pd: *mut ibv_pd);
    /// Registers memory for access by the device, by bits of enum ibv_access_flags. NULL with
    /// errno.
    pub fn ibv_reg_mr(
        pd: *mut ibv_pd,
        addr: *mut c_void,
        length: usize,
        access: c_int,
    ) -> *mut ibv_mr;
    /// The same with an address of one's own choice for the first byte, by which requests name
    /// it.
    pub fn ibv_reg_mr_iova(
        pd: *mut ibv_pd,
        addr: *mut c_void,
        length: usize,
        iova: u64,
        access: c_int,
    ) -> *mut ibv_mr;
    /// The same; access bits from IBV_ACCESS_OPTIONAL_FIRST on may be ignored by the device.
    pub fn ibv_reg_mr_iova2(
        pd: *mut ibv_pd,
        addr: *mut c_void,
        length: usize,
        iova: u64,
        access: c_uint,
    ) -> *mut ibv_mr;
    /// Registers what the attributes say: memory, a dmabuf, a buffer, with placement hints.
    /// NULL with errno.
    pub fn ibv_reg_mr_ex(pd: *mut ibv_pd, mr_init_attr: *mut ibv_mr_init_attr) -> *mut ibv_mr;
    /// Registers a part of a dmabuf, from offset on, whose first byte requests name by iova.
    /// NULL with errno.
    pub fn ibv_reg_dmabuf_mr(
        pd: *mut ibv_pd,
        offset: u64,
        length: usize,
        iova: u64,
        fd: c_int,
        access: c_int,
    ) -> *mut ibv_mr;
    /// Registers memory within a buffer of ibv_alloc_buf. NULL with errno.
    pub fn ibv_reg_buf_mr(
        pd: *mut ibv_pd,
        buf: *mut ibv_buf,
        addr: *mut c_void,
        length: usize,
        access: c_int,
    ) -> *mut ibv_mr;
    /// Changes domain, memory or access of a region, as bits of enum ibv_rereg_mr_flags say. 0,
    /// or one of enum ibv_rereg_mr_err_code.
    pub fn ibv_rereg_mr(
        mr: *mut ibv_mr,
        flags: c_int,
        pd: *mut ibv_pd,
        addr: *mut c_void,
        length: usize,
        access: c_int,
    ) -> c_int;
    /// Ends the registration. Nobody accesses the memory through it after that. 0, or an error
    /// number.
    pub fn ibv_dereg_mr(mr: *mut ibv_mr) -> c_int;
    /// The region with this handle in an imported domain. NULL with errno.
    pub fn ibv_import_mr(pd: *mut ibv_pd, mr_handle: u32) -> *mut ibv_mr;
    /// Forgets an imported region, which goes on to exist.
    pub fn ibv_unimport_mr(mr: *mut ibv_mr);
    /// The device memory with this handle in an imported context. NULL with errno.
    pub fn ibv_import_dm(context: *mut ibv_context, dm_handle: u32) -> *mut ibv_dm;
    /// Forgets imported device memory, which goes on to exist.
    pub fn ibv_unimport_dm(dm: *mut ibv_dm);
    /// A dmabuf of device memory, or -1 with errno.
    pub fn ibv_dm_export_dmabuf_fd(dm: *mut ibv_dm) -> c_int;
    /// A handle with hints of where the device's accesses should go. NULL with errno.
    pub fn ibv_alloc_dmah(
        context: *mut ibv_context,
        attr: *mut ibv_dmah_init_attr,
    ) -> *mut ibv_dmah;
    /// 0, or an error number.
    pub fn ibv_dealloc_dmah(dmah: *mut ibv_dmah) -> c_int;
    /// Memory that suits registration by the domain's device, and what is known of it. NULL
    /// with errno.
    pub fn ibv_alloc_buf(pd: *mut ibv_pd, size: usize, buf: *mut *mut ibv_buf) -> *mut c_void;
    /// Gives the memory back. It must not be registered any more.
    pub fn ibv_free_buf(buf: *mut ibv_buf);
    /// A dmabuf of the buffer, or -1 with errno.
    pub fn ibv_export_buf_dmabuf_fd(buf: *mut ibv_buf) -> c_int;

    // Completion queues and counters.
    /// A completion queue of at least cqe entries; channel may be NULL. NULL with errno.
    pub fn ibv_create_cq(
        context: *mut ibv_context,
        cqe: c_int,
        cq_context: *mut c_void,
        channel: *mut ibv_comp_channel,
        comp_vector: c_int,
    ) -> *mut ibv_cq;
    /// Room for at least cqe completions; those in the queue stay. 0, or an error number.
    pub fn ibv_resize_cq(cq: *mut ibv_cq, cqe: c_int) -> c_int;
    /// Refuses with EBUSY while a queue pair uses it; waits until its events are acknowledged.
    pub fn ibv_destroy_cq(cq: *mut ibv_cq) -> c_int;
    /// What ibv_query_comp_cntr_caps calls, with the size of the struct it knows.
    pub fn _ibv_query_comp_cntr_caps(
        context: *mut ibv_context,
        caps: *mut ibv_comp_cntr_caps,
        caps_size: usize,
    ) -> c_int;
    /// A counter of completions, and one of errors beside it. NULL with errno.
    pub fn ibv_create_comp_cntr(
        context: *mut ibv_context,
        cc_attr: *mut ibv_comp_cntr_init_attr,
    ) -> *mut ibv_comp_cntr;
    /// 0, or an error number.
    pub fn ibv_destroy_comp_cntr(comp_cntr: *mut ibv_comp_cntr) -> c_int;
    /// Sets the count of completions. 0, or an error number.
    pub fn ibv_set_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: u64) -> c_int;
    /// Sets the count of errors. 0, or an error number.
    pub fn ibv_set_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: u64) -> c_int;
    /// Adds to the count of completions. 0, or an error number.
    pub fn ibv_inc_comp_cntr(comp_cntr: *mut ibv_comp_cntr, amount: u64) -> c_int;
    /// Adds to the count of errors. 0, or an error number.
    pub fn ibv_inc_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, amount: u64) -> c_int;
    /// The count of completions. 0, or an error number.
    pub fn ibv_read_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: *mut u64) -> c_int;
    /// The count of errors. 0, or an error number.
    pub fn ibv_read_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: *mut u64) -> c_int;

    // Queue pairs and shared receive queues.
    /// A shared receive queue; the attributes tell afterwards what it really holds. NULL with
    /// errno.
    pub fn ibv_create_srq(pd: *mut ibv_pd, srq_init_attr: *mut ibv_srq_init_attr) -> *mut ibv_srq;
    /// Its size or its limit, by bits of enum ibv_srq_attr_mask. 0, or an error number.
    pub fn ibv_modify_srq(
        srq: *mut ibv_srq,
        srq_attr: *mut ibv_srq_attr,
        srq_attr_mask: c_int,
    ) -> c_int;
    /// 0, or an error number.
    pub fn ibv_query_srq(srq: *mut ibv_srq, srq_attr: *mut ibv_srq_attr) -> c_int;
    /// Refuses with EBUSY while a queue pair uses it. 0, or an error number.
    pub fn ibv_destroy_srq(srq: *mut ibv_srq) -> c_int;
    /// A queue pair in state RESET; the attributes tell afterwards what it really holds. NULL
    /// with errno.
    pub fn ibv_create_qp(pd: *mut ibv_pd, qp_init_attr: *mut ibv_qp_init_attr) -> *mut ibv_qp;
    /// The same queue pair for the ibv_wr_ functions, NULL if it was not created for them.
    pub fn ibv_qp_to_qp_ex(qp: *mut ibv_qp) -> *mut ibv_qp_ex;
    /// Changes the attributes whose bits of enum ibv_qp_attr_mask are set, the state among
    /// them. 0, or an error number: EINVAL for a transition or a mask that the service does not
    /// have.
    pub fn ibv_modify_qp(qp: *mut ibv_qp, attr: *mut ibv_qp_attr, attr_mask: c_int) -> c_int;
    /// The attributes whose bits are set, and perhaps others. 0, or an error number.
    pub fn ibv_query_qp(
        qp: *mut ibv_qp,
        attr: *mut ibv_qp_attr,
        attr_mask: c_int,
        init_attr: *mut ibv_qp_init_attr,
    ) -> c_int;
    /// Whether the bytes of such an operation arrive in the order of their addresses.
    pub fn ibv_query_qp_data_in_order(qp: *mut ibv_qp, op: ibv_wr_opcode, flags: u32) -> c_int;
    /// What can be negotiated about the connection beyond the standard. 0, or an error number.
    pub fn ibv_query_ece(qp: *mut ibv_qp, ece: *mut ibv_ece) -> c_int;
    /// What of that shall be used. 0, or an error number.
    pub fn ibv_set_ece(qp: *mut ibv_qp, ece: *mut ibv_ece) -> c_int;
    /// Has a counter count the operations that the attributes name. 0, or an error number.
    pub fn ibv_qp_attach_comp_cntr(
        qp: *mut ibv_qp,
        comp_cntr: *mut ibv_comp_cntr,
        attr: *mut ibv_qp_attach_comp_cntr_attr,
    ) -> c_int;
    /// Requests that wait are dropped, also those in progress; waits until its events are
    /// acknowledged. 0, or an error number.
    pub fn ibv_destroy_qp(qp: *mut ibv_qp) -> c_int;

    // Addresses and multicast.
    /// An address for datagrams. NULL with errno.
    pub fn ibv_create_ah(pd: *mut ibv_pd, attr: *mut ibv_ah_attr) -> *mut ibv_ah;
    /// The address of who sent what a completion tells of; grh is where its GRH was received. 0
    /// if it worked.
    pub fn ibv_init_ah_from_wc(
        context: *mut ibv_context,
        port_num: u8,
        wc: *mut ibv_wc,
        grh: *mut ibv_grh,
        ah_attr: *mut ibv_ah_attr,
    ) -> c_int;
    /// The two calls above in one. NULL with errno.
    pub fn ibv_create_ah_from_wc(
        pd: *mut ibv_pd,
        wc: *mut ibv_wc,
        grh: *mut ibv_grh,
        port_num: u8,
    ) -> *mut ibv_ah;
    /// 0, or an error number.
    pub fn ibv_destroy_ah(ah: *mut ibv_ah) -> c_int;
    /// Has a datagram queue pair receive what is sent to a multicast group. 0, or an error
    /// number.
    pub fn ibv_attach_mcast(qp: *mut ibv_qp, gid: *const ibv_gid, lid: u16) -> c_int;
    /// 0, or an error number.
    pub fn ibv_detach_mcast(qp: *mut ibv_qp, gid: *const ibv_gid, lid: u16) -> c_int;

    // Fork.
    /// Makes registered memory safe across fork, if the kernel does not see to it. To be called
    /// before any registration. 0, or an error number.
    pub fn ibv_fork_init() -> c_int;
    /// Whether memory is safe across fork, and by whom.
    pub fn ibv_is_fork_initialized() -> ibv_fork_status;

    // Names and rates.
    /// Its name in words, also of a value that is none.
    pub fn ibv_node_type_str(node_type: ibv_node_type) -> *const c_char;
    /// Its name, also of a value that is none.
    pub fn ibv_port_state_str(port_state: ibv_port_state) -> *const c_char;
    /// What happened, in words, also of a value that is none.
    pub fn ibv_event_type_str(event: ibv_event_type) -> *const c_char;
    /// What went wrong, in words, also of a value that is none.
    pub fn ibv_wc_status_str(status: ibv_wc_status) -> *const c_char;
    /// Its name, also of a value that is none. It is exported for drivers, so a program that
    /// calls it depends on their generation.
    pub fn ibv_wr_opcode_str(opcode: ibv_wr_opcode) -> *const c_char;
    /// The rate in multiples of 2.5 Gbit/s, -1 if it is none.
    /// cbindgen:postfix=__attribute_const
    pub fn ibv_rate_to_mult(rate: ibv_rate) -> c_int;
    /// The rate that is so many times 2.5 Gbit/s, IBV_RATE_MAX if there is none.
    /// cbindgen:postfix=__attribute_const
    pub fn mult_to_ibv_rate(mult: c_int) -> ibv_rate;
    /// The rate in Mbit/s, -1 if it is none.
    /// cbindgen:postfix=__attribute_const
    pub fn ibv_rate_to_mbps(rate: ibv_rate) -> c_int;
    /// The rate of so many Mbit/s, IBV_RATE_MAX if there is none.
    /// cbindgen:postfix=__attribute_const
    pub fn mbps_to_ibv_rate(mbps: c_int) -> ibv_rate;
}
