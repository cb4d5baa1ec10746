/*
 * Answers questions about filters with the installed libpcap, for the tests and benches to compare with.
 *
 *   pcap_oracle capture.pcap [netmask]
 *
 * Each line of standard input is a command letter and an expression, each answer one line of output:
 *
 *   o EXPR   compile with optimisation        "- error" or "+ verdicts instructions"
 *   u EXPR   compile without                  likewise
 *   t EXPR   measure                          "- error" or "+ compile_ns run_ns count"
 *
 * Verdicts are a 0 or 1 for each packet of the capture; instructions are code,jt,jf,k separated by spaces;
 * run_ns is for one run over the whole capture, in thousandths.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct packet {
    struct pcap_pkthdr header;
    unsigned char *data;
};

static struct packet *packets;
static size_t count, room;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int load(pcap_t *file)
{
    struct pcap_pkthdr *header;
    const unsigned char *data;

    while (pcap_next_ex(file, &header, &data) == 1) {
        if (count == room) {
            room = room ? room * 2 : 64;
            packets = realloc(packets, room * sizeof *packets);
            if (!packets)
                return 0;
        }
        packets[count].header = *header;
        /* Exactly as long as the packet, so that a sanitizer sees a read behind it. */
        packets[count].data = malloc(header->caplen ? header->caplen : 1);
        if (!packets[count].data)
            return 0;
        memcpy(packets[count].data, data, header->caplen);
        count++;
    }
    return 1;
}

/* One line, whatever the message: one of libpcap's ends with a newline. */
static void refuse(pcap_t *file)
{
    const char *message = pcap_geterr(file);

    printf("- %.*s\n", (int)strcspn(message, "\n"), message);
}

static void answer(pcap_t *file, const char *text, int optimize, bpf_u_int32 netmask)
{
    struct bpf_program program;

    if (pcap_compile(file, &program, text, optimize, netmask) != 0) {
        refuse(file);
        return;
    }
    fputs("+ ", stdout);
    for (size_t i = 0; i < count; i++)
        putchar(pcap_offline_filter(&program, &packets[i].header, packets[i].data) ? '1' : '0');
    for (unsigned i = 0; i < program.bf_len; i++) {
        const struct bpf_insn *insn = &program.bf_insns[i];
        printf(" %u,%u,%u,%u", insn->code, insn->jt, insn->jf, insn->k);
    }
    putchar('\n');
    pcap_freecode(&program);
}

static void measure(pcap_t *file, const char *text, bpf_u_int32 netmask)
{
    struct bpf_program program;
    double compile = 1e18, run = 1e18;
    unsigned length = 0;
    volatile unsigned sink = 0;

    for (int round = 0; round < 20; round++) {
        double start = now();
        if (pcap_compile(file, &program, text, 1, netmask) != 0) {
            refuse(file);
            return;
        }
        double took = now() - start;
        if (took < compile)
            compile = took;
        length = program.bf_len;
        start = now();
        for (int again = 0; again < 100; again++)
            for (size_t i = 0; i < count; i++)
                sink += bpf_filter(program.bf_insns, packets[i].data, packets[i].header.len,
                                   packets[i].header.caplen);
        took = (now() - start) / 100;
        if (took < run)
            run = took;
        pcap_freecode(&program);
    }
    printf("+ %.0f %.0f %u\n", compile, run * 1000, length);
}

int main(int argc, char **argv)
{
    char problem[PCAP_ERRBUF_SIZE];
    bpf_u_int32 netmask = PCAP_NETMASK_UNKNOWN;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    if (argc < 2)
        return 2;
    if (argc > 2)
        netmask = (bpf_u_int32)strtoul(argv[2], NULL, 0);
    pcap_t *file = pcap_open_offline(argv[1], problem);
    if (!file || !load(file)) {
        fprintf(stderr, "%s\n", problem);
        return 1;
    }
    while ((length = getline(&line, &size, stdin)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        const char *text = length > 2 ? line + 2 : "";
        if (line[0] == 't')
            measure(file, text, netmask);
        else
            answer(file, text, line[0] == 'o', netmask);
        fflush(stdout);
    }
    return 0;
}
