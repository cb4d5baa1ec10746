//! Option kinds of TCP and IPv4 headers.
use core::fmt;

use super::proto::numbers;

numbers! {
    /// The kind of a TCP option, <https://www.iana.org/assignments/tcp-parameters>.
    TcpOptionKind(u8) {
        /// End of the option list.
        EOL = 0;
        /// No operation.
        NOP = 1;
        /// Maximum segment size.
        MSS = 2;
        /// Window scale (RFC 7323).
        WINDOW_SCALE = 3;
        /// SACK permitted (RFC 2018).
        SACK_PERMITTED = 4;
        /// SACK (RFC 2018).
        SACK = 5;
        /// Echo (RFC 1072).
        ECHO = 6;
        /// Echo reply (RFC 1072).
        ECHO_REPLY = 7;
        /// Timestamps (RFC 7323).
        TIMESTAMPS = 8;
        /// Connection count (RFC 1644).
        CC = 11;
        /// New connection count (RFC 1644).
        CC_NEW = 12;
        /// Connection count echo (RFC 1644).
        CC_ECHO = 13;
        /// MD5 signature (RFC 2385).
        MD5 = 19;
        /// Space communications (CCSDS 714.0-B-2).
        SCPS = 20;
        /// User timeout (RFC 5482).
        USER_TIMEOUT = 28;
        /// Authentication (RFC 5925).
        AUTHENTICATION = 29;
        /// Multipath (RFC 8684).
        MPTCP = 30;
        /// Fast open (RFC 7413).
        FAST_OPEN = 34;
        /// Experiment 1 (RFC 3692, RFC 6994).
        EXPERIMENT_1 = 253;
        /// Experiment 2 (RFC 3692, RFC 6994).
        EXPERIMENT_2 = 254;
    }
}

numbers! {
    /// The kind of an IPv4 option, copy flag and class included,
    /// <https://www.iana.org/assignments/ip-parameters>.
    Ipv4OptionKind(u8) {
        /// End of the option list.
        EOL = 0;
        /// No operation.
        NOP = 1;
        /// Record route.
        RECORD_ROUTE = 7;
        /// Internet timestamp.
        TIMESTAMP = 68;
        /// Traceroute (RFC 1393).
        TRACEROUTE = 82;
        /// Security (RFC 1108).
        SECURITY = 130;
        /// Loose source route.
        LOOSE_SOURCE_ROUTE = 131;
        /// Strict source route.
        STRICT_SOURCE_ROUTE = 137;
        /// Router alert (RFC 2113).
        ROUTER_ALERT = 148;
    }
}
