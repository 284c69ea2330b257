//! From the body of a call to the input of the job's function.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::function::Failure;

/// Reads the input of `perform`: an object whose members are what its type declares, no more and no less.
///
/// What is no JSON object is 422; a member that is missing, unknown or of another type is 400 and named.
pub fn decode<I: DeserializeOwned>(body: &[u8]) -> Result<I, Failure> {
    let text = body.trim_ascii_whitespace();
    let text = if text.is_empty() || text == b"null" { b"{}" } else { text };
    if text[0] != b'{' {
        return Err(match read::<IgnoredAny>(text) {
            Ok(_) => refuse_body("the body must be a JSON object with the arguments"),
            Err(error) => refuse_json(&error),
        });
    }
    let mut unknown: Option<String> = None;
    let mut reader = serde_json::Deserializer::from_slice(text);
    let result = serde_ignored::deserialize(&mut reader, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    match result.and_then(|input| reader.end().map(|()| input)) {
        Ok(input) => match unknown {
            None => Ok(input),
            Some(field) => Err(refuse_argument(format!("unknown argument `{field}`"))),
        },
        Err(error) if error.classify() != Category::Data => Err(refuse_json(&error)),
        Err(error) => Err(explain_misfit::<I>(text, &error)),
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(text)
}

/// Reads a second time, for the name of the member and to see whether it is JSON at all.
fn explain_misfit<I: DeserializeOwned>(text: &[u8], first: &serde_json::Error) -> Failure {
    if let Err(error) = read::<IgnoredAny>(text) {
        return refuse_json(&error);
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    let error = match serde_path_to_error::deserialize::<_, I>(&mut reader) {
        Ok(_) => return refuse_argument(first.to_string()),
        Err(error) => error,
    };
    let path = error.path().to_string();
    let message = without_position(&error.inner().to_string());
    refuse_argument(if path == "." { message } else { format!("argument `{path}`: {message}") })
}

/// The message without ` at line 1 column 9`, which says nothing to somebody who sent no text.
fn without_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

fn refuse_json(error: &serde_json::Error) -> Failure {
    refuse_body(&format!("the body is not JSON: {error}"))
}

fn refuse_body(message: &str) -> Failure {
    Failure::http(422, message)
}

fn refuse_argument(message: String) -> Failure {
    Failure::of_kind(400, "ArgumentError", message)
}

trait Trim {
    fn trim_ascii_whitespace(&self) -> &[u8];
}

impl Trim for [u8] {
    /// White space of JSON (RFC 8259, 2).
    fn trim_ascii_whitespace(&self) -> &[u8] {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let start = self.iter().position(|byte| !is_space(byte)).unwrap_or(self.len());
        let end = self.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
        &self[start..end]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Input {
        count: u32,
        #[allow(dead_code)]
        inner: Option<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        name: String,
    }

    fn refuse(body: &str) -> (u16, String) {
        let failure = decode::<Input>(body.as_bytes()).unwrap_err();
        (failure.status, failure.message)
    }

    #[test]
    fn misfits_are_named() {
        assert_eq!(refuse("{}"), (400, "missing field `count`".to_owned()));
        assert_eq!(refuse(r#"{"count":1,"cuont":2}"#), (400, "unknown argument `cuont`".to_owned()));
        let (status, message) = refuse(r#"{"count":1,"inner":{"name":7}}"#);
        assert_eq!((status, &message[..22]), (400, "argument `inner.name`:"));
        assert_eq!(refuse(r#"{"count":1,"inner":{"name":"a","x":1}}"#).1, "unknown argument `inner.?.x`");
    }

    #[test]
    fn what_is_no_json_object_is_refused_before() {
        for body in ["[1]", "7", "{", "{\"count\":\"a\",", "{\"count\":NaN}", "{} {}", "{\"count\":1}}"] {
            assert_eq!(refuse(body).0, 422, "{body}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(decode::<HashMap<String, Value>>(deep.as_bytes()).unwrap_err().status, 422);
    }

    #[test]
    fn nothing_is_an_empty_object() {
        for body in ["", " ", "null", " null\n", "{}"] {
            let input: HashMap<String, Value> = decode(body.as_bytes()).unwrap();
            assert!(input.is_empty());
        }
        assert_eq!(decode::<Input>(b"{\"count\":3}").unwrap().count, 3);
    }
}
