/* SPDX-License-Identifier: BSD-2-Clause */
/* TPM_RC and tss2's codes -> pawl_err and words. TPM 2.0 Library Part 2, 6.6. */
#include <stdarg.h>
#include <time.h>

#include "userspace/tpm/esys.h"

#define LAYER_TPM         0u
#define LAYER_RESMGR      11u /* answers in the TPM's place: the kernel's /dev/tpmrm0, tabrmd */
#define LAYER_RESMGR_TPM  12u
#define N_RESPONSE_FORMAT 0x080u /* format one: session, handle or parameter number inside */
#define TRIES_MAX         8

typedef struct rc_row {
        TSS2_RC rc;
        pawl_err err;
        const char *text;
} rc_row;

static const rc_row rows[] = {
        {TPM2_RC_LOCKOUT,          PAWL_ERR_TPM_LOCKOUT,
         "the TPM is locked out after too many wrong tries; wait (pawl tpm status says how "
                "long), or "
                "use the recovery key"                                                               },
        { TPM2_RC_POLICY_FAIL,     PAWL_ERR_TPM_POLICY,
         "the machine is not in the state that the policy demands"                                   },
        { TPM2_RC_POLICY,          PAWL_ERR_TPM_POLICY,  "the policy cannot be satisfied"            },
        { TPM2_RC_POLICY_CC,       PAWL_ERR_TPM_POLICY,  "the policy is for another command"         },
        { TPM2_RC_PCR_CHANGED,     PAWL_ERR_BUSY,
         "PCRs keep changing; wait until the boot has settled"                                       },
        { TPM2_RC_INTEGRITY,       PAWL_ERR_TPM_OTHER,
         "it was sealed by another TPM, or by this one before it was cleared; enrol it "
                "anew"                                                                               },
        { TPM2_RC_HANDLE,          PAWL_ERR_NOT_FOUND,   "the TPM has nothing at this handle"        },
        { TPM2_RC_REFERENCE_H0,    PAWL_ERR_NOT_FOUND,   "the TPM has nothing at this handle"        },
        { TPM2_RC_AUTH_FAIL,       PAWL_ERR_KEY,         "the authorisation value is wrong"          },
        { TPM2_RC_BAD_AUTH,        PAWL_ERR_KEY,         "the authorisation value is wrong"          },
        { TPM2_RC_SIGNATURE,       PAWL_ERR_CRYPTO,      "the signature is not valid"                },
        { TPM2_RC_TICKET,          PAWL_ERR_CRYPTO,      "the ticket is not valid"                   },
        { TPM2_RC_RETRY,           PAWL_ERR_BUSY,        "the TPM is busy; try again"                },
        { TPM2_RC_YIELDED,         PAWL_ERR_BUSY,        "the TPM is busy; try again"                },
        { TPM2_RC_TESTING,         PAWL_ERR_BUSY,        "the TPM is still testing itself; try again"},
        { TPM2_RC_SESSION_MEMORY,  PAWL_ERR_BUSY,
         "the TPM has no room for another session; end other programs that use it"                   },
        { TPM2_RC_SESSION_HANDLES, PAWL_ERR_BUSY,
         "the TPM has no room for another session; end other programs that use it"                   },
        { TPM2_RC_OBJECT_MEMORY,   PAWL_ERR_BUSY,
         "the TPM has no room for another object; end other programs that use it"                    },
        { TPM2_RC_OBJECT_HANDLES,  PAWL_ERR_BUSY,
         "the TPM has no room for another object; end other programs that use it"                    },
        { TPM2_RC_COMMAND_CODE,    PAWL_ERR_UNSUPPORTED, "the TPM does not know this command"        },
        { TPM2_RC_DISABLED,        PAWL_ERR_DENIED,      "this command is disabled on the TPM"       },
        { TPM2_RC_HIERARCHY,       PAWL_ERR_DENIED,      "this hierarchy of the TPM is disabled"     },
        { TPM2_RC_NV_SPACE,        PAWL_ERR_NO_SPACE,    "the TPM's storage is full"                 },
        { TPM2_RC_FAILURE,         PAWL_ERR_TPM_FAILED,
         "the TPM is in failure mode; power the machine off and on"                                  },
        { TPM2_RC_INITIALIZE,      PAWL_ERR_TPM_FAILED,
         "the TPM was not started by the firmware; power the machine off and on"                     },
};

