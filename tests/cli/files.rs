//! Reading capture files: text, exit codes, pipes and broken output.
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::{SYNACK, Scratch, run, seed, synack, text};
use crate::needs;

/// Words with a seed's path in place of `@`.
fn on_seed(words: &str, name: &str) -> std::process::Output {
    synack(&words.replace('@', &seed(name).to_string_lossy()))
}

#[test]
fn the_seeds_print_as_tcpdump_printed_them() {
    let mut seen = 0;
    for entry in fs::read_dir(seed("")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "pcap") {
            continue;
        }
        let wanted = fs::read_to_string(path.with_extension("Xn.txt")).unwrap();
        let output = run(["-Xnr".as_ref(), path.as_os_str()]);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(text(&output.stdout), wanted, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} seeds");
}

#[test]
fn the_banner_is_tcpdumps() {
    let output = on_seed("-nr @", "lottery.pcap");
    let path = seed("lottery.pcap");
    let banner = format!(
        "reading from file {}, link-type NULL (BSD loopback), snapshot length 262144\n",
        path.display()
    );
    assert_eq!(text(&output.stderr), banner);
}

#[test]
fn counts_stop_and_sum() {
    assert_eq!(text(&on_seed("-r @ --count", "lottery.pcap").stdout), "7 packets\n");
    assert_eq!(text(&on_seed("-r @ --count -c 1", "lottery.pcap").stdout), "1 packet\n");
    assert_eq!(text(&on_seed("-nr @ -c 2", "lottery.pcap").stdout).lines().count(), 2);
    assert_eq!(text(&on_seed("-r @ --count tcp port 12345", "lottery.pcap").stdout), "7 packets\n");
    assert_eq!(text(&on_seed("-r @ --count udp", "lottery.pcap").stdout), "0 packets\n");
}

#[test]
fn packets_before_the_damage_are_printed_and_the_exit_is_one() {
    let dir = Scratch::new();
    let whole = fs::read(seed("lottery.pcap")).unwrap();
    let path = dir.path("cut.pcap");
    fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let output = run(["-nr".as_ref(), path.as_os_str()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 6);
    let errors = text(&output.stderr);
    assert!(errors.contains("synack: pcap_loop: truncated dump file; tried to read"), "{errors}");
}

#[test]
fn what_is_no_capture_is_refused() {
    let dir = Scratch::new();
    let cases: [(&[u8], &str); 3] = [
        (b"", "truncated dump file; tried to read 4 file header bytes, only got 0"),
        (b"x", "truncated dump file; tried to read 4 file header bytes, only got 1"),
        (b"hello, this is text", "unknown file format"),
    ];
    for (bytes, message) in cases {
        let path = dir.path("bad");
        fs::write(&path, bytes).unwrap();
        let output = run(["-r".as_ref(), path.as_os_str()]);
        assert_eq!(output.status.code(), Some(1));
        let first = text(&output.stderr).lines().next();
        assert_eq!(first, Some(format!("synack: {}: {message}", path.display()).as_str()));
    }
}

#[test]
fn a_copy_is_the_file_again() {
    let dir = Scratch::new();
    let copy = dir.path("copy.pcap");
    let output = run(["-r".as_ref(), seed("lottery.pcap").as_os_str(), "-w".as_ref(), copy.as_os_str()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(fs::read(&copy).unwrap(), fs::read(seed("lottery.pcap")).unwrap());
    let piped = on_seed("-r @ -w -", "lottery.pcap");
    assert_eq!(piped.stdout, fs::read(&copy).unwrap());
}

#[test]
fn the_input_is_never_the_output() {
    let dir = Scratch::new();
    let path = dir.path("in.pcap");
    fs::copy(seed("lottery.pcap"), &path).unwrap();
    let output = run(["-r".as_ref(), path.as_os_str(), "-w".as_ref(), path.as_os_str()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("it is being read"));
    assert_eq!(fs::read(&path).unwrap(), fs::read(seed("lottery.pcap")).unwrap());
}

#[test]
fn standard_input_is_a_file_too() {
    let file = File::open(seed("lottery.pcap")).unwrap();
    let output = Command::new(SYNACK).args(["-r", "-", "--count"]).stdin(file).output().unwrap();
    assert_eq!(text(&output.stdout), "7 packets\n");
    assert!(text(&output.stderr).starts_with("reading from file -, link-type NULL"));
}

#[test]
fn a_reader_that_has_enough_is_success_and_silence() {
    let mut child = Command::new(SYNACK)
        .args(["-XXnr".as_ref(), seed("lab_v0.pcap").as_os_str(), "-l".as_ref()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!first.is_empty());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr).lines().count(), 1, "only the banner: {}", text(&output.stderr));
}

#[test]
fn a_silent_pipe_holds_back_neither_lines_nor_files() {
    let dir = Scratch::new();
    let bytes = fs::read(seed("lottery.pcap")).unwrap();
    let mut child = Command::new(SYNACK)
        .args(["-nr", "-", "--print", "-G", "1", "-W", "1", "-w"])
        .arg(dir.path("x.pcap"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Held open to the end: what comes out does so while nothing comes in.
    let mut input = child.stdin.take().unwrap();
    input.write_all(&bytes).unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.take(7).filter(Result::is_ok).count(), 7);
    // The second is over, and with it the only file.
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stderr).contains("Maximum file limit reached: 1"), "{output:?}");
    assert_eq!(fs::read(dir.path("x.pcap")).unwrap(), bytes);
    drop(input);
}

#[test]
fn a_long_read_draws_a_bar_for_who_watches_its_messages() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let dir = Scratch::new();
    let path = dir.path("long.pcap");
    let mut bytes = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101].map(u32::to_le_bytes).concat();
    let record = [&[0; 8][..], &60u32.to_le_bytes(), &60u32.to_le_bytes(), &[0x45; 60]].concat();
    bytes.extend(record.repeat(400_000));
    fs::write(&path, &bytes).unwrap();

    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let screen = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut child = Command::new(SYNACK)
        .args(["-nr".as_ref(), path.as_os_str()])
        .stdout(Stdio::piped())
        .stderr(screen.try_clone().unwrap())
        .spawn()
        .unwrap();
    // Nothing is drawn within the first second: the read is to take longer.
    std::thread::sleep(std::time::Duration::from_millis(1200));
    std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().success());
    let mut shown = [0; 4096];
    // The screen is still open here, so that what was drawn is still there.
    let n = rustix::io::read(&terminal, &mut shown).unwrap();
    let shown = text(&shown[..n]);
    assert!(shown.contains("% of 28.99 MiB"), "{shown:?}");
    assert!(shown.bytes().all(|byte| byte.is_ascii_graphic() || b" \r\n\x1b".contains(&byte)), "{shown:?}");
    drop(screen);
}

