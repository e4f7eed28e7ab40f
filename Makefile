# kvol: make, make check, make demo, make install. Everything is built into $(B).
VERSION   := 0.1.0
SOVERSION := 0

PREFIX    ?= /usr/local
LIBDIR    ?= $(PREFIX)/lib
BINDIR    ?= $(PREFIX)/bin
# An empty one would be /.
B         ?=
override B := $(or $(strip $(B)),build)

# Own flags live in variables of their own, so that `make CFLAGS=-O3` keeps what the build needs.
CFLAGS    ?= -O2 -g
WARNINGS  := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Wundef \
             -Wno-unused-parameter -Wno-missing-field-initializers
WERROR    ?= $(if $(CI),-Werror)
HARDENING := -fstack-protector-strong -fstack-clash-protection $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
SAN_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
KVOL_CFLAGS   := -std=gnu11 -fPIC -fvisibility=hidden $(WARNINGS) $(WERROR) $(HARDENING) $(SAN_FLAGS)
KVOL_CPPFLAGS := -D_GNU_SOURCE -DKVOL_VERSION='"$(VERSION)"' -Iinclude -MMD -MP
KVOL_LDFLAGS  := -Wl,-z,defs -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(SAN_FLAGS)

# The foreign libraries, each with its home. pkg-config is asked when something is compiled, not before: a new
# machine has none.
lib_PKGS        := gio-2.0 gmodule-no-export-2.0 mount blkid
kube_PKGS       := gio-2.0 yaml-0.1
node-agent_PKGS := gio-2.0 json-glib-1.0 smartcols
tests_PKGS      := gio-2.0 gmodule-no-export-2.0 cmocka
nfs_PKGS        := libnfs
nfs-server_PKGS := gio-2.0 libnfs fuse3
pkg_cflags = $(shell pkg-config --cflags $(1))
pkg_libs   = $(shell pkg-config --libs $(1))

# Debian 12 packages: to build, and the real partners that tests and demo run.
DEPS := gcc libc6-dev pkg-config libglib2.0-dev libmount-dev libblkid-dev libyaml-dev libjson-glib-dev \
        libsmartcols-dev libcmocka-dev clang-format g++ crun busybox-static e2fsprogs util-linux \
        $(if $(filter 0,$(NFS)),,libnfs-dev libfuse3-dev nfs-ganesha nfs-ganesha-vfs rpcbind nfs-common \
          fio)

sources  = $(sort $(wildcard $(addsuffix /*.c,$(1))))
objects  = $(patsubst %.c,$(B)/%.o,$(call sources,$(1)))

LIB_DIRS   := $(addprefix lib/,model sys loader engine api)
KUBE_DIRS  := $(addprefix lib/kube/,manifest validate claim workload store)
# `make NFS=0` builds without libnfs, and without NFS volumes.
PLUGINS    := $(filter-out $(if $(filter 0,$(NFS)),nfs),$(sort $(notdir $(patsubst %/,%,$(wildcard plugins/*/)))))

