# pxed-introspect: the inventory API and the hooks.
$(eval $(call archive,introspect,$(filter-out introspect/main.c,$(sort $(wildcard introspect/*.c)))))
$(eval $(call program,pxed-introspect,introspect/main.c,introspect,libmicrohttpd))
PROGRAMS += $(BUILD)/pxed-introspect
