/* SPDX-License-Identifier: BSD-2-Clause */
/* The only writer of HTML. Most of what a report shows was written by somebody else: so there is no
 * way to put bytes into the page as they are. Tags and attributes are words of two closed lists (no
 * script, no style attribute, no address: a link can name a place of the same page only), and every
 * text and value goes through one function that escapes it. */
#ifndef PAWL_REPORT_HTML_H
#define PAWL_REPORT_HTML_H

#include "userspace/host/buffer.h"

#define PAWL_HTML_SIZE_MAX  (64u << 20) /* bytes of a page */
#define PAWL_HTML_DEPTH_MAX 32

/* The second field: a line ends after it. */
#define PAWL_HTML_TAGS(X)                                                                          \
        X(A, "a", 0)                                                                               \
        X(ARTICLE, "article", 1)                                                                   \
        X(CIRCLE, "circle", 0)                                                                     \
        X(CODE, "code", 0)                                                                         \
        X(DD, "dd", 1)                                                                             \
        X(DESC, "desc", 0)                                                                         \
        X(DETAILS, "details", 1)                                                                   \
        X(DIV, "div", 1)                                                                           \
        X(DL, "dl", 1)                                                                             \
        X(DT, "dt", 0)                                                                             \
        X(FIGURE, "figure", 1)                                                                     \
        X(FOOTER, "footer", 1)                                                                     \
        X(G, "g", 0)                                                                               \
        X(H1, "h1", 1)                                                                             \
        X(H2, "h2", 1)                                                                             \
        X(H3, "h3", 1)                                                                             \
        X(H4, "h4", 1)                                                                             \
        X(HEADER, "header", 1)                                                                     \
        X(LI, "li", 1)                                                                             \
        X(MAIN, "main", 1)                                                                         \
        X(NAV, "nav", 1)                                                                           \
        X(OL, "ol", 1)                                                                             \
        X(P, "p", 1)                                                                               \
        X(PATH, "path", 0)                                                                         \
        X(RECT, "rect", 0)                                                                         \
        X(SECTION, "section", 1)                                                                   \
        X(SPAN, "span", 0)                                                                         \
        X(SUMMARY, "summary", 1)                                                                   \
        X(SVG, "svg", 0)                                                                           \
        X(TEXT, "text", 0)                                                                         \
        X(TITLE, "title", 0)                                                                       \
        X(UL, "ul", 1)

#define PAWL_HTML_ATTRS(ROW)                                                                       \
        ROW(ARIA_HIDDEN, "aria-hidden")                                                            \
        ROW(ARIA_LABEL, "aria-label")                                                              \
        ROW(ARIA_LABELLEDBY, "aria-labelledby")                                                    \
        ROW(CLASS, "class")                                                                        \
        ROW(CX, "cx")                                                                              \
        ROW(CY, "cy")                                                                              \
        ROW(D, "d")                                                                                \
        ROW(HEIGHT, "height")                                                                      \
        ROW(ID, "id")                                                                              \
        ROW(R, "r")                                                                                \
        ROW(ROLE, "role")                                                                          \
        ROW(RX, "rx")                                                                              \
        ROW(TABINDEX, "tabindex")                                                                  \
        ROW(TRANSFORM, "transform")                                                                \
        ROW(VIEW_BOX, "viewBox")                                                                   \
        ROW(WIDTH, "width")                                                                        \
        ROW(X, "x")                                                                                \
        ROW(Y, "y")

typedef enum pawl_html_tag {
#define PAWL_HTML_TAG_ENUM(name, word, is_block) PAWL_HTML_##name,
        PAWL_HTML_TAGS(PAWL_HTML_TAG_ENUM) PAWL_HTML_TAG_MAX_,
#undef PAWL_HTML_TAG_ENUM
} pawl_html_tag;

typedef enum pawl_html_attribute {
#define PAWL_HTML_ATTR_ENUM(name, word) PAWL_HTML_ATTR_##name,
        PAWL_HTML_ATTRS(PAWL_HTML_ATTR_ENUM) PAWL_HTML_ATTR_MAX_,
#undef PAWL_HTML_ATTR_ENUM
} pawl_html_attribute;

typedef struct pawl_html pawl_html;
void pawl_html_free_p(pawl_html **h);
#define pawl_autohtml pawl_cleanup(pawl_html_free_p)

/* Begins a page: the head with title, viewport, the policy that forbids whatever is not in the page
 * itself, and the style sheet. */
PAWL_MUST_CHECK pawl_err pawl_html_new(const char *title, pawl_html **ret);
/* Ends the page. What went wrong since it was begun is told here, once: NO_MEMORY, LIMIT over
 * PAWL_HTML_SIZE_MAX, INTERNAL for elements that were not ended. */
PAWL_MUST_CHECK pawl_err pawl_html_finish(pawl_html *h, pawl_buffer *ret);
/* Bytes so far: for those who must keep within a limit. */
size_t pawl_html_size(const pawl_html *h);

void pawl_html_begin(pawl_html *h, pawl_html_tag tag);
/* Of the element that was begun last; nothing may be in it yet. */
void pawl_html_attr(pawl_html *h, pawl_html_attribute a, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
void pawl_html_text(pawl_html *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pawl_html_end(pawl_html *h);

/* An element with a class (NULL: none) and a text. */
void pawl_html_put(pawl_html *h, pawl_html_tag tag, const char *class, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
/* Begins an element with a class. */
void pawl_html_begin_class(pawl_html *h, pawl_html_tag tag, const char *class);
/* Begins a link to the element of this page that has the id. */
void pawl_html_begin_link(pawl_html *h, const char *class, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

#endif
