//! The pcap filter language, compiled to classic BPF.
