/* SPDX-License-Identifier: BSD-2-Clause */
/* Partition tables on image files: what is found, where something new goes, and everything that
 * must not be touched. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/disk/copies.h"
#include "userspace/disk/place.h"
#include "userspace/disk/probe.h"
#include "userspace/disk/scan.h"

#define MIB       ((uint64_t)1 << 20)
#define DISK_SIZE (512 * MIB)
#define VAR       "4d21b016-b534-45c2-a9fb-5c16e091fd2d"
#define ESP       "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define ESP_UUID  "11111111-2222-3333-4444-555555555555"

static char image[] = "test-disk.XXXXXX", clone[sizeof(image) + 8];
static pawl_gpt table;
static pawl_definitions defs;
static pawl_place places[PAWL_DEFINITIONS_MAX];

static void run(const char *command)
{
        int status = system(command);

        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A disk with an ESP of 64 MiB and room behind it. */
static int make_disk(void **state)
{
        char command[512];
        int fd = open(image, O_RDWR | O_TRUNC);

        (void)state;
        assert_true(fd >= 0 && ftruncate(fd, (off_t)DISK_SIZE) == 0 && close(fd) == 0);
        (void)snprintf(command, sizeof(command),
                "printf 'label: gpt\\nstart=2048,size=131072,type=" ESP ",name=ESP,uuid=" ESP_UUID
                "\\n' | PATH=$PATH:/sbin:/usr/sbin sfdisk --quiet %s",
                image);
        run(command);
        defs = (pawl_definitions){ .n = 1 };
        (void)snprintf(defs.items[0].file, sizeof(defs.items[0].file), "50-state.conf");
        (void)snprintf(defs.items[0].type, sizeof(defs.items[0].type), VAR);
        (void)snprintf(defs.items[0].label, sizeof(defs.items[0].label), "state");
        defs.items[0].min_size = 64 * MIB;
        defs.items[0].max_size = 128 * MIB;
        return 0;
}

static void write_at(uint64_t offset, const void *data, size_t len)
{
        int fd = open(image, O_RDWR);

        assert_true(fd >= 0 && pwrite(fd, data, len, (off_t)offset) == (ssize_t)len);
        assert_int_equal(close(fd), 0);
}

static void read_at(uint64_t offset, void *data, size_t len)
{
        int fd = open(image, O_RDONLY);

        assert_true(fd >= 0 && pread(fd, data, len, (off_t)offset) == (ssize_t)len);
        assert_int_equal(close(fd), 0);
}

static pawl_err find(pawl_diag *d)
{
        *d = (pawl_diag){ 0 };
        assert_int_equal(pawl_gpt_read(image, &table, d), PAWL_OK);
        return pawl_places_find(&table, &defs, places, d);
}

static void add_state(pawl_partition *p)
{
        pawl_diag d;

        assert_int_equal(find(&d), PAWL_OK);
        assert_false(places[0].exists);
        assert_int_equal(
                pawl_gpt_add(image, VAR, "state", places[0].start, places[0].size, p, &d), PAWL_OK);
}

static void test_makes_what_is_missing(void **state)
{
        pawl_partition p;
        pawl_diag d;

        (void)state;
        assert_int_equal(pawl_copies_check(image, &d), PAWL_OK);
        add_state(&p);
        assert_int_equal(p.start, 65 * MIB);
        assert_int_equal(p.size, 128 * MIB);
        assert_string_equal(p.type, VAR);
        assert_string_equal(p.label, "state");
        assert_int_equal(pawl_copies_check(image, &d), PAWL_OK);
        assert_int_equal(find(&d), PAWL_OK);
        assert_true(places[0].exists);
        assert_int_equal(places[0].number, p.number);
        assert_non_null(pawl_gpt_find(&table, p.uuid));
}

static void test_takes_all_without_limit(void **state)
{
        pawl_diag d;

        (void)state;
        defs.items[0].max_size = 0;
        assert_int_equal(find(&d), PAWL_OK);
        assert_int_equal(places[0].start, 65 * MIB);
        assert_int_equal(places[0].size, DISK_SIZE - 66 * MIB);
}

