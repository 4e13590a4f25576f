/* SPDX-License-Identifier: BSD-2-Clause */
/* SoftHSM2 (MOODY_MODULE) with the moods of hardware that it does not have: MOODY_FLAGS are added
 * to those of each token (hex), MOODY_LOGIN is what a login with a PIN gives, MOODY_KEYPAD accepts
 * a login without one, as its reader would. MOODY_OBJECTS and MOODY_SLOTS are by how many more it
 * says to have found than it was given room for. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>

static CK_FUNCTION_LIST *real, ours;

static unsigned long number(const char *name)
{
        const char *text = getenv(name);

        return text ? strtoul(text, NULL, 16) : 0;
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
        CK_RV rv = real->C_GetTokenInfo(slot, info);

        info->flags |= number("MOODY_FLAGS");
        return rv;
}

/* It says that it gave more than there was room for. */
static CK_RV find_objects(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *n)
{
        CK_RV rv = real->C_FindObjects(s, objects, max, n);

        *n = number("MOODY_OBJECTS") != 0 ? max + number("MOODY_OBJECTS") : *n;
        return rv;
}

static CK_RV slot_list(CK_BBOOL with_token, CK_SLOT_ID *slots, CK_ULONG *n)
{
        CK_ULONG max = *n;
        CK_RV rv = real->C_GetSlotList(with_token, slots, n);

        *n = slots && number("MOODY_SLOTS") != 0 ? max + number("MOODY_SLOTS") : *n;
        return rv;
}

static CK_RV login(CK_SESSION_HANDLE s, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len)
{
        static unsigned char typed[] = "1234";

        (void)fprintf(stderr, "login: %lu bytes\n", len);
        if (!pin && getenv("MOODY_KEYPAD"))
                return real->C_Login(s, user, typed, sizeof(typed) - 1);
        return number("MOODY_LOGIN") != 0 ? number("MOODY_LOGIN")
                                          : real->C_Login(s, user, pin, len);
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
        void *library = dlopen(getenv("MOODY_MODULE"), RTLD_NOW);
        CK_C_GetFunctionList get = NULL;
        CK_RV rv;

        if (!library)
                return CKR_GENERAL_ERROR;
        *(void **)&get = dlsym(library, "C_GetFunctionList");
        rv = get(&real);
        ours = *real;
        ours.C_GetTokenInfo = token_info;
        ours.C_Login = login;
        ours.C_FindObjects = find_objects;
        ours.C_GetSlotList = slot_list;
        *ret = &ours;
        return rv;
}
