/* SPDX-License-Identifier: BSD-2-Clause */
/* Events come in the log's order, and go to the run of their PCR: one kind of event after the
 * other. The first ones of a run are told, and the last one. Those between are counted and never
 * put into words, so that a long log costs little more than its reading. */
#include "userspace/log/explain.h"

#include <stdio.h>
#include <string.h>

#include "userspace/log/describe-loader.h"
#include "userspace/log/describe.h"
#include "userspace/log/measured.h"
#include "userspace/log/words.h"

#define RUN_SHOWN 6   /* events of a run before the rest is counted */
#define TEXT_SIZE 320 /* bytes of a line, with NUL */

/* An event of either log. */
typedef struct item {
        const pawl_event *firmware;
        const pawl_user_event *user; /* set: of the user log, else of the firmware's */
        bool is_special;             /* belongs to no run */
        bool is_section; /* of the image: a run of them is told in one line, by their names */
        bool is_name;
        char section[PAWL_SECTION_LABEL_SIZE];
} item;

typedef struct run {
        size_t n; /* 0: there is none */
        bool is_section;
        const pawl_user_event *user; /* the last one */
        pawl_event firmware;         /* the last one; borrows from the log */
        char sections[TEXT_SIZE];
} run;

typedef struct job {
        pawl_log_explanation *e;
        run runs[PAWL_PCR_COUNT];
} job;

void pawl_log_explanation_free_p(pawl_log_explanation **e)
{
        if (!*e)
                return;
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                for (size_t k = 0; k < (*e)->pcrs[i].n_lines; k++)
                        free((*e)->pcrs[i].lines[k].text);
        free(*e);
        *e = NULL;
}

/* For `n` events, whose words are cut where they are too long for a line. */
static pawl_err add_line(
        pawl_explained_pcr *p, const char *text, size_t n_events, pawl_words_worth worth)
{
        char line[TEXT_SIZE];
        pawl_words w = pawl_words_of(line, sizeof(line) - 3);

        pawl_words_put(&w, "%s", text);
        pawl_words_finish(&w);
        w.size = sizeof(line);
        if (strlen(text) > w.len)
                pawl_words_put(&w, "...");
        p->lines[p->n_lines] = (pawl_explained_line){ strdup(line), n_events, worth };
        if (!p->lines[p->n_lines].text)
                return PAWL_ERR_NO_MEMORY;
        p->n_lines++;
        return PAWL_OK;
}

static bool has_room(pawl_explained_pcr *p, size_t n_events)
{
        if (p->n_lines < PAWL_EXPLAINED_LINES_MAX)
                return true;
        p->n_untold += n_events;
        return false;
}

static pawl_words_worth worth_of(const pawl_event *ev)
{
        uint8_t locality;

        /* what PCR 0 starts with: its value proves it */
        if (pawl_event_is_startup_locality(ev, &locality) || pawl_event_measured(ev, ev->data))
                return PAWL_WORDS_MEASURED;
        return pawl_event_type_is_of_data(ev->type) ? PAWL_WORDS_FALSE : PAWL_WORDS_LABEL;
}

static pawl_words_worth worth_of_user(const pawl_user_event *ev)
{
        return pawl_user_event_measured(ev) ? PAWL_WORDS_MEASURED : PAWL_WORDS_LABEL;
}

static pawl_err tell(pawl_explained_pcr *p, const pawl_event *firmware, const pawl_user_event *user)
{
        char text[PAWL_DESCRIPTION_SIZE], named[PAWL_DESCRIPTION_SIZE];
        pawl_words w = pawl_words_of(named, sizeof(named));

        if (!has_room(p, 1))
                return PAWL_OK;
        if (!user) {
                pawl_event_describe(firmware, text);
                return add_line(p, text, 1, worth_of(firmware));
        }
        pawl_user_event_describe(user, text);
        pawl_words_put(&w, "%s%s%s", user->type, user->type[0] != '\0' ? ": " : "", text);
        return add_line(p, named, 1, worth_of_user(user));
}

