//! Addresses of other jobs, which nothing in a name, a version or a path may lead out of.

/// The address of an endpoint below `/job/`, with the query of `path`; a sentence for what would leave the job, since calls
/// carry the token of the calling one.
pub fn compose(name: &str, version: &str, path: &str) -> Result<String, String> {
    let name = encode_part("name", name)?;
    let version = encode_part("version", version)?;
    check_path(path)?;
    Ok(format!("{name}/{version}/{}", path.trim_start_matches('/')))
}

fn encode_part(what: &str, part: &str) -> Result<String, String> {
    let plain = decode(part);
    let breaks = |byte: &u8| b"/\\?#".contains(byte) || byte.is_ascii_control();
    if plain.is_empty() || is_dots(&plain) || plain.iter().any(breaks) {
        return Err(format!(
            "the {what} of the job to call must not be empty, \".\" or \"..\", \
             and must not hold \"/\", \"\\\", \"?\", \"#\" or a control character: {part:?}"
        ));
    }
    Ok(encode(part))
}

fn check_path(path: &str) -> Result<(), String> {
    let place = path.split(['?', '#']).next().unwrap_or(path);
    let plain = decode(place);
    if plain.iter().any(|byte| *byte == b'\\' || byte.is_ascii_control()) {
        return Err(format!(
            "the path of the job to call must not hold \"\\\" or a control character: {path:?}"
        ));
    }
    if plain.split(|byte| *byte == b'/').any(is_dots) {
        return Err(format!("the path of the job to call must not hold a segment \".\" or \"..\": {path:?}"));
    }
    Ok(())
}

fn is_dots(part: &[u8]) -> bool {
    part == b"." || part == b".."
}

fn encode(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~*".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Leaves no percent codes, not even those that come to light when others are gone.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    loop {
        let plain = decode_once(&bytes);
        if plain.len() == bytes.len() {
            return bytes;
        }
        bytes = plain;
    }
}

fn decode_once(bytes: &[u8]) -> Vec<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_legal_is_encoded() {
        let address = compose("a b", "1.x", "/api/v1/perform?to=../x");

        assert_eq!(address.as_deref(), Ok("a%20b/1.x/api/v1/perform?to=../x"));
    }

    #[test]
    fn a_call_stays_in_the_job_that_it_names() {
        for part in ["", ".", "..", "%2e%2E", "%252e", "a/b", "a%2fb", "a\\b", "a?b", "a#b", "a\n"] {
            assert!(compose(part, "latest", "/a").is_err(), "{part:?}");
            assert!(compose("adder", part, "/a").is_err(), "{part:?}");
        }
        for path in ["/../../b", "..", "/a/./b", "/a/%252e%2e/b", "/a%2f..%5cb", "\\..", "/.\t./b"] {
            assert!(compose("adder", "latest", path).is_err(), "{path:?}");
        }
    }
}
