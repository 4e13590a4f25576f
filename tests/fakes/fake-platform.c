/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fakes/fake-platform.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "efi-common/initrd.h"

/* Whether the call that begins now fails before (`is_after` false) or after its work. */
static bool fails(fake_platform *f, bool *ret_is_after)
{
        unsigned n = ++f->n_calls;

        *ret_is_after = f->failure == FAKE_FAIL_ONE_AFTER && n == f->fail_at;
        if (f->fail_at == 0 || f->failure == FAKE_FAIL_ONE_AFTER)
                return false;
        return f->failure == FAKE_FAIL_ONE ? n == f->fail_at : n >= f->fail_at;
}

#define FAIL_IF_TOLD(f, err)                                                                       \
        bool is_after;                                                                             \
        if (fails(f, &is_after))                                                                   \
                return (err);
#define DONE(err) return is_after ? (err) : PAWL_OK

static uint8_t *keep(pawl_span s, size_t n_zeros)
{
        uint8_t *p = calloc(1, s.len + n_zeros + 1);

        assert(p);
        pawl_copy(p, s.data, s.len);
        return p;
}

static pawl_err fake_self(void *ctx, pawl_self *ret)
{
        fake_platform *f = ctx;

        FAIL_IF_TOLD(f, PAWL_ERR_FIRMWARE);
        *ret = f->self;
        DONE(PAWL_ERR_FIRMWARE);
}

static pawl_err fake_allocate(void *ctx, size_t size, void **ret)
{
        fake_platform *f = ctx;
        bool is_after;

        if (fails(f, &is_after) || is_after)
                return PAWL_ERR_NO_MEMORY;
        *ret = malloc(size > 0 ? size : 1);
        assert(*ret);
        f->n_allocations++;
        return PAWL_OK;
}

static void fake_free(void *ctx, void *p, size_t size)
{
        fake_platform *f = ctx;

        (void)size;
        if (!p)
                return;
        assert(f->n_allocations > 0);
        f->n_allocations--;
        free(p);
}

static pawl_err fake_measure(void *ctx, uint32_t pcr, uint32_t event_type, pawl_span bytes,
        size_t n_zeros, pawl_span event)
{
        fake_platform *f = ctx;

        FAIL_IF_TOLD(f, (f->n_refused_measurements++, PAWL_ERR_TPM_FAILED));
        if (!f->has_tpm)
                return PAWL_ERR_TPM_ABSENT;
        f->now_usec += f->measure_usec;
        if (f->is_measuring_broken) {
                f->n_refused_measurements++;
                return PAWL_ERR_TPM_FAILED;
        }
        assert(f->n_measurements < FAKE_MEASUREMENTS_MAX);
        f->measurements[f->n_measurements++] = (fake_measurement){ pcr, event_type,
                keep(bytes, n_zeros), bytes.len + n_zeros, keep(event, 0), event.len };
        if (is_after)
                f->n_refused_measurements++;
        DONE(PAWL_ERR_TPM_FAILED);
}

static pawl_err fake_banks(void *ctx, uint32_t *ret)
{
        fake_platform *f = ctx;

        FAIL_IF_TOLD(f, PAWL_ERR_TPM_FAILED);
        if (!f->has_tpm)
                return PAWL_ERR_TPM_ABSENT;
        *ret = 2;
        DONE(PAWL_ERR_TPM_FAILED);
}

static fake_variable *find(const fake_platform *f, pawl_vendor vendor, const char *name)
{
        for (size_t i = 0; i < f->n_variables; i++)
                if (f->variables[i].vendor == vendor && strcmp(f->variables[i].name, name) == 0)
                        return (fake_variable *)(uintptr_t)&f->variables[i];
        return NULL;
}

static pawl_err fake_get_variable_size(void *ctx, pawl_vendor vendor, const char *name, size_t *ret)
{
        fake_platform *f = ctx;
        const fake_variable *v = find(f, vendor, name);

        FAIL_IF_TOLD(f, PAWL_ERR_IO);
        if (!v)
                return PAWL_ERR_NOT_FOUND;
        *ret = v->len;
        DONE(PAWL_ERR_IO);
}

