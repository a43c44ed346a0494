#include "pxed/ctl/screen.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>

struct screen {
        bool keys;
        struct termios before;
        int signal_fd;
        int drawn; /* lines of the last picture */
};

static void take_keys(struct screen *screen) {
        struct termios raw = screen->before;
        raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

struct screen *screen_new(bool keys) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGWINCH);
        sigaddset(&set, SIGCONT);

        struct screen *screen = calloc(1, sizeof *screen);
        if (!screen)
                return NULL;
        screen->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (screen->signal_fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return screen_free(screen);
        screen->keys = keys && isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() && tcgetattr(STDIN_FILENO, &screen->before) == 0;
        if (screen->keys)
                take_keys(screen);
        return screen;
}

struct screen *screen_free(struct screen *screen) {
        if (!screen)
                return NULL;
        if (screen->keys)
                tcsetattr(STDIN_FILENO, TCSADRAIN, &screen->before);
        closep(&screen->signal_fd);
        free(screen);
        return NULL;
}

int screen_keyboard_fd(const struct screen *screen) {
        return screen->keys ? STDIN_FILENO : -1;
}

int screen_signal_fd(const struct screen *screen) {
        return screen->signal_fd;
}

unsigned screen_height(void) {
        struct winsize size;
        return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

void screen_draw(struct screen *screen, const char *picture, int lines) {
        if (screen->drawn > 0)
                printf("\x1b[%dA", screen->drawn);
        fputs("\r", stdout);
        for (const char *end; (end = strchr(picture, '\n')); picture = end + 1)
                /* Clearing what is right of each line, not the screen before it: nothing flickers. */
                printf("%.*s\x1b[K\n", (int) (end - picture), picture);
        fputs("\x1b[J", stdout);
        fflush(stdout);
        screen->drawn = lines;
}

bool screen_quit_pressed(struct screen *screen) {
        char keys[64];
        ssize_t n = read(STDIN_FILENO, keys, sizeof keys);
        if (n <= 0) {
                screen->keys = false;
                return false;
        }
        for (ssize_t i = 0; i < n; i++)
                if (keys[i] == 'q' || keys[i] == 'Q' || keys[i] == 3 || keys[i] == 4)
                        return true;
        return false;
}

int screen_signal(struct screen *screen) {
        struct signalfd_siginfo info;
        int found = 0;
        while (read(screen->signal_fd, &info, sizeof info) == (ssize_t) sizeof info) {
                if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP)
                        found = (int) info.ssi_signo;
                /* Back in the foreground after Ctrl-Z: the shell has set the terminal to its own liking. */
                else if (info.ssi_signo == SIGCONT && screen->keys)
                        take_keys(screen);
        }
        return found;
}
