//! Writes include/infiniband/*.h, or compares them with what it would write.
//!
//! Called by `make headers` and `make check-headers` from the top of the tree. cbindgen turns the
//! structs, enumerations and functions into C. Before it, this program makes a view of src/abi:
//! an integer type and its constants become an enumeration, and what C needs in another form is
//! left out, as the lists in include/gen/*.toml say. After it, the fragments of include/gen are
//! put around: `<header>.head.h` before the types, `<header>.inline.h` behind them.

use quote::{ToTokens, quote};
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A header: its name, its guard, and the files of src/abi whose types it has.
struct Header {
    name: &'static str,
    guard: &'static str,
    sources: &'static [&'static str],
}

const HEADERS: [Header; 8] = [
    Header {
        name: "arch",
        guard: "INFINIBAND_ARCH_H",
        sources: &[],
    },
    Header {
        name: "ib_user_ioctl_verbs",
        guard: "IB_USER_IOCTL_VERBS_H",
        sources: &["ioctl_verbs"],
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
            other => {
                if let Some(done) = enumeration.take() {
                    add_enumeration(view, &done)?;
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

/// A file of include/gen that belongs to a header; nothing if there is none.
fn fragment(name: &str, part: &str) -> Outcome<String> {
    let path = PathBuf::from(format!("include/gen/{name}.{part}"));
    match fs::read_to_string(&path) {
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

/// Comments of one line on one line, others with stars, pointers as `type *`, as in the fragments.
fn restyle(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let indent = &line[..line.len() - line.trim_start().len()];
        if line.trim() != "/*" {
            out.push_str(&spaced_stars(line));
            out.push('\n');
            continue;
        }
        let mut comment = Vec::new();
        for inner in lines.by_ref().take_while(|inner| inner.trim() != "*/") {
            comment.push(inner.trim());
        }
        if let [only] = comment[..] {
            let _ = writeln!(out, "{indent}/* {only} */");
        } else {
            let body = comment.join(&format!("\n{indent} * "));
            let _ = writeln!(out, "{indent}/*\n{indent} * {body}\n{indent} */");
        }
    }
    out
}

/// `int (*)(struct ibv_qp*, void**)` with a blank before each run of stars.
fn spaced_stars(line: &str) -> String {
    let mut out = String::new();
    let mut last = ' ';
    for letter in line.chars() {
        if letter == '*' && (last.is_alphanumeric() || last == '_') {
            out.push(' ');
        }
        out.push(letter);
        last = letter;
    }
    out
}

/// Tabs for each eight columns at the head of a line; one empty line where there are several.
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut blank = false;
    for line in text.lines() {
        let body = line.trim_start_matches(' ');
        let columns = line.len() - body.len();
        let indented = format!(
            "{}{}{body}",
            "\t".repeat(columns / 8),
            " ".repeat(columns % 8)
        );
        let indented = indented.trim_end();
        if indented.is_empty() && blank {
            continue;
        }
        blank = indented.is_empty();
        out.push_str(indented);
        out.push('\n');
    }
    out
}

fn generate(header: &Header) -> Outcome<String> {
    let config = config(header.name)?;
    let mut view = View {
        forward: foreign(&config),
        ..View::default()
    };
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
    if !view.rust.is_empty() {
        text.push_str(&restyle(&declarations(header, &view, config)?));
        text.push('\n');
    }
    text.push_str(&fragment(header.name, "inline.h")?);
    write!(text, "\n#endif /* {} */\n", header.guard)?;
    Ok(tidy(&text))
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
