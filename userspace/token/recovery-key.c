/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/token/recovery-key.h"

#define GROUP 8 /* digits */

static const char digits[] = "cbdefghijklnrtuv";

/* Without a table look-up by the secret: its address would depend on it. */
static uint8_t digit_of(unsigned v)
{
        uint8_t c = 0;

        for (unsigned i = 0; i < 16; i++)
                c = (uint8_t)(c | ((uint8_t)digits[i] & (uint8_t)(0 - (unsigned)(i == v))));
        return c;
}

static void put(pawl_secret *text, size_t *n, uint8_t c)
{
        if (*n % (GROUP + 1) == GROUP)
                text->data[(*n)++] = '-';
        text->data[(*n)++] = c;
}

pawl_err pawl_recovery_key_make(pawl_secret *ret_text)
{
        pawl_autosecret pawl_secret bytes = { 0 };
        size_t n = 0;

        PAWL_TRY(pawl_secret_random(PAWL_RECOVERY_KEY_DIGITS / 2, &bytes));
        PAWL_TRY(pawl_secret_new(PAWL_RECOVERY_KEY_LEN, ret_text));
        for (size_t i = 0; i < bytes.len; i++) {
                put(ret_text, &n, digit_of(bytes.data[i] >> 4));
                put(ret_text, &n, digit_of(bytes.data[i] & 15));
        }
        return PAWL_OK;
}

static bool is_filler(uint8_t c)
{
        return c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Lower case; 0 if it is no modhex digit. */
static uint8_t digit_from(uint8_t c)
{
        if (c >= 'A' && c <= 'Z')
                c = (uint8_t)(c + 'a' - 'A');
        for (unsigned i = 0; i < 16; i++)
                if ((uint8_t)digits[i] == c)
                        return c;
        return 0;
}

pawl_err pawl_recovery_key_normalize(pawl_span typed, pawl_secret *ret_text)
{
        pawl_autosecret pawl_secret text = { 0 };
        size_t n = 0;

        PAWL_TRY(pawl_secret_new(PAWL_RECOVERY_KEY_LEN, &text));
        for (size_t i = 0; i < typed.len; i++) {
                uint8_t c = digit_from(typed.data[i]);

                if (is_filler(typed.data[i]))
                        continue;
                if (c == 0 || n == PAWL_RECOVERY_KEY_LEN)
                        return PAWL_ERR_FORMAT;
                put(&text, &n, c);
        }
        if (n != PAWL_RECOVERY_KEY_LEN)
                return PAWL_ERR_FORMAT;
        *ret_text = text;
        text = (pawl_secret){ 0 };
        return PAWL_OK;
}
