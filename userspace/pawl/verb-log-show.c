/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/pcr.h"
#include "userspace/host/json.h"
#include "userspace/log/describe.h"
#include "userspace/pawl/log-input.h"
#include "userspace/pawl/verbs.h"

#define DIGEST_SHOWN 16 /* hex digits in the table */

typedef struct options {
        const char *firmware_log, *user_log;
        bool json;
} options;

/* One event of either log, as it is shown. */
typedef struct row {
        const char *log; /* "firmware" or "user" */
        size_t off;
        uint32_t pcr;
        bool is_nv;
        const char *type, *description;
        uint32_t banks;
        const pawl_digest *digests; /* PAWL_ALG_MAX_ of them */
} row;

typedef pawl_err (*row_sink)(void *ctx, const row *r);

static pawl_err each_firmware_event(const pawl_logs *l, row_sink sink, void *ctx)
{
        pawl_log_cursor c = pawl_eventlog_start(&l->firmware);
        char type[PAWL_TYPE_TEXT_SIZE], text[PAWL_DESCRIPTION_SIZE];
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(&l->firmware, &c, &ev, NULL)) == PAWL_OK) {
                pawl_event_type_text(ev.type, type);
                pawl_event_describe(&ev, text);
                const row r = { "firmware", ev.off, ev.pcr, false, type, text, ev.banks,
                        ev.digests };
                PAWL_TRY(sink(ctx, &r));
        }
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static pawl_err each_user_event(const pawl_logs *l, row_sink sink, void *ctx)
{
        char text[PAWL_DESCRIPTION_SIZE];

        for (size_t i = 0; i < l->user.n_events; i++) {
                const pawl_user_event *ev = &l->user.events[i];

                pawl_user_event_describe(ev, text);
                const row r = { "user", ev->off, ev->pcr, ev->is_nv, ev->type, text, ev->banks,
                        ev->digests };
                PAWL_TRY(sink(ctx, &r));
        }
        return PAWL_OK;
}

static pawl_err each_event(const pawl_logs *l, row_sink sink, void *ctx)
{
        if (l->has_firmware)
                PAWL_TRY(each_firmware_event(l, sink, ctx));
        return each_user_event(l, sink, ctx);
}

static pawl_err add_to_table(void *ctx, const row *r)
{
        pawl_autofree char *hex = NULL;
        char target[16], digest[DIGEST_SHOWN + 24] = "";
        pawl_alg a = 0;

        while (a < PAWL_ALG_MAX_ && (r->banks >> a & 1) == 0)
                a++;
        if (a < PAWL_ALG_MAX_) {
                PAWL_TRY(pawl_hex_encode(pawl_digest_span(&r->digests[a]), &hex));
                (void)snprintf(digest, sizeof(digest), "%s:%.*s", pawl_alg_info_of(a)->name,
                        DIGEST_SHOWN, hex);
        }
        if (r->is_nv)
                (void)snprintf(target, sizeof(target), "0x%x", r->pcr);
        else if (r->pcr < PAWL_PCR_COUNT)
                (void)snprintf(target, sizeof(target), "%u", r->pcr);
        else
                (void)snprintf(target, sizeof(target), "-");
        const char *const cells[] = { target, r->type, digest, r->description };
        return pawl_table_add(ctx, cells);
}

static pawl_err show_table(const pawl_logs *l)
{
        static const char *const columns[] = { "PCR", "TYPE", "DIGEST", "DESCRIPTION", NULL };
        pawl_autotable pawl_table *t = NULL;

        PAWL_TRY(pawl_table_new(columns, &t));
        PAWL_TRY(each_event(l, add_to_table, t));
        return pawl_table_print(t);
}

static pawl_err add_digest(json_object *o, const pawl_digest *digest, const char *key)
{
        pawl_autofree char *hex = NULL;

        PAWL_TRY(pawl_hex_encode(pawl_digest_span(digest), &hex));
        return pawl_json_add_text(o, key, hex);
}

