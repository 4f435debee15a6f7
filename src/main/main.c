// The process: what it is given by whoever started it, and what it leaves behind.
#include <fcntl.h>
#include <locale.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "marsh/db/connection.h"
#include "marsh/shell/message.h"
#include "run.h"

// A descriptor that the caller has closed would be the next socket's or file's, and what is printed
// would go there. In its place stands one that fails as a closed one does; messages are just lost.
static void hold_standard_descriptors(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(EXIT_WRONG_USAGE);
    }
}

int main(int argc, char **argv)
{
    hold_standard_descriptors();
    // Passwords are in memory: none shall be in a core file. LeakSanitizer would be shut out, too.
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &core);
    }
#ifndef MARSH_SANITIZED
    prctl(PR_SET_DUMPABLE, 0);
#endif
    setlocale(LC_ALL, "");
    int status = run_for(NULL, NULL, argc, argv);
    connector_mariadb_end();
    return status;
}
