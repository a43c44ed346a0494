"""A realtime clock that a test sets forward for one program: what takes minutes of silence is tested in seconds.

    clock = ShiftedClock(folder)
    subprocess.Popen(command, env={**os.environ, **clock.environment})
    clock.forward(100)
"""
import mmap
import os
import pathlib
import struct
import subprocess

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *ret) {
        static int (*next)(clockid_t, struct timespec *);
        static volatile int64_t *seconds;
        if (!next) {
                int fd = open(getenv("SHIFTED_CLOCK"), O_RDONLY);
                seconds = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
                next = dlsym(RTLD_NEXT, "clock_gettime");
        }
        int r = next(id, ret);
        if (r == 0 && id == CLOCK_REALTIME)
                ret->tv_sec += *seconds;
        return r;
}
"""


class ShiftedClock:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        library, self.file = folder / "shifted_clock.so", folder / "shifted_clock"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), "-xc", "-", "-ldl"], input=SOURCE.encode(), check=True)
        self.file.write_bytes(bytes(8))
        self.seconds = 0
        # a sanitized program wants to be first
        options = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        self.environment = {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(self.file), "ASAN_OPTIONS": options}

    def forward(self, seconds):
        self.seconds += seconds
        with open(self.file, "r+b") as file, mmap.mmap(file.fileno(), 8) as shared:
            shared[:] = struct.pack("=q", self.seconds)
