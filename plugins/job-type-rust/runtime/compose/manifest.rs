use std::fs;
use std::path::{Path, PathBuf};

/// What has to be known of an author's Cargo.toml; cargo itself reads and checks all of it.
pub struct CrateManifest {
    /// Absolute path of the file.
    pub path: PathBuf,
    pub package: String,
    /// Of its library, relative to the file.
    library: String,
    /// Whether it depends on the wrapper's own crate.
    pub uses_wrapper: bool,
}

impl CrateManifest {
    pub fn read(path: PathBuf) -> Result<Self, String> {
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let package = find_value(&text, "package", "name")
            .ok_or_else(|| format!("{} names no package", path.display()))?;
        let library = find_value(&text, "lib", "path").unwrap_or_else(|| "src/lib.rs".to_owned());
        let uses_wrapper = text.lines().any(|line| {
            let line = line.trim_start();
            line.starts_with("racetrack-job") || line.starts_with("[dependencies.racetrack-job")
        });
        let manifest = Self { path, package, library, uses_wrapper };
        if !manifest.library().is_file() {
            return Err(format!(
                "the crate {} has no library {}: a job is a library with a function perform",
                manifest.package, manifest.library
            ));
        }
        Ok(manifest)
    }

    pub fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    pub fn library(&self) -> PathBuf {
        self.dir().join(&self.library)
    }
}

/// A string in a table of a TOML text that stands on a line of its own, as cargo and people write it.
fn find_value(text: &str, table: &str, key: &str) -> Option<String> {
    let header = format!("[{table}]");
    let mut lines = text.lines().map(str::trim).skip_while(|line| without_comment(line) != header);
    lines.next()?;
    lines.take_while(|line| !line.starts_with('[')).find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        (name.trim() == key).then(|| value[1..].split(quote).next().unwrap_or_default().to_owned())
    })
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or(line).trim_end()
}

#[cfg(test)]
mod tests {
    use super::find_value;

    #[test]
    fn values_are_found_in_their_own_table() {
        let text = "[workspace]\nname = \"no\"\n[package] # mine\nname = 'my-job' # yes\nversion = \"1\"\n[lib]\npath = \"a b.rs\"\n";

        assert_eq!(find_value(text, "package", "name").as_deref(), Some("my-job"));
        assert_eq!(find_value(text, "lib", "path").as_deref(), Some("a b.rs"));
        assert_eq!(find_value(text, "lib", "name"), None);
    }
}
