/// A comment of the author: of a type, or of one of its fields.
pub struct Note {
    pub type_name: &'static str,
    /// As it stands in the code; empty for the type itself.
    pub field: &'static str,
    pub text: &'static str,
}

/// What the author says about a type.
pub fn find_of_type(notes: &[Note], type_name: &str) -> Option<&'static str> {
    find(notes, type_name, |field| field.is_empty())
}

/// What the author says about a member, whose name in JSON may be written in another way than that of its field.
pub fn find_of_member(notes: &[Note], type_name: &str, member: &str) -> Option<&'static str> {
    find(notes, type_name, |field| !field.is_empty() && letters(field).eq(letters(member)))
}

fn find(notes: &[Note], type_name: &str, fits: impl Fn(&str) -> bool) -> Option<&'static str> {
    notes.iter().find(|note| note.type_name == type_name && fits(note.field)).map(|note| note.text)
}

/// The same for `rest_minutes`, `restMinutes` and `REST-MINUTES`.
fn letters(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(|letter| !matches!(letter, '_' | '-')).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{find_of_member, Note};

    #[test]
    fn members_are_found_in_every_case() {
        let notes = [Note { type_name: "Tour", field: "rest_minutes", text: "Of rest." }];

        assert_eq!(find_of_member(&notes, "Tour", "restMinutes"), Some("Of rest."));
        assert_eq!(find_of_member(&notes, "Tour", "REST-MINUTES"), Some("Of rest."));
        assert_eq!(find_of_member(&notes, "Stop", "rest_minutes"), None);
    }
}
