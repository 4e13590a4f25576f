/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/plan.h"

#define PROFILE_NUMBER_MAX 999

static uint16_t char_at(pawl_span s, size_t i)
{
        return (uint16_t)(s.data[2 * i] | s.data[2 * i + 1] << 8);
}

static pawl_span skip_chars(pawl_span s, size_t n)
{
        return 2 * n == s.len ? PAWL_SPAN_NULL : pawl_span_of(s.data + 2 * n, s.len - 2 * n);
}

/* Everything up to the NUL. Firmware puts binary data of its own into the options of some entries:
 * a control character says that this is no command line. */
static pawl_span text_of(pawl_span options)
{
        for (size_t i = 0; i < options.len / 2; i++) {
                uint16_t c = char_at(options, i);
                if (c == 0)
                        return pawl_span_of(options.data, 2 * i);
                if (c < 0x20)
                        return PAWL_SPAN_NULL;
        }
        return options;
}

static bool is_blank(uint16_t c)
{
        return c == 0x20 || c == 0x7f;
}

static pawl_span trim(pawl_span s)
{
        while (s.len > 0 && is_blank(char_at(s, 0)))
                s = skip_chars(s, 1);
        while (s.len > 0 && is_blank(char_at(s, s.len / 2 - 1)))
                s.len -= 2;
        return s;
}

/* Takes "@N" off the front; a first word of another form is part of the command line. */
static pawl_err take_selector(pawl_span *text, unsigned *ret_profile)
{
        size_t n = text->len / 2, i = 1;
        unsigned profile = 0;

        if (n < 2 || char_at(*text, 0) != '@')
                return PAWL_OK;
        for (; i < n && char_at(*text, i) >= '0' && char_at(*text, i) <= '9'; i++)
                if (profile <= PROFILE_NUMBER_MAX)
                        profile = profile * 10 + (unsigned)(char_at(*text, i) - '0');
        if (i == 1 || (i < n && char_at(*text, i) != ' '))
                return PAWL_OK;
        if (profile > PROFILE_NUMBER_MAX)
                return PAWL_ERR_FORMAT;
        *ret_profile = profile;
        *text = skip_chars(*text, i);
        return PAWL_OK;
}

pawl_err pawl_load_options_split(pawl_span options, unsigned *ret_profile, pawl_span *ret_rest)
{
        unsigned profile = 0;
        pawl_span text;

        if (options.len % 2 != 0)
                return PAWL_ERR_FORMAT;
        text = text_of(options);
        PAWL_TRY(take_selector(&text, &profile));
        *ret_profile = profile;
        *ret_rest = trim(text);
        return PAWL_OK;
}