static pawl_err end_run(pawl_explained_pcr *p, const run *r)
{
        char text[TEXT_SIZE + 32];

        if (r->n == 0 || (!r->is_section && r->n <= RUN_SHOWN))
                return PAWL_OK;
        if (r->is_section) {
                (void)snprintf(text, sizeof(text), "sections of the image:%s", r->sections);
                return has_room(p, r->n) ? add_line(p, text, r->n, PAWL_WORDS_MEASURED) : PAWL_OK;
        }
        if (r->n > RUN_SHOWN + 1 && has_room(p, r->n - RUN_SHOWN - 1)) {
                (void)snprintf(text, sizeof(text), "(%zu more of this kind)", r->n - RUN_SHOWN - 1);
                PAWL_TRY(add_line(p, text, r->n - RUN_SHOWN - 1, PAWL_WORDS_MEASURED));
        }
        return tell(p, &r->firmware, r->user);
}

static bool belongs(const run *r, const item *it)
{
        if (r->n == 0 || r->is_section != it->is_section || !r->user != !it->user)
                return false;
        return it->user ? strcmp(r->user->type, it->user->type) == 0
                        : r->firmware.type == it->firmware->type;
}

static void add_section(run *r, const item *it)
{
        const size_t n = strlen(r->sections);

        if (it->is_name)
                (void)snprintf(r->sections + n, sizeof(r->sections) - n, " %s", it->section);
}

static pawl_err take(job *j, unsigned pcr, const item *it)
{
        pawl_explained_pcr *p = &j->e->pcrs[pcr];
        run *r = &j->runs[pcr];

        p->n_events++;
        if (it->is_special || !belongs(r, it)) {
                PAWL_TRY(end_run(p, r));
                r->n = 0;
                r->sections[0] = '\0';
        }
        if (it->is_special)
                return tell(p, it->firmware, it->user);
        r->n++;
        r->is_section = it->is_section;
        r->user = it->user;
        if (it->firmware)
                r->firmware = *it->firmware;
        if (it->is_section)
                add_section(r, it);
        else if (r->n <= RUN_SHOWN)
                return tell(p, it->firmware, it->user);
        return PAWL_OK;
}

static pawl_err take_firmware(job *j, uint32_t mask, const pawl_event *ev)
{
        item it = { .firmware = ev };
        uint8_t locality;

        if (ev->pcr >= PAWL_PCR_COUNT || !(mask >> ev->pcr & 1))
                return PAWL_OK;
        if (ev->type == PAWL_EV_NO_ACTION) /* extends nothing */
                return pawl_event_is_startup_locality(ev, &locality)
                               ? tell(&j->e->pcrs[ev->pcr], ev, NULL)
                               : PAWL_OK;
        it.is_special = pawl_event_is_grub_cmdline(ev);
        it.is_section = pawl_event_is_section(ev, it.section, &it.is_name);
        return take(j, ev->pcr, &it);
}

static pawl_err take_all(job *j, const pawl_logs *l, uint32_t mask)
{
        pawl_log_cursor c = pawl_eventlog_start(&l->firmware);
        pawl_event ev;
        pawl_err err = PAWL_ERR_NOT_FOUND;

        while (l->has_firmware &&
                (err = pawl_eventlog_next(&l->firmware, &c, &ev, NULL)) == PAWL_OK)
                PAWL_TRY(take_firmware(j, mask, &ev));
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        for (size_t i = 0; i < l->user.n_events; i++) {
                const pawl_user_event *user = &l->user.events[i];
                const item it = { .user = user };

                if (!user->is_nv && (mask >> user->pcr & 1))
                        PAWL_TRY(take(j, user->pcr, &it));
        }
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                PAWL_TRY(end_run(&j->e->pcrs[i], &j->runs[i]));
        return PAWL_OK;
}

pawl_err pawl_log_explain(const pawl_logs *l, uint32_t mask, pawl_log_explanation **ret)
{
        pawl_autologexplanation pawl_log_explanation *e = calloc(1, sizeof(*e));
        pawl_autofree job *j = calloc(1, sizeof(*j));

        if (!e || !j)
                return PAWL_ERR_NO_MEMORY;
        j->e = e;
        PAWL_TRY(take_all(j, l, mask));
        *ret = pawl_take(&e);
        return PAWL_OK;
}
