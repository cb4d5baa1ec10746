//! The dump layouts of `--dump`, after each packet's line.
use synack::hex::DumpStyle;

/// Makes the lines from `start` on comments: text2pcap takes a number such as that of `length 24`
/// for an offset, and cuts the packet before it there.
pub(super) fn comment(out: &mut Vec<u8>, start: usize) {
    let lines = out.split_off(start);
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        out.extend_from_slice(b"# ");
        out.extend_from_slice(line);
    }
}

/// Appends the dump of a packet: from the end of its link header on, as `-X` does, but the whole
/// frame in Wireshark's layout, because text2pcap reads that back.
pub(super) fn push(style: DumpStyle, out: &mut Vec<u8>, data: &[u8], header_len: usize) {
    let from = if style == DumpStyle::Wireshark { 0 } else { header_len };
    push_payload(style, out, data.get(from..).unwrap_or_default());
}

/// Appends the dump of these bytes.
pub(super) fn push_payload(style: DumpStyle, out: &mut Vec<u8>, data: &[u8]) {
    let start = out.len();
    style.append(out, data);
    if out.len() > start {
        // The line has ended; the dump begins with a newline of its own.
        out.remove(start);
        out.push(b'\n');
    }
}
