//! What happens to interfaces during a capture: deleted, moved, renamed, switched off.
use super::*;
use synack::error::ErrorKind;
use synack::sys::inject::Injector;

fn send(interface: &str, numbers: std::ops::Range<u32>) {
    let out = Injector::open(interface).expect("injector");
    for number in numbers {
        out.send(&frame(number)).expect("sent");
    }
}

/// Everything up to the error that ends it.
fn until_error(capture: &mut Capture) -> (Vec<u32>, synack::Error) {
    let mut seen = Vec::new();
    loop {
        match capture.next_packet() {
            Ok(Some(packet)) => seen.push(number(packet)),
            Ok(None) => panic!("ended without an error after {} packets", seen.len()),
            Err(error) => return (seen, error),
        }
    }
}

#[test]
fn a_deleted_interface_still_gives_what_is_in_the_ring() {
    in_namespace("live::faults::a_deleted_interface_still_gives_what_is_in_the_ring", || {
        for timeout in [1, 100, 1000] {
            veth();
            let timeout = Duration::from_millis(timeout);
            let mut capture = Capture::builder("v0").timeout(timeout).open().expect("capture");
            send("v0", 0..1000);
            ip("link del v0");
            let (seen, error) = until_error(&mut capture);
            assert_eq!(capture.take_notice(), None, "deleted, not merely down");
            assert_eq!(seen, (0..1000).collect::<Vec<_>>());
            assert_eq!(error.kind(), ErrorKind::InterfaceGone);
            assert!(error.to_string().starts_with("v0: "), "{error}");
            assert_eq!(capture.advance(None).expect("after the error"), Step::End);
            let stats = capture.stats().expect("statistics");
            assert_conserved(&stats);
            assert_eq!(stats.received, 1000);
        }
    });
}

#[test]
fn an_interface_moved_to_another_namespace_is_gone() {
    in_namespace("live::faults::an_interface_moved_to_another_namespace_is_gone", || {
        let peer = Peer::new();
        let mut capture = Capture::builder("v0").open().expect("capture");
        send("v0", 0..100);
        ip(&format!("link set v0 netns {}", peer.id));
        let (seen, error) = until_error(&mut capture);
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
        assert_eq!(error.kind(), ErrorKind::InterfaceGone);
    });
}

