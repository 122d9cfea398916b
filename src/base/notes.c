/* The list of notes beside a result; see notes.h. */
#include "base/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

bool notes_add(struct notes *notes, struct err *err, const char *topic, const char *format, ...)
{
    if (notes == NULL)
        return true;
    if (notes->n == notes->room) {
        size_t room = notes->room == 0 ? 4 : 2 * notes->room;
        struct note *grown = mem_grow(notes->note, notes->n, room, sizeof *grown, err);
        if (grown == NULL)
            return false;
        notes->note = grown;
        notes->room = room;
    }
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (unsigned char *c = (unsigned char *)line; *c != '\0'; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
    char *copy = mem_string(line, err);
    if (copy == NULL)
        return false;
    notes->note[notes->n++] = (struct note){topic, copy};
    return true;
}

bool notes_has(const struct notes *notes, const char *topic)
{
    for (size_t i = 0; i < notes->n; i++)
        if (strcmp(notes->note[i].topic, topic) == 0)
            return true;
    return false;
}

void notes_free(struct notes *notes)
{
    for (size_t i = 0; i < notes->n; i++)
        mem_free(notes->note[i].line);
    mem_free(notes->note);
    *notes = (struct notes)NOTES_INIT;
}
