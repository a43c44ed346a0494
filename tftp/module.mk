# pxed-tftp: boot loaders by TFTP (in.tftpd), boot scripts and images by HTTP (libmicrohttpd).
tftp_PACKAGES := libmicrohttpd

$(eval $(call archive,tftp,$(filter-out tftp/main.c,$(sort $(wildcard tftp/*.c)))))
$(eval $(call program,pxed-tftp,tftp/main.c,tftp,$(tftp_PACKAGES)))
PROGRAMS += $(BUILD)/pxed-tftp $(BUILD)/local-x64.efi

# The loader that starts the local disk under UEFI: GRUB with its configuration inside. (`normal` reads it: the
# configuration that the image's core itself could run knows no loops.)
local_x64_MODULES := chain echo fat memdisk minicmd normal part_gpt part_msdos reboot regexp sleep tar test

$(BUILD)/local-x64.efi: tftp/local-x64.cfg tftp/module.mk
	@echo "  GRUB    local-x64.efi"
	@mkdir -p $(BUILD)/local-x64/boot/grub
	@cp tftp/local-x64.cfg $(BUILD)/local-x64/boot/grub/grub.cfg
	@tar --create --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --file=$(BUILD)/local-x64.tar -C $(BUILD)/local-x64 boot
	@grub-mkimage --format=x86_64-efi --output=$@ --memdisk=$(BUILD)/local-x64.tar --prefix='(memdisk)/boot/grub' $(local_x64_MODULES)

$(foreach test,$(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_tftp_*.c))),$(eval $(call unit_test,$(test),tftp,$(tftp_PACKAGES))))
$(foreach target,$(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_tftp_*.c))),$(eval $(call fuzz_target,$(target),tftp,$(tftp_PACKAGES))))
