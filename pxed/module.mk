# The coordinator; pxed/inspection is what it decides of inventories, pure. pxed/ctl is a program of its own.
pxed_PACKAGES := sqlite3 zlib libpcre2-8

$(eval $(call archive,pxed,$(filter-out pxed/main.c,$(wildcard pxed/*.c pxed/inspection/*.c))))
$(eval $(call program,pxed,pxed/main.c,pxed,$(pxed_PACKAGES)))
PROGRAMS += $(BUILD)/pxed

$(foreach test,$(sort $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_pxed_*.c tests/unit/test_inspection_*.c))),$(eval $(call unit_test,$(test),pxed,$(pxed_PACKAGES))))
$(foreach target,$(sort $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_pxed_*.c tests/fuzz/fuzz_inspection_*.c))),$(eval $(call fuzz_target,$(target),pxed,$(pxed_PACKAGES))))
