use serde_json::{json, Map, Value};

use super::names::shorten;
use super::notes::{find_of_member, find_of_type, Note};
use super::samples::list_candidates;
use super::structure::study;
use super::walk::{Kind, Question, Step, Walk};
use crate::panics::try_quietly;

/// Types are described to this depth, and so many of them.
const MAX_DEPTH: usize = 24;
const MAX_PARTS: usize = 2000;

/// The input of a function, for its callers.
pub struct Input {
    /// JSON schema, an object.
    pub schema: Map<String, Value>,
    /// `{"name", "type"}` each, with a `default_value` when it may be left out; required ones first.
    pub parameters: Vec<Value>,
}

/// Describes the type that `walk` goes into.
///
/// `example` is an input by the author, or anything; it helps where the type refuses all values that are tried.
pub fn describe(walk: Walk, example: &Value, notes: &[Note]) -> Input {
    let mut explorer = Explorer {
        walk,
        notes,
        path: Vec::new(),
        within: Vec::new(),
        left: MAX_PARTS,
        parameters: Vec::new(),
    };
    let part = explorer.explore(Some(example));
    let is_of_objects =
        part.schema.contains_key("oneOf") || part.schema.get("type") == Some(&json!("object"));
    Input { schema: if is_of_objects { part.schema } else { Map::new() }, parameters: explorer.parameters }
}

