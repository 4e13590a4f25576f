/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fakes/fake-efi.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "efi-common/proto/load-file2.h"
#include "efi-common/proto/security.h"
#include "efi-common/proto/tcg2.h"

#define INFO_FIXED offsetof(EFI_FILE_INFO, FileName)

typedef struct protocol {
        EFI_GUID guid;
        void *interface;
} protocol;

typedef struct fake_handle {
        protocol protocols[FAKE_EFI_PROTOCOLS];
        size_t n;
} fake_handle;

typedef struct disk_file {
        char path[256];
        pawl_span content;
        bool is_dir;
} disk_file;

typedef struct open_file {
        EFI_FILE_PROTOCOL protocol;
        disk_file *file; /* NULL: the root */
        uint64_t position;
        size_t next_entry;
} open_file;

typedef struct variable {
        char name[64];
        EFI_GUID vendor;
        uint32_t attributes;
        uint8_t value[512];
        size_t len;
} variable;

typedef struct efi_image {
        EFI_LOADED_IMAGE_PROTOCOL loaded;
        bool is_used, is_refused;
} efi_image;

typedef struct earlier_offer {
        pawl_load_file2 protocol;
        pawl_initrd_path path;
        pawl_span content;
} earlier_offer;

/* The services get no context, so the machine is static. */
static struct {
        fake_efi *f;
        EFI_SYSTEM_TABLE st;
        EFI_BOOT_SERVICES bs;
        EFI_RUNTIME_SERVICES rt;
        EFI_SIMPLE_TEXT_OUT_PROTOCOL out;
        SIMPLE_TEXT_OUTPUT_MODE out_mode;
        SIMPLE_INPUT_INTERFACE in;
        pawl_tcg2 tcg2;
        pawl_security security;
        pawl_security2 security2;
        EFI_SIMPLE_FILE_SYSTEM_PROTOCOL fs;
        fake_handle handles[FAKE_EFI_HANDLES_MAX];
        disk_file files[FAKE_EFI_FILES_MAX];
        size_t n_files;
        variable vars[FAKE_EFI_VARS_MAX];
        size_t n_vars;
        efi_image own, images[FAKE_EFI_IMAGES_MAX];
        earlier_offer earlier;
        uint8_t device_path[64], file_path[128];
        size_t n_keys_read;
} m;

static EFI_GUID guid_loaded = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID guid_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
static EFI_GUID guid_fs = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static EFI_GUID guid_tcg2 = PAWL_TCG2_GUID;
static EFI_GUID guid_security = PAWL_SECURITY_GUID;
static EFI_GUID guid_security2 = PAWL_SECURITY2_GUID;
static EFI_GUID guid_load_file2 = PAWL_LOAD_FILE2_GUID;

static bool same(const EFI_GUID *a, const EFI_GUID *b)
{
        return memcmp(a, b, sizeof(*a)) == 0;
}

#define FAIL_IF_TOLD(status)                                                                       \
        do {                                                                                       \
                if (++m.f->n_calls == m.f->fail_at)                                                \
                        return (status);                                                           \
        } while (0)

static void narrow(const CHAR16 *s, char *ret, size_t cap)
{
        size_t i = 0;

        for (; s[i] != 0; i++) {
                assert(i + 1 < cap);
                ret[i] = (char)s[i];
        }
        ret[i] = '\0';
}

