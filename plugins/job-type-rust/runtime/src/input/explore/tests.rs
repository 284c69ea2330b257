use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use serde::de::DeserializeOwned;
use serde::Deserialize;

use super::*;
use crate::input::walk;

fn describe_type<I: DeserializeOwned>(example: Value) -> Value {
    let notes = [
        Note { type_name: "Tour", field: "", text: "Where to go." },
        Note { type_name: "Tour", field: "rest_minutes", text: "Of rest." },
    ];
    let Input { schema, parameters } = describe(walk::<I>, &example, &notes);
    json!({ "schema": schema, "parameters": parameters })
}

fn schema_of<I: DeserializeOwned>() -> Value {
    describe_type::<I>(json!({}))["schema"].take()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Tour {
    #[serde(default)]
    rest_minutes: u32,
    stops: Vec<Stop>,
    #[serde(rename = "speed", alias = "pace")]
    pace: Pace,
    end: Option<Stop>,
    #[serde(skip)]
    cache: u32,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Stop {
    name: String,
    at: (f64, f64),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Pace {
    Slow,
    Fast,
}

#[test]
fn a_structure_is_described_as_serde_reads_it() {
    let stop = |kind: Value| {
        json!({
            "type": kind,
            "title": "Stop",
            "properties": {
                "name": { "type": "string" },
                "at": { "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 },
            },
            "required": ["name", "at"],
            "additionalProperties": false,
        })
    };

    assert_eq!(
        describe_type::<Tour>(json!({})),
        json!({
            "schema": {
                "type": "object",
                "title": "Tour",
                "description": "Where to go.",
                "properties": {
                    "restMinutes": { "type": "integer", "minimum": 0, "description": "Of rest." },
                    "stops": { "type": "array", "items": stop(json!("object")) },
                    "speed": { "type": "string", "enum": ["slow", "fast"], "title": "Pace" },
                    "end": stop(json!(["object", "null"])),
                },
                "required": ["stops", "speed"],
                "additionalProperties": false,
            },
            "parameters": [
                { "name": "stops", "type": "Vec<Stop>" },
                { "name": "speed", "type": "Pace" },
                { "name": "restMinutes", "type": "u32", "default_value": null },
                { "name": "end", "type": "Option<Stop>", "default_value": null },
            ],
        })
    );
}

/// Accepts none of the values that are tried, and panics at some.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Code;

impl TryFrom<String> for Code {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        if &code[..1] == "K" {
            Ok(Self)
        } else {
            Err("it is not a code")
        }
    }
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Order {
    address: IpAddr,
    code: Code,
    count: i8,
}

#[test]
fn an_example_helps_with_types_that_refuse_what_is_tried() {
    let example = json!({ "code": "K-17" });

    assert_eq!(describe_type::<Order>(example)["schema"]["required"], json!(["address", "code", "count"]));
    assert_eq!(schema_of::<Order>()["required"], json!(["address", "code"]));
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Shape {
    Empty,
    Circle(f64),
    Square { side: f64 },
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Drawing {
    shape: Option<Shape>,
}

#[test]
fn variants_with_content_are_objects_of_one_member() {
    let variant = |name: &str, schema: Value| {
        json!({
            "type": "object",
            "properties": { name: schema },
            "required": [name],
            "additionalProperties": false,
        })
    };
    let square = json!({
        "type": "object",
        "properties": { "side": { "type": "number" } },
        "required": ["side"],
        "additionalProperties": false,
    });

    assert_eq!(
        schema_of::<Drawing>()["properties"]["shape"]["oneOf"],
        json!([
            { "type": "string", "enum": ["Empty"] },
            variant("Circle", json!({ "type": "number" })),
            variant("Square", square),
            { "type": "null" },
        ])
    );
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Tree {
    value: Value,
    left: Option<Box<Tree>>,
    more: Vec<Tree>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Endless(Box<Endless>);

#[test]
fn a_type_within_itself_is_described_once() {
    let schema = schema_of::<Tree>();

    assert_eq!(schema["properties"]["more"], json!({ "type": "array", "items": { "title": "Tree" } }));
    assert_eq!(schema["properties"]["value"], json!({}));
    assert_eq!(schema["required"], json!(["value", "more"]));
    assert_eq!(schema_of::<Endless>(), json!({}));
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Untagged {
    Number(f64),
    Text(String),
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Flat {
    one: u32,
    #[serde(flatten)]
    other: HashMap<String, Value>,
}

#[test]
fn what_serde_does_not_tell_is_anything() {
    let anything = json!({ "type": "object", "additionalProperties": {} });

    assert_eq!(schema_of::<Value>(), json!({}));
    assert_eq!(schema_of::<Flat>(), anything);
    assert_eq!(schema_of::<HashMap<String, Untagged>>(), anything);
    assert_eq!(
        schema_of::<BTreeMap<String, Vec<bool>>>()["additionalProperties"],
        json!({ "type": "array", "items": { "type": "boolean" } })
    );
}
