# pxed: build, install and test. `make help` lists the targets.

BUILD   ?= build
CC      ?= cc
DESTDIR ?=
PREFIX  ?= /usr
SBINDIR ?= $(PREFIX)/sbin
BINDIR  ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/lib/pxed
DATADIR ?= $(PREFIX)/share/pxed
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system

VERSION := 0.1.0

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wno-unused-parameter
OPT      ?= -O2 -g
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LINK_HARDEN := -pie -Wl,-z,relro,-z,now

# `make SANITIZE=1 BUILD=build/asan ...` builds the same tree under ASan and UBSan.
ifdef SANITIZE
OPT      := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
HARDEN   := -fPIE
endif

PKG_CONFIG ?= pkg-config
LIB_PACKAGES := libsystemd jansson nettle inih

CPPFLAGS := -D_GNU_SOURCE -DPXED_VERSION='"$(VERSION)"' -DPXED_LIBEXECDIR='"$(LIBEXECDIR)"' \
            -DPXED_DATADIR='"$(DATADIR)"' -I. -I$(BUILD)
CFLAGS   = -std=gnu17 $(OPT) $(HARDEN) $(WARNINGS)
LDFLAGS  := $(LINK_HARDEN)

# The flags of pkg-config are asked for only when something is compiled, so that `make deps` and
# `make help` work on a host that has nothing installed yet.
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1))
pkg_libs   = $(shell $(PKG_CONFIG) --libs $(1))

PROGRAMS :=
UNIT_TESTS :=
FUZZ_TARGETS :=
CLEAN_EXTRA :=

.DEFAULT_GOAL := all

# objects of a list of C files; in a folder of their own, for the program pxed has the name of a folder
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

# $(call archive,NAME,SOURCES): build/NAME.a, what a folder offers to its own programs and tests
define archive
$(BUILD)/$(1).a: $(call objects,$(2))
	@mkdir -p $$(@D) && rm -f $$@ && $$(AR) rcs $$@ $$^
ALL_SOURCES += $(2)
endef

# $(call program,NAME,SOURCES,ARCHIVES,PACKAGES[,EXTRA LIBS]): an executable build/NAME.
# ARCHIVES are names given to `archive`; lib comes last by itself.
define program
$(BUILD)/$(1): $(call objects,$(2)) $(patsubst %,$(BUILD)/%.a,$(3)) $(BUILD)/lib.a
	@echo "  LINK    $(1)"
	@mkdir -p $$(@D)
	@$$(CC) $$(OPT) $$(LDFLAGS) -o $$@ $$^ $$(call pkg_libs,$(LIB_PACKAGES) $(4)) $(5)
ALL_SOURCES += $(2)
endef

# $(call unit_test,NAME,ARCHIVES,PACKAGES[,EXTRA LIBS]): tests/unit/NAME.c as a cmocka program
define unit_test
UNIT_TESTS += $(BUILD)/tests/unit/$(1)
$(call program,tests/unit/$(1),tests/unit/$(1).c,$(2),cmocka $(3),$(4))
endef

# $(call fuzz_target,NAME,ARCHIVES,PACKAGES[,EXTRA LIBS]): tests/fuzz/NAME.c. A plain build links it
# with a driver that runs the corpus tests/fuzz/corpus/NAME; `make FUZZ=1 BUILD=build/fuzz CC=clang fuzz`
# links libFuzzer.
ifdef FUZZ
OPT := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
HARDEN := -fPIE
define fuzz_target
FUZZ_TARGETS += $(BUILD)/tests/fuzz/$(1)
$(call program,tests/fuzz/$(1),tests/fuzz/$(1).c,$(2),$(3),$(4) -fsanitize=fuzzer)
endef
else
define fuzz_target
FUZZ_TARGETS += $(BUILD)/tests/fuzz/$(1)
$(call program,tests/fuzz/$(1),tests/fuzz/$(1).c tests/fuzz/driver.c,$(2),$(3),$(4))
endef
endif

include lib/module.mk interfaces/module.mk
include $(sort $(filter-out lib/module.mk interfaces/module.mk,$(wildcard */module.mk introspect/agent/module.mk introspect/ramdisk/module.mk pxed/ctl/module.mk)))

$(BUILD)/obj/%.o: %.c
	@echo "  CC      $<"
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(call pkg_cflags,$(LIB_PACKAGES)) -MMD -MP -c -o $@ $<

