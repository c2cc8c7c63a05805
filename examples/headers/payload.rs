//! The fields of the kernel's commands as macros: `_STRUCT_ib_uverbs_alloc_pd` and so on.
//!
//! `kern-abi.h` gives each command twice, as the kernel's struct and as loose fields beside it.
//! Loose are the fields of a struct without a name, which cbindgen does not know.

use quote::ToTokens;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use super::{Outcome, plain_type};

type Structs = BTreeMap<String, syn::ItemStruct>;

fn structs(source: &str) -> Outcome<Structs> {
    let mut found = Structs::new();
    let text = fs::read_to_string(format!("src/abi/{source}.rs"))?;
    for item in syn::parse_file(&text)?.items {
        if let syn::Item::Struct(of) = item {
            found.insert(of.ident.to_string(), of);
        }
    }
    Ok(found)
}

/// A member as the kernel's headers write it.
fn member(name: &str, of: &syn::Type) -> Outcome<String> {
    if let syn::Type::Array(array) = of {
        let length = array.len.to_token_stream();
        return Ok(format!("{}[{length}]", member(name, &array.elem)?));
    }
    let rust = plain_type(of).ok_or("not a plain type")?;
    let c = match rust.as_str() {
        "u8" | "u16" | "u32" => format!("__{rust}"),
        "i32" => "__s32".into(),
        "u64" => "__aligned_u64".into(),
        "__be16" | "__be32" | "__be64" => rust,
        _ => format!("struct {rust}"),
    };
    Ok(format!("{c} {name}"))
}

/// One macro for each type that is a `core_payload` in `commands`, by what `sources` say of it.
pub(super) fn macros(commands: &str, sources: &[&str]) -> Outcome<String> {
    let mut known = Structs::new();
    for source in sources {
        known.extend(structs(source)?);
    }
    let mut payloads = Structs::new();
    for command in structs(commands)?.values() {
        for field in &command.fields {
            let is_payload = field
                .ident
                .as_ref()
                .is_some_and(|name| name == "core_payload");
            let name = plain_type(&field.ty).unwrap_or_default();
            if let (true, Some(payload)) = (is_payload, known.get(&name)) {
                payloads.insert(name, payload.clone());
            }
        }
    }
    let mut text = String::new();
    for (name, payload) in payloads {
        writeln!(text, "#define _STRUCT_{name} \\\nstruct {{ \\")?;
        for field in &payload.fields {
            let ident = field.ident.as_ref().ok_or("a field without a name")?;
            let ident = ident.to_string();
            let ident = ident.trim_start_matches("r#");
            let line = member(ident, &field.ty).map_err(|why| format!("{name}.{ident}: {why}"))?;
            writeln!(text, "        {line}; \\")?;
        }
        text.push_str("}\n");
    }
    Ok(text)
}
