# What daemons share, and knows none of them.
lib_SOURCES := $(sort $(wildcard lib/*.c))
ALL_SOURCES += $(lib_SOURCES)

$(BUILD)/lib.a: $(call objects,$(lib_SOURCES)) $(BUILD)/interfaces/embedded.o
	@rm -f $@ && $(AR) rcs $@ $^
