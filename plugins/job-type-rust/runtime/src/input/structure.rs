use serde_json::{Map, Value};

/// A member that a structure reads, and a value that it accepts there, if one is known.
pub type Member = (&'static str, Option<Value>);

/// What is found out about a structure by giving it values.
#[derive(Debug, Default, PartialEq)]
pub struct Study {
    /// Members that have to be there.
    pub required: Vec<&'static str>,
    /// Further names of other members.
    pub aliases: Vec<&'static str>,
    /// A value with the required members alone; `None` when none was accepted. Then members may be required that are not
    /// among those found.
    pub sample: Option<Value>,
}

/// Gives a structure one value after the other; `attempt` tells why it refuses one.
pub fn study(members: &[Member], mut attempt: impl FnMut(Value) -> Result<(), String>) -> Study {
    let mut study = Study::default();
    let mut value = Map::new();
    while study.sample.is_none() {
        let missing = match attempt(Value::Object(value.clone())) {
            Ok(()) => {
                study.sample = Some(Value::Object(value.clone()));
                break;
            }
            Err(message) => find_named(&message, "missing field", members),
        };
        let Some((name, sample)) = missing.filter(|(name, _)| !study.required.contains(name)) else { break };
        study.required.push(name);
        let Some(sample) = sample else { break };
        value.insert((*name).to_owned(), sample.clone());
    }
    if study.sample.is_some() {
        study.aliases = find_aliases(members, &value, attempt);
    }
    study
}

/// Names that a structure takes for a second one of a member, which it does not accept.
fn find_aliases(
    members: &[Member],
    required: &Map<String, Value>,
    mut attempt: impl FnMut(Value) -> Result<(), String>,
) -> Vec<&'static str> {
    let mut duplicate = |more: &[&Member]| {
        let mut value = required.clone();
        let known = more.iter().filter_map(|(name, sample)| Some(((*name).to_owned(), sample.clone()?)));
        value.extend(known);
        let message = attempt(Value::Object(value)).err()?;
        find_named(&message, "duplicate field", members).map(|(name, _)| *name)
    };
    // Most structures have none.
    if duplicate(&members.iter().collect::<Vec<_>>()).is_none() {
        return Vec::new();
    }
    let mut is_alias = |member: &Member| {
        let others = members.iter().filter(|other| other.0 != member.0);
        others.into_iter().any(|other| duplicate(&[member, other]) == Some(other.0))
    };
    members.iter().filter(|member| is_alias(member)).map(|(name, _)| *name).collect()
}

/// The member that a message of serde is about.
fn find_named<'a>(message: &str, about: &str, members: &'a [Member]) -> Option<&'a Member> {
    let name = message.strip_prefix(about)?.strip_prefix(" `")?.split('`').next()?;
    members.iter().find(|member| member.0 == name)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Tour {
        #[serde(alias = "a", alias = "z")]
        name: String,
        #[serde(default, alias = "pause")]
        rest: u32,
        end: Option<String>,
        stops: Vec<String>,
    }

    fn study_tour(name: Option<Value>) -> Study {
        let sample = |value| Some(value);
        let members = [
            ("a", name.clone()),
            ("name", name.clone()),
            ("z", name),
            ("pause", sample(json!(0))),
            ("rest", sample(json!(0))),
            ("end", sample(Value::Null)),
            ("stops", sample(json!([]))),
        ];
        study(&members, |value| {
            serde_json::from_value::<Tour>(value).map(|_| ()).map_err(|error| error.to_string())
        })
    }

    #[test]
    fn what_is_required_and_what_is_another_name_is_found_by_trying() {
        assert_eq!(
            study_tour(Some(json!(""))),
            Study {
                required: vec!["name", "stops"],
                aliases: vec!["a", "z", "pause"],
                sample: Some(json!({ "name": "", "stops": [] })),
            }
        );
    }

    #[test]
    fn without_a_value_to_try_less_is_found() {
        assert_eq!(study_tour(None), Study { required: vec!["name"], ..Study::default() });
    }
}
