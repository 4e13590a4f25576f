/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-context.h"

#define CHUNK          128  /* UTF-16 units */
#define COLOUR_NORMAL  0x07 /* light grey on black */
#define COLOUR_REVERSE 0x70
#define HUNDRED_NSEC   10 /* in a microsecond */

void pawl_efi_print(void *ctx, const char *text)
{
        pawl_efi *efi = ctx;
        CHAR16 out[CHUNK];

        if (!efi->st->ConOut)
                return;
        while (*text != '\0') {
                size_t n = 0;

                while (*text != '\0' && n < CHUNK - 2) {
                        if (*text == '\n')
                                out[n++] = '\r';
                        out[n++] = (uint8_t)*text++;
                }
                out[n] = 0;
                (void)efi->st->ConOut->OutputString(efi->st->ConOut, out);
        }
}

void pawl_efi_clear(void *ctx)
{
        pawl_efi *efi = ctx;

        if (efi->st->ConOut)
                (void)efi->st->ConOut->ClearScreen(efi->st->ConOut);
}

void pawl_efi_move(void *ctx, unsigned column, unsigned row)
{
        pawl_efi *efi = ctx;

        if (efi->st->ConOut)
                (void)efi->st->ConOut->SetCursorPosition(efi->st->ConOut, column, row);
}

void pawl_efi_highlight(void *ctx, bool is_on)
{
        pawl_efi *efi = ctx;

        if (efi->st->ConOut)
                (void)efi->st->ConOut->SetAttribute(
                        efi->st->ConOut, is_on ? COLOUR_REVERSE : COLOUR_NORMAL);
}

void pawl_efi_console_size(void *ctx, unsigned *ret_columns, unsigned *ret_rows)
{
        pawl_efi *efi = ctx;
        UINTN columns = 80, rows = 25;

        /* every console has this mode */
        if (!efi->st->ConOut || !efi->st->ConOut->Mode ||
                efi->st->ConOut->QueryMode(efi->st->ConOut, (UINTN)efi->st->ConOut->Mode->Mode,
                        &columns, &rows) != EFI_SUCCESS) {
                columns = 80;
                rows = 25;
        }
        *ret_columns = (unsigned)columns;
        *ret_rows = (unsigned)rows;
}

/* UEFI Specification 2.10, table 12.1 */
static uint32_t key_of(const EFI_INPUT_KEY *key)
{
        static const uint32_t scans[] = {
                [0x01] = PAWL_KEY_UP,
                [0x02] = PAWL_KEY_DOWN,
                [0x03] = PAWL_KEY_RIGHT,
                [0x04] = PAWL_KEY_LEFT,
                [0x05] = PAWL_KEY_HOME,
                [0x06] = PAWL_KEY_END,
                [0x08] = PAWL_KEY_DELETE,
                [0x09] = PAWL_KEY_PAGE_UP,
                [0x0a] = PAWL_KEY_PAGE_DOWN,
                [0x17] = PAWL_KEY_ESCAPE,
        };

        if (key->ScanCode == 0)
                return key->UnicodeChar == '\n' ? PAWL_KEY_ENTER : key->UnicodeChar;
        if (key->ScanCode < sizeof(scans) / sizeof(scans[0]) && scans[key->ScanCode] != 0)
                return scans[key->ScanCode];
        return PAWL_KEY_OTHER;
}

/* Waits for a key or the end of `timeout_usec`. */
static pawl_err wait_for_key(pawl_efi *efi, uint64_t timeout_usec)
{
        EFI_EVENT events[2] = { efi->st->ConIn->WaitForKey, NULL };
        UINTN which = 0;
        EFI_STATUS status;

        if (timeout_usec == UINT64_MAX)
                return pawl_err_from_efi(efi->bs->WaitForEvent(1, events, &which));
        PAWL_TRY_EFI(efi->bs->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[1]));
        status = efi->bs->SetTimer(events[1], TimerRelative, timeout_usec * HUNDRED_NSEC);
        if (status == EFI_SUCCESS)
                status = efi->bs->WaitForEvent(2, events, &which);
        (void)efi->bs->CloseEvent(events[1]);
        PAWL_TRY_EFI(status);
        return which == 0 ? PAWL_OK : PAWL_ERR_TIMEOUT;
}

pawl_err pawl_efi_read_key(void *ctx, uint64_t timeout_usec, uint32_t *ret)
{
        pawl_efi *efi = ctx;
        EFI_INPUT_KEY key = { 0 };
        EFI_STATUS status;

        if (!efi->st->ConIn)
                return PAWL_ERR_NOT_FOUND;
        status = efi->st->ConIn->ReadKeyStroke(efi->st->ConIn, &key);
        if (status == EFI_NOT_READY && timeout_usec > 0) {
                PAWL_TRY(wait_for_key(efi, timeout_usec));
                status = efi->st->ConIn->ReadKeyStroke(efi->st->ConIn, &key);
        }
        PAWL_TRY_EFI(status);
        *ret = key_of(&key);
        return PAWL_OK;
}
