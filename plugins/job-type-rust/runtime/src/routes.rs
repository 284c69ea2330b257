//! Which address is what.

/// An address of the job, whatever prefix it was reached under.
#[derive(Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// `/pub/job/NAME/VERSION`, or nothing.
    pub prefix: &'a str,
    /// From the first slash after the prefix; empty for the bare prefix.
    pub path: &'a str,
}

const PREFIXES: [&str; 2] = ["/pub/job/", "/pub/fatman/"];

/// Takes the prefix off, for any name and any version.
pub fn split(path: &str) -> Address<'_> {
    for prefix in PREFIXES {
        let Some(rest) = path.strip_prefix(prefix) else { continue };
        let mut slashes = rest.match_indices('/').map(|(index, _)| index);
        let Some(first) = slashes.next().filter(|&index| index > 0) else { continue };
        let second = slashes.next().unwrap_or(rest.len());
        if second == first + 1 {
            continue;
        }
        let end = prefix.len() + second;
        return Address { prefix: &path[..end], path: &path[end..] };
    }
    Address { prefix: "", path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_any_name_and_version_are_taken_off() {
        let cases = [
            ("/live", "", "/live"),
            ("/pub/job/a/1.x/live", "/pub/job/a/1.x", "/live"),
            ("/pub/fatman/a/latest/", "/pub/fatman/a/latest", "/"),
            ("/pub/job/a/1", "/pub/job/a/1", ""),
            ("/pub/job/a", "", "/pub/job/a"),
            ("/pub/job/a//live", "", "/pub/job/a//live"),
            ("/pub/job/a/1/docs/x.js", "/pub/job/a/1", "/docs/x.js"),
        ];
        for (whole, prefix, path) in cases {
            assert_eq!(split(whole), Address { prefix, path }, "{whole}");
        }
    }
}
