/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer of HTML: whatever the text is, the page has no more elements than were begun. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/report/html.h"

/* The page with one paragraph of that text, which is a value too. The text is cut out behind the
 * marks, since the style sheet has quotes of its own. */
static void write_text(const char *text, char *ret_value, char *ret_text, size_t size)
{
        pawl_autohtml pawl_html *h = NULL;
        pawl_autobuffer pawl_buffer page = { 0 };
        const char *at, *end;

        assert_int_equal(pawl_html_new("t", &h), PAWL_OK);
        pawl_html_begin(h, PAWL_HTML_P);
        pawl_html_attr(h, PAWL_HTML_ATTR_ID, "%s", text);
        pawl_html_text(h, "%s", text);
        pawl_html_end(h);
        assert_int_equal(pawl_html_finish(h, &page), PAWL_OK);
        at = strstr((const char *)page.data, "<body>\n<p id=\"");
        assert_non_null(at);
        at += strlen("<body>\n<p id=\"");
        end = strstr(at, "\">");
        assert_non_null(end);
        (void)snprintf(ret_value, size, "%.*s", (int)(end - at), at);
        at = end + 2;
        end = strstr(at, "</p>\n</body>\n</html>\n");
        assert_non_null(end);
        (void)snprintf(ret_text, size, "%.*s", (int)(end - at), at);
}

static void expect(const char *text, const char *wanted)
{
        char value[256], content[256];

        write_text(text, value, content, sizeof(value));
        assert_string_equal(value, wanted);
        assert_string_equal(content, wanted);
}

#define BAD "\xef\xbf\xbd"

static void test_escapes(void **state)
{
        (void)state;
        expect("", "");
        expect("plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x92",
                "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x92");
        expect("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
        expect("\"><img src=x onerror=y>", "&quot;&gt;&lt;img src=x onerror=y&gt;");
        expect("&lt;", "&amp;lt;");
        expect("%s%n", "%s%n");
        expect("a\nb\tc\x1b[31m\x7f", "a" BAD "b" BAD "c" BAD "[31m" BAD);
        expect("\xc2\x9b", BAD); /* C1 */
        expect("a\xe2\x80\xae"
               "b\xe2\x81\xa6\xef\xbb\xbf",
                "a" BAD "b" BAD BAD);                    /* turns the text round */
        expect("\xe2\x80\x8b\xf3\xa0\x81\xa1", BAD BAD); /* not seen at all */
}

static void test_bytes_that_are_no_utf8(void **state)
{
        (void)state;
        expect("\xc0\xbc", BAD BAD); /* "<" in too long a form */
        expect("\xe0\x80\xbc", BAD BAD BAD);
        expect("\xed\xa0\x80", BAD BAD BAD);         /* a surrogate */
        expect("\xf4\x90\x80\x80", BAD BAD BAD BAD); /* over U+10FFFF */
        expect("\xff\xfe", BAD BAD);
        expect("\xe2\x82", BAD BAD);                    /* cut off by the end */
        expect("\xe2<\xc3\"", BAD "&lt;" BAD "&quot;"); /* a lead byte swallows nothing */
        expect("\xf0\x9f\x94<", BAD BAD BAD "&lt;");
}

/* No pair of bytes, in whatever place, gets a character through that a browser acts on. */
static void test_every_pair(void **state)
{
        (void)state;
        for (unsigned a = 1; a < 256; a++)
                for (unsigned b = 1; b < 256; b += a < 0x80 ? 37 : 5) {
                        const char text[] = { (char)a, (char)b, '<', (char)b, '"', (char)a, '\'',
                                0 };
                        char value[256], content[256];

                        write_text(text, value, content, sizeof(value));
                        assert_string_equal(value, content);
                        assert_null(strpbrk(value, "<>\"'"));
                        assert_non_null(strstr(value, "&lt;"));
                        assert_non_null(strstr(value, "&quot;"));
                        assert_non_null(strstr(value, "&#39;"));
                }
}

static void test_a_link_stays_in_the_page(void **state)
{
        pawl_autohtml pawl_html *h = NULL;
        pawl_autobuffer pawl_buffer page = { 0 };

        (void)state;
        assert_int_equal(pawl_html_new("t", &h), PAWL_OK);
        pawl_html_begin_link(h, "c", "%s", "//evil.example/\" onclick=\"x");
        pawl_html_end(h);
        assert_int_equal(pawl_html_finish(h, &page), PAWL_OK);
        assert_non_null(strstr((const char *)page.data,
                "<a class=\"c\" href=\"#//evil.example/&quot; onclick=&quot;x\"></a>"));
}

static void test_our_own_mistakes(void **state)
{
        (void)state;
        for (int mistake = 0; mistake < 4; mistake++) {
                pawl_autohtml pawl_html *h = NULL;
                pawl_buffer page = { 0 };

                assert_int_equal(pawl_html_new("t", &h), PAWL_OK);
                pawl_html_begin(h, PAWL_HTML_P);
                if (mistake == 1) { /* a value behind the text */
                        pawl_html_text(h, "x");
                        pawl_html_attr(h, PAWL_HTML_ATTR_ID, "x");
                }
                for (int i = 0; mistake == 2 && i < PAWL_HTML_DEPTH_MAX; i++)
                        pawl_html_begin(h, PAWL_HTML_DIV);
                for (int i = 0; mistake == 2 && i < PAWL_HTML_DEPTH_MAX - 1; i++)
                        pawl_html_end(h);
                if (mistake != 0) /* not ended */
                        pawl_html_end(h);
                if (mistake == 3) /* ended twice */
                        pawl_html_end(h);
                assert_int_equal(pawl_html_finish(h, &page), PAWL_ERR_INTERNAL);
                assert_null(page.data);
        }
}

static void test_limit(void **state)
{
        pawl_autohtml pawl_html *h = NULL;
        pawl_autofree char *text = malloc((1u << 20) + 1);
        pawl_buffer page = { 0 };

        (void)state;
        assert_non_null(text);
        for (size_t i = 0; i < 1u << 20; i++)
                text[i] = '"'; /* six bytes each */
        text[1u << 20] = '\0';
        assert_int_equal(pawl_html_new("t", &h), PAWL_OK);
        pawl_html_begin(h, PAWL_HTML_P);
        for (int i = 0; i < 11; i++)
                pawl_html_text(h, "%s", text);
        pawl_html_end(h);
        assert_int_equal(pawl_html_finish(h, &page), PAWL_ERR_LIMIT);
        assert_true(pawl_html_size(h) <= PAWL_HTML_SIZE_MAX);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_escapes),
                cmocka_unit_test(test_bytes_that_are_no_utf8),
                cmocka_unit_test(test_every_pair),
                cmocka_unit_test(test_a_link_stays_in_the_page),
                cmocka_unit_test(test_our_own_mistakes),
                cmocka_unit_test(test_limit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
