/* Lines to stderr and to the run's log.txt; see log.h. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fault.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum log_level shown = LOG_NOTE;
static FILE *file;
static char status[256]; /* the line that stands below the log on a terminal; "" when none */

void log_set_level(enum log_level level)
{
    pthread_mutex_lock(&lock);
    shown = level;
    pthread_mutex_unlock(&lock);
}

enum log_level log_get_level(void)
{
    pthread_mutex_lock(&lock);
    enum log_level level = shown;
    pthread_mutex_unlock(&lock);
    return level;
}

static void blank_control_characters(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
}

static void erase_status(void)
{
    if (status[0] != '\0')
        fputs("\r\033[K", stderr);
}

static void draw_status(void)
{
    if (status[0] != '\0')
        fprintf(stderr, "\r\033[K%s", status);
}

static void write_to_file(const char *prefix, const char *line)
{
    time_t now = time(NULL);
    struct tm day;
    char stamp[32];
    localtime_r(&now, &day);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &day);
    fprintf(file, "%s %s%s\n", stamp, prefix, line);
    fflush(file);
}

static void say(enum log_level level, const char *prefix, const char *format, va_list args)
{
    char line[1200];
    vsnprintf(line, sizeof line, format, args);
    blank_control_characters(line);
    pthread_mutex_lock(&lock);
    if (level <= shown) {
        erase_status();
        fprintf(stderr, "%s%s\n", prefix, line);
        draw_status();
    }
    if (file != NULL)
        write_to_file(prefix, line);
    pthread_mutex_unlock(&lock);
}

void log_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(LOG_WARN, "warning: ", format, args);
    va_end(args);
}

void log_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(LOG_NOTE, "", format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(LOG_DEBUG, "debug: ", format, args);
    va_end(args);
}

void log_status(const char *line)
{
    pthread_mutex_lock(&lock);
    erase_status();
    snprintf(status, sizeof status, "%s", line == NULL ? "" : line);
    blank_control_characters(status);
    draw_status();
    fflush(stderr);
    pthread_mutex_unlock(&lock);
}

bool log_open(const char *path, struct err *err)
{
    log_close();
    FILE *opened = fault_call(CALL_SITE, "open") ? NULL : fopen(path, "ae");
    if (opened == NULL)
        return err_set_errno(err, "cannot write the log %s", path);
    pthread_mutex_lock(&lock);
    file = opened;
    pthread_mutex_unlock(&lock);
    return true;
}

void log_close(void)
{
    pthread_mutex_lock(&lock);
    if (file != NULL)
        fclose(file);
    file = NULL;
    pthread_mutex_unlock(&lock);
}
