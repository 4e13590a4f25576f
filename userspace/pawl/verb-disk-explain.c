/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/json.h"
#include "userspace/host/output.h"
#include "userspace/luks/boot-state.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"

typedef struct args {
        pawl_boot_places from;
        const char *token, *tpm;
        bool is_json;
        int token_id; /* -1: all */
} args;

static const pawl_option options[] = {
        PAWL_TEXT("token-id", args, token),
        PAWL_TEXT("firmware-log", args, from.firmware_log),
        PAWL_TEXT("user-log", args, from.user_log),
        PAWL_TEXT("tpm2-signature", args, from.signature),
        PAWL_TEXT("tpm", args, tpm),
        PAWL_FLAG("json", args, is_json),
};

typedef struct job {
        const args *a;
        pawl_disk disk;
        pawl_boot_state state;
        pawl_tpm *t;
        json_object *list; /* NULL: text */
        int status;
} job;

static void job_done(job *j)
{
        pawl_disk_done(&j->disk);
        pawl_boot_state_done(&j->state);
        pawl_tpm_close_p(&j->t);
        pawl_json_put_p(&j->list);
}

static pawl_err start(job *j, const char *device, pawl_diag *d)
{
        PAWL_TRY(pawl_disk_open(device, &j->disk, d));
        PAWL_TRY(pawl_boot_state_read(&j->a->from, &j->state, d));
        PAWL_TRY(pawl_tpm_open(j->a->tpm, PAWL_TPM_DEADLINE_MS, &j->t, d));
        PAWL_TRY(pawl_boot_state_ask(&j->state, j->t, d));
        j->list = j->a->is_json ? json_object_new_array() : NULL;
        j->status = PAWL_EXIT_NO;
        return PAWL_OK;
}

static void print_change(const pawl_change *c)
{
        (void)printf("  PCR %u, %s%s%s%s%s\n    %s%s\n", c->pcr, c->what, c->type[0] ? " " : "",
                c->type, c->event[0] ? ": " : "", c->event, c->meaning,
                c->is_suspicious ? "  [SUSPICIOUS unless you did it]" : "");
}

static pawl_err print_text(const pawl_token *t, const pawl_explanation *e)
{
        (void)printf("token %d: %s: %s\n", t->id, pawl_answer_text(e->answer), e->reason);
        for (size_t i = 0; i < e->n_changes; i++)
                print_change(&e->changes[i]);
        if (e->n_more > 0)
                (void)printf("  and %zu more\n", e->n_more);
        if (e->advice)
                (void)printf("  next: %s\n", e->advice);
        return PAWL_OK;
}

static pawl_err add_change(json_object *list, const pawl_change *c)
{
        json_object *o = json_object_new_object();

        if (!o || json_object_array_add(list, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add(o, "pcr", json_object_new_int((int)c->pcr)));
        PAWL_TRY(pawl_json_add_text(o, "change", c->what));
        if (c->type[0] != '\0')
                PAWL_TRY(pawl_json_add_text(o, "type", c->type));
        if (c->event[0] != '\0')
                PAWL_TRY(pawl_json_add_text(o, "event", c->event));
        PAWL_TRY(pawl_json_add_text(o, "meaning", c->meaning));
        return pawl_json_add(o, "suspicious", json_object_new_boolean(c->is_suspicious));
}

static pawl_err add_json(json_object *all, const pawl_token *t, const pawl_explanation *e)
{
        json_object *o = json_object_new_object(), *list = NULL;

        if (!o || json_object_array_add(all, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add(o, "token", json_object_new_int(t->id)));
        PAWL_TRY(pawl_json_add_text(o, "answer", pawl_answer_text(e->answer)));
        PAWL_TRY(pawl_json_add_text(o, "reason", e->reason));
        list = json_object_new_array();
        PAWL_TRY(pawl_json_add(o, "changes", list));
        for (size_t i = 0; i < e->n_changes; i++)
                PAWL_TRY(add_change(list, &e->changes[i]));
        return e->advice ? pawl_json_add_text(o, "next", e->advice) : PAWL_OK;
}

/* Yes if one opens; unsure if none does and one could not be judged. */
static void take_status(job *j, pawl_answer a)
{
        if (a == PAWL_ANSWER_OPENS)
                j->status = PAWL_EXIT_YES;
        else if (a == PAWL_ANSWER_UNSURE && j->status != PAWL_EXIT_YES)
                j->status = PAWL_EXIT_UNSURE;
}

static pawl_err explain(job *j, const pawl_token *t, pawl_diag *d)
{
        pawl_boot_facts facts;
        pawl_explanation e;

        PAWL_TRY(pawl_boot_state_facts(&j->state, pawl_token_bank(&t->tpm2), &facts, d));
        PAWL_TRY(pawl_explain_token(t, &facts, &e, d));
        take_status(j, e.answer);
        return j->list ? add_json(j->list, t, &e) : print_text(t, &e);
}

static pawl_err explain_all(job *j, pawl_diag *d)
{
        bool has_any = false;

        for (size_t i = 0; i < j->disk.n_tokens; i++) {
                const pawl_token *t = &j->disk.tokens[i];

                if (t->kind != PAWL_TOKEN_TPM2 || (j->a->token_id >= 0 && t->id != j->a->token_id))
                        continue;
                has_any = true;
                PAWL_TRY(explain(j, t, d));
        }
        if (!has_any)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "%s: no TPM2 token to explain; 'pawl disk list' shows what there is",
                        pawl_volume_device(j->disk.volume));
        if (!j->list &&
                pawl_user_log_has(&j->state.logs.user, PAWL_USER_EVENT_PHASE, "leave-initrd"))
                pawl_say("this is how it was when volumes were opened; now the initrd has been "
                         "left, and what is signed for it opens no more in this boot (the fuse is "
                         "blown)");
        return j->list ? pawl_json_print(j->list) : PAWL_OK;
}

static int run(int argc, char **argv)
{
        args a = { 0 };
        pawl_cleanup(job_done) job j = { .a = &a };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_disk_explain, "a wrong option");
        if (!pawl_disk_token_id(a.token, &a.token_id))
                return pawl_verb_usage(&pawl_verb_disk_explain, "--token-id: not a token's number");
        if (argc - first != 1)
                return pawl_verb_usage(&pawl_verb_disk_explain, "one device or image is wanted");
        err = start(&j, argv[first], &d);
        if (err == PAWL_OK)
                err = explain_all(&j, &d);
        return err == PAWL_OK ? j.status : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_disk_explain = {
        .noun = "disk",
        .verb = "explain",
        .args = "[OPTIONS] DEVICE",
        .summary = "say why the TPM opened a volume in this boot, or did not",
        .help = "  --token-id=N            only this token\n"
                "  --firmware-log=FILE     instead of this boot's\n"
                "  --user-log=FILE         instead of this boot's\n"
                "  --tpm2-signature=FILE   PCR signatures of the image (JSON)\n"
                "  --tpm=DEVICE            /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "  --json                  print JSON\n"
                "\n"
                "Names the event that differs from the time of the enrolment, what that usually\n"
                "means, and what to do. Only a log that leads to the TPM's PCRs is used. Nothing\n"
                "is unsealed and no try of a PIN is lost.\n"
                "Exit status: 0 a token opens, 1 none does, 2 could not tell.\n"
                "Example: pawl disk explain /dev/vda3\n",
        .run = run,
};
