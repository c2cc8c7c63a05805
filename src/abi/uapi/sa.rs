//! Path records as the kernel passes them.

use crate::abi::*;

pub const IB_PATH_GMP: u32 = 1 << 0;
pub const IB_PATH_PRIMARY: u32 = 1 << 1;
pub const IB_PATH_ALTERNATE: u32 = 1 << 2;
pub const IB_PATH_OUTBOUND: u32 = 1 << 3;
pub const IB_PATH_INBOUND: u32 = 1 << 4;
pub const IB_PATH_INBOUND_REVERSE: u32 = 1 << 5;
pub const IB_PATH_BIDIRECTIONAL: u32 = 0x28;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ib_path_rec_data {
    pub flags: u32,
    pub reserved: u32,
    pub path_rec: [u32; 16],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ib_user_path_rec {
    pub dgid: [u8; 16],
    pub sgid: [u8; 16],
    pub dlid: __be16,
    pub slid: __be16,
    pub raw_traffic: u32,
    pub flow_label: __be32,
    pub reversible: u32,
    pub mtu: u32,
    pub pkey: __be16,
    pub hop_limit: u8,
    pub traffic_class: u8,
    pub numb_path: u8,
    pub sl: u8,
    pub mtu_selector: u8,
    pub rate_selector: u8,
    pub rate: u8,
    pub packet_life_time_selector: u8,
    pub packet_life_time: u8,
    pub preference: u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ib_user_service_rec {
    pub id: __be64,
    pub gid: [u8; 16],
    pub pkey: __be16,
    pub reserved: [u8; 2],
    pub lease: __be32,
    pub key: [u8; 16],
    pub name: [u8; 64],
    pub data_8: [u8; 16],
    pub data_16: [__be16; 8],
    pub data_32: [__be32; 4],
    pub data_64: [__be64; 2],
}