static void test_two_share(void **state)
{
        pawl_diag d;

        (void)state;
        defs.n = 2;
        defs.items[1] = defs.items[0];
        (void)snprintf(defs.items[1].label, sizeof(defs.items[1].label), "more");
        defs.items[0].max_size = 0;
        assert_int_equal(find(&d), PAWL_OK);
        assert_int_equal(places[0].size, DISK_SIZE - 66 * MIB - 64 * MIB);
        assert_int_equal(places[1].start, places[0].start + places[0].size);
        assert_int_equal(places[1].size, 64 * MIB);
}

static void test_no_space(void **state)
{
        pawl_diag d;

        (void)state;
        defs.items[0].min_size = 448 * MIB;
        defs.items[0].max_size = 0;
        assert_int_equal(find(&d), PAWL_ERR_NO_SPACE);
        assert_non_null(strstr(d.text, "50-state.conf: needs 448 MiB"));
}

static void test_two_of_a_kind(void **state)
{
        pawl_partition p;
        pawl_diag d;

        (void)state;
        add_state(&p);
        assert_int_equal(pawl_gpt_add(image, VAR, "state", 300 * MIB, 10 * MIB, &p, &d), PAWL_OK);
        assert_int_equal(find(&d), PAWL_ERR_DUPLICATE);
}

static void test_damaged_backup(void **state)
{
        static const uint8_t junk[512] = { 1 };
        bool is_healed;
        pawl_diag d;

        (void)state;
        write_at(DISK_SIZE - 512, junk, sizeof(junk));
        assert_int_equal(pawl_copies_check(image, &d), PAWL_ERR_MISMATCH);
        assert_non_null(strstr(d.text, "do not agree"));
        assert_int_equal(pawl_copies_heal(image, &defs, &is_healed, &d), PAWL_ERR_MISMATCH);
        assert_int_equal(pawl_gpt_read(image, &table, &d), PAWL_OK);
        assert_true(table.is_damaged);
}

static void test_damaged_primary(void **state)
{
        static const uint8_t junk[512] = { 1 };
        pawl_diag d;

        (void)state;
        write_at(512, junk, sizeof(junk));
        assert_int_equal(pawl_copies_check(image, &d), PAWL_ERR_MISMATCH);
}

/* Both copies are whole, each for itself, and say different things. */
static void test_copies_differ(void **state)
{
        static uint8_t tail[33 * 512], again[33 * 512];
        bool is_healed;
        pawl_partition p;
        pawl_diag d;

        (void)state;
        read_at(DISK_SIZE - sizeof(tail), tail, sizeof(tail));
        assert_int_equal(
                pawl_gpt_add(image, VAR, "somebody", 300 * MIB, 10 * MIB, &p, &d), PAWL_OK);
        write_at(DISK_SIZE - sizeof(tail), tail, sizeof(tail));
        assert_int_equal(pawl_copies_check(image, &d), PAWL_ERR_MISMATCH);
        assert_int_equal(pawl_copies_heal(image, &defs, &is_healed, &d), PAWL_ERR_MISMATCH);
        read_at(DISK_SIZE - sizeof(tail), again, sizeof(again));
        assert_memory_equal(tail, again, sizeof(tail));
}

/* A power cut after each sector that our own change writes, in libfdisk's order: backup entries,
 * backup header, primary entries, primary header. */
static void test_torn_writes_heal(void **state)
{
        static const struct {
                uint64_t offset;
                size_t len;
        } order[] = {
                {DISK_SIZE - 33 * 512, 32 * 512},
                { DISK_SIZE - 512,     512     },
                { 1024,                32 * 512},
                { 512,                 512     }
        };
        static uint8_t before[4][32 * 512], after[4][32 * 512];
        pawl_partition p;
        pawl_diag d;

        (void)state;
        for (size_t i = 0; i < 4; i++)
                read_at(order[i].offset, before[i], order[i].len);
        add_state(&p);
        for (size_t i = 0; i < 4; i++)
                read_at(order[i].offset, after[i], order[i].len);
        for (size_t cut = 0; cut <= 4; cut++) {
                bool is_healed;

                for (size_t i = 0; i < 4; i++)
                        write_at(order[i].offset, i < cut ? after[i] : before[i], order[i].len);
                assert_int_equal(pawl_copies_heal(image, &defs, &is_healed, &d), PAWL_OK);
                assert_int_equal(is_healed, cut > 0 && cut < 4);
                assert_int_equal(pawl_copies_check(image, &d), PAWL_OK);
                assert_int_equal(find(&d), PAWL_OK);
                assert_int_equal(places[0].start, 65 * MIB);
        }
}

