use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Folders deeper than this hold no code of a job.
const MAX_DEPTH: usize = 16;

/// The `///` comment of a type, or of one of its fields, as it is told to callers.
#[derive(Debug, PartialEq)]
pub struct Note {
    pub type_name: String,
    /// The name in JSON where `#[serde(rename = "…")]` chooses one; empty for the type itself.
    pub field: String,
    pub text: String,
}

/// The comments of all types in the Rust files of a folder.
///
/// They are read line by line, as rustfmt writes them: one that is missed is only not shown. Of types with the same name
/// none is taken.
pub fn find_notes(folder: &Path) -> Vec<Note> {
    let mut found = Found::default();
    found.read_folder(folder, 0);
    let Found { mut notes, ambiguous, .. } = found;
    notes.retain(|note| !ambiguous.contains(&note.type_name));
    notes
}

#[derive(Default)]
struct Found {
    notes: Vec<Note>,
    names: HashSet<String>,
    ambiguous: HashSet<String>,
}

impl Found {
    /// In the order of names, so that the same source makes the same program.
    fn read_folder(&mut self, folder: &Path, depth: usize) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            let is_code_folder = !name.starts_with('.') && name != "target";
            if kind.is_dir() && is_code_folder && depth < MAX_DEPTH {
                self.read_folder(&entry.path(), depth + 1);
            } else if kind.is_file() && name.ends_with(".rs") {
                self.read_text(&fs::read_to_string(entry.path()).unwrap_or_default());
            }
        }
    }

    fn read_text(&mut self, text: &str) {
        let mut comment: Vec<&str> = Vec::new();
        let mut rename: Option<&str> = None;
        let mut structure: Option<(&str, usize)> = None;
        for line in text.lines() {
            let code = line.trim();
            if let Some(text) = code.strip_prefix("///") {
                comment.push(text.strip_prefix(' ').unwrap_or(text));
                continue;
            }
            if code.starts_with("#[") {
                rename = find_rename(code).or(rename);
                continue;
            }
            let indentation = line.len() - line.trim_start().len();
            if let Some((name, has_fields)) = find_type(code) {
                if !self.names.insert(name.to_owned()) {
                    self.ambiguous.insert(name.to_owned());
                }
                self.add(name, "", &comment);
                structure = has_fields.then_some((name, indentation));
            } else if let Some((name, outer)) = structure {
                if code == "}" && indentation == outer {
                    structure = None;
                } else if let Some(field) = find_field(code) {
                    self.add(name, rename.unwrap_or(field), &comment);
                }
            }
            comment.clear();
            rename = None;
        }
    }

    fn add(&mut self, type_name: &str, field: &str, comment: &[&str]) {
        let text = comment.join("\n").trim().to_owned();
        if !text.is_empty() {
            self.notes.push(Note { type_name: type_name.to_owned(), field: field.to_owned(), text });
        }
    }
}

/// The name of a type that a line begins to declare, and whether its fields follow.
fn find_type(code: &str) -> Option<(&str, bool)> {
    let code = without_visibility(code);
    let (rest, is_structure) = match code.strip_prefix("struct ") {
        Some(rest) => (rest, true),
        None => (code.strip_prefix("enum ")?, false),
    };
    let name = rest.split(|letter| !is_of_name(letter)).next().filter(|name| !name.is_empty())?;
    Some((name, is_structure && code.ends_with('{')))
}

fn find_field(code: &str) -> Option<&str> {
    let (name, rest) = without_visibility(code).split_once(':')?;
    let name = name.strip_prefix("r#").unwrap_or(name);
    (!rest.starts_with(':') && !name.is_empty() && name.chars().all(is_of_name)).then_some(name)
}

/// Of `#[serde(rename = "x")]` and `#[serde(default, rename(deserialize = "x"))]`.
fn find_rename(code: &str) -> Option<&str> {
    let serde = code.strip_prefix("#[serde(")?;
    let start = ["rename = \"", "rename(deserialize = \""];
    start.iter().find_map(|start| serde.split_once(start)?.1.split('"').next())
}

fn without_visibility(code: &str) -> &str {
    let Some(rest) = code.strip_prefix("pub") else { return code };
    match rest.strip_prefix('(') {
        Some(inner) => inner.split_once(") ").map_or(code, |(_, rest)| rest),
        None => rest.strip_prefix(' ').unwrap_or(code),
    }
}

fn is_of_name(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, String)> {
        let mut found = Found::default();
        found.read_text(text);
        found.notes.into_iter().map(|note| (note.type_name, note.field, note.text)).collect()
    }

    fn note(type_name: &str, field: &str, text: &str) -> (String, String, String) {
        (type_name.to_owned(), field.to_owned(), text.to_owned())
    }

    #[test]
    fn comments_of_types_and_fields_are_found() {
        let text = r#"
/// Where to go.
#[derive(Deserialize)]
pub struct Tour<'a> {
    /// In order.
    ///
    /// At least one.
    pub(crate) stops: Vec<std::string::String>,
    /// Of rest.
    #[serde(default, rename = "pause")]
    rest: u32,
    other: u32,
}

/// Not of a type.
fn perform(rest: u32) {}

/// How fast.
enum Pace {
    /// Not shown.
    Slow,
}
"#;
        assert_eq!(
            read(text),
            [
                note("Tour", "", "Where to go."),
                note("Tour", "stops", "In order.\n\nAt least one."),
                note("Tour", "pause", "Of rest."),
                note("Pace", "", "How fast."),
            ]
        );
    }

    #[test]
    fn what_is_no_field_is_left_alone() {
        assert_eq!(find_field("std::mem::swap(a, b)"), None);
        assert_eq!(find_field("pub r#type: String,"), Some("type"));
        assert_eq!(find_type("pub struct Wrapped(f64);"), Some(("Wrapped", false)));
        assert_eq!(find_type("structure: u32,"), None);
    }
}
