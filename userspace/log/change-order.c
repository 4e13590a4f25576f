/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/change-parts.h"

#define ORDER_MAX 256 /* entries */

typedef struct order {
        uint16_t numbers[ORDER_MAX];
        size_t n;
} order;

static pawl_err read_order(pawl_span data, order *ret)
{
        pawl_reader r = pawl_reader_of(data);

        if (data.len > 2 * ORDER_MAX)
                return PAWL_ERR_LIMIT;
        for (ret->n = 0; r.left.len > 0; ret->n++)
                PAWL_TRY(pawl_read_le16(&r, &ret->numbers[ret->n]));
        return PAWL_OK;
}

static bool has(const order *o, uint16_t number)
{
        for (size_t i = 0; i < o->n; i++)
                if (o->numbers[i] == number)
                        return true;
        return false;
}

/* What is in `a` and not in `b`; the others stay in `a`. */
static void tell_and_drop(pawl_words *w, order *a, const order *b, const char *what)
{
        size_t n = 0;

        for (size_t i = 0; i < a->n; i++)
                if (has(b, a->numbers[i]))
                        a->numbers[n++] = a->numbers[i];
                else
                        pawl_words_put(w, "%sBoot%04X is %s%s", w->len > 0 ? ", " : "",
                                a->numbers[i], what, i == 0 ? " (first)" : "");
        a->n = n;
}

/* Of those that both have: the first place where another one stands now. What follows may have
 * moved too, and is in the whole order that is told beside this. */
pawl_err pawl_change_of_order(pawl_words *w, pawl_span before, pawl_span after)
{
        order a, b, a_all;

        PAWL_TRY(read_order(before, &a));
        PAWL_TRY(read_order(after, &b));
        a_all = a;
        tell_and_drop(w, &a, &b, "gone");
        tell_and_drop(w, &b, &a_all, "new");
        for (size_t i = 0; i < a.n && i < b.n; i++)
                if (a.numbers[i] != b.numbers[i]) {
                        pawl_words_put(w, "%sBoot%04X now before Boot%04X", w->len > 0 ? ", " : "",
                                b.numbers[i], a.numbers[i]);
                        break;
                }
        return PAWL_OK;
}
