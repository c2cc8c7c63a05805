//! Flow rules: translating their specifications, making and destroying them.

use std::mem::offset_of;

use super::destroy::{Destroy, destroy};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::write::bytes_of;
use crate::kernel::{DriverData, Method, Uverbs};

/// What a specification of the application begins with: type and size.
const HEAD: usize = size_of::<ibv_flow_spec_u_hdr>();

/// Creates a rule from the specifications, which are whole ones, one after the other.
pub fn create(
    uverbs: &Uverbs,
    qp: u32,
    attr: &ibv_flow_attr,
    specs: &[u8],
    driver: DriverData,
) -> Result<ib_uverbs_create_flow_resp, Errno> {
    let mut request = ib_uverbs_create_flow {
        comp_mask: 0,
        qp_handle: qp,
        flow_attr: ib_uverbs_flow_attr {
            r#type: attr.r#type,
            size: 0,
            priority: attr.priority,
            num_of_specs: attr.num_of_specs,
            reserved: [0; 2],
            port: attr.port,
            flags: attr.flags,
            flow_specs: [],
        },
    };
    let translated = translate_all(specs, attr.num_of_specs)?;
    request.flow_attr.size = u16::try_from(translated.len()).map_err(|_| Errno::EINVAL)?;
    let mut block = bytes_of(&mut request).to_vec();
    block.extend(translated);
    uverbs.write_list::<ibv_create_flow>(&mut block, driver)
}

pub fn destroy_flow(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_FLOW,
        method: UVERBS_METHOD_FLOW_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_FLOW_HANDLE,
    };
    let request = ib_uverbs_destroy_flow {
        comp_mask: 0,
        flow_handle: handle,
    };
    destroy::<ibv_destroy_flow>(uverbs, (Method::DestroyAh, how), handle, request)
}

/// Type and size of the specification at the front.
pub fn spec_head(specs: &[u8]) -> Result<(ibv_flow_spec_type, usize), Errno> {
    let word = specs.first_chunk().ok_or(Errno::EINVAL)?;
    let size = specs.get(4..).and_then(|rest| rest.first_chunk());
    let size = u16::from_ne_bytes(*size.ok_or(Errno::EINVAL)?);
    Ok((u32::from_ne_bytes(*word), size.into()))
}

fn translate_all(mut specs: &[u8], count: u8) -> Result<Vec<u8>, Errno> {
    let mut translated = Vec::new();
    for index in 0..count {
        let (kind, size) = spec_head(specs)?;
        if size < HEAD || size > specs.len() {
            crate::log_warn!("flow specification {index} of type {kind:#x} has a size of {size}");
            return Err(Errno::EINVAL);
        }
        let (spec, rest) = specs.split_at(size);
        translate(kind, spec, &mut translated).inspect_err(|_| {
            crate::log_warn!("flow specification {index} of type {kind:#x} cannot be translated");
        })?;
        specs = rest;
    }
    Ok(translated)
}

/// Where value and mask stand in the application's struct, and how long they are for the kernel.
struct Filter {
    val: usize,
    mask: usize,
    len: usize,
    /// What the kernel's struct has for each of the two.
    room: usize,
}

macro_rules! same {
    ($user:ident, $kernel:ident) => {
        Filter {
            val: offset_of!($user, val),
            mask: offset_of!($user, mask),
            len: (size_of::<$kernel>() - offset_of!($kernel, val)) / 2,
            room: (size_of::<$kernel>() - offset_of!($kernel, val)) / 2,
        }
    };
}