#[test]
fn a_full_disk_is_one_message_and_exit_74() {
    let path = seed("lottery.pcap");
    for args in [&["-n"][..], &["--count"], &["-w", "-"], &["-w", "/dev/full"]] {
        let output = Command::new(SYNACK)
            .arg("-r")
            .arg(&path)
            .args(args)
            .stdout(File::create("/dev/full").unwrap())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(74), "{args:?}");
        let errors = text(&output.stderr);
        assert_eq!(errors.lines().count(), 2, "banner and one message: {errors}");
        assert!(errors.contains("No space left on device"), "{errors}");
    }
    for args in [&["--help"][..], &["--version"], &["man"], &["completions", "fish"], &["-D"], &["-d", "tcp"]]
    {
        let output = Command::new(SYNACK)
            .args(args)
            .stdout(File::create("/dev/full").unwrap())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(74), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn messages_that_nobody_can_read_do_no_harm() {
    let output = Command::new(SYNACK)
        .args(["-r".as_ref(), seed("lottery.pcap").as_os_str(), "--count".as_ref()])
        .stderr(File::create("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "7 packets\n"));
}

#[test]
fn closed_descriptors_never_end_up_in_the_file() {
    let dir = Scratch::new();
    let copy = dir.path("copy.pcap");
    let script =
        format!("{SYNACK} -n -r {} -w {} <&- >&- 2>&-", seed("lottery.pcap").display(), copy.display());
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    assert_eq!(fs::read(&copy).unwrap(), fs::read(seed("lottery.pcap")).unwrap());
}

#[test]
fn names_come_from_the_systems_files_and_n_turns_them_off() {
    let shown = on_seed("-r @ -c 1", "lottery.pcap");
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let named = hosts.lines().any(|line| line.starts_with("127.0.0.1") && line.contains("localhost"));
    if needs::allowed("localhost in /etc/hosts", named) {
        assert!(text(&shown.stdout).contains("localhost."), "{}", text(&shown.stdout));
    }
    assert!(text(&on_seed("-nr @ -c 1", "lottery.pcap").stdout).contains("127.0.0.1."));
}

#[test]
fn lists_of_files_are_read_in_order() {
    let dir = Scratch::new();
    let list = dir.path("list");
    let mut file = File::create(&list).unwrap();
    writeln!(file, "{}\n{}", seed("lottery.pcap").display(), seed("lottery_exchange.pcap").display())
        .unwrap();
    let output = run(["-V".as_ref(), list.as_os_str(), "--count".as_ref()]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr).matches("reading from file").count(), 2);
    let count = |name| {
        let one = on_seed("-r @ --count", name);
        text(&one.stdout).split(' ').next().unwrap().parse::<u32>().unwrap()
    };
    let sum = count("lottery.pcap") + count("lottery_exchange.pcap");
    assert_eq!(text(&output.stdout), format!("{sum} packets\n"));
}

#[test]
fn dumps_in_other_layouts_follow_the_line() {
    for (style, piece) in [("sn", "45 00 00 40 "), ("canonical", "00000000  45 00"), ("wireshark", "0000   ")]
    {
        let output = on_seed(&format!("-nr @ -c 1 --dump={style}"), "lottery.pcap");
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0));
        let mut lines = shown.lines();
        let told = on_seed("-nr @ -c 1", "lottery.pcap");
        let line = lines.next().unwrap_or_default();
        assert_eq!(line.trim_start_matches("# "), text(&told.stdout).trim_end(), "{style}");
        assert!(lines.next().is_some_and(|line| line.starts_with(piece)), "{style}:\n{shown}");
        assert!(shown.ends_with('\n'));
    }
    assert_eq!(on_seed("-nr @ --dump=nosuch", "lottery.pcap").status.code(), Some(1));
}

