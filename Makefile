# The only front door: everything a user or the CI does is a target here.
#
#   make            build/lib/libibverbs.so.1.18.65.0, its links, libibverbs.a and libibverbs.pc
#   make install    with DESTDIR, PREFIX, LIBDIR, INCLUDEDIR
#   PROFILE=dev     the same without optimisation

VERSION    := 1.18.65.0
SONAME     := libibverbs.so.1
PROFILE    ?= release
CC         ?= cc
PREFIX     ?= /usr/local
# In /usr it is where the system's own library is: a directory per architecture on Debian and those
# that come from it, lib64 elsewhere.
MULTIARCH  := $(shell $(CC) -print-multiarch 2>/dev/null)
SYSTEM_LIBS_IN := $(firstword $(if $(MULTIARCH),$(wildcard /usr/lib/$(MULTIARCH))) \
                  $(patsubst %/libc.so.6,%,$(wildcard /usr/lib64/libc.so.6)) /usr/lib)
LIBDIR     ?= $(if $(filter /usr,$(PREFIX)),$(SYSTEM_LIBS_IN),$(PREFIX)/lib)
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR    ?=
CARGO      ?= cargo
OBJCOPY    ?= objcopy

BUILD      := build
LIB        := $(BUILD)/lib
TARGET_DIR ?= target
# Cargo calls the output directory of its dev profile "debug".
ARCHIVE    := $(TARGET_DIR)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/libverbium.a
SHARED     := $(LIB)/libibverbs.so.$(VERSION)
STATIC     := $(LIB)/libibverbs.a
PC         := $(LIB)/pkgconfig/libibverbs.pc
MAP        := src/libibverbs.map

# Only x86_64 has names older than glibc 2.31 under other versions than today's.
STUBS       := $(BUILD)/stubs
ifeq ($(shell uname -m),x86_64)
STUB_LIBS   := $(STUBS)/libpthread.so $(STUBS)/libdl.so
OLD_STAT    := stat lstat fstat fstatat stat64 lstat64 fstat64 fstatat64
endif
SYSTEM_LIBS := -lgcc_s $(STUB_LIBS) -lpthread -ldl -lc
LINK_FLAGS  := -Wl,-soname,$(SONAME) -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack \
               -Wl,--gc-sections -Wl,--as-needed -Wl,--no-undefined

.DEFAULT_GOAL := lib
.PHONY: lib install uninstall clean archive abi diff misuse misuse-valgrind check-aarch64 force

lib: $(SHARED) $(LIB)/$(SONAME) $(LIB)/libibverbs.so $(STATIC) $(PC)

# Cargo knows best whether the archive is out of date, so it is always asked.
archive:
	$(CARGO) rustc --lib --crate-type staticlib --profile $(PROFILE) --target-dir $(TARGET_DIR) \
	    -- --cfg versioned

$(ARCHIVE): archive ;

$(STUBS)/%.so: src/glibc/old-names.txt src/glibc/stub.sh
	@mkdir -p $(@D)
	sh src/glibc/stub.sh $(CC) src/glibc/old-names.txt $(STUBS) $*.so.$(if $(filter libdl,$*),2,0)

# Changes when another profile is asked for, so that its archive is linked even if it is older; and
# when the releases are others.
$(BUILD)/profile: force
	@mkdir -p $(@D)
	@echo '$(ARCHIVE) $(STATIC_RELEASES)' | cmp -s - $@ || echo '$(ARCHIVE) $(STATIC_RELEASES)' > $@

$(SHARED): $(ARCHIVE) $(MAP) $(STUB_LIBS) $(BUILD)/profile
	@mkdir -p $(@D)
	$(CC) -shared -o $@ -Wl,--whole-archive $(ARCHIVE) -Wl,--no-whole-archive \
	    -Wl,--version-script=$(MAP) $(LINK_FLAGS) $(SYSTEM_LIBS)

$(LIB)/$(SONAME) $(LIB)/libibverbs.so: $(SHARED)
	ln -sf $(notdir $(SHARED)) $@

# The releases of rdma-core whose archives of providers libibverbs.a can be linked with: any of
# generation 34 of the driver interface, as these are.
STATIC_RELEASES ?= 44.0 56.1
MEMBERS    := src/archive/members.sh src/archive/none.c src/archive/all.c

# In the static archive there are no versions: the default of each name gets the plain name. What
# is weakened is defined again for providers: members.sh. An ar that loads a compiler's plug-in would
# leave out of its index what that cannot read.
$(STATIC): $(ARCHIVE) c-tests/abi/symbols.tsv $(BUILD)/profile $(MEMBERS)
	@mkdir -p $(@D)
	awk -F'\t' '$$3 == "@@" && $$4 == "func" { print $$1 "@@" $$2, $$1 }' \
	    c-tests/abi/symbols.tsv > $(BUILD)/static-names
	awk -F'\t' '$$3 == "@" { print $$1 "@" $$2, "verbium_compat_" $$1 }' \
	    c-tests/abi/symbols.tsv >> $(BUILD)/static-names
	for name in $(OLD_STAT); do echo "$$name verbium_$$name"; done >> $(BUILD)/static-names
	$(OBJCOPY) --redefine-syms=$(BUILD)/static-names \
	    --weaken-symbol=verbs_allow_disassociate_destroy $(ARCHIVE) $@
	sh src/archive/members.sh $(CC) c-tests/abi/symbols.tsv $(BUILD)/members $(STATIC_RELEASES)
	$(AR) --plugin /dev/null rs $@ $(BUILD)/members/*.o 2>/dev/null || $(AR) rs $@ $(BUILD)/members/*.o

# Made anew each time: the directories may be others than those of the last call.
$(PC): pkgconfig/libibverbs.pc.in force
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' $< > $@

# What the names stood for before is kept, and comes back with `uninstall`: pkgconfig/install.sh.
install: lib
	DESTDIR='$(DESTDIR)' sh pkgconfig/install.sh install $(LIB) '$(LIBDIR)' '$(INCLUDEDIR)'

uninstall:
	DESTDIR='$(DESTDIR)' sh pkgconfig/install.sh uninstall '$(LIBDIR)'

# Names, versions, layouts, values, prototypes and inline functions, compared with rdma-core's.
abi: lib
	bash c-tests/abi/run.sh $(SHARED) c-tests/abi/symbols.tsv

# The same crate for another architecture, compiled and assembled.
check-aarch64:
	c-tests/abi/aarch64.sh c-tests/abi/symbols.tsv

# C programs on rdma-core's library and on ours, their outputs compared; part of `abi`.
diff: lib
	sh c-tests/diff/run.sh $(DIFF_ARGS)

# Each public function misused, on both libraries (part of `abi`); the same under valgrind.
misuse: lib
	sh c-tests/null/misuse.sh $(MISUSE_ARGS)

misuse-valgrind: lib
	sh c-tests/null/misuse.sh --valgrind

clean:
	rm -rf $(BUILD)
	$(CARGO) clean --target-dir $(TARGET_DIR)

-include include/gen/headers.mk
-include c-tests/traffic/tests.mk
-include c-tests/demo/demo.mk
-include c-tests/bench/bench.mk
-include c-tests/provider/provider.mk
-include fuzz/fuzz.mk
-include c-tests/kernel/kernel.mk
-include c-tests/downstream/downstream.mk
-include c-tests/replace/replace.mk
