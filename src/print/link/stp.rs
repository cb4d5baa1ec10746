//! Spanning tree (IEEE 802.1D, 802.1w, 802.1s, 802.1aq).
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Bytes of a configuration message with its version 1 length.
const CONFIG_LEN: u32 = 36;
/// Fewest bytes of a message of several trees.
const MULTIPLE_LEN: u32 = 102;
/// Fewest bytes of the shortest path bridging part.
const SHORTEST_PATH_LEN: u32 = 87;
/// Bytes of the configuration identifier and what follows it before the trees.
const CONFIG_INFO_LEN: u16 = 64;
/// Bytes of one tree.
const TREE_LEN: u16 = 16;

const RAPID: u8 = 2;
const MULTIPLE: u8 = 3;
const SHORTEST_PATH: u8 = 4;

/// Prints a bridge protocol data unit at `at`.
pub(in crate::print) fn stp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "stp";
    bridge_protocol(d, at, len).or_else(|stop| d.stop(stop))
}

fn bridge_protocol(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len < 4 {
        return Err(Stop::Invalid);
    }
    if d.u16(at)? != 0 {
        put!(d, "unknown STP version, length {len}");
        return Ok(());
    }
    let version = d.u8(at + 2)?;
    let name = match version {
        0 => "802.1d",
        RAPID => "802.1w",
        MULTIPLE => "802.1s",
        SHORTEST_PATH => "802.1aq",
        _ => {
            put!(d, "STP Unknown STP protocol (0x{version:02x})");
            return Ok(());
        }
    };
    put!(d, "STP {name}");
    let kind = d.u8(at + 3)?;
    d.str(", ");
    match kind {
        0 => d.str("Config"),
        2 => d.str("Rapid STP"),
        0x80 => d.str("Topology Change"),
        _ => put!(d, "Unknown BPDU Type (0x{kind:02x})"),
    }
    match (kind, version) {
        (0, _) => config(d, at, len, CONFIG_LEN - 1),
        (2, RAPID) => config(d, at, len, CONFIG_LEN),
        (2, MULTIPLE | SHORTEST_PATH) => several_trees(d, at, len, version),
        _ => Ok(()),
    }
}

fn config(d: &mut Dissect<'_>, at: usize, len: u32, least: u32) -> Result<(), Stop> {
    if len < least {
        return Err(Stop::Invalid);
    }
    let flags = d.u8(at + 4)?;
    d.str(", Flags [");
    push_flags(d, flags);
    d.char(b']');
    let (bridge, port) = (*d.array::<8>(at + 17)?, d.u16(at + 25)?);
    d.str(", bridge-id ");
    push_bridge(d, bridge);
    put!(d, ".{port:04x}, length {len}");
    if d.verbose() == 0 {
        return Ok(());
    }
    push_timers(d, at)?;
    let (root, cost) = (*d.array::<8>(at + 5)?, d.u32(at + 13)?);
    d.str("\n\troot-id ");
    push_bridge(d, root);
    put!(d, ", root-pathcost {cost}");
    if d.u8(at + 2)? == RAPID {
        put!(d, ", port-role {}", role(flags));
    }
    Ok(())
}

fn several_trees(d: &mut Dissect<'_>, at: usize, len: u32, version: u8) -> Result<(), Stop> {
    if len < MULTIPLE_LEN || d.u8(at + 35)? != 0 {
        return Err(Stop::Invalid);
    }
    let trees_len = u32::from(d.u16(at + 36)?) + 2;
    if len < CONFIG_LEN + trees_len {
        return Err(Stop::Invalid);
    }
    trees(d, at, len)?;
    if version != SHORTEST_PATH {
        return Ok(());
    }
    let paths = at + 36 + trees_len as usize;
    let paths_len = u32::from(d.u16(paths)?) + 2;
    if len < CONFIG_LEN + trees_len + paths_len || paths_len < SHORTEST_PATH_LEN {
        return Err(Stop::Invalid);
    }
    if d.verbose() > 0 {
        shortest_path(d, paths)?;
    }
    Ok(())
}

