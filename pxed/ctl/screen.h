/* A part of the terminal that is drawn again in place, and keys read one by one. */
#pragma once

#include <stdbool.h>

#include "lib/macro.h"

struct screen;

/* Keys come one by one and unseen until screen_free, where standard input is the terminal and we are in its foreground. SIGINT, SIGTERM,
 * SIGHUP, SIGWINCH and SIGCONT come by screen_signal_fd from here on. NULL on failure, errno set. */
struct screen *screen_new(bool keys);
/* Gives the terminal back as it was. */
struct screen *screen_free(struct screen *screen);
DEFINE_CLEANUP(struct screen *, screen_free);

int screen_keyboard_fd(const struct screen *screen); /* -1: none */
int screen_signal_fd(const struct screen *screen);

/* Lines of the terminal. */
unsigned screen_height(void);

/* Draws `picture`, of `lines` whole lines, over the one before. */
void screen_draw(struct screen *screen, const char *picture, int lines);

/* Whether a key that ends was pressed. */
bool screen_quit_pressed(struct screen *screen);
/* The signal that asks to end; 0 for one that only asked to draw again. */
int screen_signal(struct screen *screen);
