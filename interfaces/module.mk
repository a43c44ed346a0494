# The interface files as C text, so that every daemon checks calls against them and tells them to who asks.
INTERFACES := $(sort $(wildcard interfaces/*.varlink))

$(BUILD)/interfaces/embedded.c: $(INTERFACES) interfaces/embed.sh
	@mkdir -p $(@D)
	@sh interfaces/embed.sh $(INTERFACES) > $@.new && mv $@.new $@

$(BUILD)/interfaces/embedded.o: $(BUILD)/interfaces/embedded.c
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(call pkg_cflags,$(LIB_PACKAGES)) -c -o $@ $<
