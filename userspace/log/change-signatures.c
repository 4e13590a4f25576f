/* SPDX-License-Identifier: BSD-2-Clause */
/* Two signature databases as sets: what is in one and not in the other. */
#include <stdlib.h>

#include "core/efi-siglist.h"
#include "userspace/host/cleanup.h"
#include "userspace/log/certificate-name.h"
#include "userspace/log/change-parts.h"

#define SIGNATURES_MAX 65536u
#define NAMES_SHOWN    4

typedef struct set {
        pawl_signature *s; /* sorted by kind and data */
        size_t n, n_of[PAWL_SIGNATURE_OTHER + 1];
} set;

static void set_done(set *x)
{
        free(x->s);
}
#define autoset pawl_cleanup(set_done)

static int compare(const void *a, const void *b)
{
        const pawl_signature *x = a, *y = b;

        if (x->kind != y->kind)
                return x->kind < y->kind ? -1 : 1;
        for (size_t i = 0; i < x->data.len && i < y->data.len; i++)
                if (x->data.data[i] != y->data.data[i])
                        return x->data.data[i] < y->data.data[i] ? -1 : 1;
        return x->data.len < y->data.len ? -1 : x->data.len > y->data.len;
}

static pawl_err read_set(pawl_span data, set *ret)
{
        pawl_siglist_cursor c = pawl_siglist_start(data);
        pawl_signature s;
        pawl_err err;

        while ((err = pawl_siglist_next(&c, &s)) == PAWL_OK) {
                if (ret->n == SIGNATURES_MAX)
                        return PAWL_ERR_LIMIT;
                if ((ret->n & (ret->n - 1)) == 0) { /* there is room up to the next power of two */
                        pawl_signature *more = reallocarray(
                                ret->s, ret->n == 0 ? 1 : 2 * ret->n, sizeof(*more));

                        if (!more)
                                return PAWL_ERR_NO_MEMORY;
                        ret->s = more;
                }
                ret->s[ret->n++] = s;
                ret->n_of[s.kind]++;
        }
        if (ret->n > 0)
                qsort(ret->s, ret->n, sizeof(*ret->s), compare);
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

/* What the other set lacks, of one of the two. */
typedef struct missing {
        const pawl_signature *named[NAMES_SHOWN]; /* certificates */
        size_t n_of[PAWL_SIGNATURE_OTHER + 1];
} missing;

static void add(missing *m, const pawl_signature *s)
{
        const size_t n = m->n_of[s->kind]++;

        if (s->kind == PAWL_SIGNATURE_CERTIFICATE && n < NAMES_SHOWN)
                m->named[n] = s;
}

static void compare_sets(const set *a, const set *b, missing *ret_gone, missing *ret_new)
{
        size_t i = 0, k = 0;

        while (i < a->n || k < b->n) {
                int order = i == a->n ? 1 : k == b->n ? -1 : compare(&a->s[i], &b->s[k]);

                if (order < 0)
                        add(ret_gone, &a->s[i]);
                if (order > 0)
                        add(ret_new, &b->s[k]);
                i += order <= 0;
                k += order >= 0;
        }
}

static void tell_certificates(pawl_words *w, const missing *m, const char *what)
{
        char name[PAWL_CERTIFICATE_NAME_SIZE];
        const size_t n = m->n_of[PAWL_SIGNATURE_CERTIFICATE];

        for (size_t i = 0; i < n && i < NAMES_SHOWN; i++)
                if (pawl_certificate_name(m->named[i]->data, name))
                        pawl_words_put(w, "; certificate '%s' is %s", name, what);
                else
                        pawl_words_put(w, "; a certificate that cannot be read is %s", what);
        if (n > NAMES_SHOWN)
                pawl_words_put(w, "; %zu certificates more are %s", n - NAMES_SHOWN, what);
}

static void tell_hashes(pawl_words *w, const set *a, const set *b, size_t n_gone, size_t n_new)
{
        const size_t n_a = a->n_of[PAWL_SIGNATURE_HASH], n_b = b->n_of[PAWL_SIGNATURE_HASH];

        if (n_gone == 0 && n_new == 0)
                return;
        if (n_a != n_b) {
                pawl_words_put(w, " %s from %zu to ", n_b > n_a ? "grew" : "shrank", n_a);
                pawl_words_count(w, n_b, "hash", "hashes");
        }
        pawl_words_put(w, ": %zu new, %zu gone", n_new, n_gone);
}

static void tell_others(pawl_words *w, size_t n_gone, size_t n_new)
{
        if (n_gone > 0 || n_new > 0)
                pawl_words_put(w, "; of other kinds: %zu new, %zu gone", n_new, n_gone);
}

pawl_err pawl_change_of_signatures(
        pawl_words *w, const char *name, pawl_span before, pawl_span after)
{
        autoset set a = { 0 }, b = { 0 };
        missing gone = { 0 }, added = { 0 };
        size_t bare;

        PAWL_TRY(read_set(before, &a));
        PAWL_TRY(read_set(after, &b));
        compare_sets(&a, &b, &gone, &added);
        pawl_words_put(w, "%s", name);
        bare = w->len;
        tell_hashes(w, &a, &b, gone.n_of[PAWL_SIGNATURE_HASH], added.n_of[PAWL_SIGNATURE_HASH]);
        tell_certificates(w, &gone, "gone");
        tell_certificates(w, &added, "new");
        tell_others(w, gone.n_of[PAWL_SIGNATURE_OTHER], added.n_of[PAWL_SIGNATURE_OTHER]);
        if (w->len == bare)
                pawl_words_put(w, ": the same entries, in another order or of other owners");
        return PAWL_OK;
}
