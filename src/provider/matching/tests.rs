use super::*;

const RXE: u32 = RDMA_DRIVER_RXE;

#[test]
fn a_driver_number_is_an_entry_of_that_kind() {
    let rules = [
        Rule::Pci {
            vendor: 14,
            device: 14,
        },
        Rule::DriverId(13),
        Rule::DriverId(14),
    ];
    assert_eq!(by_driver_id(&rules, RXE), Some(2));
    assert_eq!(by_driver_id(&rules, 15), None);
    let zero = [Rule::DriverId(0)];
    assert_eq!(by_driver_id(&zero, RDMA_DRIVER_UNKNOWN), None);
}

#[test]
fn pci_entries_match_vendor_and_device_whatever_the_rest() {
    let rules = [Rule::Pci {
        vendor: 0x15b3,
        device: 0x1017,
    }];
    let is_taken = |modalias: &CStr| by_modalias(&rules, modalias).is_some();
    assert!(is_taken(
        c"pci:v000015B3d00001017sv000015B3sd00000020bc02sc00i00"
    ));
    assert!(!is_taken(
        c"pci:v000015B3d00001018sv000015B3sd00000020bc02sc00i00"
    ));
    assert!(!is_taken(
        c"pci:v000014E4d00001017sv000015B3sd00000020bc02sc00i00"
    ));
    assert!(!is_taken(c"pci:v000015B3d00001017"));
    assert!(!is_taken(c""));
}

#[test]
fn patterns_match_names_and_buses() {
    let rules = [
        Rule::Unknown,
        Rule::Modalias(c"rdma_device:Nrxe*"),
        Rule::Modalias(c"vmbus:3daf2e8ca732094bab99bd1f1c86b501"),
    ];
    assert_eq!(by_modalias(&rules, &name_alias(b"rxe0")), Some(1));
    assert_eq!(by_modalias(&rules, &name_alias(b"mlx4_0")), None);
    let bus = c"vmbus:3daf2e8ca732094bab99bd1f1c86b501";
    assert_eq!(by_modalias(&rules, bus), Some(2));
}

#[test]
fn the_drivers_number_names_the_plug_in_and_the_modalias_is_not_read() {
    let unread = || panic!("the number was enough");
    assert_eq!(likely_plugins(RXE, b"mlx5_0", unread), ["rxe"]);
    let intel = likely_plugins(RDMA_DRIVER_IRDMA, b"x", || panic!("enough"));
    assert_eq!(intel, ["irdma", "i40iw"]);
    assert!(likely_plugins(99, b"rxe0", || panic!("a stranger")).is_empty());
}

#[test]
fn without_a_number_name_and_vendor_are_what_there_is() {
    let none = || CString::default();
    assert_eq!(likely_plugins(0, b"rxe_eth0", none), ["rxe"]);
    assert!(likely_plugins(0, b"foo0", none).is_empty());
    let mellanox = || c"pci:v000015B3d00001003sv0sd0bc0sc0i0".to_owned();
    assert_eq!(
        likely_plugins(0, b"mlx4_0", mellanox),
        ["mlx4", "mlx5", "mthca"]
    );
    assert_eq!(
        likely_plugins(0, b"ibp3s0", mellanox),
        ["mlx5", "mlx4", "mthca"]
    );
}

#[test]
fn a_modalias_of_another_bus_or_cut_short_has_no_vendor() {
    assert_eq!(pci_vendor(c"pci:v000015B3d00001003"), Some(0x15b3));
    for text in [
        c"",
        c"pci:",
        c"pci:v",
        c"pci:v000015B",
        c"pci:vxxxxxxxxd",
        c"of:v000015B3",
    ] {
        assert_eq!(pci_vendor(text), None, "{text:?}");
    }
    // The field is wider than a vendor's number.
    assert_eq!(pci_vendor(c"pci:v000115B3d0"), None);
}

#[test]
fn every_driver_number_has_a_plug_in() {
    // usNIC has no provider of verbs.
    for id in (1..=RDMA_DRIVER_IONIC).filter(|&id| id != RDMA_DRIVER_USNIC) {
        assert!(KNOWN.iter().any(|known| known.driver_id == id), "{id}");
    }
}
