//! Writes include/infiniband/*.h, or compares them with what it would write.
//!
//! Called by `make headers` and `make check-headers` from the top of the tree. cbindgen turns the
//! structs, enumerations and functions into C. Before it, this program makes a view of src/abi:
//! an integer type and its constants become an enumeration, and what C needs in another form is
//! left out, as the lists in include/gen/*.toml say. After it, the fragments of include/gen are
//! put around: `<header>.head.h` before the types, `<header>.inline.h` behind them, and
//! `<header>.again.h` behind the guard.

use quote::{ToTokens, quote};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[path = "headers/payload.rs"]
mod payload;
#[path = "headers/style.rs"]
mod style;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A header: its name, its guard, and the files of src/abi whose types it has.
struct Header {
    name: &'static str,
    guard: &'static str,
    sources: &'static [&'static str],
}

/// Headers for driver plug-ins, which speak of what all the others define.
const FOR_DRIVERS: [&str; 6] = [
    "cmd_ioctl",
    "cmd_write",
    "dmabuf_heap",
    "driver",
    "kern-abi",
    "marshall",
];

const HEADERS: [Header; 15] = [
    Header {
        name: "arch",
        guard: "INFINIBAND_ARCH_H",
        sources: &[],
    },
    Header {
        name: "cmd_ioctl",
        guard: "__INFINIBAND_VERBS_IOCTL_H",
        sources: &[],
    },
    Header {
        name: "cmd_write",
        guard: "__INFINIBAND_VERBS_WRITE_H",
        sources: &[],
    },
    Header {
        name: "dmabuf_heap",
        guard: "INFINIBAND_DMABUF_HEAP_H",
        sources: &[],
    },
    Header {
        name: "driver",
        guard: "INFINIBAND_DRIVER_H",
        sources: &["driver/common", "driver/pabi_65"],
    },
    Header {
        name: "ib_user_ioctl_verbs",
        guard: "IB_USER_IOCTL_VERBS_H",
        sources: &["ioctl_verbs"],
    },
    Header {
        name: "kern-abi",
        guard: "KERN_ABI_H",
        sources: &["driver/write"],
    },
    Header {
        name: "marshall",
        guard: "INFINIBAND_MARSHALL_H",
        sources: &[],
    },
    Header {
        name: "opcode",
        guard: "INFINIBAND_OPCODE_H",
        sources: &["opcode"],
    },
    Header {
        name: "sa-kern-abi",
        guard: "INFINIBAND_SA_KERN_ABI_H",
        sources: &[],
    },
    Header {
        name: "sa",
        guard: "INFINIBAND_SA_H",
        sources: &["sa"],
    },
    Header {
        name: "tm_types",
        guard: "_TM_TYPES_H",
        sources: &["tm"],
    },
    Header {
        name: "verbium",
        guard: "INFINIBAND_VERBIUM_H",
        sources: &["verbium"],
    },
    Header {
        name: "verbs",
        guard: "INFINIBAND_VERBS_H",
        sources: &["device", "objects", "qp", "wr", "flow", "context"],
    },
    Header {
        name: "verbs_api",
        guard: "VERBS_API_H",
        sources: &[],
    },
];

/// Members of a struct that generation 34 of the private interface lacks.
const NOT_IN_34: [(&str, &[&str]); 2] = [
    (
        "verbs_context",
        &[
            "free_buf",
            "alloc_buf",
            "dm_export_dmabuf_fd",
            "reg_mr_ex",
            "dealloc_dmah",
            "alloc_dmah",
        ],
    ),
    (
        "verbs_context_ops",
        &[
            "alloc_buf",
            "alloc_dmah",
            "create_comp_cntr",
            "dealloc_dmah",
            "destroy_comp_cntr",
            "dm_export_dmabuf_fd",
            "free_buf",
            "inc_comp_cntr",
            "inc_err_comp_cntr",
            "qp_attach_comp_cntr",
            "query_comp_cntr_caps",
            "query_port_speed",
            "read_comp_cntr",
            "read_err_comp_cntr",
            "reg_mr_ex",
            "set_comp_cntr",
            "set_err_comp_cntr",
        ],
    ),
];

/// The kernel's structs, which are in its own headers; `kern-abi.h` takes commands apart.
const KERNEL: [&str; 5] = [
    "uapi/flow",
    "uapi/write",
    "uapi/write_data",
    "uapi/write_ex",
    "uapi/write_queues",
];

