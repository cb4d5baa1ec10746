//! Options whose values have names: one list for the check, the advice, the help and the shells.
use synack::LinkType;
use synack::filter::nearest;

use crate::cli::failure::{Failure, printable};

/// An option and the names its value may be.
pub(crate) struct Named {
    /// As in messages.
    pub(crate) option: &'static str,
    /// The name of the field in [`super::typed::Args`].
    pub(crate) id: &'static str,
    pub(crate) names: &'static [&'static str],
}

pub(crate) const DIRECTIONS: Named = Named { option: "-Q", id: "direction", names: &["in", "out", "inout"] };
pub(crate) const ENGINES: Named = Named { option: "--engine", id: "engine", names: &["packet", "raw"] };
pub(crate) const STAMPS: Named = Named { option: "-j", id: "timestamp_type", names: &["host"] };
pub(crate) const PRECISIONS: Named =
    Named { option: "--time-stamp-precision", id: "precision", names: &["micro", "nano"] };
pub(crate) const DUMPS: Named =
    Named { option: "--dump", id: "dump", names: &["sn", "hexdump", "canonical", "wireshark"] };
/// Payload that is not carried by TCP comes first, but for the last three.
pub(crate) const PAYLOADS: Named = Named {
    option: "-T",
    id: "payload_type",
    names: &[
        "vat",
        "wb",
        "rpc",
        "rtp",
        "rtcp",
        "snmp",
        "cnfp",
        "tftp",
        "aodv",
        "carp",
        "radius",
        "vxlan",
        "pgm",
        "pgm_zmtp1",
        "lmp",
        "ptp",
        "someip",
        "domain",
        "resp",
    ],
};

pub(crate) const COLOURS: Named =
    Named { option: "--color", id: "colour", names: &["auto", "always", "never"] };

/// All of these.
pub(crate) const ALL: [&Named; 7] =
    [&COLOURS, &DIRECTIONS, &ENGINES, &STAMPS, &PRECISIONS, &DUMPS, &PAYLOADS];

/// The field of `-y`, and the names of the link types that are printed.
pub(crate) const LINK_ID: &str = "link_type";

/// The names of link types that are printed: others can be filtered and written.
pub(crate) fn link_types() -> Vec<&'static str> {
    LinkType::all().filter(|link| link.is_printed()).filter_map(LinkType::name).collect()
}

impl Named {
    /// What is said of a value that is none of them; `message` names it as tcpdump does.
    pub(crate) fn unknown(&self, message: &str, typed: &str) -> Failure {
        unknown(self.option, message, typed, self.names)
    }
}

/// What is said of a link type that does not exist.
pub(crate) fn unknown_link_type(typed: &str) -> Failure {
    let message = format!("invalid data link type {}", printable(typed));
    unknown("-y", &message, &typed.to_ascii_uppercase(), &link_types())
}

fn unknown(option: &str, message: &str, typed: &str, names: &[&str]) -> Failure {
    let meant = nearest(typed, names.iter().copied()).map(|name| format!("did you mean {name}? "));
    let list = names.join(", ");
    Failure::new(message).with_hint(format!("{}{option} takes {list}", meant.unwrap_or_default()))
}