static pawl_err add_row(json_object *o, const row *r)
{
        json_object *digests = json_object_new_object(); /* belongs to `o` once added */
        pawl_autofree char *type = strdup(r->type);

        if (!type)
                return PAWL_ERR_NO_MEMORY;
        pawl_text_sanitize(type);
        PAWL_TRY(pawl_json_add(o, "digests", digests));
        PAWL_TRY(pawl_json_add_text(o, "log", r->log));
        PAWL_TRY(pawl_json_add(o, "offset", json_object_new_uint64(r->off)));
        PAWL_TRY(pawl_json_add(o, r->is_nv ? "nv_index" : "pcr", json_object_new_uint64(r->pcr)));
        PAWL_TRY(pawl_json_add_text(o, "type", type));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if ((r->banks >> a & 1) != 0)
                        PAWL_TRY(add_digest(digests, &r->digests[a], pawl_alg_info_of(a)->name));
        return pawl_json_add_text(o, "description", r->description);
}

static pawl_err add_to_json(void *ctx, const row *r)
{
        pawl_autojson json_object *o = json_object_new_object();

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(add_row(o, r));
        if (json_object_array_add(ctx, o) < 0)
                return PAWL_ERR_NO_MEMORY;
        o = NULL;
        return PAWL_OK;
}

static pawl_err add_replay(json_object *replay, const pawl_logs *l, pawl_alg bank, pawl_diag *d)
{
        json_object *pcrs = json_object_new_object();
        pawl_replay r;

        PAWL_TRY(pawl_json_add(replay, pawl_alg_info_of(bank)->name, pcrs));
        PAWL_TRY(pawl_logs_replay(l, bank, &r, d));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                char key[4];

                (void)snprintf(key, sizeof(key), "%u", i);
                if ((r.touched >> i & 1) != 0)
                        PAWL_TRY(add_digest(pcrs, &r.pcrs[i], key));
        }
        return PAWL_OK;
}

static pawl_err show_json(const pawl_logs *l, pawl_diag *d)
{
        pawl_autojson json_object *o = json_object_new_object();
        json_object *events = json_object_new_array(), *replay;

        PAWL_TRY(pawl_json_add(o, "events", events));
        PAWL_TRY(each_event(l, add_to_json, events));
        replay = json_object_new_object();
        PAWL_TRY(pawl_json_add(o, "replay", replay));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if ((pawl_logs_banks(l) >> a & 1) != 0)
                        PAWL_TRY(add_replay(replay, l, a, d));
        return pawl_json_print(o);
}

static pawl_err show(const options *o, pawl_diag *d)
{
        pawl_autologs pawl_logs l = { 0 };

        PAWL_TRY(pawl_log_input(o->firmware_log, o->user_log, &l, d));
        return o->json ? show_json(&l, d) : show_table(&l);
}

extern const pawl_verb pawl_verb_log_show;

static int run(int argc, char **argv)
{
        static const struct option known[] = {
                {"firmware-log", required_argument, NULL, 'f'},
                { "user-log",    required_argument, NULL, 'u'},
                { "json",        no_argument,       NULL, 'j'},
                { NULL,          0,                 NULL, 0  },
        };
        pawl_diag d = { 0 };
        options o = { 0 };
        pawl_err err;
        int c;

        while ((c = getopt_long(argc, argv, "", known, NULL)) >= 0)
                if (c == 'f')
                        o.firmware_log = optarg;
                else if (c == 'u')
                        o.user_log = optarg;
                else if (c == 'j')
                        o.json = true;
                else
                        return PAWL_EXIT_USAGE;
        if (optind < argc)
                return pawl_verb_usage(&pawl_verb_log_show, "takes no arguments");
        err = show(&o, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_log_show = {
        .noun = "log",
        .verb = "show",
        .args = "[OPTIONS]",
        .summary = "Show what firmware, loader, stub and userspace measured",
        .help = "  --firmware-log=FILE  a TCG event log instead of this machine's\n"
                "  --user-log=FILE      a log of userspace's measurements (JSON-SEQ)\n"
                "  --json               events, and the PCR values that they lead to\n"
                "\nWith a file given, only files are read. What a log says is proven by\n"
                "'pawl log verify' alone.\n"
                "\nExample: pawl log show --json | jq '.replay.sha256'\n",
        .run = run,
};
