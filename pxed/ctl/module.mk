# pxectl, the command line of the appliance. It uses nothing of pxed but the interface files.
$(eval $(call archive,ctl,$(filter-out pxed/ctl/main.c,$(sort $(wildcard pxed/ctl/*.c)))))
$(eval $(call program,pxectl,pxed/ctl/main.c,ctl,))
PROGRAMS += $(BUILD)/pxectl

$(foreach test,$(sort $(notdir $(basename $(wildcard tests/unit/test_ctl_*.c)))),$(eval $(call unit_test,$(test),ctl,)))