/// What src/abi says that belongs into one header.
#[derive(Default)]
struct View {
    /// Rust that cbindgen reads.
    rust: String,
    /// Names cbindgen shall write even if no function needs them.
    names: Vec<String>,
    /// Declarations of all structs and unions, so that their order is of no matter.
    forward: String,
    /// Enumerations without a name, which cbindgen does not know.
    anonymous: String,
}

/// An enumeration under construction: constants with their comments.
struct Enumeration {
    name: String,
    attrs: Vec<syn::Attribute>,
    constants: Vec<syn::ItemConst>,
}

fn is_listed(list: &[String], name: &str) -> bool {
    list.iter().any(|entry| match entry.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => entry == name,
    })
}

/// The value of a constant: numbers, shifts, signs.
fn value(expression: &syn::Expr) -> Outcome<i64> {
    match expression {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Int(number),
            ..
        }) => Ok(number.base10_parse()?),
        syn::Expr::Unary(syn::ExprUnary {
            op: syn::UnOp::Neg(_),
            expr,
            ..
        }) => Ok(-value(expr)?),
        syn::Expr::Binary(syn::ExprBinary {
            left,
            op: syn::BinOp::Shl(_),
            right,
            ..
        }) => Ok(value(left)? << value(right)?),
        other => Err(format!("not a plain number: {}", other.to_token_stream()).into()),
    }
}

/// A constant as C writes it. A shift into the sign bit would overflow there.
fn c_value(expression: &syn::Expr) -> Outcome<String> {
    let number = value(expression)?;
    Ok(match expression {
        syn::Expr::Binary(_) if number < 1 << 31 => expression.to_token_stream().to_string(),
        syn::Expr::Lit(syn::ExprLit { lit, .. }) if number < 1 << 31 => {
            lit.to_token_stream().to_string().replace('_', "")
        }
        _ => number.to_string(),
    })
}