static pawl_err fake_get_variable(
        void *ctx, pawl_vendor vendor, const char *name, void *buf, size_t cap, size_t *ret_len)
{
        fake_platform *f = ctx;
        const fake_variable *v = find(f, vendor, name);

        FAIL_IF_TOLD(f, PAWL_ERR_IO);
        if (!v)
                return PAWL_ERR_NOT_FOUND;
        if (v->len > cap)
                return PAWL_ERR_NO_SPACE;
        pawl_copy(buf, v->value, v->len);
        *ret_len = v->len;
        DONE(PAWL_ERR_IO);
}

static void put(
        fake_platform *f, pawl_vendor vendor, const char *name, pawl_span value, bool is_lasting)
{
        fake_variable *v = find(f, vendor, name);

        if (!v) {
                assert(f->n_variables < FAKE_VARIABLES_MAX);
                v = &f->variables[f->n_variables++];
        }
        *v = (fake_variable){ .vendor = vendor, .len = value.len, .is_lasting = is_lasting };
        assert(value.len <= sizeof(v->value) && strlen(name) < sizeof(v->name));
        pawl_copy(v->value, value.data, value.len);
        pawl_copy(v->name, name, strlen(name));
}

static pawl_err fake_set_variable(
        void *ctx, pawl_vendor vendor, const char *name, pawl_span value, bool is_lasting)
{
        fake_platform *f = ctx;
        fake_variable *v = find(f, vendor, name);

        FAIL_IF_TOLD(f, PAWL_ERR_IO);
        if (value.len == 0) {
                if (!v)
                        return PAWL_ERR_NOT_FOUND;
                *v = f->variables[--f->n_variables];
                DONE(PAWL_ERR_IO);
        }
        /* UEFI Specification 2.10, section 8.2.2: other attributes than it has */
        if (v && v->is_lasting != is_lasting)
                return PAWL_ERR_FIRMWARE;
        put(f, vendor, name, value, is_lasting);
        DONE(PAWL_ERR_IO);
}

static fake_file *find_file(fake_platform *f, const char *path)
{
        for (size_t i = 0; i < f->n_files; i++)
                if (strcasecmp(f->files[i].path, path) == 0)
                        return &f->files[i];
        return NULL;
}

static pawl_err fake_file_size(void *ctx, const char *path, uint64_t *ret)
{
        fake_platform *f = ctx;
        const fake_file *file = find_file(f, path);

        FAIL_IF_TOLD(f, PAWL_ERR_IO);
        if (!file || file->is_dir)
                return PAWL_ERR_NOT_FOUND;
        *ret = file->content.len;
        DONE(PAWL_ERR_IO);
}

static pawl_err fake_file_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len)
{
        fake_platform *f = ctx;
        const fake_file *file = find_file(f, path);
        pawl_span s;

        FAIL_IF_TOLD(f, PAWL_ERR_IO);
        if (!file || file->is_dir)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_span_slice(file->content, off, len, &s));
        pawl_copy(buf, s.data, s.len);
        DONE(PAWL_ERR_IO);
}

/* The name, if `path` lies directly in `dir`. */
static const char *name_in(const char *path, const char *dir)
{
        size_t n = strcmp(dir, "\\") == 0 ? 0 : strlen(dir);

        if (strncasecmp(path, dir, n) != 0 || path[n] != '\\' || path[n + 1] == '\0')
                return NULL;
        return strchr(path + n + 1, '\\') ? NULL : path + n + 1;
}

static pawl_err fake_directory_list(void *ctx, const char *path, pawl_file_visit visit, void *arg)
{
        fake_platform *f = ctx;
        const fake_file *dir = find_file(f, path);

        FAIL_IF_TOLD(f, PAWL_ERR_IO);
        if (!dir || !dir->is_dir)
                return PAWL_ERR_NOT_FOUND;
        for (size_t i = 0; i < f->n_files; i++) {
                const char *name = name_in(f->files[i].path, path);
                pawl_file_info info = { .size = f->files[i].content.len,
                        .is_dir = f->files[i].is_dir,
                        .is_read_only = f->files[i].is_read_only };

                if (!name)
                        continue;
                pawl_copy(info.name, name, strlen(name));
                PAWL_TRY(visit(arg, &info));
        }
        DONE(PAWL_ERR_IO);
}

