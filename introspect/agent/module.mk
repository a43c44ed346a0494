# pxed-agent, the inspection ramdisk's process 1. It is linked statically and takes nothing from lib/: the ramdisk
# has no shared libraries.

AGENT_DIR := introspect/agent
AGENT_SOURCES := $(addprefix $(AGENT_DIR)/,cmdline.c collect_cpu.c collect_disks.c collect_memory.c collect_nics.c \
                   collect_pci.c collect_platform.c collect_raid.c collect_usb.c console.c dhcp_script.c disk_identity.c \
                   disk_path.c hardware.c \
                   http_client.c http_response.c init.c inventory.c ipmi_device.c ipmi_lan.c lldp.c \
                   log_archive.c modules.c net.c raid_member.c retry.c server.c smbios.c smbios_parts.c sysfs.c uevent.c url.c \
                   usb_port.c wait.c)

$(eval $(call archive,introspect/agent,$(AGENT_SOURCES)))
$(BUILD)/introspect/agent.a: | $(BUILD)/introspect
$(BUILD)/introspect:
	@mkdir -p $@

# Sanitizers and libFuzzer cannot be linked statically: only the archive is built for the tests then.
ifeq ($(SANITIZE)$(FUZZ),)
PROGRAMS += $(BUILD)/pxed-agent
ALL_SOURCES += $(AGENT_DIR)/main.c
$(BUILD)/pxed-agent: $(call objects,$(AGENT_DIR)/main.c) $(BUILD)/introspect/agent.a
	@echo "  LINK    pxed-agent (static)"
	@$(CC) $(OPT) -static -Wl,-z,relro,-z,now -o $@ $^ -l:libjansson.a -l:libz.a
endif

$(eval $(call unit_test,test_agent_cmdline,introspect/agent))
$(eval $(call unit_test,test_agent_collect,introspect/agent,zlib))
$(eval $(call unit_test,test_agent_disks,introspect/agent))
$(eval $(call unit_test,test_agent_hardware,introspect/agent))
$(eval $(call unit_test,test_agent_http,introspect/agent))
$(eval $(call unit_test,test_agent_ipmi,introspect/agent))
$(eval $(call unit_test,test_agent_raid,introspect/agent))
$(eval $(call unit_test,test_agent_smbios,introspect/agent))

$(eval $(call fuzz_target,fuzz_agent_http,introspect/agent))
$(eval $(call fuzz_target,fuzz_agent_lldp,introspect/agent))
$(eval $(call fuzz_target,fuzz_agent_raid,introspect/agent))
$(eval $(call fuzz_target,fuzz_agent_smbios,introspect/agent))
