# What daemons share, and knows none of them.
lib_SOURCES := $(sort $(wildcard lib/*.c))
ALL_SOURCES += $(lib_SOURCES)

$(BUILD)/lib.a: $(call objects,$(lib_SOURCES)) $(BUILD)/interfaces/embedded.o
	@rm -f $@ && $(AR) rcs $@ $^
$(eval $(call unit_test,test_child,,))

$(eval $(call unit_test,test_address,,))
$(eval $(call unit_test,test_config,,))
$(eval $(call unit_test,test_file,,))
$(eval $(call unit_test,test_worker_queue,,))
$(eval $(call unit_test,test_kept_state,,))
$(eval $(call fuzz_target,fuzz_kept_state,,))
$(eval $(call unit_test,test_port_holder,,))
$(eval $(call unit_test,test_boot,,))
$(eval $(call unit_test,test_diagnosis,,))
$(eval $(call unit_test,test_lldp,,))
$(eval $(call fuzz_target,fuzz_lldp,,))
$(eval $(call unit_test,test_payload,,))
$(eval $(call unit_test,test_inventory,,))
$(eval $(call fuzz_target,fuzz_inventory,,))
$(eval $(call unit_test,test_text,,))
$(eval $(call unit_test,test_token,,))
$(eval $(call fuzz_target,fuzz_token,,))
$(eval $(call unit_test,test_json,,))
$(eval $(call unit_test,test_json_pointer,,))
$(eval $(call unit_test,test_idl,,))
$(eval $(call unit_test,test_varlink,,))
$(eval $(call unit_test,test_varlink_peers,,))
$(eval $(call unit_test,test_varlink_client,,))
$(eval $(call fuzz_target,fuzz_json,,))
$(eval $(call fuzz_target,fuzz_idl,,))
$(eval $(call fuzz_target,fuzz_idl_check,,))
$(eval $(call fuzz_target,fuzz_varlink_input,,))
$(eval $(call fuzz_target,fuzz_varlink_server,,))
# tests/contract compares interface files with it.
$(eval $(call program,tests/contract/idl-compare,tests/contract/idl_compare.c,,))
UNIT_TESTS += $(BUILD)/tests/contract/idl-compare