static pawl_err fake_file_rename(void *ctx, const char *path, const char *new_name)
{
        fake_platform *f = ctx;
        fake_file *file = find_file(f, path);
        char new_path[PAWL_PATH_MAX] = "";
        pawl_writer w = pawl_writer_of(new_path, sizeof(new_path) - 1);

        FAIL_IF_TOLD(f, PAWL_ERR_IO);
        if (!file)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(f->rename_err);
        PAWL_TRY(pawl_write_bytes(&w,
                pawl_span_of(file->path, (size_t)(strrchr(file->path, '\\') - file->path) + 1)));
        PAWL_TRY(pawl_write_str(&w, new_name));
        if (find_file(f, new_path))
                return PAWL_ERR_EXISTS;
        pawl_copy(file->path, new_path, sizeof(new_path));
        DONE(PAWL_ERR_IO);
}

static pawl_err fake_image_load(void *ctx, const pawl_load_request *request, pawl_image *ret)
{
        fake_platform *f = ctx;
        bool is_after;

        if (fails(f, &is_after) || is_after)
                return PAWL_ERR_DENIED;
        PAWL_TRY(f->load_err);
        f->loaded = *request;
        f->n_loaded++;
        *ret = f;
        return PAWL_OK;
}

/* Reads the initrd as a kernel does. */
static void take_initrd(fake_platform *f)
{
        pawl_writer w;
        size_t size = 0;

        free(f->initrd);
        f->initrd = NULL;
        f->initrd_len = 0;
        if (!f->is_initrd_installed)
                return;
        assert(pawl_initrd_total(f->parts, f->n_parts, &size) == PAWL_OK);
        f->initrd = malloc(size > 0 ? size : 1);
        w = pawl_writer_of(f->initrd, size);
        assert(f->initrd && pawl_initrd_write(&w, f->parts, f->n_parts) == PAWL_OK);
        f->initrd_len = w.len;
}

static pawl_err fake_image_start(void *ctx, pawl_image image, uint64_t *ret_status)
{
        fake_platform *f = ctx;
        bool is_after;

        assert(image == f && f->n_loaded > 0);
        f->n_loaded--;
        if (fails(f, &is_after))
                return PAWL_ERR_FIRMWARE;
        f->n_started++;
        take_initrd(f);
        if (f->on_start)
                f->on_start(f, f->on_start_arg);
        *ret_status = f->program_status;
        DONE(PAWL_ERR_FIRMWARE);
}

static void fake_image_unload(void *ctx, pawl_image image)
{
        fake_platform *f = ctx;

        assert(image == f && f->n_loaded > 0);
        f->n_loaded--;
}

static pawl_err fake_initrd_size(void *ctx, size_t *ret)
{
        fake_platform *f = ctx;

        FAIL_IF_TOLD(f, PAWL_ERR_FIRMWARE);
        if (f->earlier_initrd.len == 0)
                return PAWL_ERR_NOT_FOUND;
        *ret = f->earlier_initrd.len;
        DONE(PAWL_ERR_FIRMWARE);
}

static pawl_err fake_initrd_read(void *ctx, void *buf, size_t size)
{
        fake_platform *f = ctx;

        FAIL_IF_TOLD(f, PAWL_ERR_FIRMWARE);
        assert(size == f->earlier_initrd.len);
        pawl_copy(buf, f->earlier_initrd.data, size);
        DONE(PAWL_ERR_FIRMWARE);
}

static pawl_err fake_initrd_install(void *ctx, const pawl_span *parts, size_t n_parts)
{
        fake_platform *f = ctx;
        bool is_after;

        assert(!f->is_initrd_installed);
        if (fails(f, &is_after) || is_after)
                return PAWL_ERR_FIRMWARE;
        f->is_initrd_installed = true;
        f->parts = parts;
        f->n_parts = n_parts;
        return PAWL_OK;
}

static void fake_initrd_remove(void *ctx)
{
        fake_platform *f = ctx;

        f->is_initrd_installed = false;
}

static void fake_print(void *ctx, const char *text)
{
        fake_platform *f = ctx;

        for (; *text != '\0' && f->said_len < sizeof(f->said) - 1; text++)
                f->said[f->said_len++] = *text;
        f->said[f->said_len] = '\0';
}

static void fake_nothing(void *ctx)
{
        (void)ctx;
}

static void fake_move(void *ctx, unsigned column, unsigned row)
{
        (void)column;
        (void)row;
        fake_print(ctx, "\n");
}

static void fake_highlight(void *ctx, bool is_on)
{
        (void)ctx;
        (void)is_on;
}

static void fake_console_size(void *ctx, unsigned *ret_columns, unsigned *ret_rows)
{
        (void)ctx;
        *ret_columns = 80;
        *ret_rows = 25;
}

