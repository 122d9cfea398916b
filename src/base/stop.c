/* The stop flag; see stop.h. */
#include "base/stop.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static volatile sig_atomic_t requested;

static void on_signal(int number)
{
    (void)number;
    if (requested) {
        temporaries_remove();
        _exit(ERR_STOPPED);
    }
    requested = 1;
}

void stop_on_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool stop_requested(void)
{
    return requested != 0;
}

bool stop_check(struct err *err)
{
    return requested == 0 || err_set(err, ERR_STOPPED, "stopped by the user");
}
