#include "checkpoint_options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "marsh/base/error.h"
#include "marsh/base/hash.h"
#include "marsh/base/mem.h"
#include "marsh/batch/checkpoint.h"
#include "marsh/command/context.h"
#include "marsh/config/options.h"
#include "marsh/config/target.h"

bool checkpoint_options_check(const struct options *options, bool interactive, struct error *err)
{
    const struct {
        const char *name;
        bool given;
    } others[] = {
        {"--scope", options->scope},
        {"--dry-run", options->dry_run},
        {"--retry", options->retry != NULL},
        {"--isolation", options->isolation != NULL},
        {"--read-only", options->read_only},
        {"--consistent-snapshot", options->consistent_snapshot},
    };
    bool call = options->front == FRONT_CALL;
    if (options->checkpoint_unknown != NULL && (options->checkpoint == NULL || call))
        return error_set(err, ERROR_USAGE,
                         "--checkpoint-unknown goes only with --checkpoint of scripts");
    if (options->checkpoint == NULL || call)
        return true;
    if (interactive || options->front == FRONT_SCRATCH)
        return error_set(err, ERROR_USAGE,
                         "--checkpoint is for scripts: files, -e and what is "
                         "piped in");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i].given)
            return error_set(err, ERROR_USAGE,
                             "--checkpoint goes not with %s: a scope is committed as a whole, or "
                             "not at all",
                             others[i].name);
    }
    return true;
}

static void add_flag(uint64_t *hash, bool flag)
{
    hash_add(hash, flag ? "1" : "0", 1);
}

// Not in it are the scripts' texts, which have a hash of their own: what is not done may change.
static char *make_identity(const struct options *options, const struct target *target)
{
    uint64_t hash = HASH_INIT;
    CLEANUP(mem_free_at) char *where = target_describe(target);
    hash_add_text(&hash, where);
    hash_add_text(&hash, target->socket);
    hash_add_text(&hash, target->schema);
    hash_add_text(&hash, target->charset);
    hash_add_text(&hash, target->init_command);
    add_flag(&hash, options->front == FRONT_RUN);
    add_flag(&hash, options->execute_count > 0);
    for (size_t i = 0; options->front == FRONT_RUN && i < options->arg_count; i++)
        hash_add_text(&hash, options->args[i]);
    hash_add_text(&hash, options->delimiter);
    add_flag(&hash, options->binary);
    add_flag(&hash, options->named_commands);
    add_flag(&hash, options->no_comments);
    add_flag(&hash, options->one_database);
    for (size_t i = 0; i < options->value_count; i++)
        hash_add_text(&hash, options->values[i]);
    return mem_printf("scripts %016" PRIx64, hash);
}

bool checkpoint_options_begin(const struct options *options, const struct target *target,
                              struct context *context, struct error *err)
{
    if (options->checkpoint == NULL || options->front == FRONT_CALL)
        return true;
    CLEANUP(mem_free_at) char *identity = make_identity(options, target);
    const struct batch_checkpoint checkpoint = {
        .path = options->checkpoint,
        .identity = identity,
        .unknown = options->checkpoint_unknown,
    };
    return batch_begin_checkpoint(context, &checkpoint, err);
}
