/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define USEC       1000000u
#define NUMBER_MAX 99999999999u

uint64_t pawl_when_now(void)
{
        struct timespec t = { 0 };

        if (clock_gettime(CLOCK_REALTIME, &t) < 0 || t.tv_sec < 0)
                return 0;
        return (uint64_t)t.tv_sec * USEC + (uint64_t)t.tv_nsec / 1000;
}

static const char *read_number(const char *s, uint64_t *ret)
{
        uint64_t v = 0;

        if (*s < '0' || *s > '9')
                return NULL;
        for (; *s >= '0' && *s <= '9'; s++) {
                v = 10 * v + (uint64_t)(*s - '0');
                if (v > NUMBER_MAX)
                        return NULL;
        }
        *ret = v;
        return s;
}

static bool parse_span(const char *s, uint64_t now, uint64_t *ret)
{
        static const struct {
                const char *name;
                uint32_t seconds;
        } units[] = {
                {"",       1       },
                { "s",     1       },
                { "min",   60      },
                { "h",     3600    },
                { "d",     86400   },
                { "w",     604800  },
                { "month", 2629800 },
                { "y",     31557600},
        };
        uint64_t n = 0;

        s = read_number(s, &n);
        for (size_t i = 0; s && i < sizeof(units) / sizeof(units[0]); i++)
                if (strcmp(s, units[i].name) == 0) {
                        if (n > (UINT64_MAX / 2 - now) / USEC / units[i].seconds)
                                return false;
                        *ret = now + n * units[i].seconds * USEC;
                        return true;
                }
        return false;
}

static bool parse_date(const char *s, uint64_t *ret)
{
        static const char *const formats[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d" };

        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
                struct tm tm = { .tm_isdst = -1 };
                const char *end = strptime(s, formats[i], &tm);
                bool is_utc = end && strcmp(end, " UTC") == 0;
                time_t t;

                if (!end || (*end != '\0' && !is_utc))
                        continue;
                t = is_utc ? timegm(&tm) : mktime(&tm);
                if (t < 0 || (uint64_t)t > NUMBER_MAX)
                        return false;
                *ret = (uint64_t)t * USEC;
                return true;
        }
        return false;
}

pawl_err pawl_when_parse(const char *text, uint64_t now, uint64_t *ret, pawl_diag *d)
{
        uint64_t seconds = 0;
        const char *end;

        if (strcmp(text, "infinity") == 0 || strcmp(text, "never") == 0) {
                *ret = UINT64_MAX;
                return PAWL_OK;
        }
        if (strcmp(text, "now") == 0) {
                *ret = now;
                return PAWL_OK;
        }
        if (text[0] == '@' && (end = read_number(text + 1, &seconds)) && *end == '\0') {
                *ret = seconds * USEC;
                return PAWL_OK;
        }
        if (text[0] == '+' && parse_span(text + 1, now, ret))
                return PAWL_OK;
        if (parse_date(text, ret))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_USAGE,
                "not a moment: %s (such as \"2027-01-31 12:00\", +30d, @1800000000 or infinity)",
                text);
}

const char *pawl_when_text(uint64_t usec, char buf[static PAWL_WHEN_SIZE])
{
        time_t t = (time_t)(usec / USEC);
        struct tm tm;

        if (usec == UINT64_MAX)
                (void)snprintf(buf, PAWL_WHEN_SIZE, "never");
        else if (usec / USEC > NUMBER_MAX || !gmtime_r(&t, &tm) ||
                 strftime(buf, PAWL_WHEN_SIZE, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
                (void)snprintf(buf, PAWL_WHEN_SIZE, "@%llu", (unsigned long long)(usec / USEC));
        return buf;
}
