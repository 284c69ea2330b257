use serde_json::{json, Value};

use super::walk::Kind;

/// Forms that types look for in a text.
const TEXTS: [&str; 9] = [
    "",
    "a",
    "1",
    "2000-01-01T00:00:00Z",
    "2000-01-01",
    "00:00:00",
    "00000000-0000-4000-8000-000000000000",
    "http://localhost/",
    "127.0.0.1",
];

/// Values that a type of a kind may accept, simple ones first.
pub fn list_candidates(kind: &Kind) -> Vec<Value> {
    match kind {
        Kind::Any => vec![Value::Null, json!({}), json!(""), json!(0)],
        Kind::Null => vec![Value::Null],
        Kind::Bool => vec![json!(false), json!(true)],
        Kind::Integer | Kind::Natural | Kind::Number => vec![json!(0), json!(1)],
        Kind::Text => TEXTS.iter().map(|text| json!(text)).collect(),
        Kind::List => vec![json!([])],
        Kind::Map => vec![json!({})],
        Kind::Tuple(_) | Kind::Structure { .. } | Kind::Enumeration { .. } => Vec::new(),
    }
}
