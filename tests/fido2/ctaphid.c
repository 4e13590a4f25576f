/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fido2/ctaphid.h"

#include <time.h>

enum {
        PING = 1,
        INIT = 6,
        CBOR = 0x10,
        CANCEL = 0x11,
        KEEPALIVE = 0x3b,
        ERROR = 0x3f,
};
#define FIRST_HEAD   7
#define MORE_HEAD    5
#define KEEPALIVE_MS 100

static uint64_t now_ms(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void answer(ctaphid *h, uint8_t command, pawl_span content)
{
        h->response_command = command;
        h->response_len = content.len;
        h->response_put = 0;
        h->response_sequence = 0;
        pawl_copy(h->response, content.data, content.len);
}

static void answer_byte(ctaphid *h, uint8_t command, uint8_t byte)
{
        answer(h, command, pawl_span_of(&byte, 1));
}

static void answer_init(ctaphid *h)
{
        uint8_t content[17] = { 0 };

        pawl_copy(content, h->request, 8);
        pawl_copy(content + 8, (const uint8_t[]){ 1, 2, 3, 4 }, 4);
        content[12] = 2;     /* protocol */
        content[16] = 4 | 8; /* CBOR, and no U2F */
        answer(h, INIT, pawl_span_of(content, sizeof(content)));
}

static void carry_out(ctaphid *h)
{
        static uint8_t bytes[FIDO2_MESSAGE_MAX];
        pawl_writer w = pawl_writer_of(bytes, sizeof(bytes));

        authenticator_run(&h->token, pawl_span_of(h->request, h->request_len), &w);
        answer(h, CBOR, pawl_written(&w));
}

static void handle(ctaphid *h)
{
        if (h->command == INIT)
                answer_init(h);
        else if (h->command == PING)
                answer(h, PING, pawl_span_of(h->request, h->request_len));
        else if (h->command != CBOR)
                answer_byte(h, ERROR, 1);
        else if (!authenticator_wants_touch(pawl_span_of(h->request, h->request_len)))
                carry_out(h);
        else {
                h->is_waiting = true;
                h->waiting_since = now_ms();
        }
}

static void take(ctaphid *h, const uint8_t *data, size_t max)
{
        size_t n = h->request_len - h->request_got;

        n = n < max ? n : max;
        pawl_copy(h->request + h->request_got, data, n);
        h->request_got += n;
        if (h->request_got == h->request_len)
                handle(h);
}

static void begin(ctaphid *h, const uint8_t *report)
{
        size_t len = (size_t)report[5] << 8 | report[6];

        h->command = report[4] & 0x7f;
        if (h->command == CANCEL) {
                if (h->is_waiting)
                        answer_byte(h, CBOR, CTAP_KEEPALIVE_CANCEL);
                h->is_waiting = false;
                return;
        }
        if (len > sizeof(h->request)) {
                answer_byte(h, ERROR, 3);
                return;
        }
        pawl_copy(h->channel, report, 4);
        h->request_len = len;
        h->request_got = 0;
        h->next_sequence = 0;
        h->is_waiting = false;
        take(h, report + FIRST_HEAD, CTAPHID_REPORT_SIZE - FIRST_HEAD);
}

void ctaphid_write(ctaphid *h, const uint8_t report[static CTAPHID_REPORT_SIZE])
{
        if (report[4] & 0x80)
                begin(h, report);
        else if (h->request_got < h->request_len && report[4] == h->next_sequence) {
                h->next_sequence++;
                take(h, report + MORE_HEAD, CTAPHID_REPORT_SIZE - MORE_HEAD);
        }
}

static void put(ctaphid *h, uint8_t *ret, size_t head)
{
        size_t n = h->response_len - h->response_put, max = CTAPHID_REPORT_SIZE - head;

        n = n < max ? n : max;
        pawl_copy(ret + head, h->response + h->response_put, n);
        h->response_put += n;
        if (h->response_put == h->response_len)
                h->response_len = h->response_put = 0;
}

static void put_first(ctaphid *h, uint8_t *ret)
{
        ret[4] = 0x80 | h->response_command;
        ret[5] = (uint8_t)(h->response_len >> 8);
        ret[6] = (uint8_t)h->response_len;
        put(h, ret, FIRST_HEAD);
}

static bool keep_waiting(ctaphid *h, uint8_t *ret)
{
        if (now_ms() - h->last_keepalive < KEEPALIVE_MS)
                return false;
        h->last_keepalive = now_ms();
        ret[4] = 0x80 | KEEPALIVE;
        ret[6] = 1;
        ret[7] = 2; /* a touch is needed */
        return true;
}

bool ctaphid_read(ctaphid *h, uint8_t ret[static CTAPHID_REPORT_SIZE])
{
        pawl_zero(ret, CTAPHID_REPORT_SIZE);
        pawl_copy(ret, h->channel, 4);
        if (h->is_waiting && authenticator_is_touched(&h->token)) {
                h->is_waiting = false;
                carry_out(h);
        } else if (h->is_waiting && now_ms() - h->waiting_since > CTAPHID_TOUCH_MS) {
                h->is_waiting = false;
                answer_byte(h, CBOR, CTAP_USER_ACTION_TIMEOUT);
        }
        if (h->is_waiting)
                return keep_waiting(h, ret);
        if (h->response_len == 0)
                return false;
        if (h->response_put == 0) {
                put_first(h, ret);
        } else {
                ret[4] = h->response_sequence++;
                put(h, ret, MORE_HEAD);
        }
        return true;
}