#[test]
fn a_renamed_interface_goes_on() {
    in_namespace("live::faults::a_renamed_interface_goes_on", || {
        veth();
        let mut capture = Capture::builder("v0").open().expect("capture");
        send("v0", 0..50);
        // A name is changed while the interface is down; its number stays.
        ip("link set v0 down");
        ip("link set v0 name other0");
        ip("link set other0 up");
        wait_until_running(&["other0"]);
        send("other0", 50..100);
        let seen: Vec<u32> = (0..100).map(|_| one(&mut capture, number)).collect();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn an_interface_that_goes_down_and_up_is_noticed_and_goes_on() {
    in_namespace("live::faults::an_interface_that_goes_down_and_up_is_noticed_and_goes_on", || {
        veth();
        let mut capture = Capture::builder("v0").open().expect("capture");
        send("v0", 0..1000);
        ip("link set v0 down");
        let seen: Vec<u32> = (0..1000).map(|_| one(&mut capture, number)).collect();
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
        assert_eq!(capture.advance(None).expect("capture"), Step::Idle);
        assert_eq!(capture.take_notice().as_deref(), Some("v0: interface went down; waiting for it"));
        assert_eq!(capture.take_notice(), None);
        ip("link set v0 up");
        assert_eq!(capture.advance(None).expect("capture"), Step::Idle);
        assert_eq!(capture.take_notice().as_deref(), Some("v0: interface is up again"));
        wait_until_running(&["v0"]);
        send("v0", 1000..2000);
        let seen: Vec<u32> = (0..1000).map(|_| one(&mut capture, number)).collect();
        assert_eq!(seen, (1000..2000).collect::<Vec<_>>());
    });
}

#[test]
fn an_interface_deleted_while_down_is_gone() {
    in_namespace("live::faults::an_interface_deleted_while_down_is_gone", || {
        veth();
        let mut capture = Capture::builder("v0").open().expect("capture");
        send("v0", 0..10);
        ip("link set v0 down");
        let seen: Vec<u32> = (0..10).map(|_| one(&mut capture, number)).collect();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        assert_eq!(capture.advance(None).expect("capture"), Step::Idle);
        ip("link del v0");
        let (seen, error) = until_error(&mut capture);
        assert!(seen.is_empty());
        assert_eq!(error.kind(), ErrorKind::InterfaceGone);
    });
}

#[test]
fn all_interfaces_go_on_when_one_is_replaced() {
    in_namespace("live::faults::all_interfaces_go_on_when_one_is_replaced", || {
        let mut capture = Capture::builder("any").open().expect("capture");
        let mut interfaces = Vec::new();
        for round in 0..2 {
            veth();
            send("v0", round * 500..round * 500 + 500);
            let numbers = round * 500..round * 500 + 500;
            // Each frame goes out by one end and comes in by the other.
            let mut seen = Vec::new();
            for _ in 0..1000 {
                one(&mut capture, |packet| {
                    if packet.direction == synack::packet::PacketDirection::Out {
                        seen.push(number(packet));
                        interfaces.push(packet.interface);
                    }
                });
            }
            assert_eq!(seen, numbers.collect::<Vec<_>>());
            ip("link del v0");
        }
        interfaces.dedup();
        assert_eq!(interfaces.len(), 2, "the second v0 has a number of its own");
    });
}

#[test]
fn a_missing_interface_and_one_that_is_down_are_refused() {
    in_namespace("live::faults::a_missing_interface_and_one_that_is_down_are_refused", || {
        let missing = Capture::builder("nosuch0").open().expect_err("missing");
        assert_eq!(missing.kind(), ErrorKind::NoSuchInterface);
        assert!(missing.to_string().contains("any"), "{missing}");
        ip("link add v0 type veth peer name v1");
        let down = Capture::builder("v0").open().expect_err("down");
        assert_eq!(down.kind(), ErrorKind::InterfaceGone);
        assert!(down.to_string().starts_with("v0: interface is not up"), "{down}");
    });
}

#[test]
fn promiscuous_mode_ends_with_the_capture() {
    in_namespace("live::faults::promiscuous_mode_ends_with_the_capture", || {
        veth();
        let promiscuity = || {
            let output = Command::new("ip").args(["-d", "link", "show", "v0"]).output();
            let text = String::from_utf8(output.expect("ip runs").stdout).expect("UTF-8");
            let at = text.split_once("promiscuity ").expect("ip -d tells").1;
            at.split(' ').next().expect("a number").to_owned()
        };
        let capture = Capture::builder("v0").promiscuous(true).open().expect("capture");
        assert_eq!(promiscuity(), "1");
        drop(capture);
        assert_eq!(promiscuity(), "0");
        let _capture = Capture::builder("v0").open().expect("capture");
        assert_eq!(promiscuity(), "0");
    });
}

#[test]
fn without_privilege_the_error_names_it_and_the_ways_out() {
    let check = || {
        for error in [
            Capture::builder("lo").open().expect_err("no privilege"),
            RawCapture::builder("lo").open().expect_err("no privilege"),
        ] {
            assert!(error.is_permission_denied(), "{error}");
            let text = error.to_string();
            for part in ["lo: ", "CAP_NET_RAW", "sudo", "setcap cap_net_raw+ep"] {
                assert!(text.contains(part), "{text}");
            }
        }
    };
    if nix::unistd::Uid::effective().is_root() {
        let test = "live::faults::without_privilege_the_error_names_it_and_the_ways_out";
        in_namespace(test, || {
            nix::unistd::setuid(nix::unistd::Uid::from_raw(65534)).expect("root becomes nobody");
            check();
        });
    } else {
        check();
    }
}

#[test]
fn interfaces_are_listed_as_tcpdump_lists_them() {
    in_namespace("live::faults::interfaces_are_listed_as_tcpdump_lists_them", || {
        if !needs::tcpdump() {
            return;
        }
        for (name, other) in [("b0", "b1"), ("a0", "a1"), ("c0", "c1")] {
            ip(&format!("link add {name} type veth peer name {other}"));
        }
        for name in ["a0", "a1", "c0", "b1"] {
            ip(&format!("link set {name} up"));
        }
        wait_until_running(&["a0", "a1"]);
        let output = Command::new("tcpdump").arg("-D").output().expect("it ran before");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let list = synack::capture::interfaces().expect("the interfaces");
        // Without the pseudo-interfaces for Bluetooth, netfilter and D-Bus.
        let real = |line: &&str| {
            let name = line.split(' ').next().unwrap_or_default();
            list.iter().any(|interface| interface.name == name)
        };
        let want: Vec<&str> =
            text.lines().filter_map(|line| line.split_once('.')).map(|(_, line)| line).filter(real).collect();
        let have: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert_eq!(have, want);
    });
}

#[test]
fn an_interface_with_a_hostile_name_is_captured_and_named_harmlessly() {
    in_namespace("live::faults::an_interface_with_a_hostile_name_is_captured_and_named_harmlessly", || {
        let name = "v\u{1b}[31m";
        ip(&format!("link add {name} type veth peer name v1"));
        ip(&format!("link set {name} up"));
        ip("link set v1 up");
        wait_until_running(&[name]);
        let mut capture = Capture::builder(name).open().expect("capture");
        let raw = RawCapture::builder(name).open().expect("capture");
        for interface in [capture.interface(), raw.interface()] {
            assert_eq!(interface.label(), "v\\u{1b}[31m");
        }
        ip(&format!("link del {name}"));
        let error = loop {
            // Packets of the interface's own coming up may be in the ring.
            if let Err(error) = capture.next_packet() {
                break error;
            }
        };
        assert!(error.to_string().chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{error}");
    });
}

#[test]
fn a_buffer_that_is_met_in_part_is_told_and_one_that_has_no_room_to_be_mapped_is_halved() {
    let test =
        "live::faults::a_buffer_that_is_met_in_part_is_told_and_one_that_has_no_room_to_be_mapped_is_halved";
    in_namespace(test, || {
        // 100 MB of addresses hold the program and not a ring of 128.
        let script =
            format!("ulimit -v 100000; exec {} -n -c 1 -i lo -B 131072", env!("CARGO_BIN_EXE_synack"));
        let child = std::process::Command::new("sh")
            .args(["-c", &script])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn();
        let mut child = child.expect("the program starts");
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = socket.local_addr().expect("an address");
        while child.try_wait().expect("it runs").is_none() {
            socket.send_to(b"x", address).expect("sent");
        }
        let output = child.wait_with_output().expect("ended");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("lo: the buffer is ") && said.contains("for the 131072 of -B"), "{said}");
    });
}