static bool is_tpm_layer(TSS2_RC rc)
{
        TSS2_RC layer = rc >> TSS2_RC_LAYER_SHIFT;

        return layer == LAYER_TPM || layer == LAYER_RESMGR || layer == LAYER_RESMGR_TPM;
}

TSS2_RC pawl_tpm_rc_base(TSS2_RC rc)
{
        if (rc == TSS2_RC_SUCCESS || !is_tpm_layer(rc))
                return 0;
        rc &= ~TSS2_RC_LAYER_MASK;
        return (rc & N_RESPONSE_FORMAT) != 0 ? rc & 0xbfu : rc;
}

static const rc_row *find_row(TSS2_RC rc)
{
        TSS2_RC base = pawl_tpm_rc_base(rc);

        for (size_t i = 0; base != 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
                if (rows[i].rc == base)
                        return &rows[i];
        return NULL;
}

static pawl_err translate(const pawl_tpm *t, TSS2_RC rc, const char *what, pawl_diag *d)
{
        const rc_row *row = find_row(rc);

        if (t->tcti->state == PAWL_TCTI_DEAD)
                return pawl_fail(d, PAWL_ERR_TIMEOUT,
                        "%s: %s: the TPM did not answer within its deadline; it is not used any "
                        "more until the next boot",
                        t->name, what);
        if (t->tcti->state == PAWL_TCTI_BROKEN)
                return pawl_fail(d, PAWL_ERR_IO,
                        "%s: %s: the connection broke; see the kernel's log", t->name, what);
        if (row)
                return pawl_fail(d, row->err, "%s: %s: %s", t->name, what, row->text);
        if (is_tpm_layer(rc))
                return pawl_fail(d, PAWL_ERR_TPM_FAILED, "%s: %s: the TPM answered with error 0x%x",
                        t->name, what, rc);
        if ((rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_MEMORY)
                return pawl_fail(d, PAWL_ERR_NO_MEMORY, "%s: %s: out of memory", t->name, what);
        /* what is left of tss2's codes means an answer that is malformed or whose HMAC is wrong */
        return pawl_fail(d, PAWL_ERR_TPM_UNTRUSTED,
                "%s: %s: the answer is not the TPM's (code 0x%x): something between changes the "
                "traffic",
                t->name, what, rc);
}

pawl_err pawl_tpm_rc(const pawl_tpm *t, TSS2_RC rc, pawl_diag *d, const char *fmt, ...)
{
        char what[256];
        va_list ap;

        if (rc == TSS2_RC_SUCCESS)
                return PAWL_OK;
        va_start(ap, fmt);
        if (vsnprintf(what, sizeof(what), fmt, ap) < 0)
                what[0] = '\0';
        va_end(ap);
        return translate(t, rc, what, d);
}

bool pawl_tpm_again(const pawl_tpm *t, TSS2_RC rc, unsigned *tries)
{
        TSS2_RC base = pawl_tpm_rc_base(rc);
        bool can_help = base == TPM2_RC_RETRY || base == TPM2_RC_YIELDED ||
                        base == TPM2_RC_TESTING || base == TPM2_RC_SESSION_MEMORY ||
                        base == TPM2_RC_OBJECT_MEMORY;

        if (!can_help || t->tcti->state != PAWL_TCTI_OK || *tries >= TRIES_MAX)
                return false;
        struct timespec pause = { .tv_nsec = 4000000L << *tries }; /* 4 ms to half a second */
        (void)nanosleep(&pause, NULL);
        (*tries)++;
        return true;
}
