//! Packets by rule, for scale and for malice: made in memory, a frame at a time.
//!
//! | file | what it makes |
//! | --- | --- |
//! | `frame` | one segment of TCP in IPv4 and Ethernet, with checksums |
//! | `flood` | SYN floods around real connections, ACK floods, keys chosen to collide |
//! | `hole` | segments behind a hole, segments of two octets that overlap |
//! | `http` | many connections of request and answer, as a server sees them |
//! | `small` | many clients that say little at a time |
//! | `main` | `cargo run --release --example generate`: writes files, feeds the table of flows |
//!
//! Each generator calls `each(time, frame)` with nanoseconds since the Unix epoch.
pub(crate) mod flood;
pub(crate) mod frame;
pub(crate) mod hole;
pub(crate) mod http;
pub(crate) mod small;

/// When every generated capture begins: nanoseconds since the Unix epoch.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;

/// Numbers that look random (splitmix64): a bijection, so different inputs give different outputs.
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::frame::{ACK, SYN};
    use super::*;
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};
    use std::collections::HashSet;

    type Generator = Box<dyn Fn(&mut dyn FnMut(u64, &[u8]))>;

    fn all() -> Vec<(&'static str, Generator)> {
        vec![
            ("syn", Box::new(|each| flood::syn(5_000, 20, 30, each))),
            ("ack", Box::new(|each| flood::ack(5_000, each))),
            ("collisions", Box::new(|each| flood::collisions(5_000, each))),
            ("hole", Box::new(|each| hole::behind(5_000, each))),
            ("hole, backwards", Box::new(|each| hole::backwards(5_000, each))),
            ("overlapping", Box::new(|each| hole::overlapping(5_000, each))),
            ("http", Box::new(|each| http::file(5_000, each))),
            ("small", Box::new(|each| small::talk(5_000, 500, each))),
        ]
    }

    #[test]
    fn every_frame_is_whole_and_later_than_the_one_before() {
        for (name, generate) in all() {
            let mut last = 0;
            let mut count = 0;
            generate(&mut |time, frame| {
                assert!(time > last, "{name}");
                last = time;
                count += 1;
                let packet = SlicedPacket::from_ethernet(frame).expect("well formed");
                let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Tcp(tcp))) =
                    (packet.net, packet.transport)
                else {
                    panic!("{name}: neither IPv4 nor TCP");
                };
                let header = ip.header();
                assert_eq!(header.header_checksum(), header.to_header().calc_header_checksum(), "{name}");
                let check = tcp.calc_checksum_ipv4(header.source(), header.destination());
                assert_eq!(tcp.checksum(), check.expect("short"), "{name}");
            });
            assert!(count >= 5_000, "{name}: {count}");
        }
    }

    #[test]
    fn every_generator_makes_the_same_every_time() {
        for (name, generate) in all() {
            let sum = || {
                let mut sum = 0;
                generate(&mut |time, frame| {
                    sum = mix(sum ^ time ^ frame.iter().map(|b| u64::from(*b)).sum::<u64>())
                });
                sum
            };
            assert_eq!(sum(), sum(), "{name}");
        }
    }

    #[test]
    fn a_flood_has_as_many_connections_as_it_says() {
        let mut keys = HashSet::new();
        flood::syn(5_000, 20, 30, &mut |_, frame| {
            if frame[47] & (SYN | ACK) == SYN {
                keys.insert(frame[26..38].to_vec());
            }
        });
        assert_eq!(keys.len(), 5_020);
    }

    #[test]
    fn small_packets_come_from_as_many_hosts_as_asked_for() {
        let mut hosts = HashSet::new();
        let mut packets = 0;
        small::talk(20_000, 3_000, &mut |_, frame| {
            packets += 1;
            assert!(frame.len() <= 200);
            hosts.extend([frame[26..30].to_vec(), frame[30..34].to_vec()]);
        });
        assert_eq!((packets, hosts.len()), (20_000, 3_001));
    }

    #[test]
    fn requests_and_answers_have_the_size_that_traffic_has() {
        let (mut packets, mut bytes) = (0, 0);
        http::file(50_000, &mut |_, frame| {
            packets += 1;
            bytes += frame.len();
        });
        assert_eq!(packets, 50_000);
        assert!((820..920).contains(&(bytes / packets)), "{}", bytes / packets);
    }
}
