use std::fs;
use std::io::ErrorKind;

/// Variables of a file with a line `NAME="value"` for each; none where there is no such file.
pub fn read_secrets(path: Option<&str>) -> Result<Vec<(String, String)>, String> {
    let Some(path) = path else { return Ok(Vec::new()) };
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter_map(parse_line).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("{path}: {error}")),
    }
}

fn parse_line(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim_end().split_once('=')?;
    let value = value.strip_prefix('"')?.strip_suffix('"')?;
    let is_name =
        !name.is_empty() && name.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric());
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::parse_line;

    #[test]
    fn only_quoted_values_of_names_are_taken() {
        assert_eq!(parse_line("TOKEN=\"a=b\""), Some(("TOKEN".to_owned(), "a=b".to_owned())));
        assert_eq!(parse_line("# TOKEN=\"a\""), None);
        assert_eq!(parse_line("TOKEN=a"), None);
    }
}
