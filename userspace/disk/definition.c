/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/disk/definition.h"

#include <stdio.h>
#include <string.h>

/* UAPI.2, Discoverable Partitions Specification. Where a type has a place in the file system, that
 * is where it is mounted. */
static const struct {
        const char *name, *guid, *mount_point;
} types[] = {
        {"var",            "4d21b016-b534-45c2-a9fb-5c16e091fd2d", "/var"    },
        { "home",          "933ac7e1-2eb4-4f13-b844-0e14e2aef915", "/home"   },
        { "srv",           "3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "/srv"    },
        { "tmp",           "7ec6f557-3bc5-4aca-b293-16ef5df639d1", "/var/tmp"},
        { "linux-generic", "0fc63daf-8483-4772-8e79-3d69d8477de4", NULL      },
};
#define N_TYPES (sizeof(types) / sizeof(types[0]))

/* Where we are in a file, and which keys were there already. */
typedef struct parse {
        const char *file;
        unsigned line;
        bool in_section;
        uint32_t seen; /* bit n: keys[n] */
        pawl_definition *def;
        pawl_diag *d;
} parse;

static pawl_err wrong(const parse *p, pawl_err err, const char *key, const char *reason)
{
        return pawl_fail(p->d, err, "%s:%u: %s: %s", p->file, p->line, key, reason);
}

static pawl_err copy_text(const parse *p, const char *key, pawl_span value, char *ret, size_t size)
{
        if (value.len == 0)
                return wrong(p, PAWL_ERR_FORMAT, key, "has no value");
        if (value.len >= size)
                return wrong(p, PAWL_ERR_LIMIT, key, "the value is too long");
        for (size_t i = 0; i < value.len; i++)
                if (value.data[i] == '\0')
                        return wrong(p, PAWL_ERR_FORMAT, key, "has a NUL byte");
        pawl_copy(ret, value.data, value.len);
        ret[value.len] = '\0';
        return PAWL_OK;
}

static bool is_guid(const char *text)
{
        size_t i;

        for (i = 0; text[i] != '\0'; i++) {
                bool wants_dash = i == 8 || i == 13 || i == 18 || i == 23;

                if (wants_dash ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
                        return false;
        }
        return i == 36;
}

static pawl_err take_type(parse *p, const char *key, pawl_span value)
{
        char text[64];

        PAWL_TRY(copy_text(p, key, value, text, sizeof(text)));
        for (char *c = text; *c != '\0'; c++)
                if (*c >= 'A' && *c <= 'F')
                        *c = (char)(*c - 'A' + 'a');
        for (size_t i = 0; i < N_TYPES; i++)
                if (strcmp(text, types[i].name) == 0 || strcmp(text, types[i].guid) == 0) {
                        (void)snprintf(p->def->type, sizeof(p->def->type), "%s", types[i].guid);
                        p->def->designator = types[i].name;
                        p->def->mount_point = types[i].mount_point;
                        return PAWL_OK;
                }
        if (!is_guid(text))
                return wrong(p, PAWL_ERR_UNSUPPORTED, key,
                        "must be var, home, srv, tmp, linux-generic or a GUID");
        pawl_copy(p->def->type, text, PAWL_UUID_TEXT_SIZE);
        return PAWL_OK;
}

static pawl_err take_label(parse *p, const char *key, pawl_span value)
{
        PAWL_TRY(copy_text(p, key, value, p->def->label, 37)); /* GPT has room for 36 */
        for (const char *c = p->def->label; *c != '\0'; c++)
                if (*c < 0x20 || *c > 0x7e)
                        return wrong(p, PAWL_ERR_FORMAT, key, "only ASCII without controls");
        return PAWL_OK;
}

/* A number with K, M, G or T (powers of 1024), as repart.d(5) has it. */
static pawl_err take_size(const parse *p, const char *key, pawl_span value, uint64_t *ret)
{
        static const char units[] = "KMGT";
        uint64_t n = 0;
        size_t i = 0;

        for (; i < value.len && value.data[i] >= '0' && value.data[i] <= '9'; i++) {
                if (n > (UINT64_MAX >> 4) / 10)
                        return wrong(p, PAWL_ERR_LIMIT, key, "too large");
                n = n * 10 + (value.data[i] - (uint64_t)'0');
        }
        if (i == 0 || value.len - i > 1)
                return wrong(p, PAWL_ERR_FORMAT, key, "must be a number with K, M, G or T");
        if (i < value.len) {
                const char *unit = value.data[i] ? strchr(units, value.data[i]) : NULL;
                unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;

                if (!unit)
                        return wrong(p, PAWL_ERR_FORMAT, key, "must be a number with K, M, G or T");
                if (n > (UINT64_MAX >> 1) >> shift)
                        return wrong(p, PAWL_ERR_LIMIT, key, "too large");
                n <<= shift;
        }
        *ret = n;
        return PAWL_OK;
}

static pawl_err take_min(parse *p, const char *key, pawl_span value)
{
        return take_size(p, key, value, &p->def->min_size);
}

static pawl_err take_max(parse *p, const char *key, pawl_span value)
{
        PAWL_TRY(take_size(p, key, value, &p->def->max_size));
        return p->def->max_size > 0 ? PAWL_OK : wrong(p, PAWL_ERR_FORMAT, key, "must not be 0");
}

static pawl_err take_format(parse *p, const char *key, pawl_span value)
{
        p->def->is_ext4 = pawl_span_equal(value, PAWL_SPAN_LITERAL("ext4"));
        return p->def->is_ext4 ? PAWL_OK
                               : wrong(p, PAWL_ERR_UNSUPPORTED, key, "only ext4 can be made");
}

static pawl_err take_encrypt(parse *p, const char *key, pawl_span value)
{
        p->def->is_encrypted = pawl_span_equal(value, PAWL_SPAN_LITERAL("tpm2"));
        if (p->def->is_encrypted || pawl_span_equal(value, PAWL_SPAN_LITERAL("off")))
                return PAWL_OK;
        return wrong(p, PAWL_ERR_UNSUPPORTED, key, "must be tpm2 or off");
}

static bool is_one_of(pawl_span value, const char *const *words)
{
        for (; *words; words++)
                if (pawl_span_equal(value, pawl_span_str(*words)))
                        return true;
        return false;
}

static pawl_err take_reset(parse *p, const char *key, pawl_span value)
{
        static const char *const yes[] = { "yes", "true", "on", "1", NULL };
        static const char *const no[] = { "no", "false", "off", "0", NULL };

        p->def->is_factory_reset = is_one_of(value, yes);
        return p->def->is_factory_reset || is_one_of(value, no)
                       ? PAWL_OK
                       : wrong(p, PAWL_ERR_FORMAT, key, "must be yes or no");
}

static pawl_err take_word(
        const parse *p, const char *key, pawl_span value, const char *more, char *ret, size_t size)
{
        PAWL_TRY(copy_text(p, key, value, ret, size));
        for (const char *c = ret; *c != '\0'; c++)
                if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                            (*c >= '0' && *c <= '9') || strchr(more, *c)))
                        return wrong(
                                p, PAWL_ERR_FORMAT, key, "has a character that is not allowed");
        return PAWL_OK;
}

