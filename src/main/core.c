#include "core.h"

#include <stddef.h>

#include "marsh/db/connection.h"
#include "run.h"

__attribute__((visibility("default"))) int core_main(enum door_result found, int argc, char **argv)
{
    int status = run_for(NULL, NULL, found, argc, argv);
    connector_mariadb_end();
    return status;
}