static void test_signature(void **state)
{
        static const uint8_t luks[6] = { 'L', 'U', 'K', 'S', 0xba, 0xbe };
        static const uint8_t version[2] = { 0, 2 };
        char name[32];
        pawl_diag d;

        (void)state;
        assert_int_equal(
                pawl_probe_signature(image, 65 * MIB, 128 * MIB, name, sizeof(name), &d), PAWL_OK);
        assert_string_equal(name, "");
        write_at(65 * MIB, luks, sizeof(luks));
        write_at(65 * MIB + 6, version, sizeof(version));
        assert_int_equal(
                pawl_probe_signature(image, 65 * MIB, 128 * MIB, name, sizeof(name), &d), PAWL_OK);
        assert_string_equal(name, "crypto_LUKS");
}

static void test_two_disks(void **state)
{
        static const char *const uuids[] = { ESP_UUID, NULL };
        static const char *const others[] = { "22222222-2222-3333-4444-555555555555", NULL };
        pawl_disks disks = { .n = 1 };
        char command[256], found[PAWL_NODE_SIZE] = "";
        pawl_diag d;

        (void)state;
        (void)snprintf(disks.nodes[0], PAWL_NODE_SIZE, "%s", image);
        assert_int_equal(pawl_disks_find(&disks, others, found, &d), PAWL_ERR_NOT_FOUND);
        assert_int_equal(pawl_disks_find(&disks, uuids, found, &d), PAWL_OK);
        assert_string_equal(found, image);
        (void)snprintf(clone, sizeof(clone), "%s.2", image);
        (void)snprintf(command, sizeof(command), "cp --sparse=always %s %s", image, clone);
        run(command);
        (void)snprintf(disks.nodes[disks.n++], PAWL_NODE_SIZE, "%s", clone);
        assert_int_equal(pawl_disks_find(&disks, uuids, found, &d), PAWL_ERR_DUPLICATE);
        assert_int_equal(unlink(clone), 0);
}

static void test_no_table(void **state)
{
        int fd = open(image, O_RDWR | O_TRUNC);
        pawl_diag d;

        (void)state;
        assert_true(fd >= 0 && ftruncate(fd, (off_t)DISK_SIZE) == 0 && close(fd) == 0);
        assert_int_equal(pawl_gpt_read(image, &table, &d), PAWL_ERR_NOT_FOUND);
        assert_int_equal(pawl_copies_check(image, &d), PAWL_ERR_NOT_FOUND);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_makes_what_is_missing, make_disk),
                cmocka_unit_test_setup(test_takes_all_without_limit, make_disk),
                cmocka_unit_test_setup(test_two_share, make_disk),
                cmocka_unit_test_setup(test_no_space, make_disk),
                cmocka_unit_test_setup(test_two_of_a_kind, make_disk),
                cmocka_unit_test_setup(test_damaged_backup, make_disk),
                cmocka_unit_test_setup(test_damaged_primary, make_disk),
                cmocka_unit_test_setup(test_copies_differ, make_disk),
                cmocka_unit_test_setup(test_torn_writes_heal, make_disk),
                cmocka_unit_test_setup(test_signature, make_disk),
                cmocka_unit_test_setup(test_two_disks, make_disk),
                cmocka_unit_test_setup(test_no_table, make_disk),
        };
        int failed, fd = mkstemp(image);

        if (fd < 0)
                return 2;
        (void)close(fd);
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        (void)unlink(image);
        return failed;
}
