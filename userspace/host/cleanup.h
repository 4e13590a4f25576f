/* SPDX-License-Identifier: BSD-2-Clause */
/* Cleanup by scope: no goto anywhere. Always initialise at the declaration; hand over with
 * pawl_take. */
#ifndef PAWL_HOST_CLEANUP_H
#define PAWL_HOST_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* `unused`: a variable may be there for what its end does */
#define pawl_cleanup(f) __attribute__((cleanup(f), unused))

static inline void pawl_free_p(void *p)
{
        free(*(void **)p);
}

static inline void pawl_close_p(int *fd)
{
        if (*fd >= 0)
                (void)close(*fd);
}

static inline void pawl_fclose_p(FILE **f)
{
        if (*f)
                (void)fclose(*f);
}

#define pawl_autofree   pawl_cleanup(pawl_free_p)
#define pawl_autoclose  pawl_cleanup(pawl_close_p)
#define pawl_autofclose pawl_cleanup(pawl_fclose_p)

/* Moves a pointer out of a variable, which is NULL afterwards. */
#define pawl_take(p)                                                                               \
        __extension__({                                                                            \
                __typeof__(*(p)) pawl_taken_ = *(p);                                               \
                *(p) = NULL;                                                                       \
                pawl_taken_;                                                                       \
        })

static inline int pawl_take_fd(int *fd)
{
        int taken = *fd;

        *fd = -1;
        return taken;
}

#endif
