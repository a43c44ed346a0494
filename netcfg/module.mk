# pxed-netcfg: links, addresses and neighbours by netlink; what machines say on the wire by capture.
netcfg_PACKAGES := libnl-route-3.0 libnl-3.0 libpcap

# The headers of libnl-3 lie in a folder of their own. A name list, so that pkg-config is asked only when something is compiled.
$(BUILD)/obj/netcfg/%.o: LIB_PACKAGES += $(netcfg_PACKAGES)

$(eval $(call archive,netcfg,$(filter-out netcfg/main.c,$(sort $(wildcard netcfg/*.c)))))
$(eval $(call program,pxed-netcfg,netcfg/main.c,netcfg,$(netcfg_PACKAGES)))
PROGRAMS += $(BUILD)/pxed-netcfg

$(foreach test,$(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_netcfg_*.c))),$(eval $(call unit_test,$(test),netcfg,$(netcfg_PACKAGES))))
$(foreach target,$(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_netcfg_*.c))),$(eval $(call fuzz_target,$(target),netcfg,$(netcfg_PACKAGES))))
