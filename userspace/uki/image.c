/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/image.h"

static const char *reason_of(pawl_err err)
{
        switch ((int)err) {
        case PAWL_ERR_TRUNCATED:
                return "a header or section of this PE file reaches beyond its end; is the file "
                       "complete?";
        case PAWL_ERR_TRAILING:
                return "there is data behind the signatures of this PE file";
        case PAWL_ERR_LIMIT:
                return "this PE file has more sections than are supported";
        default:
                return "not a PE file, or one whose headers or sections contradict each other";
        }
}

pawl_err pawl_image_open(const char *path, pawl_image *ret, pawl_diag *d)
{
        pawl_err err;

        ret->path = path;
        PAWL_TRY(pawl_map_file(path, PAWL_IMAGE_SIZE_MAX, &ret->map, d));
        err = pawl_pe_read(pawl_map_span(&ret->map), PAWL_PE_FILE, &ret->pe);
        if (err == PAWL_OK)
                return PAWL_OK;
        pawl_image_done(ret);
        return pawl_fail(d, err, "%s: %s", path, reason_of(err));
}

void pawl_image_done(pawl_image *i)
{
        pawl_map_done(&i->map);
}

pawl_err pawl_image_read_uki(const pawl_image *i, unsigned profile, pawl_uki *ret, pawl_diag *d)
{
        pawl_err err = pawl_uki_read(&i->pe, profile, ret);

        switch ((int)err) {
        case PAWL_ERR_MISSING:
                return pawl_fail(
                        d, err, "%s: no .linux section; this is no unified kernel image", i->path);
        case PAWL_ERR_NOT_FOUND:
                return pawl_fail(d, err,
                        "%s: there is no profile %u; 'pawl uki inspect' lists them", i->path,
                        profile);
        case PAWL_ERR_LIMIT:
                return pawl_fail(
                        d, err, "%s: more than %d profiles", i->path, PAWL_UKI_PROFILES_MAX);
        default:
                return err;
        }
}
