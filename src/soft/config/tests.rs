use super::*;

fn parse(vars: &[(&str, &str)]) -> (Config, Vec<String>) {
    Config::parse(vars.iter().map(|(name, value)| (name.into(), value.into())))
}

#[test]
fn nothing_set_gives_the_defaults_and_no_line() {
    let (config, warnings) = parse(&[("PATH", "/bin"), ("VERBS_LOG_LEVEL", "4")]);
    assert_eq!(config, Config::default());
    assert_eq!(config.nic, Nic::Auto);
    assert_eq!(config.link, LinkChoice::Auto);
    assert!(!config.strict_gid && !config.adopt);
    assert!(warnings.is_empty());
}

#[test]
fn every_variable_is_understood() {
    let (config, warnings) = parse(&[
        ("VERBIUM_NIC", "on"),
        ("VERBIUM_NAME", "mlx5_0"),
        ("VERBIUM_NETDEVS", " eth1, lo,,eth1"),
        ("VERBIUM_IDENTITY", "0x2c9:4129"),
        ("VERBIUM_STRICT_GID", "1"),
        ("VERBIUM_LINK", "ring"),
        ("VERBIUM_ADOPT", "off"),
    ]);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(config.nic, Nic::On);
    assert_eq!(config.name.as_deref(), Some("mlx5_0"));
    assert_eq!(config.netdevs, ["eth1", "lo"]);
    assert_eq!(
        config.identity,
        Some(Identity {
            vendor_id: 0x2c9,
            part_id: 4129
        })
    );
    assert!(config.strict_gid);
    assert_eq!(config.link, LinkChoice::Ring);
    assert!(!config.adopt);
}

#[test]
fn a_bad_value_costs_one_line_and_leaves_the_default() {
    let bad = [
        ("VERBIUM_NIC", "yes"),
        ("VERBIUM_NAME", "a/b"),
        ("VERBIUM_NAME", "..x"),
        ("VERBIUM_IDENTITY", "4129"),
        ("VERBIUM_IDENTITY", "0x1ffffffff:1"),
        ("VERBIUM_IDENTITY", ":"),
        ("VERBIUM_STRICT_GID", "2"),
        ("VERBIUM_LINK", "tcp"),
        ("VERBIUM_ADOPT", "always"),
        ("VERBIUM_ADOPT", "auto"),
        ("VERBIUM_PCAP", "out.pcap"),
        ("VERBIUM_FAULT", "drop=0.01"),
        ("VERBIUM_TYPO", "1"),
    ];
    for (name, value) in bad {
        let (config, warnings) = parse(&[(name, value)]);
        assert_eq!(config, Config::default(), "{name}={value}");
        assert_eq!(warnings.len(), 1, "{name}={value}");
        assert!(
            warnings[0].starts_with(&format!("{name}={value}: ")),
            "{}",
            warnings[0]
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_a_bad_value() {
    use std::os::unix::ffi::OsStringExt;
    let value = OsString::from_vec(vec![0xff, 0xfe]);
    let (config, warnings) = Config::parse([("VERBIUM_NIC".into(), value)].into_iter());
    assert_eq!(config, Config::default());
    assert_eq!(warnings.len(), 1);
}

#[test]
fn an_empty_value_counts_as_unset() {
    let (config, warnings) = parse(&[("VERBIUM_NIC", ""), ("VERBIUM_NAME", "  ")]);
    assert_eq!(config, Config::default());
    assert!(warnings.is_empty());
}

#[test]
fn a_link_not_served_yet_is_refused_at_open() {
    for (value, served) in [
        ("auto", true),
        ("cma", true),
        ("ring", true),
        ("mapped", false),
        ("udp", false),
    ] {
        let (config, warnings) = parse(&[("VERBIUM_LINK", value)]);
        assert!(warnings.is_empty());
        let expected = if served {
            Ok(())
        } else {
            Err(Errno::EOPNOTSUPP)
        };
        assert_eq!(config.check_link(), expected, "{value}");
    }
}

#[test]
fn further_devices_count_up_from_the_first_name() {
    let named = |name: Option<&str>| Config {
        name: name.map(str::to_owned),
        ..Config::default()
    };
    assert_eq!(named(None).device_name(0), "verbium0");
    assert_eq!(named(None).device_name(12), "verbium12");
    assert_eq!(named(Some("mlx5_0")).device_name(0), "mlx5_0");
    assert_eq!(named(Some("mlx5_0")).device_name(2), "mlx5_2");
    assert_eq!(named(Some("ib07")).device_name(0), "ib07");
    assert_eq!(named(Some("ib07")).device_name(1), "ib8");
    assert_eq!(named(Some("nic")).device_name(1), "nic1");
    let digits = "9".repeat(MAX_NAME_BYTES);
    assert!(named(Some(&digits)).device_name(usize::MAX).len() < 64);
}
