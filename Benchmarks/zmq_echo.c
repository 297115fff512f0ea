// A plain echo over ZeroMQ in C: the yardstick for `gossamer bench ask`.
//
//   zmq_echo server PORT CPU          a ROUTER that sends every message back; prints "ready"; ends when its input does
//   zmq_echo client PORT CPU SECONDS  a DEALER that measures; prints one line of JSON
//
// CPU is the processor to run on, or -1 for any. One I/O thread each, TCP on the loopback, 16-byte messages, the same
// three questions that the other side of the comparison answers: one message at a time, 64 at a time, and one way.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { PAYLOAD = 16, IN_FLIGHT = 64, MOST_SAMPLES = 4000000, HIGH_WATER = 100000 };

static const char COUNT_ME[] = "N"; // one way: do not answer
static const char TELL_ME[] = "?";  // how many have come one way?

static void fail(const char *what) {
    fprintf(stderr, "zmq_echo: %s: %s\n", what, zmq_strerror(errno));
    exit(70);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double processor_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// Before the context is made, because its I/O thread inherits the mask.
static void pin(int processor) {
    if (processor < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fail("sched_setaffinity");
}

static void *open_socket(void *context, int type) {
    void *socket = zmq_socket(context, type);
    if (!socket) fail("zmq_socket");
    int limit = HIGH_WATER, linger = 0;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &limit, sizeof limit);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &limit, sizeof limit);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    return socket;
}

static int serve(const char *port) {
    void *context = zmq_ctx_new();
    void *socket = open_socket(context, ZMQ_ROUTER);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%s", port);
    if (zmq_bind(socket, address) != 0) fail(address);
    printf("ready\n");
    fflush(stdout);
    uint64_t counted = 0;
    zmq_pollitem_t items[] = {{socket, 0, ZMQ_POLLIN, 0}, {NULL, STDIN_FILENO, ZMQ_POLLIN, 0}};
    for (;;) {
        if (zmq_poll(items, 2, -1) < 0 && errno != EINTR) fail("zmq_poll");
        if (items[1].revents) return 0;
        for (;;) {
            zmq_msg_t sender, body;
            zmq_msg_init(&sender);
            if (zmq_msg_recv(&sender, socket, ZMQ_DONTWAIT) < 0) {
                if (errno != EAGAIN) fail("zmq_msg_recv");
                break;
            }
            zmq_msg_init(&body);
            if (zmq_msg_recv(&body, socket, 0) < 0) fail("zmq_msg_recv");
            char first = zmq_msg_size(&body) > 0 ? *(char *)zmq_msg_data(&body) : 0;
            if (first == COUNT_ME[0]) {
                counted++;
                zmq_msg_close(&sender);
                zmq_msg_close(&body);
                continue;
            }
            if (first == TELL_ME[0]) {
                zmq_msg_close(&body);
                zmq_msg_init_size(&body, sizeof counted);
                memcpy(zmq_msg_data(&body), &counted, sizeof counted);
            }
            if (zmq_msg_send(&sender, socket, ZMQ_SNDMORE) < 0) fail("zmq_msg_send");
            if (zmq_msg_send(&body, socket, 0) < 0) fail("zmq_msg_send");
        }
    }
}

static void ask(void *socket, char *payload) {
    if (zmq_send(socket, payload, PAYLOAD, 0) < 0) fail("zmq_send");
    if (zmq_recv(socket, payload, PAYLOAD, 0) != PAYLOAD) fail("zmq_recv");
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct latency { double p50, p99; };

static struct latency one_at_a_time(void *socket, double seconds) {
    static double samples[MOST_SAMPLES];
    char payload[PAYLOAD] = "0123456789abcde";
    int count = 0;
    double end = now() + seconds, before = now();
    while (before < end && count < MOST_SAMPLES) {
        ask(socket, payload);
        double after = now();
        samples[count++] = after - before;
        before = after;
    }
    qsort(samples, (size_t)count, sizeof samples[0], by_value);
    return (struct latency){samples[count / 2] * 1e6, samples[(int)(count * 0.99)] * 1e6};
}

static double many_at_a_time(void *socket, double seconds) {
    char payload[PAYLOAD] = "0123456789abcde";
    for (int i = 0; i < IN_FLIGHT; i++)
        if (zmq_send(socket, payload, PAYLOAD, 0) < 0) fail("zmq_send");
    uint64_t count = 0;
    double start = now(), elapsed = 0;
    while (elapsed < seconds) {
        for (int i = 0; i < 1024; i++) ask(socket, payload);
        count += 1024;
        elapsed = now() - start;
    }
    for (int i = 0; i < IN_FLIGHT; i++)
        if (zmq_recv(socket, payload, PAYLOAD, 0) != PAYLOAD) fail("zmq_recv");
    return (double)count / elapsed;
}

static double one_way(void *socket, uint64_t count) {
    char payload[PAYLOAD] = "N123456789abcde", question[PAYLOAD] = "?123456789abcde";
    uint64_t arrived = 0;
    double start = now();
    for (uint64_t i = 0; i < count; i++)
        if (zmq_send(socket, payload, PAYLOAD, 0) < 0) fail("zmq_send");
    if (zmq_send(socket, question, PAYLOAD, 0) < 0) fail("zmq_send");
    if (zmq_recv(socket, &arrived, sizeof arrived, 0) != sizeof arrived) fail("zmq_recv");
    return (double)arrived / (now() - start);
}

static int measure(const char *port, double seconds) {
    void *context = zmq_ctx_new();
    void *socket = open_socket(context, ZMQ_DEALER);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%s", port);
    if (zmq_connect(socket, address) != 0) fail(address);
    one_at_a_time(socket, seconds / 5); // warms up
    double before = processor_time();
    struct latency latency = one_at_a_time(socket, seconds);
    double busy = (processor_time() - before) / seconds;
    double concurrent = many_at_a_time(socket, seconds);
    double sent = one_way(socket, (uint64_t)(concurrent * seconds));
    printf(
        "{\"p50\":%.3f,\"p99\":%.3f,\"concurrent\":%.0f,\"oneWay\":%.0f,\"clientBusy\":%.3f}\n", latency.p50, latency.p99,
        concurrent, sent, busy);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}

int main(int count, char **arguments) {
    if (count >= 4) pin(atoi(arguments[3]));
    if (count == 4 && strcmp(arguments[1], "server") == 0) return serve(arguments[2]);
    if (count == 5 && strcmp(arguments[1], "client") == 0) return measure(arguments[2], atof(arguments[4]));
    fprintf(stderr, "usage: zmq_echo server PORT CPU | zmq_echo client PORT CPU SECONDS\n");
    return 64;
}
