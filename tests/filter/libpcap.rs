//! The installed libpcap as an oracle, through a small C program built when a test first needs it.
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use synack::LinkType;
use synack::bpf::RawInsn;

use crate::needs;

/// A process that answers for one capture.
pub(crate) struct Libpcap {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    capture: PathBuf,
}

/// What libpcap said to an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Refused(String),
    Accepted { verdicts: Vec<bool>, program: Vec<RawInsn> },
}

/// The program, built once; `None` without a C compiler or libpcap's headers.
fn executable() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/filter/pcap_oracle.c");
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let (fresh, target) =
                (folder.join(format!("pcap_oracle.{}", std::process::id())), folder.join("pcap_oracle"));
            let built = Command::new("cc")
                .args(["-O2", "-o"])
                .args([&fresh, Path::new(source)])
                .arg("-lpcap")
                .stderr(Stdio::null())
                .status();
            // Another run may be using the old one.
            let built = built.is_ok_and(|status| status.success());
            (built && fs::rename(&fresh, &target).is_ok()).then_some(target)
        })
        .as_deref()
}

impl Libpcap {
    /// Starts it on packets of a link type. `None`, and a line that says so, where it cannot be built.
    pub(crate) fn start(link: LinkType, packets: &[(Vec<u8>, u32)]) -> Option<Self> {
        static COUNTER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let found = executable();
        if !needs::installed("a C compiler and libpcap's headers", found.is_some()) {
            return None;
        }
        let executable = found?;
        let number = COUNTER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let capture = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("filter.{}.{number}.pcap", std::process::id()));
        fs::write(&capture, pcap_file(link, packets)).unwrap();
        let mut child = Command::new(executable)
            .arg(&capture)
            .arg("0xffffff00")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the oracle was built just now");
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, questions, answers, capture })
    }

    /// Compiles and runs an expression.
    pub(crate) fn ask(&mut self, text: &str, optimize: bool) -> Answer {
        assert!(!text.contains(['\n', '\0']), "a question is a line");
        let line = self.exchange(if optimize { 'o' } else { 'u' }, text);
        if let Some(message) = line.strip_prefix("- ") {
            return Answer::Refused(message.to_owned());
        }
        let mut words = line.strip_prefix("+ ").unwrap().split(' ');
        let verdicts = words.next().unwrap().bytes().map(|digit| digit == b'1').collect();
        let program = words.map(|word| {
            let mut numbers = word.split(',').map(|number| number.parse::<u32>().unwrap());
            let mut next = || numbers.next().unwrap();
            RawInsn { code: next() as u16, jt: next() as u8, jf: next() as u8, k: next() }
        });
        Answer::Accepted { verdicts, program: program.collect() }
    }

    /// Nanoseconds to compile, thousandths of a nanosecond to run over all packets, instructions.
    #[allow(dead_code, reason = "a bench asks for it")]
    pub(crate) fn measure(&mut self, text: &str) -> Option<[f64; 3]> {
        let line = self.exchange('t', text);
        let numbers: Vec<f64> =
            line.strip_prefix("+ ")?.split(' ').map(|word| word.parse().unwrap()).collect();
        numbers.try_into().ok()
    }

    fn exchange(&mut self, command: char, text: &str) -> String {
        let questions = self.questions.as_mut().unwrap();
        writeln!(questions, "{command} {text}").and_then(|()| questions.flush()).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "libpcap died of {text:?}");
        line.trim_end_matches('\n').to_owned()
    }
}

impl Drop for Libpcap {
    fn drop(&mut self) {
        // The end of the questions ends the process.
        drop(self.questions.take());
        drop(self.child.wait());
        drop(fs::remove_file(&self.capture));
    }
}

/// A capture file in the byte order of this machine.
fn pcap_file(link: LinkType, packets: &[(Vec<u8>, u32)]) -> Vec<u8> {
    let mut file = Vec::new();
    let words =
        |file: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|word| file.extend(word.to_ne_bytes()));
    words(&mut file, &[0xa1b2_c3d4]);
    file.extend([2_u16, 4].map(u16::to_ne_bytes).concat());
    words(&mut file, &[0, 0, 262_144, link.0]);
    for (data, wire_len) in packets {
        words(&mut file, &[1, 0, data.len() as u32, *wire_len]);
        file.extend(data);
    }
    file
}
