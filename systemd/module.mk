# make install: programs, units, users, folders, documentation. Nothing is started.
SBIN_PROGRAMS := pxed pxed-dhcp pxed-tftp pxed-netcfg pxed-introspect

install: all ramdisk
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DATADIR)/interfaces $(DESTDIR)$(DATADIR)/ramdisk \
	        $(DESTDIR)$(UNITDIR) $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d $(DESTDIR)$(SYSCONFDIR)/pxed \
	        $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
	        $(DESTDIR)$(PREFIX)/share/man/man7 \
	        $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(SBIN_PROGRAMS:%=$(BUILD)/%) $(DESTDIR)$(SBINDIR)
	install -m 755 $(BUILD)/pxectl $(DESTDIR)$(BINDIR)
	install -m 755 $(BUILD)/pxed-dhcp-lease $(DESTDIR)$(LIBEXECDIR)
	install -m 644 $(BUILD)/local-x64.efi $(DESTDIR)$(DATADIR)
	install -m 644 $(RAMDISK_OUT)/vmlinuz $(RAMDISK_OUT)/initrd $(DESTDIR)$(DATADIR)/ramdisk
	install -m 644 $(INTERFACES) $(DESTDIR)$(DATADIR)/interfaces
	install -m 644 systemd/*.service systemd/*.target $(DESTDIR)$(UNITDIR)
	sed -i 's|^ExecStart=/usr/sbin/|ExecStart=$(SBINDIR)/|' $(SBIN_PROGRAMS:%=$(DESTDIR)$(UNITDIR)/%.service)
	sed -i 's|^ExecReload=/usr/bin/|ExecReload=$(BINDIR)/|' $(DESTDIR)$(UNITDIR)/pxed.service
	install -m 644 systemd/pxed.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/pxed.conf
	install -m 644 systemd/pxed.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/pxed.conf
	install -m 644 docs/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 docs/*.7 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 644 docs/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 docs/completion/pxectl.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/pxectl
	test -e $(DESTDIR)$(SYSCONFDIR)/pxed/pxed.conf || install -m 644 docs/pxed.conf.example $(DESTDIR)$(SYSCONFDIR)/pxed/pxed.conf
