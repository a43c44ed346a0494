# pxed-introspect: the inventory API.
$(eval $(call archive,introspect,$(filter-out introspect/main.c,$(sort $(wildcard introspect/*.c)))))
$(eval $(call program,pxed-introspect,introspect/main.c,introspect,libmicrohttpd zlib))
PROGRAMS += $(BUILD)/pxed-introspect

introspect_TESTS := order state spool segments api agents post_rate target inspector
$(foreach test,$(introspect_TESTS),$(eval $(call unit_test,test_introspect_$(test),introspect,libmicrohttpd zlib)))
$(eval $(call fuzz_target,fuzz_introspect_target,introspect,libmicrohttpd zlib))
$(eval $(call fuzz_target,fuzz_introspect_inspector,introspect,libmicrohttpd zlib))
$(eval $(call fuzz_target,fuzz_segment_head,introspect,libmicrohttpd zlib))