struct Explorer<'a> {
    walk: Walk,
    notes: &'a [Note],
    path: Vec<Step>,
    /// The structures and enumerations that are being described: one that holds itself is described once.
    within: Vec<(&'static str, &'static [&'static str])>,
    left: usize,
    /// Of the structure that everything is in.
    parameters: Vec<Value>,
}

/// What is known of a type.
struct Part {
    schema: Map<String, Value>,
    /// A value that it accepts.
    sample: Option<Value>,
    type_name: String,
}

impl Explorer<'_> {
    /// Describes the type at the end of the path.
    fn explore(&mut self, example: Option<&Value>) -> Part {
        let mut question = Question::default();
        if self.left > 0 && self.path.len() < MAX_DEPTH {
            self.left -= 1;
            self.ask(&self.path, &mut question);
        }
        let type_name = shorten(question.type_name).unwrap_or_else(|| "any".to_owned());
        let Some(kind) = question.kind else { return Part { schema: Map::new(), sample: None, type_name } };
        let mut candidates = list_candidates(&kind);
        let mut schema = self.describe(&kind, example, &mut candidates);
        if question.is_optional {
            allow_null(&mut schema);
            candidates.insert(0, Value::Null);
        }
        candidates.extend(example.cloned());
        let sample = candidates.into_iter().find(|value| self.attempt(value.clone()).is_ok());
        Part { schema, sample, type_name }
    }

    fn explore_behind(&mut self, step: Step, example: Option<&Value>) -> Part {
        self.path.push(step);
        let part = self.explore(example);
        self.path.pop();
        part
    }

    /// Has the type at the end of the path read a value; tells why it refuses it.
    fn attempt(&self, mut value: Value) -> Result<(), String> {
        let mut path = self.path.as_slice();
        // What belongs to a variant is no type of its own.
        while let Some((Step::Variant(name), rest)) = path.split_last() {
            value = json!({ *name: value });
            path = rest;
        }
        let mut question = Question { value: Some(value), ..Question::default() };
        self.ask(path, &mut question);
        question.outcome.unwrap_or_else(|| Err("it was not reached".to_owned()))
    }

    /// A type that panics does not answer.
    fn ask(&self, path: &[Step], question: &mut Question) {
        try_quietly(|| (self.walk)(path, question));
    }

    /// Makes a schema, and adds values that the type may accept to the `candidates`.
    fn describe(
        &mut self,
        kind: &Kind,
        example: Option<&Value>,
        candidates: &mut Vec<Value>,
    ) -> Map<String, Value> {
        let schema = match *kind {
            Kind::Any => json!({}),
            Kind::Null => json!({ "type": "null" }),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Integer => json!({ "type": "integer" }),
            Kind::Natural => json!({ "type": "integer", "minimum": 0 }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Text => json!({ "type": "string" }),
            Kind::List => {
                let element = self.explore_behind(Step::Element, example.and_then(|list| list.get(0)));
                candidates.extend(element.sample.map(|sample| json!([sample])));
                json!({ "type": "array", "items": element.schema })
            }
            Kind::Map => {
                let first = example.and_then(|map| map.as_object()?.values().next());
                let entry = self.explore_behind(Step::Entry, first);
                json!({ "type": "object", "additionalProperties": entry.schema })
            }
            Kind::Tuple(length) => self.describe_tuple(length, example, candidates),
            Kind::Structure { name, members } => self.describe_once(name, members, |explorer| {
                explorer.describe_structure(name, members, example, candidates)
            }),
            Kind::Enumeration { name, variants } => self.describe_once(name, variants, |explorer| {
                explorer.describe_enumeration(variants, example, candidates)
            }),
        };
        match schema {
            Value::Object(schema) => schema,
            _ => Map::new(),
        }
    }

    /// Describes a type with a name by its name alone where it stands within itself.
    fn describe_once(
        &mut self,
        name: &'static str,
        parts: &'static [&'static str],
        describe: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        if self.within.contains(&(name, parts)) {
            return json!({ "title": name });
        }
        self.within.push((name, parts));
        let mut schema = describe(self);
        self.within.pop();
        if !name.is_empty() {
            schema["title"] = json!(name);
        }
        if let Some(text) = find_of_type(self.notes, name) {
            schema["description"] = json!(text);
        }
        schema
    }

    fn describe_tuple(
        &mut self,
        length: usize,
        example: Option<&Value>,
        candidates: &mut Vec<Value>,
    ) -> Value {
        let mut schemas = Vec::new();
        let mut samples = Vec::new();
        // Those behind an element that refuses every value cannot be reached.
        while schemas.len() < length && samples.len() == schemas.len() {
            let place = Step::Place(samples.clone());
            let part = self.explore_behind(place, example.and_then(|list| list.get(schemas.len())));
            schemas.push(part.schema);
            samples.extend(part.sample);
        }
        let is_known = schemas.len() == length;
        let first = schemas.first().cloned().unwrap_or_default();
        let mut schema = json!({ "type": "array", "minItems": length, "maxItems": length });
        if is_known && schemas.iter().all(|each| *each == first) {
            schema["items"] = Value::Object(first);
        } else {
            schema["prefixItems"] = json!(schemas);
        }
        if samples.len() == length {
            candidates.push(Value::Array(samples));
        }
        schema
    }

    fn describe_structure(
        &mut self,
        name: &'static str,
        members: &'static [&'static str],
        example: Option<&Value>,
        candidates: &mut Vec<Value>,
    ) -> Value {
        let mut explored: Vec<(&'static str, Part)> = members
            .iter()
            .map(|member| {
                let example = example.and_then(|object| object.get(member));
                (*member, self.explore_behind(Step::Member(member), example))
            })
            .collect();
        let samples: Vec<_> = explored.iter().map(|(member, part)| (*member, part.sample.clone())).collect();
        let study = study(&samples, |value| self.attempt(value));
        explored.retain(|(member, _)| !study.aliases.contains(member));
        candidates.extend(study.sample);

        if self.path.is_empty() {
            self.parameters = list_parameters(&explored, &study.required);
        }
        let mut properties = Map::new();
        for (member, mut part) in explored {
            if let Some(text) = find_of_member(self.notes, name, member) {
                part.schema.insert("description".to_owned(), json!(text));
            }
            properties.insert(member.to_owned(), Value::Object(part.schema));
        }
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !study.required.is_empty() {
            schema["required"] = json!(study.required);
        }
        schema
    }

    fn describe_enumeration(
        &mut self,
        variants: &'static [&'static str],
        example: Option<&Value>,
        candidates: &mut Vec<Value>,
    ) -> Value {
        let mut words = Vec::new();
        let mut schemas = Vec::new();
        for variant in variants {
            let example = example.and_then(|object| object.get(variant));
            let part = self.explore_behind(Step::Variant(variant), example);
            if part.schema.get("type") == Some(&json!("null")) {
                words.push(json!(variant));
                continue;
            }
            candidates.extend(part.sample.map(|sample| json!({ *variant: sample })));
            schemas.push(json!({
                "type": "object",
                "properties": { *variant: part.schema },
                "required": [variant],
                "additionalProperties": false,
            }));
        }
        candidates.splice(0..0, words.iter().cloned());
        let texts = json!({ "type": "string", "enum": words });
        if schemas.is_empty() {
            return texts;
        }
        if !words.is_empty() {
            schemas.insert(0, texts);
        }
        json!({ "oneOf": schemas })
    }
}

fn list_parameters(members: &[(&'static str, Part)], required: &[&str]) -> Vec<Value> {
    let (first, then): (Vec<_>, Vec<_>) = members.iter().partition(|(name, _)| required.contains(name));
    let first = first.iter().map(|(name, part)| json!({ "name": name, "type": part.type_name }));
    // What it is by default is in the code alone.
    let then = then
        .iter()
        .map(|(name, part)| json!({ "name": name, "type": part.type_name, "default_value": null }));
    first.chain(then).collect()
}

/// A schema that says nothing of types allows it anyway.
fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(schemas)) = schema.get_mut("oneOf") {
        schemas.push(json!({ "type": "null" }));
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
}

#[cfg(test)]
mod tests;