/// Appends a specification in the kernel's words.
fn translate(kind: ibv_flow_spec_type, spec: &[u8], to: &mut Vec<u8>) -> Result<(), Errno> {
    const INNER: u32 = IBV_FLOW_SPEC_INNER;
    let plain = kind & !INNER;
    let filter = match plain {
        IBV_FLOW_SPEC_ETH => same!(ibv_flow_spec_eth, ib_uverbs_flow_spec_eth),
        IBV_FLOW_SPEC_IPV4 => same!(ibv_flow_spec_ipv4, ibv_kern_spec_ipv4),
        IBV_FLOW_SPEC_ESP => same!(ibv_flow_spec_esp, ib_uverbs_flow_spec_esp),
        IBV_FLOW_SPEC_TCP | IBV_FLOW_SPEC_UDP => {
            same!(ibv_flow_spec_tcp_udp, ib_uverbs_flow_spec_tcp_udp)
        }
        IBV_FLOW_SPEC_MPLS => same!(ibv_flow_spec_mpls, ib_uverbs_flow_spec_mpls),
        IBV_FLOW_SPEC_GRE if kind == plain => same!(ibv_flow_spec_gre, ib_uverbs_flow_spec_gre),
        IBV_FLOW_SPEC_IPV4_EXT => {
            let kind = IBV_FLOW_SPEC_IPV4 | kind & INNER;
            let len = offset_of!(ib_uverbs_flow_ipv4_filter, flags) + 1;
            let filter = grown(spec, len, size_of::<ib_uverbs_flow_ipv4_filter>())?;
            return append_filter(kind, spec, &filter, to);
        }
        IBV_FLOW_SPEC_IPV6 => {
            let len = offset_of!(ib_uverbs_flow_ipv6_filter, hop_limit) + 1;
            grown(spec, len, size_of::<ib_uverbs_flow_ipv6_filter>())?
        }
        IBV_FLOW_SPEC_VXLAN_TUNNEL if kind == plain => {
            let len = size_of::<ib_uverbs_flow_tunnel_filter>();
            grown(spec, len, len)?
        }
        _ => return append_action(kind, spec, to),
    };
    append_filter(kind, spec, &filter, to)
}

/// A filter that may have grown at its end since: what the kernel does not know must be unused.
fn grown(spec: &[u8], len: usize, room: usize) -> Result<Filter, Errno> {
    let given = (spec.len() - HEAD) / 2;
    if given < len {
        return Err(Errno::EINVAL);
    }
    let mask = HEAD + given;
    if spec[mask + len..mask + given].iter().any(|&byte| byte != 0) {
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(Filter {
        val: HEAD,
        mask,
        len,
        room,
    })
}

fn append_head(kind: ibv_flow_spec_type, size: usize, to: &mut Vec<u8>) {
    to.extend(kind.to_ne_bytes());
    to.extend((size as u16).to_ne_bytes());
    to.extend([0; 2]);
}

fn append_filter(
    kind: ibv_flow_spec_type,
    spec: &[u8],
    filter: &Filter,
    to: &mut Vec<u8>,
) -> Result<(), Errno> {
    let size = size_of::<ib_uverbs_flow_spec_hdr>() + 2 * filter.room;
    append_head(kind, size, to);
    for start in [filter.val, filter.mask] {
        let bytes = spec.get(start..start + filter.len).ok_or(Errno::EINVAL)?;
        to.extend(bytes);
        to.resize(to.len() + filter.room - filter.len, 0);
    }
    Ok(())
}

/// Appends one of the specifications that act instead of matching.
fn append_action(kind: ibv_flow_spec_type, spec: &[u8], to: &mut Vec<u8>) -> Result<(), Errno> {
    let value = match kind {
        IBV_FLOW_SPEC_ACTION_DROP => {
            append_head(kind, size_of::<ib_uverbs_flow_spec_action_drop>(), to);
            return Ok(());
        }
        IBV_FLOW_SPEC_ACTION_TAG => {
            let tag: &[u8; 4] = field(spec, offset_of!(ibv_flow_spec_action_tag, tag_id))?;
            u32::from_ne_bytes(*tag)
        }
        IBV_FLOW_SPEC_ACTION_HANDLE => {
            let place = field(spec, offset_of!(ibv_flow_spec_action_handle, action))?;
            let action = usize::from_ne_bytes(*place) as *const verbs_flow_action;
            if action.is_null() {
                return Err(Errno::EINVAL);
            }
            // SAFETY: the application names an action that lives, which plug-ins allocate so.
            unsafe { (*action).handle }
        }
        IBV_FLOW_SPEC_ACTION_COUNT => {
            let place = field(spec, offset_of!(ibv_flow_spec_counter_action, counters))?;
            let counters = usize::from_ne_bytes(*place) as *const verbs_counters;
            if counters.is_null() {
                return Err(Errno::EINVAL);
            }
            // SAFETY: as above, for counters.
            unsafe { (*counters).handle }
        }
        _ => return Err(Errno::EINVAL),
    };
    // The three structs with a word are alike.
    append_head(kind, size_of::<ib_uverbs_flow_spec_action_tag>(), to);
    to.extend(value.to_ne_bytes());
    to.extend([0; 4]);
    Ok(())
}

fn field<const N: usize>(spec: &[u8], at: usize) -> Result<&[u8; N], Errno> {
    let rest = spec.get(at..).ok_or(Errno::EINVAL)?;
    rest.first_chunk().ok_or(Errno::EINVAL)
}
