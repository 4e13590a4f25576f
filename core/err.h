/* SPDX-License-Identifier: BSD-2-Clause */
/* The one error type of the project. The values are append-only: they reach boot logs and exit
 * reports, so a number keeps its meaning for ever. Codes name kinds of failure, not places: the
 * place is told by a `pawl_diag` (userspace/host/diag.h) or by the message of the EFI edge. Foreign
 * codes (EFI_STATUS, errno, TPM_RC) are translated where they are received. */
#ifndef PAWL_CORE_ERR_H
#define PAWL_CORE_ERR_H

#include <stdint.h>

/*      name               value  text */
#define PAWL_ERRORS(X)                                                                             \
        X(OK, 0, "no error")                                                                       \
        X(TRUNCATED, 1, "the data ends too early")                                                 \
        X(TRAILING, 2, "there is more data than the format allows")                                \
        X(FORMAT, 3, "the data is not in the expected format")                                     \
        X(LIMIT, 4, "a size or count is over the limit")                                           \
        X(UNSUPPORTED, 5, "this kind of data is not supported")                                    \
        X(DUPLICATE, 6, "something stands twice that may stand once")                              \
        X(MISSING, 7, "a required part is missing")                                                \
        X(NO_SPACE, 8, "the space provided is too small")                                          \
        X(NOT_FOUND, 9, "not found")                                                               \
        X(EXISTS, 10, "it is there already")                                                       \
        X(MISMATCH, 11, "two things that must agree do not")                                       \
        X(REFUSED, 12, "refused by a rule of this program")                                        \
        X(DENIED, 13, "access denied")                                                             \
        X(IO, 14, "input or output failed")                                                        \
        X(NO_MEMORY, 15, "out of memory")                                                          \
        X(TIMEOUT, 16, "the deadline passed")                                                      \
        X(BUSY, 17, "in use by something else")                                                    \
        X(CANCELLED, 18, "cancelled")                                                              \
        X(CRYPTO, 19, "a cryptographic operation failed")                                          \
        X(KEY, 20, "the key or passphrase is wrong")                                               \
        X(FIRMWARE, 21, "the firmware reported an error")                                          \
        X(TPM_ABSENT, 22, "there is no usable TPM")                                                \
        X(TPM_FAILED, 23, "the TPM reported an error")                                             \
        X(TPM_LOCKOUT, 24, "the TPM is locked out after too many wrong tries")                     \
        X(TPM_POLICY, 25, "the TPM's state does not satisfy the policy")                           \
        X(TPM_OTHER, 26, "the object belongs to another TPM")                                      \
        X(TPM_UNTRUSTED, 27, "the TPM's answer could not be authenticated")                        \
        X(USAGE, 28, "wrong usage")                                                                \
        X(INTERNAL, 29, "a bug in this program")

typedef enum pawl_err {
#define PAWL_ERR_ENUM(name, value, text) PAWL_ERR_##name = (value),
        PAWL_ERRORS(PAWL_ERR_ENUM)
#undef PAWL_ERR_ENUM
                PAWL_OK = PAWL_ERR_OK,
} pawl_err;

#define PAWL_MUST_CHECK __attribute__((warn_unused_result))

/* Returns from the calling function with the error of `expr`, if it has one. The only macro that
 * hides control flow. */
#define PAWL_TRY(expr)                                                                             \
        do {                                                                                       \
                pawl_err pawl_try_ = (expr);                                                       \
                if (pawl_try_ != PAWL_OK)                                                          \
                        return pawl_try_;                                                          \
        } while (0)

/* The code's fixed English text; never NULL, also for values that are not in the list. */
const char *pawl_err_text(pawl_err err);

/* The code's name without prefix, for example "TRUNCATED"; "UNKNOWN" for values that are not in the
 * list. */
const char *pawl_err_name(pawl_err err);

#endif
