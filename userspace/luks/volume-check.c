/* SPDX-License-Identifier: BSD-2-Clause */
/* The fixed list of what a header may name: a null cipher or an unknown digest would let any key
 * "open" the volume, and then an opened keyslot proves nothing. LUKS2 On-Disk Format 1.1.3,
 * sections 3.1 to 3.6. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/host/json.h"
#include "userspace/luks/volume-internal.h"

#define CIPHER            PAWL_VOLUME_CIPHER "-" PAWL_VOLUME_MODE
#define TEXT_MAX          64
#define KDF_MEMORY_MAX_KB (1u << 20)

static const char *const hashes[] = { "sha256", "sha512", NULL };
static const char *const kdfs[] = { "pbkdf2", "argon2id", "argon2i", NULL };
static const char *const ciphers[] = { CIPHER, NULL };
static const char *const af_types[] = { "luks1", NULL };
static const char *const slot_types[] = { "luks2", NULL };
static const char *const area_types[] = { "raw", NULL };
static const char *const digest_types[] = { "pbkdf2", NULL };
static const char *const segment_types[] = { "crypt", NULL };

static pawl_err one_of(json_object *o, const char *key, const char *const *list, pawl_diag *d)
{
        const char *text = NULL;

        PAWL_TRY(pawl_json_text(o, key, TEXT_MAX, NULL, &text, d));
        for (const char *const *l = list; *l; l++)
                if (strcmp(*l, text) == 0)
                        return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "%s %s is not on the list of what is accepted (%s …); somebody else may have "
                "written this header",
                key, text, list[0]);
}

static pawl_err key_size(json_object *o, pawl_diag *d)
{
        uint64_t n = 0;

        PAWL_TRY(pawl_json_u64(o, "key_size", UINT32_MAX, NULL, &n, d));
        if (n != PAWL_VOLUME_KEY_SIZE)
                return pawl_fail(d, PAWL_ERR_REFUSED, "key_size %llu bytes, %d are demanded",
                        (unsigned long long)n, PAWL_VOLUME_KEY_SIZE);
        return PAWL_OK;
}

static pawl_err object(json_object *o, const char *key, json_object **ret, pawl_diag *d)
{
        return pawl_json_field(o, key, json_type_object, NULL, ret, d);
}

static pawl_err check_kdf(json_object *kdf, pawl_diag *d)
{
        const char *type = NULL;
        uint64_t n = 0;

        PAWL_TRY(one_of(kdf, "type", kdfs, d));
        PAWL_TRY(pawl_json_text(kdf, "type", TEXT_MAX, NULL, &type, d));
        if (strcmp(type, "pbkdf2") != 0) {
                PAWL_TRY(pawl_json_u64(kdf, "memory", UINT32_MAX, NULL, &n, d));
                if (n > KDF_MEMORY_MAX_KB)
                        return pawl_fail(d, PAWL_ERR_REFUSED,
                                "%s wants %llu KiB of memory, more than the limit of %u", type,
                                (unsigned long long)n, KDF_MEMORY_MAX_KB);
                return PAWL_OK;
        }
        PAWL_TRY(one_of(kdf, "hash", hashes, d));
        PAWL_TRY(pawl_json_u64(kdf, "iterations", UINT32_MAX, NULL, &n, d));
        if (n < PAWL_VOLUME_PBKDF2_MIN)
                return pawl_fail(d, PAWL_ERR_REFUSED, "pbkdf2 with %llu iterations, fewer than %d",
                        (unsigned long long)n, PAWL_VOLUME_PBKDF2_MIN);
        return PAWL_OK;
}

static pawl_err check_keyslot(json_object *slot, pawl_diag *d)
{
        json_object *af = NULL, *area = NULL, *kdf = NULL;

        PAWL_TRY(one_of(slot, "type", slot_types, d));
        PAWL_TRY(key_size(slot, d));
        PAWL_TRY(object(slot, "af", &af, d));
        PAWL_TRY(one_of(af, "type", af_types, d));
        PAWL_TRY(one_of(af, "hash", hashes, d));
        PAWL_TRY(object(slot, "area", &area, d));
        PAWL_TRY(one_of(area, "type", area_types, d));
        PAWL_TRY(one_of(area, "encryption", ciphers, d));
        PAWL_TRY(key_size(area, d));
        PAWL_TRY(object(slot, "kdf", &kdf, d));
        return check_kdf(kdf, d);
}

/* With another tweak and offset the volume begins at another of its own sectors: a file that
 * somebody stored in it would be mounted as its file system. */