#[test]
fn a_dump_may_begin_at_the_payload() {
    let plain = on_seed("-tn -r @", "lab_v1.pcap");
    let (plain, marked) = (text(&plain.stdout).to_owned(), on_seed("-tnX --payload -r @", "lab_v1.pcap"));
    let with = text(&marked.stdout);
    assert_eq!(with, text(&on_seed("-tn --payload -r @", "lab_v1.pcap").stdout));
    // The lines are the same, and dumps come only after those with a payload, of as many bytes.
    let (mut bytes, mut lines) = (Vec::new(), Vec::new());
    for line in with.lines() {
        match line.strip_prefix("\t0x") {
            None => {
                lines.push(line);
                bytes.push(0);
            }
            Some(dump) => {
                let hex = &dump[6..46.min(dump.len())];
                *bytes.last_mut().expect("a line before") +=
                    hex.chars().filter(|c| c.is_ascii_hexdigit()).count() / 2;
            }
        }
    }
    assert_eq!(lines, plain.lines().collect::<Vec<_>>());
    for (line, bytes) in lines.iter().zip(bytes) {
        let length: usize = line.rsplit("length ").next().expect("there").parse().expect("a number");
        assert_eq!(bytes, length, "{line}");
    }
    let canonical = on_seed("-tn --payload --dump canonical -r @", "lab_v1.pcap");
    assert_eq!(text(&canonical.stdout).matches("00000000").count(), with.matches("\t0x0000:").count());
}

#[test]
fn reading_stops_after_so_many_bytes() {
    let all = on_seed("-tn -r @", "lab_v1.pcap");
    let lines = |words: &str| text(&on_seed(&format!("{words} -r @"), "lab_v1.pcap").stdout).lines().count();
    assert_eq!(lines("-tn --max-bytes 1"), 1);
    assert_eq!(lines("-tn --max-bytes 10M"), text(&all.stdout).lines().count());
    // The first two have 74 bytes each.
    assert_eq!(
        [lines("-tn --max-bytes 74"), lines("-tn --max-bytes 75"), lines("-tn --max-bytes 148")],
        [1, 2, 2]
    );
    let wrong = on_seed("--max-bytes 1x -r @", "lab_v1.pcap");
    assert!(text(&wrong.stderr).contains("invalid number of bytes 1x"), "{}", text(&wrong.stderr));
}

#[test]
fn a_payload_that_nothing_knows_is_dumped_once() {
    let dir = Scratch::new();
    let path = dir.path("x.pcap");
    let mut bytes = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1].map(u32::to_le_bytes).concat();
    bytes.extend([1u32, 0, 18, 18].map(u32::to_le_bytes).concat());
    bytes.extend([&[2; 12][..], &[0x99, 0x99], b"what"].concat());
    fs::write(&path, &bytes).unwrap();
    for (style, dumps) in [("--dump=canonical", 1), ("-X", 1), ("-n", 1), ("-q", 0)] {
        let output = run(["-ntr".as_ref(), path.as_os_str(), style.as_ref()]);
        assert_eq!(text(&output.stdout).matches("what").count(), dumps, "{style}");
    }
}

