//! The dress of what cbindgen writes: comments, stars, tabs, conditions.

use std::fmt::Write as _;

/// Comments of one line on one line, others with stars, pointers as `type *`, as in the fragments.
pub(super) fn restyle(text: &str) -> String {
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

/// Where cbindgen puts members under a condition, their semicolons before its end, and one
/// condition for neighbours.
pub(super) fn conditional_members(text: &str) -> String {
    let mut whole: Vec<String> = Vec::new();
    let mut condition = "";
    for line in text.lines() {
        let before = whole.len();
        let ended = whole.last().is_some_and(|last| last.trim() == "#endif");
        match line.trim() {
            ";" if ended && before > 1 => whole[before - 2].push(';'),
            same if ended && same.starts_with("#if ") && same == condition => {
                whole.pop();
            }
            other => {
                if other.starts_with("#if ") {
                    condition = other;
                }
                whole.push(line.to_string());
            }
        }
    }
    whole.join("\n")
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
pub(super) fn tidy(text: &str) -> String {
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
