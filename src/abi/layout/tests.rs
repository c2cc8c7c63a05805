//! Generation 34 against its table: what is a tail, a prefix or a permutation of generation 65.

use crate::abi::driver::pabi_34::*;
use crate::abi::*;
use std::collections::HashMap;

struct Record {
    size: usize,
    fields: Vec<(&'static str, usize)>,
}

fn records(table: &'static str) -> HashMap<&'static str, Record> {
    let mut records = HashMap::new();
    let mut current = "";
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        match columns[0] {
            "record" => {
                current = columns[2];
                let size = columns[3].parse().unwrap();
                records.insert(
                    current,
                    Record {
                        size,
                        fields: Vec::new(),
                    },
                );
            }
            "field" => {
                let offset = columns[2].parse().unwrap();
                records
                    .get_mut(current)
                    .unwrap()
                    .fields
                    .push((columns[1], offset));
            }
            _ => {}
        }
    }
    records
}

fn public_65() -> HashMap<&'static str, Record> {
    records(include_str!("../../../c-tests/layout/public-65.tsv"))
}

fn private_65() -> HashMap<&'static str, Record> {
    records(include_str!("../../../c-tests/layout/private-65.tsv"))
}

fn private_34() -> HashMap<&'static str, Record> {
    records(include_str!("../../../c-tests/layout/private-34.tsv"))
}

#[test]
fn verbs_context_34_is_the_tail_of_todays() {
    let (new, old) = (
        &public_65()["verbs_context"],
        &private_34()["verbs_context"],
    );
    assert_eq!(old.size, VERBS_CONTEXT_SIZE_34);
    let grown = new.size - old.size;
    for (name, offset) in &old.fields {
        assert!(new.fields.contains(&(name, offset + grown)), "{name}");
    }
}

#[test]
fn what_grew_at_its_end_kept_its_beginning() {
    let (new, old) = (public_65(), private_34());
    for (name, size) in [
        ("ibv_qp_ex", IBV_QP_EX_SIZE_34D),
        ("ibv_port_attr", IBV_PORT_ATTR_SIZE_34D),
    ] {
        assert_eq!(old[name].size, size, "{name}");
        assert!(new[name].fields.starts_with(&old[name].fields), "{name}");
    }
}

#[test]
fn verbs_qp_34d_is_as_release_44_has_it() {
    let old = &private_34()["verbs_qp"];
    assert_eq!(old.size, size_of::<verbs_qp_34d>());
    let ours = [
        ("qp", core::mem::offset_of!(verbs_qp_34d, u.qp)),
        ("qp_ex", core::mem::offset_of!(verbs_qp_34d, u.qp_ex)),
        ("comp_mask", core::mem::offset_of!(verbs_qp_34d, comp_mask)),
        ("xrcd", core::mem::offset_of!(verbs_qp_34d, xrcd)),
    ];
    assert_eq!(old.fields, ours);
}

#[test]
fn every_operation_is_found_under_its_name() {
    let slot = size_of::<usize>();
    let (new, old) = (
        &private_65()["verbs_context_ops"],
        &private_34()["verbs_context_ops"],
    );
    assert_eq!(new.size, size_of::<verbs_context_ops>());
    assert_eq!(old.size, size_of::<verbs_context_ops_34>());
    let names: Vec<&str> = new.fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, OP_NAMES);
    for (name, offset) in &old.fields {
        assert_eq!(OP_NAMES[usize::from(OPS_34_TO_65[offset / slot])], *name);
    }
}
