/// The name of a type without the modules it stands in, which mean nothing to callers: `Option<Vec<Stop>>`.
///
/// `full` is a name by the compiler, within a `PhantomData` or not; `None` when it is none of the author's choice.
pub fn shorten(full: &str) -> Option<String> {
    let inner = full.strip_prefix("core::marker::PhantomData<").and_then(|rest| rest.strip_suffix('>'));
    let mut short = String::new();
    let mut word = String::new();
    let mut letters = inner.unwrap_or(full).chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == ':' && letters.peek() == Some(&':') {
            letters.next();
            word.clear();
        } else if letter.is_alphanumeric() || letter == '_' {
            word.push(letter);
        } else {
            short.push_str(&word);
            short.push(letter);
            word.clear();
        }
    }
    short.push_str(&word);
    // Such as what serde makes for `#[serde(with = "…")]`.
    (!short.is_empty() && !short.contains("__")).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn modules_are_left_out() {
        let name =
            std::any::type_name::<std::marker::PhantomData<Option<Vec<(std::time::Duration, &str)>>>>();

        assert_eq!(shorten(name).as_deref(), Some("Option<Vec<(Duration, &str)>>"));
        assert_eq!(shorten("job::_::<impl serde::Deserialize for X>::__DeserializeWith"), None);
    }
}