static pawl_err check_place(json_object *segment, pawl_diag *d)
{
        static const char *const zero[] = { "0", NULL };
        static const char *const whole[] = { "dynamic", NULL };

        PAWL_TRY(one_of(segment, "iv_tweak", zero, d));
        return one_of(segment, "size", whole, d);
}

static pawl_err check_segment(json_object *segment, pawl_diag *d)
{
        PAWL_TRY(one_of(segment, "type", segment_types, d));
        PAWL_TRY(one_of(segment, "encryption", ciphers, d));
        PAWL_TRY(check_place(segment, d));
        if (json_object_object_get_ex(segment, "integrity", NULL))
                return pawl_fail(d, PAWL_ERR_REFUSED, "integrity protection is not accepted");
        if (json_object_object_get_ex(segment, "flags", NULL))
                return pawl_fail(d, PAWL_ERR_REFUSED, "a segment with flags (re-encryption)");
        return PAWL_OK;
}

static pawl_err check_digest(json_object *digest, pawl_diag *d)
{
        uint64_t n = 0;

        PAWL_TRY(one_of(digest, "type", digest_types, d));
        PAWL_TRY(one_of(digest, "hash", hashes, d));
        PAWL_TRY(pawl_json_u64(digest, "iterations", UINT32_MAX, NULL, &n, d));
        if (n < PAWL_VOLUME_PBKDF2_MIN)
                return pawl_fail(d, PAWL_ERR_REFUSED, "a digest with %llu iterations",
                        (unsigned long long)n);
        return PAWL_OK;
}

static pawl_err check_each(json_object *top, const char *key, const char *word,
        pawl_err (*check)(json_object *, pawl_diag *), pawl_diag *d)
{
        json_object *all = NULL;

        PAWL_TRY(object(top, key, &all, d));
        json_object_object_foreach(
                all, id, o) if (!json_object_is_type(o, json_type_object)) return pawl_fail(d,
                PAWL_ERR_FORMAT, "%s %.16s: no object", word, id);
        else PAWL_TRY(pawl_fail_prefix(d, check(o, d), "%s %.16s", word, id));
        return PAWL_OK;
}

static pawl_err check_requirements(json_object *top, pawl_diag *d)
{
        json_object *config = NULL;

        PAWL_TRY(object(top, "config", &config, d));
        if (json_object_object_get_ex(config, "requirements", NULL))
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "config: requirements (a re-encryption is under way?); finish it with "
                        "'cryptsetup reencrypt'");
        return PAWL_OK;
}

pawl_err pawl_volume_check_json(pawl_span json, pawl_diag *d)
{
        pawl_autojson json_object *top = NULL;
        json_object *segments = NULL, *digests = NULL;

        PAWL_TRY(pawl_json_parse(json, &top, d));
        if (!json_object_is_type(top, json_type_object))
                return pawl_fail(d, PAWL_ERR_FORMAT, "no JSON object");
        PAWL_TRY(check_requirements(top, d));
        PAWL_TRY(object(top, "segments", &segments, d));
        PAWL_TRY(object(top, "digests", &digests, d));
        if (json_object_object_length(segments) != 1 || json_object_object_length(digests) != 1)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "%d segments and %d digests, one of each is expected",
                        json_object_object_length(segments), json_object_object_length(digests));
        PAWL_TRY(check_each(top, "segments", "segment", check_segment, d));
        PAWL_TRY(check_each(top, "digests", "digest", check_digest, d));
        return check_each(top, "keyslots", "keyslot", check_keyslot, d);
}

pawl_err pawl_volume_check_crypto(pawl_volume *v, pawl_diag *d)
{
        const char *json = NULL;
        int r = crypt_dump_json(v->cd, &json, 0);

        if (r < 0)
                return pawl_volume_fail(v, r, "the metadata cannot be read", d);
        return pawl_fail_prefix(d, pawl_volume_check_json(pawl_span_str(json), d), "%s", v->device);
}
