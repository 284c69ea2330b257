use std::collections::HashMap;
use std::path::PathBuf;

/// A command and its options, each written `--name=value`.
pub struct Arguments {
    pub command: String,
    options: HashMap<String, String>,
}

impl Arguments {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let command = arguments.next().ok_or("a command is missing")?;
        let mut options = HashMap::new();
        for argument in arguments {
            let option = argument.strip_prefix("--").and_then(|option| option.split_once('='));
            let (name, value) = option.ok_or_else(|| format!("{argument} is not an option"))?;
            options.insert(name.to_owned(), value.to_owned());
        }
        Ok(Self { command, options })
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    pub fn path(&self, name: &str) -> Result<PathBuf, String> {
        self.find(name).map(PathBuf::from).ok_or_else(|| format!("--{name} is missing"))
    }
}