#[test]
fn text2pcap_reads_the_frames_of_a_capture_back() {
    if !needs::program("text2pcap") {
        return;
    }
    let dir = Scratch::new();
    let (dump, back) = (dir.path("dump.txt"), dir.path("back.pcap"));
    for name in ["lab_v0.pcap", "lab_v1.pcap"] {
        for options in ["-nr @", "-nvvr @", "-enr @"] {
            let output = on_seed(&format!("{options} --dump=wireshark"), name);
            let shown = text(&output.stdout);
            let plain = on_seed(options, name);
            let lines = shown.lines().filter_map(|line| line.strip_prefix("# "));
            assert!(lines.eq(text(&plain.stdout).lines()), "{options} {name}");
            fs::write(&dump, &output.stdout).unwrap();
            let converter =
                Command::new("text2pcap").args(["-q", "-F", "pcap"]).args([&dump, &back]).output();
            assert!(converter.is_ok_and(|done| done.status.success()));
            let mut frames = synack::savefile::open(seed(name)).unwrap();
            let mut copy = synack::savefile::open(&back).unwrap();
            while let Some(frame) = synack::Source::next_packet(&mut frames).unwrap() {
                let read = synack::Source::next_packet(&mut copy).unwrap().map(|packet| packet.data);
                assert_eq!(read, Some(frame.data), "{options} {name}");
            }
        }
    }
}

/// Seconds at the start of each line.
fn times(output: &std::process::Output) -> Vec<f64> {
    text(&output.stdout).lines().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn several_files_are_merged_by_time() {
    let (a, b) = (seed("lab_v0.pcap"), seed("lab_v1.pcap"));
    let output = synack(&format!("-tt -n -r {} -r {}", b.display(), a.display()));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let merged = times(&output);
    let mut wanted = times(&synack(&format!("-tt -n -r {}", a.display())));
    wanted.extend(times(&synack(&format!("-tt -n -r {}", b.display()))));
    wanted.sort_by(f64::total_cmp);
    assert_eq!(merged, wanted);
}

#[test]
fn link_types_that_differ_go_into_pcapng_only() {
    let dir = Scratch::new();
    let inputs = format!("-r {} -r {}", seed("lottery.pcap").display(), seed("lab_v0.pcap").display());
    let refused = synack(&format!("{inputs} -w {}", dir.path("x.pcap").display()));
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("--pcapng"));
    let path = dir.path("x.pcapng.gz");
    assert_eq!(synack(&format!("{inputs} -w {}", path.display())).status.code(), Some(0));
    let count = synack(&format!("--count -r {}", path.display()));
    let sum = on_seed("-r @ --count", "lab_v0.pcap");
    let sum = 7 + text(&sum.stdout).split(' ').next().unwrap().parse::<u32>().unwrap();
    assert_eq!(text(&count.stdout), format!("{sum} packets\n"));
    // And the other way: one file with both cannot become a pcap file.
    let back = synack(&format!("-r {} -w {}", path.display(), dir.path("y.pcap").display()));
    assert_eq!(back.status.code(), Some(1), "{}", text(&back.stderr));
}

#[test]
fn a_torn_file_is_repaired() {
    let dir = Scratch::new();
    let (torn, whole) = (dir.path("torn.pcap"), dir.path("whole.pcap"));
    let mut bytes = fs::read(seed("lottery.pcap")).unwrap();
    bytes.truncate(bytes.len() - 10);
    fs::write(&torn, bytes).unwrap();
    let output = run(["repair".as_ref(), torn.as_os_str(), whole.as_os_str()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).starts_with("6 packets kept"), "{}", text(&output.stderr));
    let count = synack(&format!("--count -r {}", whole.display()));
    assert_eq!((count.status.code(), text(&count.stdout)), (Some(0), "6 packets\n"));
}

#[test]
fn more_files_than_usually_may_be_open_are_merged() {
    let script =
        "ulimit -Sn 300 && exec \"$0\" --count $(for n in $(seq 600); do printf -- '-r %s ' \"$1\"; done)";
    let output = Command::new("sh").args(["-c", script, SYNACK]).arg(seed("lottery.pcap")).output().unwrap();
    assert_eq!(text(&output.stdout), "4200 packets\n", "{}", text(&output.stderr));
}

#[test]
fn every_format_that_is_written_is_read_back_whole() {
    let dir = Scratch::new();
    let original = on_seed("-ttnr @", "lottery.pcap");
    let original = text(&original.stdout);
    for name in ["a.pcap", "a.pcapng"] {
        for ending in ["", ".gz", ".zst", ".lz4"] {
            let path = dir.path(&format!("{name}{ending}"));
            let written =
                run(["-r".as_ref(), seed("lottery.pcap").as_os_str(), "-w".as_ref(), path.as_os_str()]);
            assert_eq!(written.status.code(), Some(0), "{name}{ending}: {}", text(&written.stderr));
            let output = run(["-ttnr".as_ref(), path.as_os_str()]);
            assert_eq!(text(&output.stdout), original, "{name}{ending}: {}", text(&output.stderr));
            assert_eq!(output.status.code(), Some(0));
        }
    }
}