fn trees(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let flags = d.u8(at + 4)?;
    d.str(", CIST Flags [");
    push_flags(d, flags);
    put!(d, "], length {len}");
    if d.verbose() == 0 {
        return Ok(());
    }
    put!(d, "\n\tport-role {}, ", role(flags));
    let (root, cost) = (*d.array::<8>(at + 5)?, d.u32(at + 13)?);
    d.str("CIST root-id ");
    push_bridge(d, root);
    put!(d, ", CIST ext-pathcost {cost}");
    let regional = *d.array::<8>(at + 17)?;
    d.str("\n\tCIST regional-root-id ");
    push_bridge(d, regional);
    d.str(", ");
    put!(d, "CIST port-id {:04x},", d.u16(at + 25)?);
    push_timers(d, at)?;
    let info_len = d.u16(at + 36)?;
    put!(d, "\n\tv3len {info_len}, ");
    d.str("MCID Name ");
    d.padded_text(at + 39, 32)?;
    let (revision, digest) = (d.u16(at + 71)?, *d.array::<16>(at + 73)?);
    put!(d, ", rev {revision},\n\t\tdigest {:032x}, ", u128::from_be_bytes(digest));
    put!(d, "CIST int-root-pathcost {},", d.u32(at + 89)?);
    let bridge = *d.array::<8>(at + 93)?;
    d.str("\n\tCIST bridge-id ");
    push_bridge(d, bridge);
    d.str(", ");
    put!(d, "CIST remaining-hops {}", d.u8(at + 101)?);
    let mut tree = at + 102;
    for _ in 0..info_len.saturating_sub(CONFIG_INFO_LEN) / TREE_LEN {
        let (id, flags) = (d.u16(tree + 1)? & 0x0fff, d.u8(tree)?);
        put!(d, "\n\tMSTI {id}, Flags [");
        push_flags(d, flags);
        put!(d, "], port-role {}", role(flags));
        let (root, cost) = (*d.array::<8>(tree + 1)?, d.u32(tree + 9)?);
        d.str("\n\t\tMSTI regional-root-id ");
        push_bridge(d, root);
        put!(d, ", pathcost {cost}");
        let (bridge, port, hops) = (d.u8(tree + 13)? >> 4, d.u8(tree + 14)? >> 4, d.u8(tree + 15)?);
        put!(d, "\n\t\tMSTI bridge-prio {bridge}, port-prio {port}, hops {hops}");
        tree += usize::from(TREE_LEN);
    }
    Ok(())
}

fn shortest_path(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    put!(d, "\n\tv4len {}, ", d.u16(at)?);
    d.str("AUXMCID Name ");
    d.padded_text(at + 3, 32)?;
    let (revision, digest) = (d.u16(at + 35)?, *d.array::<16>(at + 37)?);
    put!(d, ", Rev {revision},\n\t\tdigest {:032x}", u128::from_be_bytes(digest));
    let agreement = d.u8(at + 53)?;
    let (format, convention, edges) = (d.u8(at + 55)?, d.u8(at + 56)?, d.u16(at + 57)?);
    let digest = *d.array::<20>(at + 67)?;
    put!(
        d,
        "\n\tAgreement num {}, Discarded Agreement num {}, Agreement valid-flag {},\n\tRestricted role-flag: {}, \
         Format id {} cap {format}, Convention id {} cap {convention},\n\tEdge count {edges}, Agreement digest ",
        agreement >> 6,
        agreement >> 4 & 3,
        agreement >> 3 & 1,
        agreement >> 2 & 1,
        format >> 4,
        convention >> 4,
    );
    for byte in digest {
        d.hex(byte, 2);
    }
    Ok(())
}

fn push_timers(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    // Fetched last to first, as all are before any is printed.
    d.bytes(at + 27, 8)?;
    for (n, name) in
        ["\n\tmessage-age ", ", max-age ", ", hello-time ", ", forwarding-delay "].iter().enumerate()
    {
        // In units of 1/256 s.
        let seconds = f32::from(d.u16(at + 27 + 2 * n)?) / 256.0;
        put!(d, "{name}{seconds:.2}s");
    }
    Ok(())
}

fn push_bridge(d: &mut Dissect<'_>, id: [u8; 8]) {
    let [a, b, mac @ ..] = id;
    put!(d, "{a:02x}{b:02x}.");
    crate::print::dissect::name::push_octets(d.out, &mac);
}

fn push_flags(d: &mut Dissect<'_>, flags: u8) {
    let names = [
        (0x01, "Topology change"),
        (0x02, "Proposal"),
        (0x10, "Learn"),
        (0x20, "Forward"),
        (0x40, "Agreement"),
        (0x80, "Topology change ACK"),
    ];
    push_bits(d, flags.into(), &names);
}

fn role(flags: u8) -> &'static str {
    match flags >> 2 & 3 {
        0 => "Unknown",
        1 => "Alternate",
        2 => "Root",
        _ => "Designated",
    }
}
