/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/pcr-file.h"

#include "userspace/host/file.h"
#include "userspace/host/json.h"

static pawl_span trim(pawl_span s)
{
        while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
                s = pawl_span_of(s.data + 1, s.len - 1);
        while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
                s.len--;
        return s;
}

/* A decimal number below PAWL_PCR_COUNT. */
static pawl_err parse_pcr(pawl_span s, unsigned *ret)
{
        unsigned v = 0;

        if (s.len == 0 || s.len > 2)
                return PAWL_ERR_FORMAT;
        for (size_t i = 0; i < s.len; i++) {
                if (s.data[i] < '0' || s.data[i] > '9')
                        return PAWL_ERR_FORMAT;
                v = 10 * v + (unsigned)(s.data[i] - '0');
        }
        if (v >= PAWL_PCR_COUNT)
                return PAWL_ERR_FORMAT;
        *ret = v;
        return PAWL_OK;
}

static int nibble(uint8_t c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; /* tpm2_pcrread writes capitals */
}

static pawl_err parse_digest(pawl_span hex, pawl_alg alg, pawl_digest *ret)
{
        pawl_digest digest = { .alg = alg };
        const size_t size = pawl_alg_info_of(alg)->size;

        if (hex.len != 2 * size)
                return PAWL_ERR_FORMAT;
        for (size_t i = 0; i < size; i++) {
                int high = nibble(hex.data[2 * i]), low = nibble(hex.data[2 * i + 1]);

                if (high < 0 || low < 0)
                        return PAWL_ERR_FORMAT;
                digest.bytes[i] = (uint8_t)(high << 4 | low);
        }
        *ret = digest;
        return PAWL_OK;
}

static pawl_err add_value(pawl_pcr_values *v, pawl_alg bank, pawl_span pcr, pawl_span hex)
{
        pawl_pcr_set *set = &v->sets[bank];
        unsigned i;

        PAWL_TRY(parse_pcr(pcr, &i));
        if ((set->mask >> i & 1) != 0)
                return PAWL_ERR_DUPLICATE;
        PAWL_TRY(parse_digest(hex, bank, &set->values[i]));
        set->bank = bank;
        set->mask |= 1u << i;
        v->banks |= 1u << bank;
        return PAWL_OK;
}

/* The bank that the lines after a heading belong to. */
typedef struct section {
        bool is_any, is_known;
        pawl_alg bank;
} section;

static pawl_err parse_line(pawl_span line, section *s, pawl_pcr_values *v)
{
        pawl_reader r = pawl_reader_of(line);
        size_t colon = 0;
        pawl_span left, value;

        while (colon < line.len && line.data[colon] != ':')
                colon++;
        PAWL_TRY(pawl_read_bytes(&r, colon, &left));
        PAWL_TRY(pawl_read_skip(&r, 1));
        value = trim(r.left);
        left = trim(left);
        if (value.len == 0) {
                s->is_any = true;
                s->is_known = pawl_alg_from_name(left, &s->bank) == PAWL_OK;
                return PAWL_OK;
        }
        if (!s->is_any || !pawl_span_has_prefix(value, PAWL_SPAN_LITERAL("0x")))
                return PAWL_ERR_FORMAT;
        if (!s->is_known)
                return PAWL_OK;
        return add_value(v, s->bank, left, pawl_span_of(value.data + 2, value.len - 2));
}

static pawl_err parse_lines(pawl_span text, pawl_pcr_values *v, pawl_diag *d)
{
        pawl_reader r = pawl_reader_of(text);
        section s = { 0 };
        unsigned n = 0;
        pawl_span line;

        while (pawl_read_line(&r, &line) == PAWL_OK) {
                pawl_err err;

                n++;
                line = trim(line);
                if (line.len == 0)
                        continue;
                err = parse_line(line, &s, v);
                if (err != PAWL_OK)
                        return pawl_fail(d, err == PAWL_ERR_TRUNCATED ? PAWL_ERR_FORMAT : err,
                                "line %u: %s", n,
                                err == PAWL_ERR_DUPLICATE ? "this PCR stands twice"
                                                          : "neither 'BANK:' nor 'PCR : 0xHEX'");
        }
        return PAWL_OK;
}

static pawl_err parse_json_bank(json_object *o, pawl_alg bank, pawl_pcr_values *v, pawl_diag *d)
{
        struct json_object_iterator i = json_object_iter_begin(o), end = json_object_iter_end(o);

        for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i)) {
                const char *pcr = json_object_iter_peek_name(&i), *hex;

                PAWL_TRY(pawl_json_text(o, pcr, 2 * PAWL_DIGEST_MAX, NULL, &hex, d));
                pawl_err err = add_value(v, bank, pawl_span_str(pcr), pawl_span_str(hex));
                if (err != PAWL_OK)
                        return pawl_fail(d, err, "%s PCR %s: not a PCR with a value in hex",
                                pawl_alg_info_of(bank)->name, pcr);
        }
        return PAWL_OK;
}

static pawl_err parse_json(pawl_span text, pawl_pcr_values *v, pawl_diag *d)
{
        pawl_autojson json_object *o = NULL;

        PAWL_TRY(pawl_json_parse(text, &o, d));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                json_object *bank;
                bool found;

                PAWL_TRY(pawl_json_field(
                        o, pawl_alg_info_of(a)->name, json_type_object, &found, &bank, d));
                if (found)
                        PAWL_TRY(parse_json_bank(bank, a, v, d));
        }
        return PAWL_OK;
}

pawl_err pawl_pcr_values_parse(pawl_span text, pawl_pcr_values *ret, pawl_diag *d)
{
        pawl_pcr_values v = { 0 };

        if (pawl_span_has_prefix(text, PAWL_SPAN_LITERAL("{")))
                PAWL_TRY(parse_json(text, &v, d));
        else
                PAWL_TRY(parse_lines(text, &v, d));
        if (v.banks == 0)
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "no PCR values; expected the output of tpm2_pcrread or JSON");
        *ret = v;
        return PAWL_OK;
}

pawl_err pawl_pcr_values_read(const char *path, pawl_pcr_values *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };

        PAWL_TRY(pawl_file_read(path, PAWL_PCR_FILE_MAX, &b, d));
        return pawl_fail_prefix(d, pawl_pcr_values_parse(pawl_buffer_span(&b), ret, d), "%s", path);
}
