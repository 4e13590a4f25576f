/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/prompt.h"

#include <strings.h>

#include "userspace/init/fido.h"
#include "userspace/init/set.h"
#include "userspace/init/unlock.h"
#include "userspace/init/weak.h"
#include "userspace/token/recovery-key.h"

#define TRIES_MAX   20
#define DELAY_MAX_S 30 /* between tries; grows from 1 s */

static pawl_boot_volume *next_locked(pawl_boot *b)
{
        for (size_t i = 0; i < b->n_volumes; i++) {
                pawl_boot_volume *v = &b->volumes[i];

                if (pawl_set_has(v) && !pawl_volume_is_unlocked(v->v))
                        return v;
        }
        return NULL;
}

/* One key may open several volumes. The first reason is kept. */
static bool try_all(pawl_boot *b, pawl_span typed, pawl_diag *d)
{
        bool has_opened = false;

        for (size_t i = 0; i < b->n_volumes; i++) {
                pawl_boot_volume *v = &b->volumes[i];

                if (!pawl_set_has(v) || pawl_volume_is_unlocked(v->v))
                        continue;
                has_opened |= pawl_volume_check_crypto(v->v, d) == PAWL_OK &&
                              pawl_open_typed(v->v, typed, NULL, d) == PAWL_OK;
        }
        return has_opened;
}

static bool wants_power_off(pawl_boot *b)
{
        pawl_autosecret pawl_secret answer = { 0 };

        return pawl_consoles_ask(&b->consoles,
                       "pawl-init: power off? 'yes' and Enter, anything else goes back: ", 0,
                       &answer) == PAWL_OK &&
               strcasecmp((const char *)answer.data, "yes") == 0;
}

/* Everything that may open the volumes now. */
typedef struct prompt {
        pawl_boot *b;
        pawl_fido fido;
        bool has_weak;
        unsigned n_wrong;
} prompt;

static void prompt_done(prompt *p)
{
        pawl_fido_end(&p->fido);
}

static bool take_fido(void *ctx)
{
        prompt *p = ctx;

        return pawl_fido_take(p->b, &p->fido);
}

/* CANCELLED with `*ret_is_open` where a token opened something meanwhile. */
static pawl_err ask_once(prompt *p, const char *question, pawl_secret *ret, bool *ret_is_open)
{
        const pawl_consoles_watch watch = { .fd = &p->fido.fd, .take = take_fido, .ctx = p };
        pawl_err err = pawl_consoles_ask_or(&p->b->consoles, question, &watch, ret);

        *ret_is_open = err == PAWL_ERR_CANCELLED;
        return err;
}

/* Nothing typed: a token opened something. */
static pawl_err ask(prompt *p, const pawl_boot_volume *v, pawl_secret *ret, pawl_diag *d)
{
        pawl_boot *b = p->b;
        char question[512], pin[64] = "recovery key or passphrase";

        if (pawl_unlock_takes_pin(b))
                (void)snprintf(pin, sizeof(pin), "PIN (%u tries in this boot), %s", b->pin_tries,
                        "recovery key or passphrase");
        (void)snprintf(question, sizeof(question),
                "pawl-init: %s for %s '%s' (empty: power off): ", pin, v->node, v->def->label);
        for (;;) {
                pawl_autosecret pawl_secret typed = { 0 };
                bool is_open = false;

                if (ask_once(p, question, &typed, &is_open) != PAWL_OK)
                        return is_open ? PAWL_OK
                                       : pawl_fail(d, PAWL_ERR_IO, "no console takes an answer");
                if (typed.len > 0) {
                        *ret = typed;
                        typed = (pawl_secret){ 0 };
                        return PAWL_OK;
                }
                if (wants_power_off(b))
                        return pawl_fail(d, PAWL_ERR_CANCELLED, "given up at the prompt");
        }
}

/* Guessing by hand stays slow, and a wrong key costs a person no more than seconds. */
static void delay(unsigned n_wrong)
{
        unsigned seconds = n_wrong < 5 ? n_wrong : DELAY_MAX_S;

        (void)sleep(seconds < DELAY_MAX_S ? seconds : DELAY_MAX_S);
}

/* Text that opened nothing else is a PIN; a recovery key with a typing error is none, and must not
 * cost a try. */
static bool try_as_pin(pawl_boot *b, pawl_span typed, pawl_diag *d)
{
        pawl_autosecret pawl_secret key = { 0 };

        return pawl_unlock_takes_pin(b) && typed.len < PAWL_RECOVERY_KEY_DIGITS &&
               pawl_recovery_key_normalize(typed, &key) != PAWL_OK &&
               pawl_unlock_by_pin(b, typed, d) == PAWL_OK;
}

static bool is_yes(pawl_span typed)
{
        return pawl_span_equal(typed, PAWL_SPAN_LITERAL("yes"));
}

typedef enum outcome {
        OPENED,
        GIVEN, /* to a token, which answers later */
        WRONG,
} outcome;

static outcome try_typed(prompt *p, pawl_span typed, pawl_diag *d)
{
        if (p->has_weak && is_yes(typed) && pawl_weak_use(p->b))
                return OPENED;
        pawl_consoles_say(&p->b->consoles, "trying");
        if (try_all(p->b, typed, d))
                return OPENED;
        /* a token that was plugged in just now is what the person has in mind */
        if (pawl_fido_give_pin(&p->fido, typed))
                return GIVEN;
        return try_as_pin(p->b, typed, d) ? OPENED : WRONG;
}

static pawl_err count_wrong(prompt *p, pawl_diag *d)
{
        if (++p->n_wrong == TRIES_MAX)
                return pawl_fail(d, PAWL_ERR_REFUSED, "%d wrong keys", TRIES_MAX);
        pawl_consoles_say(
                &p->b->consoles, "%s (%u tries left)", pawl_diag_text(d), TRIES_MAX - p->n_wrong);
        delay(p->n_wrong);
        return PAWL_OK;
}

pawl_err pawl_prompt_open(pawl_boot *b, const char *reason, pawl_diag *d)
{
        pawl_cleanup(prompt_done) prompt p = { .b = b };
        const pawl_boot_volume *v;

        pawl_consoles_say(&b->consoles, "not opened by itself: %s", reason);
        p.has_weak = pawl_weak_tell(b);
        pawl_fido_start(b, &p.fido);
        while ((v = next_locked(b))) {
                pawl_autosecret pawl_secret typed = { 0 };

                PAWL_TRY(ask(&p, v, &typed, d));
                if (typed.len > 0 && try_typed(&p, pawl_secret_span(&typed), d) == WRONG)
                        PAWL_TRY(count_wrong(&p, d));
        }
        *d = (pawl_diag){ 0 };
        return PAWL_OK;
}