-include $(patsubst %.c,$(BUILD)/obj/%.d,$(sort $(ALL_SOURCES)))

.PHONY: all help clean deps unit fuzz-corpus check check-unit check-fuzz check-contract check-net check-boot check-asan demo bench fuzz install
all: $(PROGRAMS)

DEPS_BUILD := build-essential pkg-config libsystemd-dev libjansson-dev nettle-dev libinih-dev libsqlite3-dev libpcre2-dev libmicrohttpd-dev \
              libpcap-dev libnl-3-dev libnl-route-3-dev zlib1g-dev grub-common grub-efi-amd64-bin busybox-static kmod cpio lz4 xz-utils zstd binutils
DEPS_RUN   := dnsmasq-base tftpd-hpa ipxe iproute2
DEPS_TEST  := libcmocka-dev python3-pytest python3-scapy python3-pyroute2 qemu-system-x86 ovmf swtpm curl udhcpc mtools dosfstools psmisc \
              util-linux

deps:
	@sh tests/deps.sh $(DEPS_BUILD) $(DEPS_RUN) $(DEPS_TEST)

unit: $(UNIT_TESTS)
fuzz-corpus: $(FUZZ_TARGETS)
fuzz: $(FUZZ_TARGETS)
	@echo "Built with libFuzzer: $(FUZZ_TARGETS)"

PYTHON := /usr/bin/python3
check-unit: unit
	@$(PYTHON) tests/run.py --build $(BUILD) unit
check-fuzz: fuzz-corpus
	@$(PYTHON) tests/run.py --build $(BUILD) fuzz
check-contract: all unit
	@$(PYTHON) tests/run.py --build $(BUILD) contract
check-net: all unit
	@$(PYTHON) tests/run.py --build $(BUILD) net
check-boot: all unit ramdisk-cloud ramdisk-generic
	@$(PYTHON) tests/run.py --build $(BUILD) boot

# A Debian 12 with systemd, booted: not part of `check`, for it takes minutes and downloads a Debian.
.PHONY: check-systemd
check-systemd: all ramdisk
	@sh tests/deps.sh $(DEPS_RUN) $(DEPS_TEST) mmdebstrap e2fsprogs
	@+PXED_BUILD=$(abspath $(BUILD)) PXED_PACKAGES='$(DEPS_RUN)' $(PYTHON) -m pytest -q -p no:cacheprovider tests/systemd

# Everything: the small tests plain and under the sanitizers, the daemons' tests under the sanitizers, memory and real firmware plain.
check: deps
	@+$(MAKE) --no-print-directory check-installed

.PHONY: check-installed
check-installed: all unit fuzz-corpus ramdisk-cloud ramdisk-generic
	@+$(MAKE) --no-print-directory SANITIZE=1 BUILD=$(BUILD)/asan all unit fuzz-corpus
	@rm -f $(BUILD)/totals
	@$(PYTHON) tests/run.py --build $(BUILD) --totals $(BUILD)/totals unit fuzz; \
	 $(PYTHON) tests/run.py --build $(BUILD)/asan --totals $(BUILD)/totals unit fuzz contract net; \
	 $(PYTHON) tests/run.py --build $(BUILD) --totals $(BUILD)/totals net/test_appliance_size.py boot

demo: deps
	@+$(MAKE) --no-print-directory all ramdisk
	@$(PYTHON) tests/boot/demo.py --build $(BUILD)

bench: all unit ramdisk-cloud ramdisk-generic
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; PXED_BUILD=$(abspath $(BUILD)) $(PYTHON) $$bench || exit 1; done

clean:
	rm -rf build $(CLEAN_EXTRA)

help:
	@echo "make              build every program into $(BUILD)/"
	@echo "make deps         install what building and testing needs from Debian's packages (as root)"
	@echo "make demo         blank machines boot and come back inspected, in a network namespace (as root)"
	@echo "make check        every test; the last line is 'N passed, N failed' (as root)"
	@echo "make check-unit | check-fuzz | check-contract | check-net | check-boot   one part of it"
	@echo "make check-systemd  the units, in a Debian 12 that QEMU boots: minutes, and a download (as root)"
	@echo "make fuzz         build the fuzz targets with libFuzzer (clang) into build/fuzz"
	@echo "make bench        figures: speed and memory"
	@echo "make install      install into DESTDIR (PREFIX=$(PREFIX))"
