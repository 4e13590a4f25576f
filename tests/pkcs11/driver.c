/* SPDX-License-Identifier: BSD-2-Clause */
/* userspace/token/pkcs11.h as a command, for tests. PINs come from PINS, joined by ',', one a
 * question; each question and word of talk goes to stderr.
 *   driver secret URI PADDING KEY-IN-HEX    prints the secret in hex
 *   driver make URI|auto PADDING            prints uri, padding, key and secret, a line each */
#include <stdio.h>
#include <string.h>

#include "userspace/luks/token.h"

static pawl_err pin(void *ctx, const char *what, int tries_left, pawl_secret *ret, pawl_diag *d)
{
        const char **pins = ctx;
        size_t len = *pins ? strcspn(*pins, ",") : 0;
        pawl_err err;

        (void)fprintf(stderr, "asked: %s %d\n", what, tries_left);
        if (!*pins)
                return pawl_fail(d, PAWL_ERR_CANCELLED, "no PIN left");
        err = pawl_secret_dup(pawl_span_of(*pins, len), ret);
        *pins = (*pins)[len] == ',' ? *pins + len + 1 : NULL;
        return err;
}

static void say(void *ctx, const char *text)
{
        (void)ctx;
        (void)fprintf(stderr, "said: %s\n", text);
}

static pawl_err print_hex(pawl_span s)
{
        pawl_autofree char *hex = NULL;

        PAWL_TRY(pawl_hex_encode(s, &hex));
        (void)printf("%s\n", hex);
        return PAWL_OK;
}

static pawl_pkcs11_padding padding_of(const char *text)
{
        for (unsigned i = 1; i < PAWL_TOKEN_PADDINGS; i++)
                if (strcmp(text, pawl_token_paddings[i]) == 0)
                        return (pawl_pkcs11_padding)i;
        return PAWL_PKCS11_UNSAID;
}

static pawl_err secret(char **argv, const pawl_ask *ask, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer key = { 0 };
        pawl_autosecret pawl_secret s = { 0 };

        PAWL_TRY(pawl_hex_decode(pawl_span_str(argv[4]), &key));
        PAWL_TRY(pawl_pkcs11_secret(
                argv[2], pawl_buffer_span(&key), padding_of(argv[3]), ask, &s, d));
        return print_hex(pawl_secret_span(&s));
}

static pawl_err make(char **argv, const pawl_ask *ask, pawl_diag *d)
{
        pawl_autopkcs11made pawl_pkcs11_made m = { 0 };
        const char *padding;

        PAWL_TRY(pawl_pkcs11_make(argv[2], padding_of(argv[3]), ask, &m, d));
        padding = pawl_token_paddings[m.padding];
        (void)printf("%s\n%s\n", m.uri, padding ? padding : "-");
        PAWL_TRY(print_hex(pawl_buffer_span(&m.key)));
        return print_hex(pawl_secret_span(&m.secret));
}

int main(int argc, char **argv)
{
        const char *pins = getenv("PINS");
        pawl_ask ask = { .ctx = &pins, .pin = pin, .say = say };
        pawl_diag d = { 0 };
        pawl_err err = PAWL_ERR_USAGE;

        if (argc == 5 && strcmp(argv[1], "secret") == 0)
                err = secret(argv, &ask, &d);
        if (argc == 4 && strcmp(argv[1], "make") == 0)
                err = make(argv, &ask, &d);
        if (err != PAWL_OK)
                (void)fprintf(stderr, "%s: %s\n", pawl_err_name(err), pawl_diag_text(&d));
        return err == PAWL_OK ? 0 : 1;
}
