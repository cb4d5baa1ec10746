//! Link layers: what each header shows, and which printer comes next.
pub(in crate::print) mod cdp;
pub(in crate::print) mod cooked;
pub(in crate::print) mod dtp;
pub(in crate::print) mod eapol;
pub(in crate::print) mod ether_type;
pub(in crate::print) mod ethernet;
pub(in crate::print) mod family;
pub(in crate::print) mod llc;
pub(in crate::print) mod lldp;
pub(in crate::print) mod loopback;
pub(in crate::print) mod macsec;
pub(in crate::print) mod nflog;
pub(in crate::print) mod ppp;
pub(in crate::print) mod pppoe;
pub(in crate::print) mod slow;
pub(in crate::print) mod stp;
pub(in crate::print) mod udld;

use self::cooked::{SLL, SLL2};
use crate::print::dissect::{Dissect, Truncated};
use crate::print::network::ip;
use crate::wire::LinkType;

/// Prints a captured frame; gives the length of its link header, where dumps begin. The rows are
/// the link types that [`LinkType::is_printed`] knows of.
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
        LinkType::NFLOG => nflog::nflog(d, len),
        LinkType::PPP => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Packet;
    use crate::print::{Printer, TimeStyle};

    #[test]
    fn prints_the_link_types_that_the_table_says() {
        let mut printed = 0;
        for link in (0..512).map(LinkType) {
            let mut printer = Printer::builder().time(TimeStyle::None).build(Vec::new());
            printer.print(&Packet::new(link, &[0; 64])).unwrap();
            let text = printer.into_inner();
            let known = !text.starts_with(b"UNSUPPORTED");
            assert_eq!(known, link.is_printed(), "{link:?}: {}", String::from_utf8_lossy(&text));
            printed += usize::from(known);
        }
        // By the numbers of files, and DLT_RAW.
        assert_eq!(printed, LinkType::all().filter(|link| link.is_printed()).count() + 1);
    }
}
