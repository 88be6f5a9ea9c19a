# kith - one Makefile for everything. `make help` lists the targets.
VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
CC ?= cc
PYTHON ?= /usr/bin/python3
PKG_CONFIG ?= pkg-config

bindir = $(PREFIX)/bin
libexecdir = $(PREFIX)/libexec/kith
libdir = $(PREFIX)/lib
plugindir = $(libdir)/kith
datadir = $(PREFIX)/share
mandir = $(datadir)/man

# Flags. SAN=1 builds with AddressSanitizer and UBSan into a tree of its own.
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wno-unused-parameter
HARDEN = -fstack-protector-strong -fstack-clash-protection
ifeq ($(shell uname -m),x86_64)
HARDEN += -fcf-protection
endif
ifdef SAN
OPT = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDSAN = -fsanitize=address,undefined
BUILD := $(BUILD)/san
else
OPT = -O2 -g
HARDEN += -D_FORTIFY_SOURCE=2
endif
ifdef WERROR
WARN += -Werror
endif
STD = -std=c11 -D_GNU_SOURCE
CPPFLAGS += -Isrc -Iinclude -I$(BUILD)/gen -DKITH_VERSION='"$(VERSION)"'
CFLAGS ?= $(OPT)
ALL_CFLAGS = $(STD) $(WARN) $(HARDEN) $(CPPFLAGS) $(CFLAGS) -fPIC -MMD -MP
ALL_LDFLAGS = -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed $(LDSAN) $(LDFLAGS)

pc_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
pc_libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

HAVE_LIBNOTIFY := $(shell $(PKG_CONFIG) --exists libnotify 2>/dev/null && echo yes || echo no)

ENGINE_PC = ncursesw sqlite3 libconfig libutf8proc
ACCOUNT_PC = openssl sqlite3 libutf8proc
XMPP_PC = libstrophe expat openssl libutf8proc

src = $(sort $(wildcard $(addsuffix /*.c,$(1))))
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

BASE_SRC := $(call src,src/base)
WIRE_SRC := $(call src,src/wire)
ENGINE_DIRS = src/model src/store src/config src/core src/cmd src/ui
ENGINE_SRC := $(call src,$(ENGINE_DIRS))
MAIN_SRC := $(call src,src/main src/view)
ACCOUNT_SRC := $(call src,src/account)
NOTIFY_SRC := $(call src,src/notify)
XMPP_SRC := $(call src,src/backends/xmpp)
LOCAL_SRC := $(call src,src/backends/local)

LIBBASE = $(BUILD)/libbase.a
LIBWIRE = $(BUILD)/libwire.a
LIBENGINE = $(BUILD)/libengine.a
LIBACCOUNT = $(BUILD)/libaccount.a
KITH = $(BUILD)/kith
PROGRAMS = $(KITH) $(BUILD)/kith-account
ifeq ($(HAVE_LIBNOTIFY),yes)
PROGRAMS += $(BUILD)/kith-notify
endif
BACKENDS = $(BUILD)/backends/local.so $(BUILD)/backends/xmpp.so

.PHONY: all
all: $(PROGRAMS) $(BACKENDS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(OBJ_CFLAGS) -c -o $@ $<

$(BUILD)/obj/src/backends/%: OBJ_CFLAGS = -fvisibility=hidden $(call pc_cflags,$(XMPP_PC))
$(BUILD)/obj/src/account/%: OBJ_CFLAGS = $(call pc_cflags,$(ACCOUNT_PC))
$(BUILD)/obj/src/notify/%: OBJ_CFLAGS = $(call pc_cflags,libnotify)

$(LIBBASE): $(call obj,$(BASE_SRC))
	@rm -f $@; ar rcs $@ $^
$(LIBWIRE): $(call obj,$(WIRE_SRC))
	@rm -f $@; ar rcs $@ $^
$(LIBENGINE): $(call obj,$(ENGINE_SRC))
	@rm -f $@; ar rcs $@ $^
$(LIBACCOUNT): $(call obj,$(filter-out src/account/main.c,$(ACCOUNT_SRC)))
	@rm -f $@; ar rcs $@ $^

$(KITH): $(call obj,$(MAIN_SRC)) $(LIBENGINE) $(LIBWIRE) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBENGINE) $(LIBWIRE) $(LIBBASE) $(call pc_libs,$(ENGINE_PC)) -lm
$(BUILD)/kith-account: $(call obj,src/account/main.c) $(LIBACCOUNT) $(LIBWIRE) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBACCOUNT) $(LIBWIRE) $(LIBBASE) $(call pc_libs,$(ACCOUNT_PC)) -lresolv -ldl
$(BUILD)/kith-notify: $(call obj,$(NOTIFY_SRC)) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,libnotify libutf8proc)

$(BUILD)/backends/local.so: $(call obj,$(LOCAL_SRC)) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -shared $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,libutf8proc)
$(BUILD)/backends/xmpp.so: $(call obj,$(XMPP_SRC)) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -shared $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,$(XMPP_PC)) -ldl

# ---- unit tests: tests/unit/DIR/test_NAME.c, each a program of its own, linked with what its folder needs ----
UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))
unit_libs_base = $(LIBBASE)
unit_libs_wire = $(LIBWIRE) $(LIBBASE)
unit_libs_account = $(LIBACCOUNT) $(LIBWIRE) $(LIBBASE)
unit_libs_engine = $(LIBENGINE) $(LIBWIRE) $(LIBBASE)
unit_libs_local = $(call obj,$(LOCAL_SRC)) $(LIBBASE)
unit_libs_xmpp = $(call obj,$(XMPP_SRC)) $(LIBBASE)
unit_libs = $(or $(unit_libs_$(1)),$(unit_libs_engine))
unit_dir = $(word 3,$(subst /, ,$(1)))

.SECONDEXPANSION:
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $$(call unit_libs,$$(firstword $$(subst /, ,$$*)))
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $< $(call unit_libs,$(firstword $(subst /, ,$*))) -lcmocka \
	    $(call pc_libs,ncursesw sqlite3 libconfig libutf8proc openssl $(if $(findstring xmpp/,$*),libstrophe expat)) -lresolv -ldl -lm

.PHONY: unit
unit: $(UNIT_BIN)
	@fail=0; for t in $(UNIT_BIN); do $$t >$$t.log 2>&1 || { fail=1; echo "FAILED $$t"; tail -40 $$t.log; }; done; \
	    echo "unit: $(words $(UNIT_BIN)) programs"; exit $$fail

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