static pawl_err take_policy(parse *p, const char *key, pawl_span value)
{
        return take_word(p, key, value, "-+_", p->def->policy, sizeof(p->def->policy));
}

static pawl_err take_show(parse *p, const char *key, pawl_span value)
{
        return take_word(p, key, value, " ", p->def->recovery_show, sizeof(p->def->recovery_show));
}

static const struct {
        const char *name;
        pawl_err (*take)(parse *p, const char *key, pawl_span value);
} keys[] = {
        {"Type",          take_type   },
        { "Label",        take_label  },
        { "SizeMinBytes", take_min    },
        { "SizeMaxBytes", take_max    },
        { "Format",       take_format },
        { "Encrypt",      take_encrypt},
        { "FactoryReset", take_reset  },
        { "Policy",       take_policy },
        { "RecoveryShow", take_show   },
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static bool is_blank(uint8_t c)
{
        return c == ' ' || c == '\t';
}

static pawl_span trim(pawl_span s)
{
        while (s.len > 0 && is_blank(s.data[s.len - 1]))
                s.len--;
        while (s.len > 0 && is_blank(s.data[0])) {
                s.data++;
                s.len--;
        }
        return s;
}

static pawl_err take_pair(parse *p, pawl_span key, pawl_span value)
{
        char name[32];

        for (size_t i = 0; i < N_KEYS; i++) {
                if (!pawl_span_equal(key, pawl_span_str(keys[i].name)))
                        continue;
                if (p->seen >> i & 1)
                        return wrong(p, PAWL_ERR_DUPLICATE, keys[i].name, "stands twice");
                p->seen |= 1u << i;
                return keys[i].take(p, keys[i].name, value);
        }
        (void)snprintf(name, sizeof(name), "%.*s", (int)(key.len < 31 ? key.len : 31),
                (const char *)key.data);
        return wrong(p, PAWL_ERR_UNSUPPORTED, name, "unknown key; see pawl-disk.d(5)");
}

static pawl_err take_line(parse *p, pawl_span line)
{
        size_t equals = 0;

        if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
                return PAWL_OK;
        if (line.data[0] == '[') {
                p->in_section = pawl_span_equal(line, PAWL_SPAN_LITERAL("[Partition]"));
                return p->in_section ? PAWL_OK
                                     : wrong(p, PAWL_ERR_UNSUPPORTED, "section",
                                               "only [Partition] is known");
        }
        if (!p->in_section)
                return wrong(p, PAWL_ERR_FORMAT, "key", "stands before [Partition]");
        while (equals < line.len && line.data[equals] != '=')
                equals++;
        if (equals == line.len || equals == 0)
                return wrong(p, PAWL_ERR_FORMAT, "line", "must be KEY=VALUE");
        return take_pair(p, trim(pawl_span_of(line.data, equals)),
                trim(pawl_span_of(line.data + equals + 1, line.len - equals - 1)));
}

/* What no single line can be blamed for. */
static pawl_err check(const parse *p)
{
        const pawl_definition *def = p->def;

        if (def->type[0] == '\0')
                return pawl_fail(p->d, PAWL_ERR_MISSING, "%s: Type= is missing", p->file);
        if (def->max_size != 0 && def->max_size < def->min_size)
                return pawl_fail(p->d, PAWL_ERR_FORMAT,
                        "%s: SizeMaxBytes= is smaller than SizeMinBytes=", p->file);
        if (def->is_encrypted && def->min_size < PAWL_LUKS_MIN_SIZE)
                return pawl_fail(p->d, PAWL_ERR_FORMAT,
                        "%s: SizeMinBytes= must be at least 32M for an encrypted partition",
                        p->file);
        if (!def->is_ext4 && def->is_encrypted)
                return pawl_fail(
                        p->d, PAWL_ERR_UNSUPPORTED, "%s: Encrypt=tpm2 needs Format=ext4", p->file);
        return PAWL_OK;
}

pawl_err pawl_definition_parse(pawl_span text, const char *file, pawl_definition *ret, pawl_diag *d)
{
        pawl_definition def = { .min_size = PAWL_DEFINITION_MIN_SIZE,
                .policy = "signed-os",
                .recovery_show = "console" };
        parse p = { .file = file, .def = &def, .d = d };
        pawl_reader r = pawl_reader_of(text);
        pawl_span line;

        if (text.len > PAWL_DEFINITION_FILE_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: too large", file);
        (void)snprintf(def.file, sizeof(def.file), "%s", file);
        while (pawl_read_line(&r, &line) == PAWL_OK) {
                p.line++;
                PAWL_TRY(take_line(&p, trim(line)));
        }
        PAWL_TRY(check(&p));
        if (def.label[0] == '\0')
                (void)snprintf(def.label, sizeof(def.label), "%s",
                        def.designator ? def.designator : "pawl");
        *ret = def;
        return PAWL_OK;
}