LIB        := $(B)/libkvol.so.$(SOVERSION)
KUBE       := $(B)/libkvol-kube.so.$(SOVERSION)
MODULES    := $(PLUGINS:%=$(B)/plugins/kvol-%.so)
CASES      := $(patsubst %,$(B)/plugins/kvol-%,$(notdir $(wildcard $(PLUGINS:%=plugins/%/*.conformance.yaml))))
WORKER     := $(B)/libexec/kvol-worker
NFS_FUSE   := $(if $(filter 0,$(NFS)),,$(B)/libexec/kvol-nfs)
AGENT      := $(B)/bin/kvol-agent
HARNESS    := $(B)/bin/plugin-test

all: $(LIB) $(KUBE) $(MODULES) $(CASES) $(WORKER) $(NFS_FUSE) $(AGENT) $(HARNESS)

# ---- objects: who may see what ----
$(B)/lib/%.o: KVOL_CPPFLAGS += -iquote lib -DG_LOG_DOMAIN='"kvol"' $(call pkg_cflags,$(lib_PKGS))
$(B)/lib/kube/%.o: KVOL_CPPFLAGS += -iquote lib/kube -UG_LOG_DOMAIN -DG_LOG_DOMAIN='"kvol-kube"' $(call pkg_cflags,$(kube_PKGS))
$(B)/examples/%.o: KVOL_CPPFLAGS += -DG_LOG_DOMAIN='"kvol-agent"' $(call pkg_cflags,$(node-agent_PKGS))
$(B)/tests/%.o: KVOL_CPPFLAGS += -iquote tests $(call pkg_cflags,$(tests_PKGS)) $(call pkg_cflags,yaml-0.1)
$(B)/tests/unit/%.o $(B)/tests/plugin-test/%.o: KVOL_CPPFLAGS += -iquote lib -iquote lib/kube

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(KVOL_CPPFLAGS) $(CPPFLAGS) $(KVOL_CFLAGS) $(CFLAGS) -c $< -o $@

# ---- libraries ----
define shared
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-soname,$(@F) -Wl,--version-script=$(filter %.map,$^) $(KVOL_LDFLAGS) $(LDFLAGS) \
	  $(filter %.o,$^) $(filter %.so.$(SOVERSION),$^) $(call pkg_libs,$(1)) -o $@
	ln -sf $(@F) $(basename $@)
endef

$(LIB): $(call objects,$(LIB_DIRS)) lib/kvol.map
	$(call shared,$(lib_PKGS))
$(KUBE): $(call objects,$(KUBE_DIRS)) lib/kube/kvol-kube.map $(LIB)
	$(call shared,$(kube_PKGS))

# Unit tests, the worker and the harness look inside, so they link the objects.
$(B)/libkvol.a: $(call objects,$(LIB_DIRS))
$(B)/libkvol-kube.a: $(call objects,$(KUBE_DIRS))
$(B)/libsupport.a: $(call objects,tests/support tests/nfs-server)
$(B)/%.a:
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

# ---- plugins: a folder is a plugin; it links no libkvol; what it needs beyond GLib is said as NAME_PKGS ----
define plugin_rules
$(B)/plugins/$(1)/%.o: KVOL_CPPFLAGS += -DG_LOG_DOMAIN='"kvol-$(1)"' $$(call pkg_cflags,gio-2.0 $$($(1)_PKGS))
$(B)/plugins/kvol-$(1).so: $(call objects,plugins/$(1)) plugins/plugin.map
	$$(CC) -shared -Wl,--version-script=plugins/plugin.map $$(KVOL_LDFLAGS) $$(LDFLAGS) $$(filter %.o,$$^) \
	  $$(call pkg_libs,gio-2.0 $$($(1)_PKGS)) -o $$@
# What plugin-test puts it through lies beside it.
$(B)/plugins/kvol-$(1).conformance.yaml: plugins/$(1)/$(1).conformance.yaml
	@mkdir -p $$(@D)
	cp $$< $$@
endef
$(foreach p,$(PLUGINS),$(eval $(call plugin_rules,$(p))))
# The NFS server in user space shares pieces with the plugin.
$(B)/plugins/nfs/server/%.o: KVOL_CPPFLAGS += -iquote plugins/nfs

# ---- programs ----
$(WORKER): $(call objects,lib/loader/worker) $(B)/libkvol.a
	@mkdir -p $(@D)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(lib_PKGS)) -o $@
# The server of an NFS volume lies in its plugin's folder, is no part of the plugin, and shares its way to a server.
NFS_PIECES := $(patsubst %,$(B)/plugins/nfs/%.o,address cause deadline endpoint id-map known-address lock-record nlm-call \
                nlm-heir nlm-link portmapper reply resolve rpc xdr)
$(B)/plugins/nfs/server/%.o: KVOL_CPPFLAGS += $(call pkg_cflags,$(nfs-server_PKGS))
$(B)/libexec/kvol-nfs: $(call objects,plugins/nfs/server) $(NFS_PIECES)
	@mkdir -p $(@D)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(nfs-server_PKGS)) -o $@
$(AGENT): $(call objects,examples/node-agent) $(KUBE) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/..:$$ORIGIN/../lib' $^ \
	  $(call pkg_libs,$(node-agent_PKGS)) -o $@
$(HARNESS): $(call objects,tests/plugin-test) $(B)/libsupport.a $(B)/libkvol.a
	@mkdir -p $(@D)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(lib_PKGS) $(tests_PKGS) yaml-0.1) -o $@

# A real NFS server, or a broken one, which tests and demo start.
NFS_SERVER := $(B)/bin/nfs-server
$(NFS_SERVER): $(call objects,tests/nfs-server/program) $(B)/libsupport.a
	@mkdir -p $(@D)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(tests_PKGS)) -o $@

# ---- tests: test-*.c is a program that speaks TAP, check-*.sh a script that does ----
TEST_TIERS := unit plugins integration nfs-fuse faults races abi plugin-test fuzz lint vm
TEST_C  := $(patsubst %.c,%,$(sort $(foreach t,$(filter-out vm,$(TEST_TIERS)),$(wildcard tests/$(t)/test-*.c))))
TEST_C  := $(filter-out $(if $(filter 0,$(NFS)),tests/plugins/test-nfs-% tests/integration/test-nfs-% tests/nfs-fuse/%),$(TEST_C))
TEST_SH := $(sort $(foreach t,$(TEST_TIERS),$(wildcard tests/$(t)/check-*.sh)))
# The core's stories a second time, as on a kernel whose mounts have no unique ids (before 6.8).
OLDER   := $(patsubst %,$(B)/older-kernel/%.tap,$(filter-out tests/integration/test-nfs-%, \
             $(filter tests/integration/%,$(TEST_C))))
TAPS    := $(TEST_C:%=$(B)/%.tap) $(TEST_SH:%.sh=$(B)/%.tap) $(OLDER)

$(B)/tests/unit/test-%: $(B)/tests/unit/test-%.o $(B)/libsupport.a $(B)/libkvol-kube.a $(B)/libkvol.a
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(lib_PKGS) $(kube_PKGS) $(tests_PKGS)) -o $@
# A plugin's tests have a host of their own in place of libkvol.
$(B)/libscripted.a: $(patsubst %.c,$(B)/%.o,$(filter-out tests/plugins/test-%,$(call sources,tests/plugins)))
$(B)/tests/plugins/test-%: $(B)/tests/plugins/test-%.o $(B)/libscripted.a $(B)/libsupport.a
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(tests_PKGS)) -o $@
# The user-space server's parts that can be tested without it.
LOCK_SOURCES := $(wildcard plugins/nfs/server/nlm*.c plugins/nfs/server/lock*.c) \
                $(addprefix plugins/nfs/server/,absent.c attributes.c confine.c keyed-hash.c process-table.c) \
                $(wildcard plugins/nfs/nlm*.c plugins/nfs/lock*.c) \
                $(addprefix plugins/nfs/,cause.c deadline.c endpoint.c id-map.c known-address.c portmapper.c reply.c resolve.c \
                  rpc.c user-connection.c user-server.c xdr.c)
$(B)/tests/nfs-fuse/%.o: KVOL_CPPFLAGS += -iquote plugins/nfs/server -iquote plugins/nfs $(call pkg_cflags,$(nfs-server_PKGS))
$(B)/liblocks.a: $(LOCK_SOURCES:%.c=$(B)/%.o)
$(B)/libwire.a: $(patsubst %,$(B)/plugins/nfs/server/%.o,answer halves outbox page-pipe procedure question rooms sluice spout wire) \
               $(B)/plugins/nfs/reply.o $(B)/plugins/nfs/xdr.o
$(B)/libnfs-fuse.a: $(patsubst %.c,$(B)/%.o,$(filter-out tests/nfs-fuse/test-%,$(call sources,tests/nfs-fuse)))
$(B)/tests/nfs-fuse/test-%: $(B)/tests/nfs-fuse/test-%.o $(B)/libnfs-fuse.a $(B)/liblocks.a $(B)/libwire.a \
                            $(B)/libsupport.a
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(tests_PKGS) $(nfs_PKGS)) -o $@
# Everything else links what users link.
$(B)/libfaults.a: $(patsubst %.c,$(B)/%.o,$(filter-out tests/faults/test-%,$(call sources,tests/faults)))
$(B)/tests/faults/test-%: $(B)/tests/faults/test-%.o $(B)/libfaults.a $(B)/libsupport.a $(KUBE) $(LIB)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) -Wl,-rpath,$(abspath $(B)) $^ $(call pkg_libs,$(tests_PKGS)) -o $@
$(B)/libkernel-nfs.a: $(patsubst %.c,$(B)/%.o,$(filter-out tests/vm/test-%,$(call sources,tests/vm)))
$(B)/tests/vm/test-%: $(B)/tests/vm/test-%.o $(B)/libkernel-nfs.a $(B)/libsupport.a
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(tests_PKGS)) -o $@
$(B)/tests/%: $(B)/tests/%.o $(B)/libsupport.a $(KUBE) $(LIB)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) -Wl,-rpath,$(abspath $(B)) $^ $(call pkg_libs,$(tests_PKGS)) -o $@

# Plugins that exist to be tested against: tests/fixtures/NAME.c becomes fixtures/kvol-NAME.so.
FIXTURES := $(patsubst tests/fixtures/%.c,$(B)/fixtures/kvol-%.so,$(wildcard tests/fixtures/*.c))
$(B)/fixtures/kvol-%.so: $(B)/tests/fixtures/%.o
	@mkdir -p $(@D)
	$(CC) -shared $(KVOL_LDFLAGS) $(LDFLAGS) $^ $(call pkg_libs,gio-2.0) -o $@

# ---- fuzzing: what becomes of a manifest's bytes, built once more, with a call at each branch ----
FUZZ       := $(B)/fuzz/fuzz-manifest
FUZZ_UNDER := $(call objects,$(KUBE_DIRS) lib/model) $(B)/lib/api/pod.o
FUZZ_FLAGS := -U_FORTIFY_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
$(B)/fuzz/lib/%.o: KVOL_CPPFLAGS += -iquote lib -iquote lib/kube -DG_LOG_DOMAIN='"kvol-fuzz"' $(call pkg_cflags,$(kube_PKGS))
$(B)/fuzz/lib/%.o: FUZZ_FLAGS += -fsanitize-coverage=trace-pc
$(B)/fuzz/tests/%.o: KVOL_CPPFLAGS += -DG_LOG_DOMAIN='"kvol-fuzz"' $(call pkg_cflags,gio-2.0)
$(B)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(KVOL_CPPFLAGS) $(CPPFLAGS) $(KVOL_CFLAGS) $(CFLAGS) $(FUZZ_FLAGS) -c $< -o $@
$(FUZZ): $(patsubst $(B)/%,$(B)/fuzz/%,$(FUZZ_UNDER) $(call objects,tests/fuzz)) $(B)/libkvol.a
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $(FUZZ_FLAGS) $^ $(call pkg_libs,$(lib_PKGS) $(kube_PKGS)) -o $@
$(B)/tests/fuzz/check-fuzz.tap: $(FUZZ)

# A finding is left in $(B)/fuzz; $(FUZZ) FILE tries it again.
FUZZ_SECONDS ?= 600
fuzz: deps
	$(MAKE) --no-print-directory -j$$(nproc) $(FUZZ)
	$(FUZZ) --seeds tests/fuzz/seeds --dictionary tests/fuzz/dictionary.txt --seconds $(FUZZ_SECONDS) --findings $(B)/fuzz

# What takes longer than a check may.
LONG_TAPS := $(filter $(patsubst %,$(B)/tests/nfs-fuse/test-%.tap,load lock-data model verify),$(TAPS))
check-long: fuzz
	@CHECK_LONG=1 TAP_SECONDS=3600 $(MAKE) --no-print-directory -k $(LONG_TAPS) || true
	@tests/tap.sh summary $(LONG_TAPS)

$(B)/%.tap: $(B)/% all $(FIXTURES) $(NFS_SERVER) FORCE
	@B=$(abspath $(B)) tests/tap.sh run $@ $<
$(B)/older-kernel/%.tap: $(B)/% all $(FIXTURES) $(NFS_SERVER) FORCE
	@KVOL_NO_STATMOUNT=1 B=$(abspath $(B)) tests/tap.sh run $@ $<
$(B)/%.tap: %.sh all $(FIXTURES) $(NFS_SERVER) FORCE
	@mkdir -p $(@D)
	@B=$(abspath $(B)) tests/tap.sh run $@ $<

# What runs on an older kernel, in a virtual machine: the basic set with `check`, all of it with `check-vm`. The kernel
# is unpacked by `deps-vm`; without it the tests are skipped. The labs' NFS pods have a test of their own there.
VM_KERNEL ?= $(B)/vm/kernel
VM_SET    ?= basic
VM_ALL    := $(filter-out %-nfs-corpus,$(patsubst tests/%.c,%,$(wildcard tests/integration/test-*.c \
               tests/unit/test-sys-*.c tests/unit/test-worker-*.c tests/vm/test-*.c)))
VM_basic  := $(filter-out %-syscall-counts,$(filter integration/% vm/%-basic vm/test-nfs-trouble,$(VM_ALL)))
VM_full   := $(VM_ALL)
$(B)/tests/vm/check-guest.tap: export VM_PROGRAMS = $(abspath $(VM_$(VM_SET):%=$(B)/tests/%))
$(B)/tests/vm/check-guest.tap: export VM_KERNEL := $(abspath $(VM_KERNEL))
# Emulation on a machine with other work takes its time.
$(B)/tests/vm/check-guest.tap: export TAP_SECONDS := $(or $(TAP_SECONDS),1200)
$(B)/tests/vm/check-guest.tap: $(VM_$(VM_SET):%=$(B)/tests/%)

deps-vm: deps
	@tests/deps.sh qemu-system-x86
	@tests/vm/kernel.sh $(abspath $(VM_KERNEL))
check-vm: deps-vm
	$(MAKE) --no-print-directory -j$$(nproc) all $(VM_full:%=$(B)/tests/%)
	@TAP_SECONDS=1800 $(MAKE) --no-print-directory VM_SET=full $(B)/tests/vm/check-guest.tap
	@tests/tap.sh summary $(B)/tests/vm/check-guest.tap

# The benches are built with it, or nobody would notice when they cannot be.
NFS_BENCH := $(if $(NFS_FUSE),$(B)/tests/bench/nfs-bench)
BENCHES   := $(B)/bin/kvol-bench $(NFS_BENCH)
check: deps
	$(MAKE) --no-print-directory -j$$(nproc) check-built
check-built: all $(BENCHES)
	@$(MAKE) --no-print-directory -k $(TAPS) || true
	@tests/tap.sh summary $(TAPS)

# The tests that read real manifests from outside the tree: make check-corpus CORPUS=DIR
export CORPUS
check-corpus: deps
	@[ -d "$(CORPUS)" ] || { echo "usage: make check-corpus CORPUS=DIR" >&2; exit 2; }
	@$(MAKE) --no-print-directory -j$$(nproc) -k CORPUS="$(abspath $(CORPUS))" $(filter %-corpus.tap,$(TAPS)) || true
	@tests/tap.sh summary $(filter %-corpus.tap,$(TAPS))

asan: deps
	$(MAKE) --no-print-directory -j$$(nproc) B=build-asan SANITIZE=address,undefined check-built

# ---- what watches over the source ----
lint: $(LIB) $(KUBE) $(MODULES)
	@B=$(B) tests/lint/lint.sh

FMT_FILES = $(shell find lib plugins examples tests -name '*.c')
fmt:
	clang-format -i $(FMT_FILES)

# ---- programs that tell a story or a figure ----
demo: deps
	$(MAKE) --no-print-directory -j$$(nproc) all $(if $(filter 0,$(NFS)),,$(NFS_SERVER))
	B=$(abspath $(B)) examples/guestbook/demo.sh

bench: deps
	$(MAKE) --no-print-directory -j$$(nproc) $(BENCHES)
	B=$(abspath $(B)) tests/bench/bench.sh
$(B)/bin/kvol-bench: $(call objects,tests/bench) $(B)/libsupport.a $(KUBE) $(LIB) $(MODULES)
	@mkdir -p $(@D)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/..' $(filter %.o %.a %.so.$(SOVERSION),$^) \
	  $(call pkg_libs,$(node-agent_PKGS) $(tests_PKGS)) -o $@

# The same on an older kernel, in a virtual machine, where the kernel's own NFS client stands beside it.
bench-vm: deps-vm
	$(MAKE) --no-print-directory -j$$(nproc) all $(FIXTURES) $(NFS_BENCH)
	B=$(abspath $(B)) VM_KERNEL=$(abspath $(VM_KERNEL)) VM_PROGRAMS="$(abspath $(NFS_BENCH))" tests/vm/check-guest.sh

# It is made of the pieces of the bench and of the tests, and talks to the server as raw as libnfs lets it.
$(B)/tests/bench/nfs/%.o: KVOL_CPPFLAGS += -iquote plugins/nfs/server -iquote plugins/nfs $(call pkg_cflags,$(nfs_PKGS))
$(B)/tests/bench/nfs-bench: $(call objects,tests/bench/nfs) $(patsubst %,$(B)/tests/bench/%.o,cell clock json table) \
                         $(B)/libnfs-fuse.a $(B)/liblocks.a $(B)/libkernel-nfs.a $(B)/libsupport.a $(NFS_SERVER) $(NFS_FUSE)
	@mkdir -p $(@D)
	$(CC) $(KVOL_LDFLAGS) $(LDFLAGS) $(filter %.o %.a,$^) $(call pkg_libs,$(tests_PKGS) $(nfs_PKGS)) -o $@

deps:
	@tests/deps.sh $(DEPS)

# ---- installation ----
PLUGINDIR  = $(LIBDIR)/kvol/plugins
LIBEXECDIR = $(LIBDIR)/kvol/libexec
install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(PLUGINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
	  $(DESTDIR)$(PREFIX)/include/kvol $(DESTDIR)$(PREFIX)/include/kvol-kube
	install -m 644 include/kvol/*.h $(DESTDIR)$(PREFIX)/include/kvol
	install -m 644 include/kvol-kube/*.h $(DESTDIR)$(PREFIX)/include/kvol-kube
	install -m 755 $(LIB) $(KUBE) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(LIB)) $(DESTDIR)$(LIBDIR)/libkvol.so
	ln -sf $(notdir $(KUBE)) $(DESTDIR)$(LIBDIR)/libkvol-kube.so
	install -m 755 $(MODULES) $(DESTDIR)$(PLUGINDIR)
	install -m 644 $(CASES) $(DESTDIR)$(PLUGINDIR)
	install -m 755 $(WORKER) $(NFS_FUSE) $(DESTDIR)$(LIBEXECDIR)
	install -m 755 $(AGENT) $(DESTDIR)$(BINDIR)
	install -m 755 $(HARNESS) $(DESTDIR)$(BINDIR)/kvol-plugin-test
	for pc in kvol kvol-kube kvol-plugin; do \
	  sed -e 's|@VERSION@|$(VERSION)|' -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	    -e 's|@PLUGINDIR@|$(PLUGINDIR)|' pkgconfig/$$pc.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/$$pc.pc || exit 1; \
	done

clean:
	rm -rf $(B) build-asan

.PHONY: all deps deps-vm demo check check-built check-vm check-corpus check-long fuzz lint fmt asan bench bench-vm install clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
