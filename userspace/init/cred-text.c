/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/cred-text.h"

#include <strings.h>

static pawl_err split(pawl_span s, char separator, bool is_base64, pawl_cred_text *ret)
{
        pawl_cred_text t = { .is_base64 = is_base64 };
        size_t n = 0;

        while (n < s.len && s.data[n] != (uint8_t)separator)
                n++;
        if (n == s.len || !pawl_cred_name_is_valid(pawl_span_of(s.data, n)))
                return PAWL_ERR_FORMAT;
        pawl_copy(t.name, s.data, n);
        PAWL_TRY(pawl_span_slice(s, n + 1, s.len - n - 1, &t.value));
        *ret = t;
        return PAWL_OK;
}

pawl_err pawl_cred_text_smbios(pawl_span string, pawl_cred_text *ret)
{
        static const struct {
                pawl_span prefix;
                bool is_base64;
        } forms[] = {
                {PAWL_SPAN_LITERAL("io.systemd.credential:"),         false},
                { PAWL_SPAN_LITERAL("io.systemd.credential.binary:"), true },
        };
        pawl_span rest;

        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                const pawl_span prefix = forms[i].prefix;

                if (!pawl_span_has_prefix(string, prefix))
                        continue;
                PAWL_TRY(pawl_span_slice(string, prefix.len, string.len - prefix.len, &rest));
                return split(rest, '=', forms[i].is_base64, ret);
        }
        return PAWL_ERR_NOT_FOUND;
}

pawl_err pawl_cred_text_cmdline(pawl_span value, bool is_base64, pawl_cred_text *ret)
{
        return split(value, ':', is_base64, ret);
}

pawl_err pawl_parse_boolean(const char *word, bool *ret)
{
        static const struct {
                const char *word;
                bool means;
        } words[] = {
                {"1",      true },
                { "yes",   true },
                { "y",     true },
                { "true",  true },
                { "t",     true },
                { "on",    true },
                { "0",     false},
                { "no",    false},
                { "n",     false},
                { "false", false},
                { "f",     false},
                { "off",   false},
        };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcasecmp(words[i].word, word) == 0) {
                        *ret = words[i].means;
                        return PAWL_OK;
                }
        return PAWL_ERR_FORMAT;
}
