//! Several interfaces in one run.
use super::*;
use synack::capture::Multi;
use synack::error::ErrorKind;
use synack::sys::inject::Injector;

fn open(names: &[&str]) -> Multi {
    Multi::new(names.iter().map(|name| Capture::builder(*name).open().expect("capture")).collect())
}

#[test]
fn packets_of_two_interfaces_come_in_the_order_of_time() {
    in_namespace("live::several::packets_of_two_interfaces_come_in_the_order_of_time", || {
        veth();
        let mut multi = open(&["v0", "lo"]);
        let near = Injector::open("v0").expect("injector");
        let port = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let to = port.local_addr().expect("address");
        let from = UdpSocket::bind("127.0.0.1:0").expect("a port");
        for number in 0..2000u32 {
            if number.is_multiple_of(3) {
                near.send(&frame(number)).expect("sent");
            } else {
                from.send_to(&number.to_be_bytes(), to).expect("sent");
            }
        }
        let mut seen = Vec::new();
        let mut times = Vec::new();
        while seen.len() < 2000 {
            if multi.advance(Some(Duration::from_secs(5))).expect("capture") == Step::Packet {
                let packet = multi.packet();
                assert_eq!(multi.chosen(), Some(usize::from(packet.interface == 1)));
                times.push(packet.time);
                seen.push(number(packet));
            }
        }
        assert!(times.is_sorted());
        assert_eq!(seen, (0..2000).collect::<Vec<_>>());
        multi.stop();
        assert_eq!(multi.advance(None).expect("capture"), Step::End);
        let stats = multi.stats().expect("statistics");
        assert_conserved(&stats);
        assert_eq!(stats.received, 2000);
    });
}

#[test]
fn when_one_interface_goes_the_others_go_on() {
    in_namespace("live::several::when_one_interface_goes_the_others_go_on", || {
        veth();
        let mut multi = open(&["v0", "lo"]);
        let port = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let to = port.local_addr().expect("address");
        Injector::open("v0").expect("injector").send(&frame(0)).expect("sent");
        ip("link del v0");
        assert_eq!(multi.next_packet().expect("capture").map(number), Some(0));
        let error = multi.next_packet().map(|_| ()).expect_err("gone");
        assert_eq!(error.kind(), ErrorKind::InterfaceGone);
        send_numbered(to, 3);
        for want in 0..3 {
            assert_eq!(multi.next_packet().expect("capture").map(number), Some(want));
        }
        for handle in multi.stop_handles() {
            handle.stop();
        }
        assert_eq!(multi.next_packet().expect("capture").map(number), None);
    });
}

#[test]
fn a_reader_that_does_not_wait_gets_idle() {
    in_namespace("live::several::a_reader_that_does_not_wait_gets_idle", || {
        let mut multi = open(&["lo", "any"]);
        assert_eq!(multi.advance(Some(Duration::ZERO)).expect("capture"), Step::Idle);
        assert_eq!(multi.advance(Some(Duration::from_millis(3))).expect("capture"), Step::Idle);
        assert!(multi.packet().data.is_empty());
        assert_eq!(multi.descriptors().count(), 2);
    });
}
