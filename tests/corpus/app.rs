//! First lines: HTTP, RTSP, FTP, SMTP, WHOIS, SSH, whole, in pieces, and not text at all.
use super::build::*;
use super::{Capture, EN10MB, IPV4};

const PORTS: [u16; 8] = [21, 22, 25, 43, 80, 554, 8080, 8554];

fn texts() -> Vec<Vec<u8>> {
    let mut list: Vec<Vec<u8>> = [
        &b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"[..],
        b"get /lower HTTP/1.0\r\n\r\n",
        b"POST /form HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b",
        b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n<html>\r\n</html>\r\n",
        b"HTTP/1.1 404 Not Found\r\n\r\n",
        b"HTTP/1.1 2000 Odd\r\n",
        b"HTTP/1.1 20 Odd\r\n",
        b"HTTP/1.1 200\r\n",
        b"HTTP/1.1  200 two spaces\r\n",
        b"<html>\r\nno method here\r\n",
        b"DESCRIBE rtsp://h/x RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
        b"220 mail.example.com ESMTP\r\n",
        b"EHLO there\r\nMAIL FROM:<a@b>\r\nDATA\r\n.\r\n",
        b"250-first\r\n250 last\r\n",
        b"USER anonymous\r\nPASS x@y\r\n",
        b"example.com\r\n",
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"SSH-1.99-x\n",
        b"SSH-2.0-no line end",
        b"ssh-2.0-lower\r\n",
        b"\0\0\x01\x2c\x0a\x14binary key exchange\r\n",
        b"GET / HTTP/1.1",
        b"GET",
        b"GET\r\n",
        b"GET /no/version\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\nGET / HTTP/1.1\r\n",
        b" leading space\r\n",
        b"\tGET / tab\r\n",
        b"GET\t/tab\tHTTP/1.1\r\n",
        b"GET / HT\x01TP\r\nnext\r\n",
        b"GET / HTTP/1.1\r\nBad: \x80\xff\r\nAfter: this\r\n",
        b"GET / HTTP/1.1\rlone return\r\n",
        b"GET / HTTP/1.1\r\r\n",
        b"\xff\xfb\x01telnet",
        b"M-SEARCH * HTTP/1.1\r\n\r\n",
        b"BASELINE-CONTROL x\r\n",
        b"PATCH /x HTTP/1.1\r\n\r\n",
        b"a 200 b\r\n",
        b"1 2 3\r\n",
        b"x",
    ]
    .iter()
    .map(|t| t.to_vec())
    .collect();
    for method in [
        "HEAD",
        "PUT",
        "OPTIONS",
        "DELETE",
        "TRACE",
        "CONNECT",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "POLL",
        "BCOPY",
        "BMOVE",
        "SEARCH",
        "BDELETE",
        "BPROPFIND",
        "BPROPPATCH",
        "LABEL",
        "MERGE",
        "REPORT",
        "UPDATE",
        "CHECKIN",
        "CHECKOUT",
        "UNCHECKOUT",
        "MKACTIVITY",
        "MKWORKSPACE",
        "VERSION-CONTROL",
        "RPC_CONNECT",
        "NOTIFY",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "SETUP",
        "PLAY",
        "PAUSE",
        "RECORD",
        "TEARDOWN",
        "ANNOUNCE",
        "GET_PARAMETER",
        "SET_PARAMETER",
        "REDIRECT",
        "HTTP/1.1",
        "NONSENSE",
        "GETX",
        "GE",
    ] {
        list.push(format!("{method} thing rest\r\nline\r\n").into_bytes());
    }
    list
}

fn on_every_port() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for port in PORTS {
        for text in texts() {
            frames.push(tcp(PSH | ACK, 1, 1).ports(50000, port).payload(&text).frame());
            frames.push(tcp(PSH | ACK, 1, 1).ports(port, 50000).payload(&text).frame());
        }
        frames
            .push(eth(0x86dd, &tcp(PSH | ACK, 1, 1).ports(50000, port).payload(&texts()[0]).over6(&ip6(6))));
        for flags in [SYN, FIN | ACK, RST, RST | ACK, ACK] {
            frames.push(tcp(flags, 1, 1).ports(50000, port).payload(&texts()[0]).frame());
            frames.push(tcp(flags, 1, 1).ports(50000, port).frame());
        }
        for other in PORTS {
            frames.push(tcp(ACK, 1, 1).ports(port, other).payload(&texts()[3]).frame());
        }
    }
    frames
}

