# pxed-dhcp: one dnsmasq per network. pxed-dhcp-lease is the program that dnsmasq runs for each change of a lease, one after the other:
# of libc alone and linked statically, which makes its start a third shorter. The sanitizers need it dynamic.
dhcp_HELPER := dhcp/lease_helper.c dhcp/lease_message.c dhcp/lease.c
dhcp_HELPER_LINK := $(if $(SANITIZE),$(LDFLAGS),-static-pie -Wl,-z,relro,-z,now)

$(eval $(call archive,dhcp,$(filter-out dhcp/main.c dhcp/lease_helper.c,$(sort $(wildcard dhcp/*.c)))))
$(eval $(call program,pxed-dhcp,dhcp/main.c,dhcp,))

ALL_SOURCES += dhcp/lease_helper.c
$(BUILD)/pxed-dhcp-lease: $(call objects,$(dhcp_HELPER))
	@echo "  LINK    pxed-dhcp-lease"
	@$(CC) $(OPT) $(dhcp_HELPER_LINK) -o $@ $^

PROGRAMS += $(BUILD)/pxed-dhcp $(BUILD)/pxed-dhcp-lease

$(foreach test,$(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_dhcp_*.c))),$(eval $(call unit_test,$(test),dhcp,)))
$(foreach target,$(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_dhcp_*.c))),$(eval $(call fuzz_target,$(target),dhcp,)))
