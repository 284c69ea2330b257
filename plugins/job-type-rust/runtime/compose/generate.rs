use std::fs;
use std::path::{Path, PathBuf};

use crate::manifest::CrateManifest;
use crate::notes::{find_notes, Note};

/// The author's code, in one of the forms that jobs have.
pub enum JobCode {
    /// A folder with `mod.rs`.
    Folder,
    /// A library crate.
    Crate(CrateManifest),
}

/// Root of the code in a folder.
const FOLDER_ROOT: &str = "mod.rs";
const FIELD: &str = "add to job.yaml: jobtype_extra: {cargo_manifest_path: Cargo.toml}";

impl JobCode {
    /// The crate that the manifest of the job names, or else a folder.
    pub fn choose(source: &Path, manifest: Option<&str>) -> Result<Self, String> {
        manifest.map_or(Ok(Self::Folder), |path| CrateManifest::read(source.join(path)).map(Self::Crate))
    }

    /// Says what to do about a source of the other form.
    pub fn check_form(&self, source: &Path) -> Result<(), String> {
        if matches!(self, Self::Folder) && source.join("Cargo.toml").is_file() {
            return Err(format!(
                "the source has a Cargo.toml; {FIELD}, or remove it to use the crates that come with the job type"
            ));
        }
        Ok(())
    }

    /// Says what to do about a source that holds something else.
    pub fn check(&self, source: &Path) -> Result<(), String> {
        self.check_form(source)?;
        let is_folder = matches!(self, Self::Folder);
        let root = self.root(source);
        if is_folder && !root.is_file() {
            return Err(format!(
                "the source has no mod.rs with a function perform; for a crate of your own {FIELD}"
            ));
        }
        // It may come from anywhere, but its name stands here.
        if !fs::read_to_string(&root).unwrap_or_default().contains("perform") {
            let shown = root.strip_prefix(source).unwrap_or(&root).display();
            return Err(format!("{shown} has no function perform; write pub fn perform(input: ...)"));
        }
        Ok(())
    }

    /// Where cargo runs: an author's crate may come with settings for it.
    pub fn run_dir(&self, work: &Path) -> PathBuf {
        match self {
            Self::Folder => work.to_owned(),
            Self::Crate(manifest) => manifest.dir().to_owned(),
        }
    }

    fn root(&self, source: &Path) -> PathBuf {
        match self {
            Self::Folder => source.join(FOLDER_ROOT),
            Self::Crate(manifest) => manifest.library(),
        }
    }
}

/// The crate around the author's code that becomes the program.
pub struct Project<'a> {
    pub dir: &'a Path,
    pub wrapper: &'a Path,
    pub source: &'a Path,
}

impl Project<'_> {
    /// Writes it complete.
    pub fn write(&self, code: &JobCode) -> Result<(), String> {
        let root = code.root(self.source);
        let text = fs::read_to_string(&root).unwrap_or_default();
        let notes = root.parent().map(find_notes).unwrap_or_default();
        self.write_files(code, &compose_main(&find_documentation(&text), &notes), &root)
    }

    /// Writes it with nothing of the author's to compile but what the code depends on.
    pub fn write_without_code(&self, code: &JobCode) -> Result<(), String> {
        let nothing = self.dir.join("nothing.rs");
        write(&nothing, "")?;
        self.write_files(code, "fn main() {}\n", &nothing)
    }

    fn write_files(&self, code: &JobCode, main: &str, folder_root: &Path) -> Result<(), String> {
        let (name, path) = match code {
            JobCode::Crate(manifest) => (manifest.package.as_str(), manifest.dir().to_owned()),
            JobCode::Folder => ("racetrack-job-code", self.dir.join("code")),
        };
        let patches = match code {
            JobCode::Crate(manifest) => manifest.uses_wrapper,
            JobCode::Folder => false,
        };
        write(&self.dir.join("Cargo.toml"), &compose_manifest(self.wrapper, name, &path, patches))?;
        write(&self.dir.join("main.rs"), main)?;
        if matches!(code, JobCode::Folder) {
            fs::create_dir_all(&path).map_err(|error| error.to_string())?;
            write(&path.join("Cargo.toml"), &compose_folder_manifest(self.wrapper, folder_root))?;
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn compose_manifest(wrapper: &Path, package: &str, path: &Path, patches: bool) -> String {
    let patch = if patches {
        format!("\n[patch.crates-io]\nracetrack-job = {{ path = {wrapper:?} }}\n")
    } else {
        String::new()
    };
    format!(
        r#"[package]
name = "racetrack-job-main"
version = "0.0.0"
edition = "2021"
publish = false

[[bin]]
name = "job"
path = "main.rs"

[dependencies]
job = {{ package = {package:?}, path = {path:?} }}
racetrack-job = {{ path = {wrapper:?} }}

[profile.release]
panic = "unwind"
strip = "debuginfo"
{patch}
[workspace]
"#
    )
}

/// Gives code without a Cargo.toml the crates that it may use.
fn compose_folder_manifest(wrapper: &Path, root: &Path) -> String {
    format!(
        r#"[package]
name = "racetrack-job-code"
version = "0.0.0"
edition = "2021"
publish = false

[lib]
path = {root:?}

[dependencies]
log = "0.4"
racetrack-job = {{ path = {wrapper:?} }}
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"
"#
    )
}

/// `init` and `docs_input_example` are the author's where they are public, by the rule that a glob import of a block goes
/// before the items of the module around it.
fn compose_main(documentation: &str, notes: &[Note]) -> String {
    let notes: String = notes
        .iter()
        .map(|Note { type_name, field, text }| {
            format!("        Note {{ type_name: {type_name:?}, field: {field:?}, text: {text:?} }},\n")
        })
        .collect();
    format!(
        r#"#![allow(dead_code, unused_imports)]

use ::racetrack_job::generated::*;

fn init() {{}}

fn docs_input_example() {{}}

fn run_init() -> ::std::result::Result<(), ::std::string::String> {{
    use ::job::*;
    ::racetrack_job::generated::InitOutcome::into_result(init())
}}

fn read_example() -> ::racetrack_job::generated::Value {{
    use ::job::*;
    ::racetrack_job::generated::to_value(docs_input_example())
}}

fn main() {{
    serve(JobParts {{
        entrypoint: (&&&probe(::job::perform)).into_entrypoint(),
        init: run_init,
        example: read_example,
        documentation: {documentation:?},
        notes: &[
{notes}        ],
    }})
}}
"#
    )
}

/// The `///` lines above `pub fn perform`.
fn find_documentation(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            lines.push(comment.strip_prefix(' ').unwrap_or(comment));
        } else if ["pub fn perform", "pub async fn perform"].iter().any(|start| line.starts_with(start)) {
            return lines.join("\n");
        } else if !line.starts_with("#[") {
            lines.clear();
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::find_documentation;

    #[test]
    fn documentation_is_what_stands_above_perform() {
        let text = "/// Not this.\nfn other() {}\n\n/// Adds.\n///\n///   - all\n#[inline]\npub fn perform(input: Input) -> i64 {\n";

        assert_eq!(find_documentation(text), "Adds.\n\n  - all");
        assert_eq!(find_documentation("fn perform() {}"), "");
    }
}
