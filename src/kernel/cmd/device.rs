//! What a device can do.

use std::mem::offset_of;

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::{DriverData, Uverbs};

/// How much of the extended answer the standard one is.
const STANDARD_LEN: u32 = size_of::<ib_uverbs_query_device_resp>() as u32;

/// Asks by the extended command if `is_extended`, by the standard one where there is no other.
///
/// `response_length` says how much of the answer is the kernel's.
pub fn query(
    uverbs: &Uverbs,
    is_extended: bool,
    driver: DriverData,
) -> Result<ib_uverbs_ex_query_device_resp, Errno> {
    if is_extended {
        match uverbs.write::<ibv_query_device_ex>(Zeroed::zeroed(), driver) {
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => {}
            result => return result,
        }
    }
    let base = uverbs.write::<ibv_query_device>(Zeroed::zeroed(), DriverData::NONE)?;
    Ok(ib_uverbs_ex_query_device_resp {
        base,
        response_length: STANDARD_LEN,
        ..Zeroed::zeroed()
    })
}

/// The answer in the application's words; the firmware's version is the driver's to tell.
pub fn attributes(from: &ib_uverbs_ex_query_device_resp) -> ibv_device_attr_ex {
    let mut attr = ibv_device_attr_ex {
        orig_attr: standard_attributes(&from.base),
        ..Zeroed::zeroed()
    };
    let known = from.response_length as usize;
    macro_rules! copy {
        ($($field:ident { $($to:ident).+ = $from:expr $(, $($also_to:ident).+ = $also:expr)* })*) => {
            $(
                let end = offset_of!(ib_uverbs_ex_query_device_resp, $field)
                    + size_of_val(&from.$field);
                if known >= end {
                    attr.$($to).+ = $from;
                    $(attr.$($also_to).+ = $also;)*
                }
            )*
        };
    }
    let (odp, rss, tm) = (&from.odp_caps, &from.rss_caps, &from.tm_caps);
    copy! {
        odp_caps {
            odp_caps.general_caps = odp.general_caps,
            odp_caps.per_transport_caps.rc_odp_caps = odp.per_transport_caps.rc_odp_caps,
            odp_caps.per_transport_caps.uc_odp_caps = odp.per_transport_caps.uc_odp_caps,
            odp_caps.per_transport_caps.ud_odp_caps = odp.per_transport_caps.ud_odp_caps
        }
        timestamp_mask { completion_timestamp_mask = from.timestamp_mask }
        hca_core_clock { hca_core_clock = from.hca_core_clock }
        device_cap_flags_ex { device_cap_flags_ex = from.device_cap_flags_ex }
        rss_caps {
            rss_caps.supported_qpts = rss.supported_qpts,
            rss_caps.max_rwq_indirection_tables = rss.max_rwq_indirection_tables,
            rss_caps.max_rwq_indirection_table_size = rss.max_rwq_indirection_table_size
        }
        max_wq_type_rq { max_wq_type_rq = from.max_wq_type_rq }
        raw_packet_caps { raw_packet_caps = from.raw_packet_caps }
        tm_caps {
            tm_caps.max_rndv_hdr_size = tm.max_rndv_hdr_size,
            tm_caps.max_num_tags = tm.max_num_tags,
            tm_caps.flags = tm.flags,
            tm_caps.max_ops = tm.max_ops,
            tm_caps.max_sge = tm.max_sge
        }
        cq_moderation_caps {
            cq_mod_caps.max_cq_count = from.cq_moderation_caps.max_cq_moderation_count,
            cq_mod_caps.max_cq_period = from.cq_moderation_caps.max_cq_moderation_period
        }
        max_dm_size { max_dm_size = from.max_dm_size }
        xrc_odp_caps { xrc_odp_caps = from.xrc_odp_caps }
    }
    attr
}

fn standard_attributes(from: &ib_uverbs_query_device_resp) -> ibv_device_attr {
    let mut attr: ibv_device_attr = Zeroed::zeroed();
    macro_rules! copy {
        ($($field:ident)*) => { $(attr.$field = from.$field as _;)* };
    }
    copy! {
        node_guid sys_image_guid max_mr_size page_size_cap vendor_id vendor_part_id hw_ver max_qp
        max_qp_wr device_cap_flags max_sge max_sge_rd max_cq max_cqe max_mr max_pd max_qp_rd_atom
        max_ee_rd_atom max_res_rd_atom max_qp_init_rd_atom max_ee_init_rd_atom atomic_cap max_ee
        max_rdd max_mw max_raw_ipv6_qp max_raw_ethy_qp max_mcast_grp max_mcast_qp_attach
        max_total_mcast_qp_attach max_ah max_fmr max_map_per_fmr max_srq max_srq_wr max_srq_sge
        max_pkeys local_ca_ack_delay phys_port_cnt
    }
    attr
}
