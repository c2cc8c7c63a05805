//! Datagrams: GRH, Q_Key, lengths.

use super::pair::*;
use crate::base::ids::{Gid, Lkey, PdId, Qkey};
use crate::engine::types::*;
use crate::engine::vendor;

fn to_b() -> Datagram {
    Datagram {
        av: AddressVector {
            sgid: gid(1),
            dgid: gid(2),
            port_num: 1,
            traffic_class: 0x28,
            hop_limit: 64,
            ..AddressVector::default()
        },
        pd: PD,
        dest_qpn: QPN_B,
        qkey: QKEY,
    }
}

fn send(wr_id: u64, datagram: &Datagram) -> SendWr<'_> {
    SendWr {
        datagram: Some(datagram),
        ..wr(wr_id, SendOp::Send)
    }
}

#[test]
fn a_datagram_arrives_behind_its_grh() {
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    pair.a.fill(0, 100, 1);
    pair.b.recv(1, &[sge(0, 30), sge(30, 200)]);
    let to_b = to_b();
    let request = SendWr {
        op: SendOp::SendImm { imm_data: 9 },
        ..send(1, &to_b)
    };
    pair.a.send(&request, &[sge(0, 100)]);
    assert_eq!(
        pair.a.qp.next_destination(),
        Some(Destination {
            dgid: gid(2),
            dest_qpn: QPN_B
        })
    );
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    let cqe = pair.b.take_cqes()[0];
    assert_eq!(
        (cqe.byte_len, cqe.imm_data, cqe.src_qpn),
        (140, Some(9), QPN_A)
    );
    assert!(cqe.has_grh);
    assert_eq!(pair.b.host.bytes(40, 100), pair.a.host.bytes(0, 100));
    let grh = pair.b.host.bytes(0, 40);
    assert_eq!(grh[..20], [0; 20]);
    let ip = &grh[20..];
    assert_eq!((ip[0], ip[1], ip[8], ip[9]), (0x45, 0x28, 64, 17));
    assert_eq!(ip[2..4], (20u16 + 8 + 12 + 8 + 4 + 100 + 4).to_be_bytes());
    assert_eq!(
        (&ip[12..16], &ip[16..20]),
        (&[192, 0, 2, 1][..], &[192, 0, 2, 2][..])
    );
    let sum: u32 = ip
        .chunks(2)
        .map(|w| u32::from(u16::from_be_bytes([w[0], w[1]])))
        .sum();
    assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
}

#[test]
fn ipv6_has_its_own_header() {
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    pair.b.recv(1, &[sge(0, 256)]);
    let mut datagram = to_b();
    let v6 = |last| {
        let mut bytes = [0; 16];
        (bytes[0], bytes[1], bytes[15]) = (0xfd, 1, last);
        Gid(bytes)
    };
    (datagram.av.sgid, datagram.av.dgid) = (v6(1), v6(2));
    pair.a.send(&send(1, &datagram), &[sge(0, 5)]);
    pair.run();
    let grh = pair.b.host.bytes(0, 40);
    assert_eq!(grh[..2], [0x62, 0x80]);
    assert_eq!(grh[4..6], (8u16 + 12 + 8 + 8 + 4).to_be_bytes());
    assert_eq!((grh[6], grh[7]), (17, 64));
    assert_eq!((&grh[8..24], &grh[24..40]), (&v6(1).0[..], &v6(2).0[..]));
}

#[test]
fn only_the_right_qkey_is_let_in() {
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    pair.b.recv(1, &[sge(0, 256)]);
    let mut datagram = to_b();
    datagram.qkey = Qkey(0x4321);
    pair.a.send(&send(1, &datagram), &[sge(0, 5)]);
    pair.run();
    assert!(pair.b.take_cqes().is_empty());
    // With the top bit set the QP's own Q_Key goes out.
    datagram.qkey = Qkey(0x8000_0000);
    pair.a.send(&send(1, &datagram), &[sge(0, 5)]);
    pair.run();
    assert_eq!(pair.b.take_cqes().len(), 1);
    assert_eq!(pair.a.take_cqes().len(), 2);
}

#[test]
fn no_receive_no_datagram() {
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    pair.a.send(&send(1, &to_b()), &[sge(0, 5)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    pair.b.recv(1, &[sge(0, 256)]);
    pair.run();
    assert!(pair.b.take_cqes().is_empty());
}

#[test]
fn too_short_a_receive_says_so() {
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    pair.b.recv(1, &[sge(0, 100)]);
    pair.b.recv(2, &[sge(0, 140)]);
    pair.a.send(&send(1, &to_b()), &[sge(0, 100)]);
    pair.a.send(&send(2, &to_b()), &[sge(0, 100)]);
    pair.run();
    let cqes = pair.b.take_cqes();
    assert_eq!((cqes[0].wr_id, cqes[0].status), (1, WcStatus::LocLenErr));
    assert_eq!(cqes[0].vendor_err, vendor::RECV_TOO_SHORT);
    assert_eq!((cqes[1].wr_id, cqes[1].status), (2, WcStatus::Success));
    assert_eq!(pair.b.qp.state(), QpState::Rts);
}

#[test]
fn a_datagram_is_one_packet() {
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    pair.b.recv(1, &[sge(0, 5000)]);
    pair.a.send(&send(1, &to_b()), &[sge(0, 4096)]);
    pair.a.send(&send(2, &to_b()), &[sge(0, 4097)]);
    pair.a.send(&send(3, &to_b()), &[sge(0, 1)]);
    pair.run();
    let ends = pair.a.take_ends();
    assert_eq!(
        ends,
        [
            (1, WcStatus::Success),
            (2, WcStatus::LocLenErr),
            (3, WcStatus::WrFlushErr)
        ]
    );
    assert_eq!(pair.a.qp.state(), QpState::Sqe);
    assert_eq!(pair.b.take_cqes()[0].byte_len, 4136);
    let mut pair = Pair::new(Service::Ud, LOSSY);
    pair.a.send(&send(1, &to_b()), &[sge(0, 1025)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::LocLenErr)]);
}

#[test]
fn a_bad_receive_key_ends_the_qp() {
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    pair.b.recv(
        1,
        &[Sge {
            lkey: Lkey(5),
            ..sge(0, 256)
        }],
    );
    pair.a.send(&send(1, &to_b()), &[sge(0, 4)]);
    pair.run();
    assert_eq!(pair.b.take_ends(), [(1, WcStatus::LocProtErr)]);
    assert_eq!(pair.b.qp.state(), QpState::Err);
}

#[test]
fn an_address_of_another_domain_is_refused() {
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    pair.b.recv(1, &[sge(0, 100)]);
    let mut foreign = to_b();
    foreign.pd = PdId(PD.0 + 1);
    pair.a.send(&send(2, &foreign), &[sge(0, 8)]);
    pair.a.send(&send(3, &to_b()), &[sge(0, 8)]);
    pair.run();
    let cqes = pair.a.take_cqes();
    assert_eq!(
        (cqes[0].status, cqes[0].vendor_err),
        (WcStatus::LocQpOpErr, vendor::FOREIGN_ADDRESS)
    );
    assert_eq!(cqes[1].status, WcStatus::WrFlushErr);
    assert_eq!(pair.a.qp.state(), QpState::Sqe);
    assert!(pair.b.take_ends().is_empty());
}