/* Time passes only by waiting. */
static pawl_err fake_read_key(void *ctx, uint64_t timeout_usec, uint32_t *ret)
{
        fake_platform *f = ctx;
        uint32_t key = f->n_keys_read < f->n_keys ? f->keys[f->n_keys_read] : 0;

        FAIL_IF_TOLD(f, PAWL_ERR_IO);
        if (f->n_keys_read < f->n_keys)
                f->n_keys_read++;
        /* who waits for ever gets the next key */
        while (key == 0 && timeout_usec == UINT64_MAX && f->n_keys_read < f->n_keys)
                key = f->keys[f->n_keys_read++];
        if (key == 0) {
                /* a program that waits for ever with nobody there would hang */
                assert(timeout_usec != UINT64_MAX);
                f->now_usec += timeout_usec;
                return PAWL_ERR_TIMEOUT;
        }
        *ret = key;
        DONE(PAWL_ERR_IO);
}

static uint64_t fake_time_usec(void *ctx)
{
        return ((fake_platform *)ctx)->now_usec;
}

static void fake_stall(void *ctx, uint64_t usec)
{
        ((fake_platform *)ctx)->now_usec += usec;
}

static void fake_reset(void *ctx, pawl_reset_kind kind)
{
        (void)kind;
        ((fake_platform *)ctx)->n_resets++;
}

static const pawl_platform functions = {
        .self = fake_self,
        .allocate = fake_allocate,
        .free = fake_free,
        .measure = fake_measure,
        .banks = fake_banks,
        .get_variable_size = fake_get_variable_size,
        .get_variable = fake_get_variable,
        .set_variable = fake_set_variable,
        .file_size = fake_file_size,
        .file_read = fake_file_read,
        .directory_list = fake_directory_list,
        .file_rename = fake_file_rename,
        .image_load = fake_image_load,
        .image_start = fake_image_start,
        .image_unload = fake_image_unload,
        .initrd_size = fake_initrd_size,
        .initrd_read = fake_initrd_read,
        .initrd_install = fake_initrd_install,
        .initrd_remove = fake_initrd_remove,
        .print = fake_print,
        .clear = fake_nothing,
        .move = fake_move,
        .highlight = fake_highlight,
        .console_size = fake_console_size,
        .read_key = fake_read_key,
        .time_usec = fake_time_usec,
        .stall = fake_stall,
        .watchdog_off = fake_nothing,
        .reset = fake_reset,
};

void fake_platform_init(fake_platform *f)
{
        pawl_zero(f, sizeof(*f));
        f->platform = functions;
        f->platform.ctx = f;
        f->has_tpm = true;
        f->now_usec = 1000000;
        f->load_err = f->rename_err = PAWL_OK;
}

void fake_platform_end(fake_platform *f)
{
        for (size_t i = 0; i < f->n_measurements; i++) {
                free(f->measurements[i].bytes);
                free(f->measurements[i].event);
        }
        free(f->initrd);
        pawl_zero(f, sizeof(*f));
}

void fake_variable_set(fake_platform *f, pawl_vendor vendor, const char *name, pawl_span value)
{
        put(f, vendor, name, value, /* is_lasting= */ true);
}

const fake_variable *fake_variable_get(const fake_platform *f, pawl_vendor vendor, const char *name)
{
        return find(f, vendor, name);
}

bool fake_variable_is(const fake_platform *f, const char *name, const char *text)
{
        const fake_variable *v = find(f, PAWL_VENDOR_LOADER, name);
        size_t n = strlen(text);

        if (!v || v->len != 2 * (n + 1))
                return false;
        for (size_t i = 0; i <= n; i++)
                if (v->value[2 * i] != (uint8_t)text[i] || v->value[2 * i + 1] != 0)
                        return false;
        return true;
}

static void add_file(fake_platform *f, const char *path, pawl_span content, bool is_dir)
{
        fake_file *file = &f->files[f->n_files++];

        assert(f->n_files <= FAKE_FILES_MAX && strlen(path) < sizeof(file->path));
        *file = (fake_file){ .content = content, .is_dir = is_dir };
        pawl_copy(file->path, path, strlen(path));
}

void fake_file_add(fake_platform *f, const char *path, pawl_span content)
{
        add_file(f, path, content, /* is_dir= */ false);
}

void fake_dir_add(fake_platform *f, const char *path)
{
        add_file(f, path, PAWL_SPAN_NULL, /* is_dir= */ true);
}
