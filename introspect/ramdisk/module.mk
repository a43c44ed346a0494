# The inspection ramdisk: kernel and initrd with pxed-agent in it. Not part of `all`: it downloads a kernel package.

# What is installed is for real hardware unless told otherwise; the demonstration and the tests have virtual machines.
RAMDISK_KERNEL ?= $(if $(filter install,$(MAKECMDGOALS)),generic,cloud)
RAMDISK_DIR := introspect/ramdisk

# Another flavour has another folder, so that both can exist; downloads are shared.
RAMDISK_CACHE ?= $(BUILD)/ramdisk/cache
RAMDISK_OUT := $(BUILD)/ramdisk$(if $(filter-out cloud,$(RAMDISK_KERNEL)),-$(RAMDISK_KERNEL))

.PHONY: ramdisk
ramdisk: $(RAMDISK_OUT)/initrd $(RAMDISK_OUT)/vmlinuz

$(RAMDISK_OUT)/initrd $(RAMDISK_OUT)/vmlinuz &: $(BUILD)/pxed-agent $(RAMDISK_DIR)/build.sh $(RAMDISK_DIR)/modules.$(RAMDISK_KERNEL)
	@mkdir -p $(RAMDISK_OUT)
	@RAMDISK_KERNEL=$(RAMDISK_KERNEL) RAMDISK_CACHE=$(RAMDISK_CACHE) $(RAMDISK_DIR)/build.sh $(RAMDISK_OUT) $(BUILD)/pxed-agent
