//! The names and numbers of groups that netfilter rules log to.
use crate::error::{Error, ErrorKind, printable};

/// What names of this kind begin with.
const NAME: &str = "nflog";

/// Most groups of one capture.
const MOST_GROUPS: usize = 32;

/// A number that no interface of the kernel's has; the last 16 bits are the group's.
const INDEX: u32 = 0x7f00_0000;

/// Whether a name means this: `nflog`, or with groups after a colon.
pub(super) fn is_meant(name: &str) -> bool {
    name.strip_prefix(NAME).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// The number that packets logged to these groups have for an interface: that of the first.
pub(super) fn index(groups: &[u16]) -> u32 {
    INDEX | groups.first().map_or(0, |group| u32::from(*group))
}

/// Whether a number is one of these.
pub(super) fn is_index(index: u32) -> bool {
    index & !0xffff == INDEX
}

/// The name of what has such a number.
pub(super) fn name_of(index: u32) -> Option<String> {
    is_index(index).then(|| format!("{NAME}:{}", index & 0xffff))
}

/// The groups that a name means: `nflog` is 0, `nflog:1,2` two.
pub(super) fn groups(name: &str) -> Result<Vec<u16>, Error> {
    let wrong = || {
        let text = format!("{}: groups are numbers up to 65535, as in nflog:5 or nflog:1,2", printable(name));
        Error::new(ErrorKind::NoSuchInterface, text)
    };
    let list = match name.strip_prefix(NAME) {
        Some("") => return Ok(vec![0]),
        Some(rest) => rest.strip_prefix(':').ok_or_else(wrong)?,
        None => return Err(wrong()),
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let groups: Option<Vec<u16>> = list.split(',').map(number).collect();
    groups.filter(|groups| groups.len() <= MOST_GROUPS).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_numbers_after_a_colon() {
        for (name, wanted) in
            [("nflog", &[0][..]), ("nflog:0", &[0]), ("nflog:5", &[5]), ("nflog:1,2,65535", &[1, 2, 65_535])]
        {
            assert_eq!(groups(name).unwrap(), wanted, "{name}");
            assert!(is_meant(name), "{name}");
        }
        let many = format!("nflog:{}", vec!["1"; 33].join(","));
        for name in
            ["nflog:", "nflog:x", "nflog:65536", "nflog:-1", "nflog:+1", "nflog:1,", "nflog: 1", &many]
        {
            let error = groups(name).unwrap_err().to_string();
            assert!(error.ends_with("groups are numbers up to 65535, as in nflog:5 or nflog:1,2"), "{error}");
        }
        for name in ["nflog0", "nfqueue", "", "eth0:nflog"] {
            assert!(!is_meant(name), "{name}");
        }
        assert_eq!(name_of(index(&[9, 1])).as_deref(), Some("nflog:9"));
        assert!((0..100).all(|index| name_of(index).is_none()));
    }
}
