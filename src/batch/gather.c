#include "gather.h"

#include <stdlib.h>

#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/context.h"
#include "marsh/render/render.h"
#include "marsh/sql/splitter.h"

// More in one text gain nothing, and wait longer for the first answer.
enum { STATEMENTS_MAX = 200, BYTES_MAX = 1 << 18, LENGTH_MAX = 1 << 14 };

void gather_finish(struct gather *gather)
{
    buf_finish(&gather->text);
    free(gather->list);
}

void gather_clear(struct gather *gather)
{
    buf_clear(&gather->text);
    gather->count = 0;
}

// Something is shown of each statement, or done with it.
static bool tells(const struct context *context)
{
    return context->verbose > 0 || context->show_warnings || context->print_query ||
           context->home != NULL || context->no_comments;
}

// One of /*! */ may be left open, or begin with a version that makes the server read on to its end:
// in a text of its own that can't reach the next statement.
static bool may_reach_on(const char *text, size_t len)
{
    const char *end = text + len;
    const char *p = text;
    while ((p = memchr(p, '/', (size_t) (end - p))) != NULL) {
        if (end - p >= 3 && p[1] == '*' && (p[2] == '!' || p[2] == 'M'))
            return true;
        p++;
    }
    return false;
}

bool gather_takes(const struct context *context, const struct split_item *item)
{
    static const char *const verbs[] = {"delete ", "insert ", "replace ", "update "};
    bool plain = !item->command && item->len <= LENGTH_MAX && item->end != SPLIT_END_SET &&
                 item->end != SPLIT_END_VERTICAL && item->end != SPLIT_END_BACKGROUND;
    if (!plain || context->interactive || context->variables.count > 0 || tells(context))
        return false;
    // XML names each statement with its result.
    if (context->render.xml_too || strcmp(context->format->name, "xml") == 0)
        return false;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        size_t len = strlen(verbs[i]);
        if (item->len > len && text_same_start_nocase(item->text, verbs[i], len))
            return !may_reach_on(item->text, item->len);
    }
    return false;
}

bool gather_add(struct gather *gather, const struct split_item *item, struct mark mark)
{
    if (gather->list == NULL)
        gather->list = mem_calloc(STATEMENTS_MAX, sizeof(*gather->list));
    // A comment to the line's end shall not take the semicolon.
    if (gather->count > 0)
        buf_add_text(&gather->text, "\n;\n");
    gather->list[gather->count++] = (struct gathered){gather->text.len, item->len, item->begin,
                                                      mark};
    buf_add(&gather->text, item->text, item->len);
    return gather->count < STATEMENTS_MAX && gather->text.len < BYTES_MAX;
}
