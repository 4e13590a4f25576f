/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/loader-conf.h"

#include "core/boot-entry.h"

/* A value in a pair of double quotes stands for what is between them. */
static pawl_span unquote(pawl_span s)
{
        if (s.len >= 2 && s.data[0] == '"' && s.data[s.len - 1] == '"')
                return pawl_span_of(s.data + 1, s.len - 2);
        return s;
}

/* "key value" */
static void split(pawl_span line, pawl_span *ret_key, pawl_span *ret_value)
{
        size_t n = 0;

        while (n < line.len && !pawl_is_blank(line.data[n]))
                n++;
        *ret_key = pawl_span_of(line.data, n);
        *ret_value = unquote(pawl_span_trim(pawl_span_of(line.data + n, line.len - n)));
}

static bool is(pawl_span s, const char *word)
{
        return pawl_span_equal(s, pawl_span_str(word));
}

static bool is_any(pawl_span s, const char *const *words)
{
        for (; *words; words++)
                if (is(s, *words))
                        return true;
        return false;
}

pawl_err pawl_loader_timeout_parse(pawl_span text, uint32_t *ret)
{
        uint32_t n = 0;

        if (is(text, "menu-force"))
                *ret = PAWL_TIMEOUT_MENU_FORCE;
        else if (is(text, "menu-hidden"))
                *ret = PAWL_TIMEOUT_MENU_HIDDEN;
        else if (is(text, "menu-disabled"))
                *ret = PAWL_TIMEOUT_MENU_DISABLED;
        else if (text.len == 0)
                return PAWL_ERR_FORMAT;
        else {
                for (size_t i = 0; i < text.len; i++) {
                        if (text.data[i] < '0' || text.data[i] > '9')
                                return PAWL_ERR_FORMAT;
                        if (n <= PAWL_TIMEOUT_MAX)
                                n = n * 10 + (uint32_t)(text.data[i] - '0');
                }
                if (n > PAWL_TIMEOUT_MAX)
                        return PAWL_ERR_LIMIT;
                *ret = n;
        }
        return PAWL_OK;
}

static pawl_err parse_bool(pawl_span text, bool *ret)
{
        static const char *const yes[] = { "1", "yes", "y", "true", "t", "on", NULL };
        static const char *const no[] = { "0", "no", "n", "false", "f", "off", NULL };

        if (!is_any(text, yes) && !is_any(text, no))
                return PAWL_ERR_FORMAT;
        *ret = is_any(text, yes);
        return PAWL_OK;
}

static pawl_err parse_pattern(pawl_span text, pawl_span *ret)
{
        if (text.len == 0 || text.len > PAWL_GLOB_MAX)
                return PAWL_ERR_FORMAT;
        for (size_t i = 0; i < text.len; i++)
                if (text.data[i] < 0x20 || text.data[i] == 0x7f)
                        return PAWL_ERR_FORMAT;
        *ret = text;
        return PAWL_OK;
}

/* NULL if the line is good, or not for us; else what is wrong. */
static const char *read_line(pawl_span line, pawl_loader_conf *conf)
{
        pawl_span key, value;

        line = pawl_span_trim(line);
        if (line.len == 0 || line.data[0] == '#')
                return NULL;
        split(line, &key, &value);
        if (is(key, "default") && parse_pattern(value, &conf->default_pattern) != PAWL_OK)
                return "`default` needs a pattern of at most 256 printable characters";
        if (is(key, "timeout") && pawl_loader_timeout_parse(value, &conf->timeout) != PAWL_OK)
                return "`timeout` is 0 to 3600 seconds, menu-force, menu-hidden or menu-disabled";
        if (is(key, "editor") && parse_bool(value, &conf->editor) != PAWL_OK)
                return "`editor` is yes or no";
        return NULL;
}

pawl_err pawl_loader_conf_read(pawl_span text, pawl_loader_conf *ret, pawl_conf_diag *reterr_diag)
{
        pawl_reader r = pawl_reader_of(text);
        pawl_conf_diag diag = { 0 };
        pawl_span line;

        *ret = (pawl_loader_conf){ .timeout = PAWL_TIMEOUT_MENU_HIDDEN, .editor = true };
        if (text.len > PAWL_LOADER_CONF_SIZE_MAX) {
                diag.what = "the file is over 64 KiB";
                if (reterr_diag)
                        *reterr_diag = diag;
                return PAWL_ERR_LIMIT;
        }
        for (unsigned n = 1; pawl_read_line(&r, &line) == PAWL_OK; n++) {
                const char *what = read_line(line, ret);

                if (what && !diag.what)
                        diag = (pawl_conf_diag){ n, what };
        }
        if (diag.what && reterr_diag)
                *reterr_diag = diag;
        return diag.what ? PAWL_ERR_FORMAT : PAWL_OK;
}
