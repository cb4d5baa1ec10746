//! Layouts against the programs they imitate, and at every length.
use proptest::prelude::*;

use super::*;

fn text(f: impl Fn(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    f(&mut out);
    String::from_utf8(out).expect("dumps are ASCII")
}

/// tcpdump's layouts written as naively as possible.
mod naive {
    use std::fmt::Write as _;

    pub(super) fn hex(data: &[u8], ascii: bool) -> String {
        let mut out = String::new();
        for (i, chunk) in data.chunks(16).enumerate() {
            let mut column = String::new();
            for two in chunk.chunks(2) {
                column.push(' ');
                two.iter().for_each(|b| write!(column, "{b:02x}").unwrap());
            }
            write!(out, "\n\t0x{:04x}: ", i * 16).unwrap();
            if ascii {
                let right: String =
                    chunk.iter().map(|&b| if (33..127).contains(&b) { b as char } else { '.' }).collect();
                write!(out, "{column:<40}  {right}").unwrap();
            } else {
                out.push_str(&column);
            }
        }
        out
    }
}

#[test]
fn no_bytes_give_no_text() {
    for style in DumpStyle::ALL {
        assert_eq!(text(|out| style.append(out, &[])), "", "{style}");
    }
}

#[test]
fn hex_equals_its_naive_twin_at_every_length() {
    let data: Vec<u8> = (0..=255).collect();
    for n in 0..data.len() {
        assert_eq!(text(|out| hex(out, &data[..n])), naive::hex(&data[..n], false));
        assert_eq!(text(|out| hex_ascii(out, &data[..n])), naive::hex(&data[..n], true));
    }
}

#[test]
fn rows_go_on_where_offsets_need_a_fifth_digit() {
    let data: Vec<u8> = (0..=255).cycle().take(0x1_0020).collect();
    for n in [0xffef, 0xfff0, 0xffff, 0x1_0000, 0x1_0001, 0x1_0020] {
        assert_eq!(text(|out| hex_ascii(out, &data[..n])), naive::hex(&data[..n], true));
    }
}

#[test]
fn offsets_beyond_four_digits_grow() {
    let out = text(|out| hex_at(out, b"\n", &[1; 17], 0xfff8));
    assert_eq!(out.lines().nth(1), Some("0xfff8:  0101 0101 0101 0101 0101 0101 0101 0101"));
    assert_eq!(out.lines().nth(2), Some("0x10008:  01"));
    let out = text(|out| hex_ascii_at(out, b"\n  ", &[1; 1], 0x0012_3456));
    assert_eq!(out, format!("\n  0x123456: {:<40}  .", " 01"));
}

#[test]
fn ascii_drops_a_carriage_return_only_at_line_ends() {
    let show = |data: &[u8]| text(|out| ascii(out, data));
    assert_eq!(show(b"a\r\nb"), "\na\nb");
    assert_eq!(show(b"a\rbc"), "\na.bc");
    // tcpdump drops it too when it is the last byte or the last but one.
    assert_eq!(show(b"a\rb"), "\nab");
    assert_eq!(show(b"a\r"), "\na");
    assert_eq!(show(b"\r\r\r\r"), "\n..");
}

#[test]
fn canonical_squeezes_only_equal_neighbours() {
    let mut data = vec![7; 16 * 3];
    data.extend([8; 16]);
    data.extend([7; 16]);
    let out = text(|out| canonical(out, &data));
    let starts: Vec<&str> = out.trim_start().lines().map(|l| l.split(' ').next().unwrap()).collect();
    assert_eq!(starts, ["00000000", "*", "00000030", "00000040", "00000050"]);
}

#[test]
fn every_style_reads_its_own_name() {
    for style in DumpStyle::ALL {
        assert_eq!(style.to_string().parse(), Ok(style));
    }
    let error = "Sn".parse::<DumpStyle>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown dump style 'Sn' (one of hex, hex-ascii, ascii, sn, hexdump, canonical, wireshark)"
    );
}

proptest! {
    #[test]
    fn no_style_lets_a_control_character_through(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        for style in DumpStyle::ALL {
            let out = text(|out| style.append(out, &data));
            prop_assert!(out.bytes().all(|b| matches!(b, b'\n' | b'\t' | b' '..=b'~')), "{style}: {out:?}");
        }
    }
}
