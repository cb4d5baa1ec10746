//! Whose bytes count where two segments overlap.
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Which copy of bytes a receiver keeps when segments that wait behind a hole overlap. What was given to
/// the application never changes, whatever the policy.
///
/// The rules compare the new segment with an old one as both were sent. Those of `bsd`, `windows` and
/// `solaris` are what Novak and Sturges measured ("Target-Based TCP Stream Reassembly", 2007) and
/// Shankar and Paxson before them ("Active Mapping", 2003), after Ptacek and Newsham ("Insertion,
/// Evasion, and Denial of Service", 1998).
///
/// | policy | the new bytes count |
/// | --- | --- |
/// | `linux` | where the new segment starts first, or starts with the old one and ends later; segments that touch become one |
/// | `first` | never |
/// | `last` | always |
/// | `bsd`, `windows` | where the new segment starts first |
/// | `solaris` | where the new segment ends later, or ends with the old one and does not start after it |
///
/// ```
/// use synack::stream::Policy;
///
/// let (old, new) = (10..20, 5..15);
/// assert!(Policy::Bsd.newer_wins(&old, &new));
/// assert!(!Policy::Solaris.newer_wins(&old, &new));
/// assert_eq!("windows".parse(), Ok(Policy::Windows));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Policy {
    /// What Linux does since 4.9, queue and all.
    #[default]
    Linux,
    /// The first copy.
    First,
    /// The last copy.
    Last,
    /// FreeBSD, NetBSD, OpenBSD, AIX and others.
    Bsd,
    /// Windows 2000, XP, 2003. (Vista and later keep the first copy.)
    Windows,
    /// Solaris 9 and later.
    Solaris,
}

impl Policy {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::Linux, Self::First, Self::Last, Self::Bsd, Self::Windows, Self::Solaris];

    /// Whether the bytes of `new` count where it overlaps `old`, which came before.
    pub fn newer_wins(self, old: &Range<u64>, new: &Range<u64>) -> bool {
        match self {
            Self::Linux => new.start < old.start || (new.start == old.start && new.end > old.end),
            Self::First => false,
            Self::Last => true,
            Self::Bsd | Self::Windows => new.start < old.start,
            Self::Solaris => new.end > old.end || (new.end == old.end && new.start <= old.start),
        }
    }

    /// Its name in small letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::First => "first",
            Self::Last => "last",
            Self::Bsd => "bsd",
            Self::Windows => "windows",
            Self::Solaris => "solaris",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No policy has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown overlap policy: linux, first, last, bsd, windows or solaris")]
pub struct UnknownPolicy;

impl FromStr for Policy {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, UnknownPolicy> {
        Self::ALL.into_iter().find(|policy| policy.name() == name).ok_or(UnknownPolicy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The thirteen relations of two intervals (Allen 1983): how the new one lies to the old one, which
    /// is 10..20, and what is published for first, last, bsd, windows, solaris: `o`ld, `n`ew, or
    /// `-` where they share nothing.
    const RELATIONS: [(&str, Range<u64>, &str); 13] = [
        ("before", 2..8, "-----"),
        ("meets", 5..10, "-----"),
        ("overlaps", 5..15, "onnno"),
        ("finished by", 5..20, "onnnn"),
        ("contains", 5..25, "onnnn"),
        ("starts", 10..15, "onooo"),
        ("equals", 10..20, "onoon"),
        ("started by", 10..25, "onoon"),
        ("during", 12..18, "onooo"),
        ("finishes", 15..20, "onooo"),
        ("overlapped by", 15..25, "onoon"),
        ("met by", 20..25, "-----"),
        ("after", 22..25, "-----"),
    ];

    #[test]
    fn each_policy_follows_its_published_rule_on_the_thirteen_relations() {
        let policies = [Policy::First, Policy::Last, Policy::Bsd, Policy::Windows, Policy::Solaris];
        for (relation, new, expected) in RELATIONS {
            for (policy, winner) in policies.into_iter().zip(expected.chars()) {
                if winner != '-' {
                    assert_eq!(policy.newer_wins(&(10..20), &new), winner == 'n', "{policy}: {relation}");
                }
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for policy in Policy::ALL {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        assert_eq!("Linux".parse::<Policy>(), Err(UnknownPolicy));
    }
}