fn cut() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for port in PORTS {
        for n in [0usize, 3, 17, 34] {
            packets.push(tcp(PSH | ACK, 1, 1).ports(50000, port).payload(&texts()[n]).over4(&ip4(6)));
        }
    }
    packets
}

fn telnet() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut send = |bytes: &[u8]| frames.push(tcp(PSH | ACK, 1, 1).ports(50000, 23).payload(bytes).frame());
    send(b"login: ");
    for command in 230..=255u8 {
        for option in [0u8, 1, 24, 31, 37, 38, 39, 40, 255] {
            send(&[255, command, option]);
            send(&[255, command, option, b'x', 255, 253, 3]);
            send(&[255, 253, 1, 255, command, option, 1, 2, 255, 240, b'y']);
        }
        send(&[255, command]);
    }
    send(&[255]);
    for option in [24u8, 31, 37, 38] {
        for first in 0..18u8 {
            send(&[255, 250, option, first, 17 - first, 0, 9, 255, 240, 255, 241]);
            send(&[255, 250, option, first, 255, 240]);
        }
        for body in
            [&[][..], &[255], &[240], &[255, 240], &[0, 255], &[255, 255], &[1, 2, 3, 4, 5, 6, 7, 8, 9]]
        {
            send(&cat(&[&[255, 250, option], body]));
        }
    }
    frames
}

fn redis_and_beep() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = [
        &b"+OK\r\n"[..],
        b"-ERR unknown command\r\n",
        b":1000\r\n",
        b":-5\r\n",
        b":x\r\n",
        b"$6\r\nfoobar\r\n",
        b"$0\r\n\r\n",
        b"$-1\r\n",
        b"$-2\r\n",
        b"$3\r\nab\x01\r\n",
        b"$99\r\nshort\r\n",
        b"$99999999999\r\n",
        b"*0\r\n",
        b"*-1\r\n",
        b"*2\r\n$3\r\nfoo\r\n$3\r\nbar\r\n",
        b"*3\r\n:1\r\n+two\r\n-three\r\n",
        b"*2\r\n*1\r\n:1\r\n$-1\r\n",
        b"*5\r\n$3\r\nSET\r\n",
        b"+OK\r\n+again\r\n$2\r\nhi\r\n",
        b"PING\r\n",
        b"GET key\r\nGET other\r\n",
        b"+no line end",
        b"$3\nfoo\n",
        b"$3\rfoo\r",
        b"\r\n",
        b"!\x80\xff\r\n",
        b"RPY 0 1 . 0 0\r\nEND\r\n",
        b"MSG 0 1 . 52 133\r\n",
        b"ERR 0 1 . 52 133\r\n",
        b"ANS 0 1 . 52 133 0\r\n",
        b"NUL 0 1 . 52 133\r\n",
        b"SEQ 0 1 4096\r\n",
        b"END\r\n",
        b"END",
        b"ANS",
        b"xyz",
        b"M",
    ]
    .iter()
    .map(|t| t.to_vec())
    .collect();
    for kind in *b"+-:$*" {
        for text in [
            "",
            "\r",
            "\n",
            "\r\n",
            "1",
            "1\r",
            "1\r\n",
            "1\r\nx",
            "+1\r\nx\r\n",
            "01\r\nx\r\n",
            " 1\r\nx\r\n",
        ] {
            texts.push(cat(&[&[kind], text.as_bytes()]));
        }
    }
    let ports =
        |text: &Vec<u8>| [6379u16, 10288].map(|p| tcp(PSH | ACK, 1, 1).ports(50000, p).payload(text).frame());
    texts.iter().flat_map(ports).collect()
}

pub(crate) fn captures() -> Vec<Capture> {
    vec![
        Capture::new("app-first-lines", EN10MB, on_every_port()),
        Capture::new("app-redis-and-beep", EN10MB, redis_and_beep()),
        Capture::cut("app-redis-and-beep-cut", EN10MB, redis_and_beep().into_iter().step_by(3).collect()),
        Capture::new("app-telnet", EN10MB, telnet()),
        Capture::cut("app-telnet-cut", EN10MB, telnet().into_iter().step_by(97).collect()),
        Capture::cut("app-first-lines-cut", IPV4, cut()),
    ]
}
