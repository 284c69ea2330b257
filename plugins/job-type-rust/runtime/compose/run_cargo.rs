use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::arguments::Arguments;
use crate::secrets::read_secrets;

/// The cargo of the host's toolchain, with what it has downloaded in the environment.
pub struct Cargo {
    program: PathBuf,
    rustc: PathBuf,
    home: PathBuf,
    /// Where it runs, which decides whose `.cargo/config.toml` it reads.
    run_dir: PathBuf,
    /// Variables that cargo alone may see, such as tokens of registries.
    secrets: Vec<(String, String)>,
}

impl Cargo {
    pub fn new(arguments: &Arguments, environment: &Path, run_dir: &Path) -> Result<Self, String> {
        Ok(Self {
            program: arguments.path("cargo")?,
            rustc: arguments.path("rustc")?,
            home: environment.join("cargo"),
            run_dir: run_dir.to_owned(),
            secrets: read_secrets(arguments.find("secrets"))?,
        })
    }

    /// Compiles the project in a directory.
    pub fn build(&self, project: &Path, target: &Path, verb: &[&str], source: &Path) -> Result<(), String> {
        let mut command = self.command(verb);
        command.arg("--release").arg("--manifest-path").arg(project.join("Cargo.toml"));
        command.arg("--target-dir").arg(target);
        self.run(command, source, "the code could not be compiled")
    }

    /// Downloads what the author's Cargo.lock names; fails when it does not fit the Cargo.toml.
    pub fn fetch_locked(&self, manifest: &Path, source: &Path) -> Result<(), String> {
        let mut command = self.command(&["fetch", "--locked"]);
        command.arg("--manifest-path").arg(manifest);
        self.run(
            command,
            source,
            "Cargo.lock does not fit Cargo.toml; run cargo generate-lockfile and commit it",
        )
    }

    fn command(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(verb)
            .args(list_mirrors(std::env::vars()))
            .current_dir(&self.run_dir)
            .env("CARGO_HOME", &self.home)
            .env("RUSTC", &self.rustc)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback")
            .envs(self.secrets.iter().cloned())
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Shows paths of the source as the author knows them.
    fn run(&self, mut command: Command, source: &Path, failure: &str) -> Result<(), String> {
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", self.program.display()))?;
        let prefix = format!("{}/", source.display());
        if let Some(output) = child.stderr.take() {
            for line in BufReader::new(output).split(b'\n') {
                let line = line.map_err(|error| error.to_string())?;
                println!("{}", String::from_utf8_lossy(&line).replace(&prefix, ""));
            }
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        if status.success() {
            Ok(())
        } else {
            Err(failure.to_owned())
        }
    }
}

/// What cargo takes from its settings alone, and not from the environment: `CARGO_SOURCE_CRATES_IO_REPLACE_WITH=mirror` and
/// `CARGO_SOURCE_MIRROR_REGISTRY=sparse+https://...`.
fn list_mirrors(variables: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut settings: Vec<String> =
        variables.filter_map(|(name, value)| read_mirror(&name, &value)).collect();
    settings.sort();
    settings.into_iter().flat_map(|setting| ["--config".to_owned(), setting]).collect()
}

fn read_mirror(name: &str, value: &str) -> Option<String> {
    let rest = name.strip_prefix("CARGO_SOURCE_")?;
    let keys = [("_REPLACE_WITH", "replace-with"), ("_REGISTRY", "registry")];
    let (source, key) = keys.into_iter().find_map(|(suffix, key)| Some((rest.strip_suffix(suffix)?, key)))?;
    let is_name =
        !source.is_empty() && source.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric());
    let source = source.to_ascii_lowercase().replace('_', "-");
    is_name.then(|| format!("source.{source}.{key}={value:?}"))
}

#[cfg(test)]
mod tests {
    use super::read_mirror;

    #[test]
    fn mirrors_become_settings() {
        let read = |name, value| read_mirror(name, value).unwrap_or_default();
        assert_eq!(
            read("CARGO_SOURCE_CRATES_IO_REPLACE_WITH", "mirror"),
            "source.crates-io.replace-with=\"mirror\""
        );
        assert_eq!(
            read("CARGO_SOURCE_MIRROR_REGISTRY", "sparse+https://mirror.example/"),
            "source.mirror.registry=\"sparse+https://mirror.example/\""
        );
        assert_eq!(read("CARGO_SOURCE_A.B_REGISTRY", "x"), "");
        assert_eq!(read("CARGO_HOME", "/x"), "");
    }
}
