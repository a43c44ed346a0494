# The inspection ramdisk: kernel and initrd with pxed-agent in it. Not part of `all`: it downloads a kernel package.

# What is installed is for real hardware unless told otherwise; the demonstration and the tests have virtual machines.
RAMDISK_KERNEL ?= $(if $(filter install,$(MAKECMDGOALS)),generic,cloud)
RAMDISK_DIR := introspect/ramdisk

# Each flavour has a folder, so that both can exist; downloads are shared.
RAMDISK_CACHE ?= $(BUILD)/ramdisk/cache
ramdisk_folder = $(BUILD)/ramdisk$(if $(filter-out cloud,$(1)),-$(1))
RAMDISK_OUT := $(call ramdisk_folder,$(RAMDISK_KERNEL))

.PHONY: ramdisk
ramdisk: ramdisk-$(RAMDISK_KERNEL)

# $(call ramdisk_rule,KERNEL,FOLDER)
define ramdisk_rule
.PHONY: ramdisk-$(1)
ramdisk-$(1): $(2)/initrd $(2)/vmlinuz
$(2)/initrd $(2)/vmlinuz &: $$(BUILD)/pxed-agent $$(RAMDISK_DIR)/build.sh $$(RAMDISK_DIR)/modules.$(1)
	@mkdir -p $(2)
	@RAMDISK_KERNEL=$(1) RAMDISK_CACHE=$$(RAMDISK_CACHE) $$(RAMDISK_DIR)/build.sh $(2) $$(BUILD)/pxed-agent
endef
$(foreach kernel,cloud generic,$(eval $(call ramdisk_rule,$(kernel),$(call ramdisk_folder,$(kernel)))))
