//! Constants of the provider-facing interface.
//! Written by c-tests/layout/asserts.py from private-65.tsv; not edited by hand.

use crate::abi::*;

values! { create_cq_cmd_flags: 4, false;
    CREATE_CQ_CMD_FLAGS_TS_IGNORED_EX 1, CREATE_CQ_CMD_FLAGS_WITH_MEM_VA 2,
    CREATE_CQ_CMD_FLAGS_WITH_MEM_DMABUF 4,
}
values! { ibv_flow_action_type: 4, false;
    IBV_FLOW_ACTION_UNSPECIFIED 0, IBV_FLOW_ACTION_ESP 1,
}
values! { ibv_gid_type_sysfs: 4, false;
    IBV_GID_TYPE_SYSFS_IB_ROCE_V1 0, IBV_GID_TYPE_SYSFS_ROCE_V2 1,
}
values! { ibv_mr_type: 4, false;
    IBV_MR_TYPE_MR 0, IBV_MR_TYPE_NULL_MR 1, IBV_MR_TYPE_IMPORTED_MR 2, IBV_MR_TYPE_DMABUF_MR 3,
}
values! { verbs_qp_mask: 4, false;
    VERBS_QP_XRCD 1, VERBS_QP_EX 2,
}
values! { verbs_query_gid_attr_mask: 4, false;
    VERBS_QUERY_GID_ATTR_GID 1, VERBS_QUERY_GID_ATTR_TYPE 2, VERBS_QUERY_GID_ATTR_NDEV_IFINDEX 4,
}
values! { verbs_xrcd_mask: 4, false;
    VERBS_XRCD_HANDLE 1, VERBS_XRCD_RESERVED 2,
}
values! { write_fallback: 4, false;
    TRY_WRITE 0, TRY_WRITE_EX 1, ERROR 2, SUCCESS 3,
}
values! { u32: 4, false;
    IB_USER_VERBS_CMD_CREATE_QP_V3 24,
}
values! { u32: 4, false;
    IB_USER_VERBS_CMD_CREATE_QP_V4 24,
}
values! { u32: 4, false;
    IB_USER_VERBS_CMD_CREATE_SRQ_V5 32,
}
values! { u32: 4, false;
    IB_USER_VERBS_CMD_MODIFY_SRQ_V3 33,
}
values! { u32: 4, false;
    VERBS_LOG_LEVEL_NONE 0, VERBS_LOG_ERR 1, VERBS_LOG_WARN 2, VERBS_LOG_INFO 3, VERBS_LOG_DEBUG 4,
}
values! { u32: 4, false;
    VERBS_MATCH_SENTINEL 0, VERBS_MATCH_PCI 1, VERBS_MATCH_MODALIAS 2, VERBS_MATCH_DRIVER_ID 3,
}
values! { u32: 4, false;
    VSYSFS_READ_MODALIAS 1, VSYSFS_READ_NODE_GUID 2,
}
values! { u32: 4, false;
    _UHW_NO_INDEX 255,
}