fn add_enumeration(view: &mut View, of: &Enumeration) -> Outcome<()> {
    if of.name.is_empty() {
        view.anonymous.push_str("enum {\n");
        for constant in &of.constants {
            writeln!(
                view.anonymous,
                "\t{} = {},",
                constant.ident,
                c_value(&constant.expr)?
            )?;
        }
        view.anonymous.push_str("};\n\n");
        return Ok(());
    }
    let (name, attrs) = (syn::parse_str::<syn::Ident>(&of.name)?, &of.attrs);
    let mut variants = quote!();
    for constant in &of.constants {
        let expression: syn::Expr = syn::parse_str(&c_value(&constant.expr)?)?;
        let (ident, attrs) = (&constant.ident, &constant.attrs);
        variants.extend(quote!(#(#attrs)* #ident = #expression,));
    }
    writeln!(
        view.rust,
        "{}",
        quote!(#(#attrs)* #[repr(C)] pub enum #name { #variants })
    )?;
    view.names.push(of.name.clone());
    Ok(())
}

/// The last word of a type that is a plain path.
fn plain_type(of: &syn::Type) -> Option<String> {
    match of {
        syn::Type::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// Puts a condition on the members that an older generation lacks.
fn mark_generations(of: &mut syn::ItemStruct) {
    let Some((_, lacking)) = NOT_IN_34.iter().find(|(name, _)| of.ident == name) else {
        return;
    };
    for field in &mut of.fields {
        let name = field.ident.as_ref().map(ToString::to_string);
        if lacking.contains(&name.unwrap_or_default().as_str()) {
            field.attrs.push(syn::parse_quote!(#[cfg(not(pabi_34))]));
        }
    }
}

fn add_source(view: &mut View, path: &Path, exclude: &[String]) -> Outcome<()> {
    let file = syn::parse_file(&fs::read_to_string(path)?)?;
    let mut enumeration: Option<Enumeration> = None;
    let mut records = Vec::new();
    for item in file.items {
        match item {
            syn::Item::Type(of)
                if matches!(plain_type(&of.ty).as_deref(), Some("u32" | "i32" | "u64")) =>
            {
                if let Some(done) = enumeration.take() {
                    add_enumeration(view, &done)?;
                }
                enumeration = Some(Enumeration {
                    name: of.ident.to_string(),
                    attrs: of.attrs,
                    constants: Vec::new(),
                });
            }
            syn::Item::Const(of) if !is_listed(exclude, &of.ident.to_string()) => {
                let kind = plain_type(&of.ty).unwrap_or_default();
                let name = if kind == "u32" { String::new() } else { kind };
                if enumeration.as_ref().is_none_or(|open| open.name != name) {
                    if let Some(done) = enumeration.take() {
                        add_enumeration(view, &done)?;
                    }
                    if !name.is_empty() {
                        return Err(format!("{}: no enumeration {name}", of.ident).into());
                    }
                    enumeration = Some(Enumeration {
                        name,
                        attrs: Vec::new(),
                        constants: Vec::new(),
                    });
                }
                enumeration
                    .as_mut()
                    .ok_or("no enumeration")?
                    .constants
                    .push(of);
            }
            mut other => {
                if let Some(done) = enumeration.take() {
                    add_enumeration(view, &done)?;
                }
                if let syn::Item::Struct(of) = &mut other {
                    mark_generations(of);
                }
                let name = match &other {
                    syn::Item::Struct(of) => ("struct", of.ident.to_string()),
                    syn::Item::Union(of) => ("union", of.ident.to_string()),
                    _ => continue,
                };
                if !is_listed(exclude, &name.1) {
                    records.push((name.0, name.1, other.to_token_stream().to_string()));
                }
            }
        }
    }
    if let Some(done) = enumeration {
        add_enumeration(view, &done)?;
    }
    for (kind, name, text) in records {
        writeln!(view.forward, "{kind} {name};")?;
        writeln!(view.rust, "{text}")?;
        view.names.push(name);
    }
    Ok(())
}

/// How C calls the structs, unions and enumerations of all headers and of the kernel.
fn spellings() -> Outcome<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let own = HEADERS.iter().flat_map(|header| header.sources);
    for source in own.chain(&KERNEL) {
        let text = fs::read_to_string(format!("src/abi/{source}.rs"))?;
        for item in syn::parse_file(&text)?.items {
            let (kind, name) = match &item {
                syn::Item::Struct(of) => ("struct", &of.ident),
                syn::Item::Union(of) => ("union", &of.ident),
                syn::Item::Type(of) => ("enum", &of.ident),
                _ => continue,
            };
            found.insert(name.to_string(), format!("{kind} {name}"));
        }
    }
    Ok(found)
}

/// Types of other headers that this one speaks of, under the names C has for them.
fn rename_types_of_others(header: &Header, config: &mut cbindgen::Config) -> Outcome<()> {
    let mut known = spellings()?;
    let mut view = View::default();
    for source in header.sources {
        let path = PathBuf::from(format!("src/abi/{source}.rs"));
        add_source(&mut view, &path, &config.export.exclude)?;
    }
    for name in &view.names {
        known.remove(name);
    }
    view.rust.push_str(&fragment(header.name, "fns.rs")?);
    let words: BTreeSet<&str> = view
        .rust
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .collect();
    for (name, spelling) in known {
        if words.contains(name.as_str()) && !config.export.rename.contains_key(&name) {
            config.export.rename.insert(name, spelling);
        }
    }
    Ok(())
}

/// The newest generation of the private interface among the version nodes of the library.
fn newest_generation() -> Outcome<String> {
    let map = fs::read_to_string("src/libibverbs.map")?;
    let numbers = map.lines().filter_map(|line| {
        let node = line.strip_prefix("IBVERBS_PRIVATE_")?;
        node.split_whitespace().next()?.parse::<u32>().ok()
    });
    let newest = numbers.max().ok_or("src/libibverbs.map: no private node")?;
    Ok(newest.to_string())
}

/// A file of include/gen that belongs to a header; nothing if there is none.
fn fragment(name: &str, part: &str) -> Outcome<String> {
    let path = PathBuf::from(format!("include/gen/{name}.{part}"));
    match fs::read_to_string(&path) {
        Ok(text) if text.contains("@NEWEST_PABI@") => {
            Ok(text.replace("@NEWEST_PABI@", &newest_generation()?))
        }
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

fn config(name: &str) -> Outcome<cbindgen::Config> {
    let path = PathBuf::from(format!("include/gen/{name}.toml"));
    let mut config = if path.exists() {
        cbindgen::Config::from_file(&path)?
    } else {
        cbindgen::Config::default()
    };
    config.language = cbindgen::Language::C;
    config.style = cbindgen::Style::Tag;
    config.cpp_compat = true;
    config.no_includes = true;
    config.usize_is_size_t = true;
    config.documentation_style = cbindgen::DocumentationStyle::C;
    config.tab_width = 8;
    config.line_length = 100;
    Ok(config)
}

/// The types and prototypes cbindgen makes of a view.
fn declarations(header: &Header, view: &View, mut config: cbindgen::Config) -> Outcome<String> {
    let source = std::env::temp_dir().join(format!(
        "verbium-headers-{}-{}.rs",
        std::process::id(),
        header.name
    ));
    fs::write(&source, &view.rust)?;
    config.export.include = view.names.clone();
    let generated = cbindgen::Builder::new()
        .with_config(config)
        .with_src(&source)
        .generate()
        .map(|bindings| {
            let mut text = Vec::new();
            bindings.write(&mut text);
            text
        });
    fs::remove_file(&source)?;
    Ok(String::from_utf8(generated?)?)
}

/// Structs the header speaks of without having them: those in the renaming list that C calls so.
fn foreign(config: &cbindgen::Config) -> String {
    let names: BTreeSet<&String> = config.export.rename.values().collect();
    let mut text = String::new();
    for name in names.iter().filter(|name| name.starts_with("struct ")) {
        let _ = writeln!(text, "{name};");
    }
    text
}

fn generate(header: &Header) -> Outcome<String> {
    let mut config = config(header.name)?;
    let mut view = View {
        forward: foreign(&config),
        ..View::default()
    };
    if FOR_DRIVERS.contains(&header.name) {
        rename_types_of_others(header, &mut config)?;
    }
    for source in header.sources {
        let path = PathBuf::from(format!("src/abi/{source}.rs"));
        add_source(&mut view, &path, &config.export.exclude)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    view.rust.push_str(&fragment(header.name, "fns.rs")?);

    let mut text = String::from("/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n");
    text.push_str(
        "/* Written by `make headers` from src/abi and include/gen; not edited by hand. */\n",
    );
    write!(text, "#ifndef {0}\n#define {0}\n\n", header.guard)?;
    let head = fragment(header.name, "head.h")?;
    for part in [head.as_str(), &view.forward, &view.anonymous] {
        if !part.is_empty() {
            text.push_str(part);
            text.push('\n');
        }
    }
    if header.name == "kern-abi" {
        text.push_str(&payload::macros("driver/write", &KERNEL)?);
    }
    if !view.rust.is_empty() {
        text.push_str(&style::restyle(&style::conditional_members(&declarations(
            header, &view, config,
        )?)));
        text.push('\n');
    }
    let inline = fragment(header.name, "inline.h")?;
    // To C++ its functions are C's too, as those of the library are.
    let is_code = inline.contains("static inline");
    if is_code {
        text.push_str("#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    }
    text.push_str(&inline);
    if is_code {
        text.push_str("\n#ifdef __cplusplus\n}\n#endif\n");
    }
    write!(text, "\n#endif /* {} */\n", header.guard)?;
    let again = fragment(header.name, "again.h")?;
    if !again.is_empty() {
        write!(text, "\n{again}")?;
    }
    Ok(style::tidy(&text))
}

fn run(check: bool) -> Outcome<()> {
    let mut texts = HashMap::new();
    for header in &HEADERS {
        texts.insert(header.name, generate(header)?);
    }
    let mut stale = Vec::new();
    for (name, text) in texts {
        let path = PathBuf::from(format!("include/infiniband/{name}.h"));
        if check {
            if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
                stale.push(name);
            }
        } else {
            fs::write(&path, text)?;
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    stale.sort_unstable();
    Err(format!("not what `make headers` writes: {}", stale.join(" ")).into())
}

fn main() -> ExitCode {
    let mode = std::env::args().nth(1);
    let check = match mode.as_deref() {
        Some("write") => false,
        Some("check") => true,
        _ => {
            eprintln!("usage: headers write|check, from the top of the source tree");
            return ExitCode::FAILURE;
        }
    };
    match run(check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headers: {error}");
            ExitCode::FAILURE
        }
    }
}
