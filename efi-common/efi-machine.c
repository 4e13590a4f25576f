/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory, clock and reset. */
#include "efi-common/efi-context.h"

#define PAGE             4096u
#define POOL_MAX         (64u << 10) /* larger pieces are whole pages */
#define CALIBRATION_USEC 1000u

static size_t pages_of(size_t size)
{
        return size / PAGE + (size % PAGE != 0);
}

pawl_err pawl_efi_allocate(void *ctx, size_t size, void **ret)
{
        pawl_efi *efi = ctx;
        EFI_PHYSICAL_ADDRESS address = 0;
        void *p = NULL;

        if (size <= POOL_MAX) {
                PAWL_TRY_EFI(efi->bs->AllocatePool(EfiLoaderData, size, &p));
                *ret = p;
                return PAWL_OK;
        }
        PAWL_TRY_EFI(
                efi->bs->AllocatePages(AllocateAnyPages, EfiLoaderData, pages_of(size), &address));
        *ret = (void *)(uintptr_t)address;
        return PAWL_OK;
}

void pawl_efi_free(void *ctx, void *p, size_t size)
{
        pawl_efi *efi = ctx;

        if (!p)
                return;
        if (size <= POOL_MAX)
                (void)efi->bs->FreePool(p);
        else
                (void)efi->bs->FreePages((EFI_PHYSICAL_ADDRESS)(uintptr_t)p, pages_of(size));
}

static uint64_t read_ticks(void)
{
        uint32_t low, high;

        __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
        return (uint64_t)high << 32 | low;
}

uint64_t pawl_efi_time_usec(void *ctx)
{
        pawl_efi *efi = ctx;

        if (!efi->is_clock_known) {
                uint64_t begin = read_ticks();

                efi->is_clock_known = true;
                if (efi->bs->Stall(CALIBRATION_USEC) == EFI_SUCCESS)
                        efi->ticks_per_usec = (read_ticks() - begin) / CALIBRATION_USEC;
        }
        return efi->ticks_per_usec == 0 ? 0 : read_ticks() / efi->ticks_per_usec;
}

void pawl_efi_stall(void *ctx, uint64_t usec)
{
        pawl_efi *efi = ctx;

        (void)efi->bs->Stall(usec);
}

void pawl_efi_watchdog_off(void *ctx)
{
        pawl_efi *efi = ctx;

        (void)efi->bs->SetWatchdogTimer(0, 0, 0, NULL);
}

void pawl_efi_reset(void *ctx, pawl_reset_kind kind)
{
        pawl_efi *efi = ctx;

        efi->st->RuntimeServices->ResetSystem(
                kind == PAWL_RESET_POWEROFF ? EfiResetShutdown : EfiResetCold, EFI_SUCCESS, 0,
                NULL);
}
