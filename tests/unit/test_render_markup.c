// html and xml, byte by byte.
#include "render_check.h"

#define XSI "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"

static const struct render_options plain = {.headers = true, .compatible = true};
static const struct render_options bare = {.compatible = true};
static const struct render_options readable = {.headers = true};
static const struct render_options terminal = {
    .headers = true, .compatible = true, .terminal = true};

static const struct column columns[] = {COLUMN("a<", COLUMN_TEXT), COLUMN("", COLUMN_BINARY),
                                        COLUMN("b\"&", COLUMN_BIT)};
static const struct cell cells[] = {
    CELL("<x y=\"z\">&amp;\n\0\t"), CELL("\xff"), CELL("\x05"), NIL, NIL, NIL};
static const struct column one[] = {COLUMN("x", COLUMN_TEXT)};
static const struct cell nasty[] = {CELL("\x1b[m<\xff\n")};

static void test_html(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "html", plain);
    render_set(&r, columns, cells);
    check_rendered(&r, "<TABLE BORDER=1><TR><TH>a&lt;</TH><TH> &nbsp; </TH>"
                       "<TH>b&quot;&amp;</TH></TR>"
                       "<TR><TD>&lt;x y=&quot;z&quot;&gt;&amp;amp;\n \t</TD><TD>\xff</TD>"
                       "<TD>\x05</TD></TR>"
                       "<TR><TD>NULL</TD><TD>NULL</TD><TD>NULL</TD></TR></TABLE>");
    render_empty(&r, columns);
    rendering_ok(&r);
    check_rendered(&r, "");
    rendering_end(&r);
    rendering_begin(&r, "html", bare);
    render_set(&r, one, nasty);
    check_rendered(&r, "<TABLE BORDER=1><TR><TD>\x1b[m&lt;\xff\n</TD></TR></TABLE>");
    rendering_end(&r);
}

static void test_xml(void **state)
{
    (void) state;
    struct render_options options = plain;
    struct rendering r;
    options.statement = "SELECT \"<\"";
    options.statement_len = strlen(options.statement);
    rendering_begin(&r, "xml", options);
    render_set(&r, columns, cells);
    check_rendered(&r, "<?xml version=\"1.0\"?>\n\n"
                       "<resultset statement=\"SELECT &quot;&lt;&quot;\" " XSI "\n  <row>\n"
                       "\t<field name=\"a&lt;\">&lt;x y=&quot;z&quot;&gt;&amp;amp;\n \t</field>\n"
                       "\t<field name=\"\">\xff</field>\n"
                       "\t<field name=\"b&quot;&amp;\">\x05</field>\n"
                       "  </row>\n"
                       "\n  <row>\n"
                       "\t<field name=\"a&lt;\" xsi:nil=\"true\" />\n"
                       "\t<field name=\"\" xsi:nil=\"true\" />\n"
                       "\t<field name=\"b&quot;&amp;\" xsi:nil=\"true\" />\n"
                       "  </row>\n"
                       "</resultset>\n");
    render_empty(&r, columns);
    rendering_ok(&r);
    check_rendered(&r, "<?xml version=\"1.0\"?>\n\n"
                       "<resultset statement=\"SELECT &quot;&lt;&quot;\" " XSI "</resultset>\n");
    rendering_end(&r);
}

// -H -X: a set without rows is the other's.
static void test_both(void **state)
{
    (void) state;
    struct render_options options = plain;
    struct rendering r;
    options.xml_too = true;
    rendering_begin(&r, "html", options);
    render_empty(&r, one);
    rendering_ok(&r);
    check_rendered(&r,
                   "<?xml version=\"1.0\"?>\n\n<resultset statement=\"\" " XSI "</resultset>\n");
    rendering_end(&r);
}

static void test_binary(void **state)
{
    (void) state;
    struct render_options hex = plain;
    struct rendering r;
    hex.binary_as_hex = true;
    rendering_begin(&r, "html", hex);
    render_set(&r, columns, cells);
    check_rendered(&r, "<TABLE BORDER=1><TR><TH>a&lt;</TH><TH> &nbsp; </TH>"
                       "<TH>b&quot;&amp;</TH></TR>"
                       "<TR><TD>&lt;x y=&quot;z&quot;&gt;&amp;amp;\n \t</TD><TD>0xFF</TD>"
                       "<TD>0x05</TD></TR>"
                       "<TR><TD>NULL</TD><TD>0x</TD><TD>0x</TD></TR></TABLE>");
    rendering_end(&r);
    rendering_begin(&r, "html", readable);
    render_set(&r, columns, cells);
    check_rendered(&r, "<TABLE BORDER=1><TR><TH>a&lt;</TH><TH> &nbsp; </TH>"
                       "<TH>b&quot;&amp;</TH></TR>"
                       "<TR><TD>&lt;x y=&quot;z&quot;&gt;&amp;amp;\n \t</TD><TD>0xFF</TD>"
                       "<TD>5</TD></TR>"
                       "<TR><TD>NULL</TD><TD>NULL</TD><TD>NULL</TD></TR></TABLE>");
    rendering_end(&r);
}

static void test_terminal(void **state)
{
    (void) state;
    struct rendering r;
    rendering_begin(&r, "html", terminal);
    render_set(&r, one, nasty);
    check_rendered(&r, "<TABLE BORDER=1><TR><TH>x</TH></TR>"
                       "<TR><TD>\\x1b[m&lt;\\xff\n</TD></TR></TABLE>");
    rendering_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html),   cmocka_unit_test(test_xml),      cmocka_unit_test(test_both),
        cmocka_unit_test(test_binary), cmocka_unit_test(test_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
