//! What a verdict rests on, in words.
use std::fmt;

use crate::flow::{Confidence, Evidence, Verdict};

/// Evidence as the end of a sentence: `known by the IP identification and the octets`.
pub(super) struct Known<'a>(pub(super) &'a Verdict);

impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { evidence, confidence, .. } = *self.0;
        f.write_str(match confidence {
            Confidence::Certain => "known by ",
            Confidence::Likely => "most likely, by ",
        })?;
        Words(evidence).fmt(f)
    }
}

/// `probably `, when a verdict could be wrong.
pub(super) const fn probably(verdict: &Verdict) -> &'static str {
    match verdict.confidence {
        Confidence::Certain => "",
        Confidence::Likely => "probably ",
    }
}

/// Evidence as a list of nouns.
pub(super) struct Words(pub(super) Evidence);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<Evidence> = self.0.iter().collect();
        for (n, one) in all.iter().enumerate() {
            if n > 0 {
                f.write_str(if n + 1 == all.len() { " and " } else { ", " })?;
            }
            f.write_str(noun(*one))?;
        }
        Ok(())
    }
}

fn noun(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::IP_ID => "the IP identification",
        Evidence::TSVAL => "the timestamp",
        Evidence::ACK_FIELD => "its Ack field",
        Evidence::TIME => "the time between",
        Evidence::TRIGGER => "the duplicate ACKs or SACK before",
        Evidence::SACK => "SACK",
        Evidence::DSACK => "the D-SACK",
        Evidence::ACK => "the ACK",
        Evidence::TSECR => "the echoed timestamp",
        Evidence::VANTAGE => "where the capture was made",
        Evidence::OCTETS => "which bytes had passed",
        Evidence::IDENTICAL => "being the same segment bit for bit",
        Evidence::PLACE => "where it was seen",
        Evidence::WINDOW => "the window",
        Evidence::CHECKSUM => "the checksum",
        Evidence::STATE => "the state of the connection",
        Evidence::TTL => "the TTL",
        _ => "their number",
    }
}
