/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/certificate-name.h"

#include <limits.h>
#include <openssl/x509.h>
#include <stdio.h>

bool pawl_certificate_name(pawl_span der, char ret[static PAWL_CERTIFICATE_NAME_SIZE])
{
        const unsigned char *at = der.data;
        X509 *x = der.len <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;
        X509_NAME *name = x ? X509_get_subject_name(x) : NULL;
        int i = name ? X509_NAME_get_index_by_NID(name, NID_commonName, -1) : -1;
        bool has = name != NULL;

        if (i >= 0) {
                ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));

                (void)snprintf(ret, PAWL_CERTIFICATE_NAME_SIZE, "%.*s", ASN1_STRING_length(s),
                        (const char *)ASN1_STRING_get0_data(s));
        } else if (name)
                has = X509_NAME_oneline(name, ret, PAWL_CERTIFICATE_NAME_SIZE) != NULL;
        X509_free(x);
        return has;
}
