/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/tpm-victims.h"

#include <string.h>

#include "userspace/disk/probe.h"
#include "userspace/disk/scan.h"
#include "userspace/host/output.h"
#include "userspace/pawl/disk.h"

static void look_at_luks(const char *node)
{
        pawl_autodisk pawl_disk k = { 0 };

        if (pawl_disk_open(node, &k, NULL) != PAWL_OK)
                return;
        for (size_t i = 0; i < k.n_tokens; i++)
                if (k.tokens[i].kind == PAWL_TOKEN_TPM2) {
                        (void)printf("%s: its TPM2 token %d will open nothing any more\n", node,
                                k.tokens[i].id);
                }
}

static void look_at(const char *node)
{
        char found[64];

        if (pawl_probe_signature(node, 0, 0, found, sizeof(found), NULL) != PAWL_OK)
                return;
        if (strcmp(found, "crypto_LUKS") == 0)
                look_at_luks(node);
        else if (strcmp(found, "BitLocker") == 0)
                (void)printf("%s: BitLocker will ask for its recovery key\n", node);
}

void pawl_tpm_victims_print(void)
{
        pawl_autofree pawl_gpt *t = calloc(1, sizeof(*t));
        pawl_disks disks;

        if (!t || pawl_disks_list(&disks, NULL) != PAWL_OK)
                return;
        for (size_t i = 0; i < disks.n; i++) {
                if (pawl_gpt_read(disks.nodes[i], t, NULL) != PAWL_OK)
                        continue;
                for (size_t k = 0; k < t->n; k++) {
                        char node[PAWL_NODE_SIZE];

                        if (pawl_partition_node(disks.nodes[i], t->partitions[k].number, node,
                                    sizeof(node)) == PAWL_OK)
                                look_at(node);
                }
        }
}