/* --- memory, time --- */

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **ret)
{
        (void)type;
        FAIL_IF_TOLD(EFI_OUT_OF_RESOURCES);
        *ret = malloc(size > 0 ? size : 1);
        m.f->n_allocations++;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(VOID *p)
{
        assert(p && m.f->n_allocations > 0);
        m.f->n_allocations--;
        free(p);
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pages(
        EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN n, EFI_PHYSICAL_ADDRESS *ret)
{
        (void)how;
        (void)type;
        FAIL_IF_TOLD(EFI_OUT_OF_RESOURCES);
        *ret = (EFI_PHYSICAL_ADDRESS)(uintptr_t)aligned_alloc(4096, n * 4096);
        m.f->n_allocations++;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pages(EFI_PHYSICAL_ADDRESS p, UINTN n)
{
        (void)n;
        assert(m.f->n_allocations > 0);
        m.f->n_allocations--;
        free((void *)(uintptr_t)p);
        return EFI_SUCCESS;
}

/* The clock is measured against this wait, so it has to take its time. */
static EFI_STATUS EFIAPI stall(UINTN usec)
{
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        usleep((useconds_t)usec);
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI create_event(
        UINT32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY notify, VOID *context, EFI_EVENT *ret)
{
        (void)type;
        (void)tpl;
        (void)notify;
        (void)context;
        FAIL_IF_TOLD(EFI_OUT_OF_RESOURCES);
        m.f->n_events++;
        *ret = (EFI_EVENT)&m;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT event, EFI_TIMER_DELAY type, UINT64 when)
{
        (void)event;
        assert(type == TimerRelative);
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        m.f->waited_usec += when / 10;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT event)
{
        (void)event;
        m.f->n_events--;
        return EFI_SUCCESS;
}

/* A key comes during the wait if one is left, else the timer ends it. */
static EFI_STATUS EFIAPI wait_for_event(UINTN n, EFI_EVENT *events, UINTN *ret)
{
        (void)events;
        FAIL_IF_TOLD(EFI_UNSUPPORTED);
        assert(n == 2 || m.n_keys_read < m.f->n_keys);
        *ret = m.n_keys_read < m.f->n_keys ? 0 : 1;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_watchdog(UINTN timeout, UINT64 code, UINTN size, CHAR16 *data)
{
        (void)timeout;
        (void)code;
        (void)size;
        (void)data;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI reset_system(
        EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, CHAR16 *data)
{
        (void)type;
        (void)status;
        (void)size;
        (void)data;
        m.f->n_resets++;
        return EFI_DEVICE_ERROR;
}

/* --- protocols --- */

static fake_handle *new_handle(void)
{
        for (size_t i = 0; i < FAKE_EFI_HANDLES_MAX; i++)
                if (m.handles[i].n == 0)
                        return &m.handles[i];
        abort();
}

static void install(fake_handle *h, const EFI_GUID *guid, void *interface)
{
        assert(h->n < FAKE_EFI_PROTOCOLS);
        h->protocols[h->n++] = (protocol){ *guid, interface };
}

static protocol *find_protocol(fake_handle *h, const EFI_GUID *guid)
{
        for (size_t i = 0; i < h->n; i++)
                if (same(&h->protocols[i].guid, guid))
                        return &h->protocols[i];
        return NULL;
}

/* The image that a handle of load_image stands for. */
static efi_image *image_of(fake_handle *h)
{
        const protocol *p = find_protocol(h, &guid_loaded);

        if (!p)
                abort();
        return p->interface;
}

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE h, EFI_GUID *guid, VOID **ret)
{
        const protocol *p = find_protocol(h, guid);

        FAIL_IF_TOLD(EFI_UNSUPPORTED);
        if (!p)
                return EFI_UNSUPPORTED;
        *ret = p->interface;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI locate_protocol(EFI_GUID *guid, VOID *registration, VOID **ret)
{
        (void)registration;
        FAIL_IF_TOLD(EFI_DEVICE_ERROR); /* "not there" would be an answer */
        if (same(guid, &guid_tcg2) && m.f->has_tcg2)
                *ret = &m.tcg2;
        else if (same(guid, &guid_security2) && m.f->has_security2)
                *ret = &m.security2;
        else if (same(guid, &guid_security) && m.f->has_security)
                *ret = &m.security;
        else
                return EFI_NOT_FOUND;
        return EFI_SUCCESS;
}

/* Only the initrd's path is ever looked for. */
static EFI_STATUS EFIAPI locate_device_path(EFI_GUID *guid, EFI_DEVICE_PATH **path, EFI_HANDLE *ret)
{
        EFI_STATUS status = EFI_NOT_FOUND;

        FAIL_IF_TOLD(EFI_DEVICE_ERROR); /* "not there" would be an answer */
        for (size_t i = 0; i < FAKE_EFI_HANDLES_MAX; i++) {
                const protocol *p = find_protocol(&m.handles[i], &guid_path);

                if (!p || !find_protocol(&m.handles[i], guid))
                        continue;
                /* an empty path is a begin of every path, if there is no better one */
                if (*(const uint8_t *)p->interface == 0x7f) {
                        *ret = &m.handles[i];
                        status = EFI_SUCCESS;
                }
                if (memcmp(p->interface, *path, sizeof(pawl_initrd_path)) != 0)
                        continue;
                *ret = &m.handles[i];
                *path = (EFI_DEVICE_PATH *)(void *)((uint8_t *)*path + 20);
                return EFI_SUCCESS;
        }
        return status;
}

/* Refuses a device path that is there already (UEFI Specification 2.10, section 7.3.19). */
static bool is_path_taken(const void *path)
{
        for (size_t i = 0; i < FAKE_EFI_HANDLES_MAX; i++) {
                const protocol *p = find_protocol(&m.handles[i], &guid_path);

                if (p && memcmp(p->interface, path, sizeof(pawl_initrd_path)) == 0)
                        return true;
        }
        return false;
}

static EFI_STATUS EFIAPI install_multiple(EFI_HANDLE *h, ...)
{
        EFI_GUID *guids[2];
        void *interfaces[2];
        va_list args;

        va_start(args, h);
        for (int i = 0; i < 2; i++) {
                guids[i] = va_arg(args, EFI_GUID *);
                interfaces[i] = va_arg(args, void *);
        }
        assert(va_arg(args, void *) == NULL);
        va_end(args);
        FAIL_IF_TOLD(EFI_OUT_OF_RESOURCES);
        for (int i = 0; i < 2; i++)
                if (same(guids[i], &guid_path) && is_path_taken(interfaces[i]))
                        return EFI_ALREADY_STARTED;
        if (!*h)
                *h = new_handle();
        for (int i = 0; i < 2; i++)
                install(*h, guids[i], interfaces[i]);
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI uninstall_multiple(EFI_HANDLE h, ...)
{
        fake_handle *handle = h;
        va_list args;

        FAIL_IF_TOLD(EFI_INVALID_PARAMETER);
        va_start(args, h);
        for (int i = 0; i < 2; i++) {
                EFI_GUID *guid = va_arg(args, EFI_GUID *);
                void *interface = va_arg(args, void *);
                protocol *p = find_protocol(handle, guid);

                assert(p && p->interface == interface);
                *p = handle->protocols[--handle->n];
        }
        va_end(args);
        return EFI_SUCCESS;
}

/* --- files --- */

static EFI_STATUS EFIAPI file_open(EFI_FILE_PROTOCOL *self, EFI_FILE_PROTOCOL **ret, CHAR16 *name,
        UINT64 mode, UINT64 attributes);

static EFI_STATUS EFIAPI file_close(EFI_FILE_PROTOCOL *self)
{
        m.f->n_open_files--;
        free(self);
        return EFI_SUCCESS;
}

static void fill_info(const disk_file *file, const char *name, EFI_FILE_INFO *info)
{
        size_t n = strlen(name);

        memset(info, 0, INFO_FIXED);
        info->Size = INFO_FIXED + 2 * (n + 1);
        info->FileSize = file ? file->content.len : 0;
        info->Attribute = !file || file->is_dir ? EFI_FILE_DIRECTORY : 0;
        for (size_t i = 0; i <= n; i++)
                info->FileName[i] = (uint8_t)name[i];
}

static const char *base_name(const char *path)
{
        return strrchr(path, '\\') + 1;
}

static const char *name_in(const char *path, const disk_file *dir)
{
        size_t n = dir ? strlen(dir->path) : 0;

        if ((dir && strncasecmp(path, dir->path, n) != 0) || path[n] != '\\')
                return NULL;
        return strchr(path + n + 1, '\\') ? NULL : path + n + 1;
}

static EFI_STATUS read_directory(open_file *o, UINTN *size, VOID *buf)
{
        /* the first entry of a FAT directory is "." */
        if (o->next_entry == 0) {
                o->next_entry = 1;
                fill_info(o->file, ".", buf);
                *size = (UINTN)((EFI_FILE_INFO *)buf)->Size;
                return EFI_SUCCESS;
        }
        for (; o->next_entry - 1 < m.n_files; o->next_entry++) {
                const disk_file *file = &m.files[o->next_entry - 1];
                const char *name = name_in(file->path, o->file);

                if (!name)
                        continue;
                o->next_entry++;
                assert(*size >= INFO_FIXED + 2 * (strlen(name) + 1));
                fill_info(file, name, buf);
                *size = (UINTN)((EFI_FILE_INFO *)buf)->Size;
                return EFI_SUCCESS;
        }
        *size = 0;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_read(EFI_FILE_PROTOCOL *self, UINTN *size, VOID *buf)
{
        open_file *o = (open_file *)self;
        size_t left;

        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        if (!o->file || o->file->is_dir)
                return read_directory(o, size, buf);
        left = o->file->content.len - o->position;
        /* a firmware may give less than was asked for */
        if (*size > 100)
                *size = *size / 2;
        if (*size > left)
                *size = left;
        pawl_copy(buf, o->file->content.data + o->position, *size);
        o->position += *size;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_set_position(EFI_FILE_PROTOCOL *self, UINT64 position)
{
        open_file *o = (open_file *)self;

        FAIL_IF_TOLD(EFI_UNSUPPORTED);
        o->position = position < o->file->content.len ? position : o->file->content.len;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_get_info(
        EFI_FILE_PROTOCOL *self, EFI_GUID *type, UINTN *size, VOID *buf)
{
        open_file *o = (open_file *)self;

        (void)type;
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        assert(*size >= INFO_FIXED + 512);
        fill_info(o->file, o->file ? base_name(o->file->path) : "", buf);
        *size = (UINTN)((EFI_FILE_INFO *)buf)->Size;
        return EFI_SUCCESS;
}

static disk_file *find_file(const char *path)
{
        for (size_t i = 0; i < m.n_files; i++)
                if (strcasecmp(m.files[i].path, path) == 0)
                        return &m.files[i];
        return NULL;
}

static EFI_STATUS EFIAPI file_set_info(
        EFI_FILE_PROTOCOL *self, EFI_GUID *type, UINTN size, VOID *buf)
{
        open_file *o = (open_file *)self;
        const EFI_FILE_INFO *info = buf;
        char path[512] = "", name[256];

        (void)type;
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        assert(size == info->Size);
        narrow(info->FileName, name, sizeof(name));
        memcpy(path, o->file->path, (size_t)(base_name(o->file->path) - o->file->path));
        strcat(path, name);
        if (find_file(path))
                return EFI_ACCESS_DENIED;
        assert(strlen(path) < sizeof(o->file->path));
        strcpy(o->file->path, path);
        return EFI_SUCCESS;
}

static open_file *make_open(disk_file *file)
{
        open_file *o = calloc(1, sizeof(*o));

        assert(o);
        o->file = file;
        o->protocol = (EFI_FILE_PROTOCOL){ .Open = file_open,
                .Close = file_close,
                .Read = file_read,
                .SetPosition = file_set_position,
                .GetInfo = file_get_info,
                .SetInfo = file_set_info };
        m.f->n_open_files++;
        return o;
}

static EFI_STATUS EFIAPI file_open(EFI_FILE_PROTOCOL *self, EFI_FILE_PROTOCOL **ret, CHAR16 *name,
        UINT64 mode, UINT64 attributes)
{
        char path[256];
        disk_file *found;

        (void)self;
        (void)mode;
        (void)attributes;
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        narrow(name, path, sizeof(path));
        found = find_file(path);
        if (!found && strcmp(path, "\\") != 0)
                return EFI_NOT_FOUND;
        *ret = &make_open(found)->protocol;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI open_volume(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *self, EFI_FILE_PROTOCOL **ret)
{
        (void)self;
        FAIL_IF_TOLD(EFI_NO_MEDIA);
        *ret = &make_open(NULL)->protocol;
        return EFI_SUCCESS;
}

/* --- images --- */

static bool is_checked_good(const EFI_DEVICE_PATH *path, void *buf, UINTN size)
{
        if (m.f->has_security2)
                return m.security2.check(&m.security2, path, buf, size, FALSE) == EFI_SUCCESS;
        if (m.f->has_security)
                return m.security.check(&m.security, 0, path) == EFI_SUCCESS;
        return true;
}

static EFI_STATUS EFIAPI load_image(BOOLEAN boot_policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path,
        VOID *buf, UINTN size, EFI_HANDLE *ret)
{
        fake_handle *h;
        efi_image *i = m.images;

        assert(!boot_policy && parent == m.f->image_handle && path && buf);
        FAIL_IF_TOLD(EFI_OUT_OF_RESOURCES);
        while (i->is_used)
                i++;
        assert(i < m.images + FAKE_EFI_IMAGES_MAX);
        h = new_handle();
        *i = (efi_image){ .is_used = true, .is_refused = !is_checked_good(path, buf, size) };
        i->loaded.ImageBase = buf;
        i->loaded.ImageSize = size;
        install(h, &guid_loaded, &i->loaded);
        m.f->n_images++;
        *ret = h;
        return i->is_refused ? EFI_SECURITY_VIOLATION : EFI_SUCCESS;
}

static void drop_image(fake_handle *h)
{
        image_of(h)->is_used = false;
        h->n = 0;
        m.f->n_images--;
}

static EFI_STATUS EFIAPI unload_image(EFI_HANDLE h)
{
        if (((fake_handle *)h)->n == 0)
                return EFI_INVALID_PARAMETER;
        drop_image(h);
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI start_image(EFI_HANDLE h, UINTN *size, CHAR16 **data)
{
        const efi_image *i = image_of(h);

        FAIL_IF_TOLD(EFI_SECURITY_VIOLATION);
        if (i->is_refused)
                return EFI_SECURITY_VIOLATION;
        m.f->n_started++;
        if (m.f->on_start)
                m.f->on_start(m.f);
        *data = malloc(16);
        m.f->n_allocations++;
        *size = 16;
        drop_image(h);
        return m.f->program_status;
}

static EFI_STATUS EFIAPI own_check2(const pawl_security2 *self, const EFI_DEVICE_PATH *path,
        void *buf, UINTN size, BOOLEAN boot_policy)
{
        (void)path;
        (void)buf;
        (void)size;
        (void)boot_policy;
        assert(self == &m.security2);
        m.f->n_checked++;
        return m.f->is_check_strict ? EFI_ACCESS_DENIED : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI own_check(
        const pawl_security *self, UINT32 status, const EFI_DEVICE_PATH *path)
{
        (void)status;
        (void)path;
        assert(self == &m.security);
        m.f->n_checked++;
        return m.f->is_check_strict ? EFI_ACCESS_DENIED : EFI_SUCCESS;
}

/* --- TPM --- */

static EFI_STATUS EFIAPI get_capability(pawl_tcg2 *self, pawl_tcg2_capability *ret)
{
        assert(self == &m.tcg2 && ret->size == 36);
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        *ret = (pawl_tcg2_capability){ .size = 36,
                .structure_major = 1,
                .structure_minor = 1,
                .is_tpm_present = m.f->is_tpm_present,
                .active_banks = m.f->active_banks };
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI extend(
        pawl_tcg2 *self, UINT64 flags, UINT64 data, UINT64 size, void *event)
{
        fake_efi_extend *e = &m.f->extends[m.f->n_extends];
        pawl_reader r = pawl_reader_of(pawl_span_of(event, 4));
        uint32_t total = 0, header = 0;
        uint16_t version = 0;

        assert(self == &m.tcg2 && flags == 0);
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        assert(pawl_read_le32(&r, &total) == PAWL_OK);
        r = pawl_reader_of(pawl_span_of(event, total));
        assert(pawl_read_skip(&r, 4) == PAWL_OK && pawl_read_le32(&r, &header) == PAWL_OK &&
                pawl_read_le16(&r, &version) == PAWL_OK && pawl_read_le32(&r, &e->pcr) == PAWL_OK &&
                pawl_read_le32(&r, &e->event_type) == PAWL_OK);
        assert(header == 14 && version == 1 && r.left.len <= sizeof(e->event));
        if (m.f->extend_status != EFI_SUCCESS && m.f->extend_status != EFI_VOLUME_FULL)
                return m.f->extend_status;
        assert(m.f->n_extends < FAKE_EFI_EXTENDS_MAX);
        pawl_copy(e->event, r.left.data, r.left.len);
        e->event_len = r.left.len;
        e->bytes = malloc(size + 1);
        e->len = size;
        pawl_copy(e->bytes, (const void *)(uintptr_t)data, size);
        m.f->n_extends++;
        return m.f->extend_status;
}

/* --- variables --- */

static variable *find_variable(const char *name, const EFI_GUID *vendor)
{
        for (size_t i = 0; i < m.n_vars; i++)
                if (strcmp(m.vars[i].name, name) == 0 &&
                        (!vendor || same(&m.vars[i].vendor, vendor)))
                        return &m.vars[i];
        return NULL;
}

static EFI_STATUS EFIAPI get_variable(
        CHAR16 *name16, EFI_GUID *vendor, UINT32 *attributes, UINTN *size, VOID *buf)
{
        const variable *v;
        char name[64];

        (void)attributes;
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        narrow(name16, name, sizeof(name));
        v = find_variable(name, vendor);
        if (!v)
                return EFI_NOT_FOUND;
        if (*size < v->len) {
                *size = v->len;
                return EFI_BUFFER_TOO_SMALL;
        }
        *size = v->len;
        pawl_copy(buf, v->value, v->len);
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_variable(
        CHAR16 *name16, EFI_GUID *vendor, UINT32 attributes, UINTN size, VOID *buf)
{
        variable *v;
        char name[64];

        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        narrow(name16, name, sizeof(name));
        v = find_variable(name, vendor);
        if (size == 0) {
                if (!v)
                        return EFI_NOT_FOUND;
                *v = m.vars[--m.n_vars];
                return EFI_SUCCESS;
        }
        if (v && v->attributes != attributes)
                return EFI_INVALID_PARAMETER;
        if (!v) {
                assert(m.n_vars < FAKE_EFI_VARS_MAX);
                v = &m.vars[m.n_vars++];
        }
        assert(size <= sizeof(v->value));
        *v = (variable){ .vendor = *vendor, .attributes = attributes, .len = size };
        strcpy(v->name, name);
        pawl_copy(v->value, buf, size);
        return EFI_SUCCESS;
}

/* --- console --- */

static EFI_STATUS EFIAPI output_string(EFI_SIMPLE_TEXT_OUT_PROTOCOL *self, CHAR16 *text)
{
        (void)self;
        for (; *text != 0 && m.f->said_len < sizeof(m.f->said) - 1; text++)
                m.f->said[m.f->said_len++] = (char)*text;
        m.f->said[m.f->said_len] = '\0';
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI clear_screen(EFI_SIMPLE_TEXT_OUT_PROTOCOL *self)
{
        (void)self;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_cursor(EFI_SIMPLE_TEXT_OUT_PROTOCOL *self, UINTN column, UINTN row)
{
        (void)self;
        (void)column;
        (void)row;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_attribute(EFI_SIMPLE_TEXT_OUT_PROTOCOL *self, UINTN attribute)
{
        (void)self;
        (void)attribute;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI query_mode(
        EFI_SIMPLE_TEXT_OUT_PROTOCOL *self, UINTN mode, UINTN *columns, UINTN *rows)
{
        (void)self;
        (void)mode;
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        *columns = 100;
        *rows = 31;
        return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_key(SIMPLE_INPUT_INTERFACE *self, EFI_INPUT_KEY *ret)
{
        uint32_t key;

        (void)self;
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        if (m.n_keys_read == m.f->n_keys)
                return EFI_NOT_READY;
        key = m.f->keys[m.n_keys_read];
        if (key == UINT32_MAX) { /* comes only to who waits */
                m.f->keys[m.n_keys_read] = 'w';
                return EFI_NOT_READY;
        }
        m.n_keys_read++;
        *ret = (EFI_INPUT_KEY){ (UINT16)(key >> 16), (CHAR16)key };
        return EFI_SUCCESS;
}

/* --- setting up --- */

static void make_paths(void)
{
        pawl_writer d = pawl_writer_of(m.device_path, sizeof(m.device_path));
        pawl_writer p = pawl_writer_of(m.file_path, sizeof(m.file_path));
        static const char *parts[] = { "\\EFI\\Linux", "test.efi" };
        bool ok = true;

        /* a PCI node that is of no interest, and a GPT partition with a GUID of 00 01 … 0f */
        ok = ok && !pawl_write_bytes(&d, PAWL_SPAN_LITERAL("\1\1\6\0\1\2"));
        ok = ok && !pawl_write_bytes(&d, PAWL_SPAN_LITERAL("\4\1\52\0\1\0\0\0"));
        ok = ok && !pawl_write_zeros(&d, 16);
        for (uint8_t i = 0; i < 16; i++)
                ok = ok && !pawl_write_u8(&d, i);
        ok = ok && !pawl_write_bytes(&d, PAWL_SPAN_LITERAL("\2\2\x7f\xff\4\0"));
        /* two file nodes */
        for (size_t i = 0; i < 2; i++) {
                size_t n = strlen(parts[i]);

                ok = ok && !pawl_write_bytes(&p, PAWL_SPAN_LITERAL("\4\4"));
                ok = ok && !pawl_write_le16(&p, (uint16_t)(4 + 2 * (n + 1)));
                for (size_t j = 0; j <= n; j++)
                        ok = ok && !pawl_write_le16(&p, (uint8_t)parts[i][j]);
        }
        ok = ok && !pawl_write_bytes(&p, PAWL_SPAN_LITERAL("\x7f\xff\4\0"));
        assert(ok);
}

static void make_tables(void)
{
        static CHAR16 vendor[] = { 'F', 'a', 'k', 'e', 0 };

        m.bs.AllocatePool = allocate_pool;
        m.bs.FreePool = free_pool;
        m.bs.AllocatePages = allocate_pages;
        m.bs.FreePages = free_pages;
        m.bs.Stall = stall;
        m.bs.CreateEvent = create_event;
        m.bs.SetTimer = set_timer;
        m.bs.WaitForEvent = wait_for_event;
        m.bs.CloseEvent = close_event;
        m.bs.SetWatchdogTimer = set_watchdog;
        m.bs.HandleProtocol = handle_protocol;
        m.bs.LocateProtocol = locate_protocol;
        m.bs.LocateDevicePath = locate_device_path;
        m.bs.InstallMultipleProtocolInterfaces = install_multiple;
        m.bs.UninstallMultipleProtocolInterfaces = uninstall_multiple;
        m.bs.LoadImage = load_image;
        m.bs.StartImage = start_image;
        m.bs.UnloadImage = unload_image;
        m.rt.GetVariable = get_variable;
        m.rt.SetVariable = set_variable;
        m.rt.ResetSystem = reset_system;
        m.out = (EFI_SIMPLE_TEXT_OUT_PROTOCOL){ .OutputString = output_string,
                .ClearScreen = clear_screen,
                .SetCursorPosition = set_cursor,
                .SetAttribute = set_attribute,
                .QueryMode = query_mode,
                .Mode = &m.out_mode };
        m.in = (SIMPLE_INPUT_INTERFACE){ .ReadKeyStroke = read_key };
        m.tcg2 = (pawl_tcg2){ .get_capability = get_capability, .hash_log_extend_event = extend };
        m.fs.OpenVolume = open_volume;
        m.st.BootServices = &m.bs;
        m.st.RuntimeServices = &m.rt;
        m.st.ConOut = &m.out;
        m.st.ConIn = &m.in;
        m.st.FirmwareVendor = vendor;
        m.st.FirmwareRevision = 0x00010002;
        m.st.Hdr.Revision = 2 << 16 | 70;
}

void fake_efi_init(fake_efi *f)
{
        fake_handle *device, *own;

        memset(f, 0, sizeof(*f));
        memset(&m, 0, sizeof(m));
        m.f = f;
        f->has_tcg2 = f->is_tpm_present = f->has_security2 = true;
        f->active_banks = 2;
        make_tables();
        make_paths();
        m.security.check = own_check;
        m.security2.check = own_check2;
        device = new_handle();
        install(device, &guid_path, m.device_path);
        install(device, &guid_fs, &m.fs);
        own = new_handle();
        install(own, &guid_loaded, &m.own.loaded);
        m.own.loaded.DeviceHandle = device;
        m.own.loaded.FilePath = (EFI_DEVICE_PATH *)(void *)m.file_path;
        f->st = &m.st;
        f->own = &m.own.loaded;
        f->image_handle = own;
}

void fake_efi_end(fake_efi *f)
{
        for (size_t i = 0; i < f->n_extends; i++)
                free(f->extends[i].bytes);
}

static void add(const char *path, pawl_span content, bool is_dir)
{
        disk_file *file = &m.files[m.n_files++];

        assert(m.n_files <= FAKE_EFI_FILES_MAX);
        *file = (disk_file){ .content = content, .is_dir = is_dir };
        strcpy(file->path, path);
}

void fake_efi_add_file(fake_efi *f, const char *path, pawl_span content)
{
        (void)f;
        add(path, content, /* is_dir= */ false);
}

void fake_efi_add_dir(fake_efi *f, const char *path)
{
        (void)f;
        add(path, PAWL_SPAN_NULL, /* is_dir= */ true);
}

bool fake_efi_has_file(const fake_efi *f, const char *path)
{
        (void)f;
        return find_file(path) != NULL;
}

static EFI_STATUS EFIAPI load_earlier(
        pawl_load_file2 *self, EFI_DEVICE_PATH *path, BOOLEAN boot_policy, UINTN *size, void *buf)
{
        const earlier_offer *e = (const earlier_offer *)self;

        assert(path && !boot_policy);
        FAIL_IF_TOLD(EFI_DEVICE_ERROR);
        if (!buf || *size < e->content.len) {
                *size = e->content.len;
                return EFI_BUFFER_TOO_SMALL;
        }
        *size = e->content.len;
        pawl_copy(buf, e->content.data, e->content.len);
        return EFI_SUCCESS;
}

void fake_efi_offer_initrd(fake_efi *f, pawl_span content)
{
        fake_handle *h = new_handle();

        (void)f;
        m.earlier = (earlier_offer){
                .protocol = {load_earlier               },
                .content = content,
                .path = { .type = 4,
                             .subtype = 3,
                             .length = { 20, 0 },
                             .vendor = PAWL_LINUX_INITRD_MEDIA_GUID,
                             .end = { 0x7f, 0xff, 4, 0 } }
        };
        install(h, &guid_path, &m.earlier.path);
        install(h, &guid_load_file2, &m.earlier.protocol);
}

void fake_efi_offer_other_file(fake_efi *f)
{
        static pawl_initrd_path empty = {
                .type = 0x7f, .subtype = 0xff, .length = {4, 0}
        };
        static pawl_load_file2 other = { load_earlier };
        fake_handle *h = new_handle();

        (void)f;
        install(h, &guid_path, &empty);
        install(h, &guid_load_file2, &other);
}

uint8_t *fake_efi_read_initrd(fake_efi *f, size_t *ret_len)
{
        pawl_initrd_path want = {
                .type = 4,
                .subtype = 3,
                .length = {20, 0},
                .vendor = PAWL_LINUX_INITRD_MEDIA_GUID,
                .end = { 0x7f, 0xff, 4, 0 }
        };
        unsigned fail_at = f->fail_at;
        uint8_t *buf = NULL;
        UINTN size = 0;

        f->fail_at = 0; /* the kernel's calls are not under test */
        for (size_t i = 0; i < FAKE_EFI_HANDLES_MAX; i++) {
                const protocol *p = find_protocol(&m.handles[i], &guid_path);
                const protocol *l = find_protocol(&m.handles[i], &guid_load_file2);
                pawl_load_file2 *offer;

                if (!p || !l || memcmp(p->interface, &want, sizeof(want)) != 0)
                        continue;
                offer = l->interface;
                assert(offer->load_file(offer, (EFI_DEVICE_PATH *)(void *)want.end, FALSE, &size,
                               NULL) == EFI_BUFFER_TOO_SMALL);
                buf = malloc(size + 1);
                assert(buf && offer->load_file(offer, (EFI_DEVICE_PATH *)(void *)want.end, FALSE,
                                      &size, buf) == EFI_SUCCESS);
                *ret_len = size;
        }
        f->fail_at = fail_at;
        return buf;
}

void fake_efi_set_variable(fake_efi *f, const char *name, pawl_span value, uint32_t attributes)
{
        variable *v = &m.vars[m.n_vars++];

        (void)f;
        *v = (variable){
                .attributes = attributes,
                .len = value.len,
                .vendor = {0x8be4df61, 0x93ca, 0x11d2,
                           { 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c }}
        };
        strcpy(v->name, name);
        pawl_copy(v->value, value.data, value.len);
}

pawl_span fake_efi_variable(const fake_efi *f, const char *name)
{
        const variable *v = find_variable(name, NULL);

        (void)f;
        return v ? pawl_span_of(v->value, v->len) : PAWL_SPAN_NULL;
}

bool fake_efi_checks_are_its_own(const fake_efi *f)
{
        (void)f;
        return m.security.check == own_check && m.security2.check == own_check2;
}
