//! Link layers: what each header shows, and which printer comes next.
pub(in crate::print) mod cdp;
pub(in crate::print) mod cooked;
pub(in crate::print) mod eapol;
pub(in crate::print) mod ether_type;
pub(in crate::print) mod ethernet;
pub(in crate::print) mod family;
pub(in crate::print) mod llc;
pub(in crate::print) mod lldp;
pub(in crate::print) mod loopback;
pub(in crate::print) mod macsec;
pub(in crate::print) mod ppp;
pub(in crate::print) mod pppoe;
pub(in crate::print) mod slow;
pub(in crate::print) mod stp;

use self::cooked::{SLL, SLL2};
use crate::print::dissect::{Dissect, Truncated};
use crate::print::network::ip;
use crate::wire::LinkType;

/// What a serial line carries, without its framing.
const POINT_TO_POINT: LinkType = LinkType(9);

/// Prints a captured frame; gives the length of its link header, where dumps begin.
pub(in crate::print) fn packet(d: &mut Dissect<'_>, link: LinkType, len: u32) -> Result<usize, Truncated> {
    match link {
        LinkType::ETHERNET => ethernet::ethernet(d, 0, len, d.left(0)),
        LinkType::LINUX_SLL => cooked::cooked(d, len, &SLL),
        LinkType::LINUX_SLL2 => cooked::cooked(d, len, &SLL2),
        LinkType::NULL | LinkType::LOOP => family::family(d, len),
        LinkType::RAW | LinkType::DLT_RAW | LinkType::IPV4 | LinkType::IPV6 => {
            d.protocol = "raw";
            if d.opts.link_header {
                d.str("ip: ");
            }
            ip::any_version(d, 0, len)?;
            Ok(0)
        }
        POINT_TO_POINT => {
            d.protocol = "ppp";
            let cap_len = d.left(0);
            if cap_len < 4 {
                d.trunc();
                return Ok(cap_len as usize);
            }
            ppp::ppp(d, 0, len)?;
            Ok(4)
        }
        _ => {
            d.protocol = "unsupported";
            d.str("UNSUPPORTED");
            d.default_dump(0, d.left(0))?;
            Ok(0)
        }
    }
}
