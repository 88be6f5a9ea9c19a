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
PLACES = -DKITH_BINDIR='"$(bindir)"' -DKITH_LIBEXECDIR='"$(libexecdir)"' -DKITH_PLUGINDIR='"$(plugindir)"' \
    -DKITH_DATADIR='"$(datadir)/kith"'
CFLAGS ?= $(OPT)
ALL_CFLAGS = $(STD) $(WARN) $(HARDEN) $(CPPFLAGS) $(CFLAGS) -fPIC -MMD -MP
ALL_LDFLAGS = -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed $(LDSAN) $(LDFLAGS)

pc_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
pc_libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

HAVE_ENCHANT := $(shell $(PKG_CONFIG) --exists enchant-2 2>/dev/null && echo yes || echo no)
HAVE_OMEMO := $(shell $(PKG_CONFIG) --exists libomemo-c 2>/dev/null && echo yes || echo no)
# Pictures: what draws them and what reads the two kinds that everybody sends; WebP and GIF where they are there, too.
PICTURE_PC = chafa libpng libjpeg
HAVE_PICTURES := $(shell $(PKG_CONFIG) --exists $(PICTURE_PC) 2>/dev/null && echo yes || echo no)
HAVE_WEBP := $(shell $(PKG_CONFIG) --exists libwebp libwebpdemux 2>/dev/null && echo yes || echo no)
ifeq ($(HAVE_WEBP),yes)
PICTURE_PC += libwebp libwebpdemux
PICTURE_DEFS += -DHAVE_WEBP
endif
# giflib itself brings nothing for pkg-config; Debian adds it.
HAVE_GIF := $(shell $(PKG_CONFIG) --exists libgif 2>/dev/null && echo yes || \
    { echo '\#include <gif_lib.h>' | $(CC) $(CFLAGS) -E -x c - >/dev/null 2>&1 && echo yes; } || echo no)
ifeq ($(HAVE_GIF),yes)
PICTURE_LIBS = -lgif
PICTURE_DEFS += -DHAVE_GIF
endif
HAVE_LIBNOTIFY := $(shell $(PKG_CONFIG) --exists libnotify 2>/dev/null && echo yes || echo no)

HAVE_QRENCODE := $(shell $(PKG_CONFIG) --exists libqrencode 2>/dev/null && echo yes || echo no)
ifeq ($(HAVE_QRENCODE),yes)
QR_PC = libqrencode
QR_DEFS = -DHAVE_QRENCODE
endif

ENGINE_PC = ncursesw sqlite3 libconfig libutf8proc $(QR_PC)
ACCOUNT_PC = openssl sqlite3 libutf8proc libidn2
XMPP_PC = libstrophe expat openssl libutf8proc libidn2
IRC_PC = libcrypto libutf8proc

src = $(sort $(wildcard $(addsuffix /*.c,$(1))))
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

BASE_SRC := $(call src,src/base)
WIRE_SRC := $(call src,src/wire)
ENGINE_DIRS = src/model src/store src/config src/core src/cmd src/ui
ENGINE_SRC := $(call src,$(ENGINE_DIRS))
MAIN_SRC := $(call src,src/main src/view)
ACCOUNT_SRC := $(call src,src/account)
NOTIFY_SRC := $(call src,src/notify)
SPELL_SRC := $(call src,src/spell)
PICTURE_SRC := $(call src,src/picture)
COMMON_SRC := $(call src,src/backends/common)
# The table of extensions is for the file that tells others, and not part of the backend.
XEPS_SRC = src/backends/xmpp/xeps.c
XMPP_SRC := $(filter-out $(XEPS_SRC),$(call src,src/backends/xmpp)) $(COMMON_SRC)
OMEMO_SRC := $(call src,src/backends/omemo)
NO_OMEMO_SRC := $(filter-out $(filter-out %/omemo_gate.c,$(wildcard src/backends/xmpp/omemo*.c)),$(XMPP_SRC))
ifeq ($(HAVE_OMEMO),yes)
XMPP_SRC := $(filter-out src/backends/xmpp/no_omemo.c,$(XMPP_SRC)) $(OMEMO_SRC)
XMPP_PC += libomemo-c
else
XMPP_SRC := $(NO_OMEMO_SRC)
endif
LOCAL_SRC := $(call src,src/backends/local)
IRC_SRC := $(call src,src/backends/irc) $(COMMON_SRC)

LIBBASE = $(BUILD)/libbase.a
LIBWIRE = $(BUILD)/libwire.a
LIBENGINE = $(BUILD)/libengine.a
LIBACCOUNT = $(BUILD)/libaccount.a
LIBXMPP = $(BUILD)/libxmpp.a
KITH = $(BUILD)/kith
PROGRAMS = $(KITH) $(BUILD)/kith-account
ifeq ($(HAVE_LIBNOTIFY),yes)
PROGRAMS += $(BUILD)/kith-notify
endif
ifeq ($(HAVE_ENCHANT),yes)
PROGRAMS += $(BUILD)/kith-spell
endif
ifeq ($(HAVE_PICTURES),yes)
PROGRAMS += $(BUILD)/kith-picture
endif
BACKENDS = $(BUILD)/backends/local.so $(BUILD)/backends/xmpp.so $(BUILD)/backends/irc.so

.DEFAULT_GOAL := all
.PHONY: all
all: $(PROGRAMS) $(BACKENDS) $(BUILD)/terminfo/.done $(BUILD)/themes

# A build for another PREFIX compiles the places anew.
$(BUILD)/places.stamp: FORCE
	@mkdir -p $(@D); echo '$(PLACES)' | cmp -s - $@ || echo '$(PLACES)' >$@
.PHONY: FORCE
FORCE:
$(BUILD)/obj/src/main/%: OBJ_CFLAGS = $(PLACES) $(PICTURE_DEFS) $(if $(filter yes,$(HAVE_OMEMO)),-DHAVE_OMEMO)
$(BUILD)/obj/src/main/places.o: $(BUILD)/places.stamp

# The terminal description for true colour (UX: no palette is changed, the keys stay those of the terminal).
TERMINFO_SRC = $(wildcard themes/kith.terminfo)
$(BUILD)/terminfo/.done: $(TERMINFO_SRC)
	@mkdir -p $(@D)
	@$(if $(TERMINFO_SRC),tic -x -o $(@D) $(TERMINFO_SRC),true)
	@touch $@
# The same themes compiled in, so that there always is one.
THEMES = $(sort $(wildcard themes/*.theme))
$(BUILD)/gen/themes.inc: $(THEMES)
	@mkdir -p $(@D)
	@for t in $(THEMES); do n=$${t##*/}; echo "THEME(\"$${n%.theme}\","; \
	    sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $$t; echo ')'; done >$@
$(BUILD)/obj/src/config/theme_builtin.o $(BUILD)/fuzzobj/src/config/theme_builtin.o \
    $(BUILD)/tidy/src/config/theme_builtin.ok: $(BUILD)/gen/themes.inc
$(BUILD)/themes:
	@mkdir -p $(@D); ln -sfn $(CURDIR)/themes $@

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(OBJ_CFLAGS) -c -o $@ $<

$(BUILD)/obj/tests/unit/xmpp%: OBJ_CFLAGS = $(call pc_cflags,$(XMPP_PC))
$(BUILD)/obj/src/backends/%: OBJ_CFLAGS = -fvisibility=hidden $(call pc_cflags,$(XMPP_PC))
$(BUILD)/obj/src/account/%: OBJ_CFLAGS = $(call pc_cflags,$(ACCOUNT_PC))
$(BUILD)/obj/src/notify/%: OBJ_CFLAGS = $(call pc_cflags,libnotify)
$(BUILD)/obj/src/spell/%: OBJ_CFLAGS = $(call pc_cflags,enchant-2)
$(BUILD)/obj/src/ui/qr.o: OBJ_CFLAGS = $(QR_DEFS) $(call pc_cflags,$(QR_PC))
$(BUILD)/obj/src/picture/%: OBJ_CFLAGS = $(PICTURE_DEFS) $(call pc_cflags,$(PICTURE_PC))

$(LIBBASE): $(call obj,$(BASE_SRC))
	@rm -f $@; ar rcs $@ $^
$(LIBWIRE): $(call obj,$(WIRE_SRC))
	@rm -f $@; ar rcs $@ $^
$(LIBENGINE): $(call obj,$(ENGINE_SRC))
	@rm -f $@; ar rcs $@ $^
$(LIBACCOUNT): $(call obj,$(filter-out src/account/main.c,$(ACCOUNT_SRC)))
	@rm -f $@; ar rcs $@ $^

$(LIBXMPP): $(call obj,$(XMPP_SRC))
	@rm -f $@; ar rcs $@ $^

$(KITH): $(call obj,$(MAIN_SRC)) $(LIBENGINE) $(LIBWIRE) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBENGINE) $(LIBWIRE) $(LIBBASE) $(call pc_libs,$(ENGINE_PC)) -lm
$(BUILD)/kith-account: $(call obj,src/account/main.c) $(LIBACCOUNT) $(LIBWIRE) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBACCOUNT) $(LIBWIRE) $(LIBBASE) $(call pc_libs,$(ACCOUNT_PC)) -lresolv -ldl
$(BUILD)/kith-notify: $(call obj,$(NOTIFY_SRC)) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,libnotify libutf8proc)

$(BUILD)/kith-spell: $(call obj,$(SPELL_SRC)) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,enchant-2 libutf8proc)

$(BUILD)/kith-picture: $(call obj,$(PICTURE_SRC)) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,$(PICTURE_PC) libutf8proc) $(PICTURE_LIBS) -lm

$(BUILD)/backends/local.so: $(call obj,$(LOCAL_SRC)) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -shared $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,libutf8proc)
$(BUILD)/backends/xmpp.so: $(call obj,$(XMPP_SRC)) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -shared $(ALL_LDFLAGS) -Wl,--exclude-libs,ALL -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,$(XMPP_PC)) -lm -ldl
$(BUILD)/backends/irc.so: $(call obj,$(IRC_SRC)) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -shared $(ALL_LDFLAGS) -Wl,--exclude-libs,ALL -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,$(IRC_PC))

# ---- the store's migrations as C strings, one for each file ----
MIGRATIONS := $(sort $(wildcard src/store/migrations/*.sql))
$(BUILD)/gen/migrations.inc: $(MIGRATIONS)
	@mkdir -p $(@D)
	@for f in $(MIGRATIONS); do \
	    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$$/\\n"/' $$f; echo '    ,'; done >$@
$(BUILD)/obj/src/store/migrate.o: $(BUILD)/gen/migrations.inc

# ---- unit tests: tests/unit/DIR/test_NAME.c, each a program of its own, linked with what its folder needs ----
UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
ifeq ($(HAVE_LIBNOTIFY),no)
UNIT_SRC := $(filter-out tests/unit/notify/%,$(UNIT_SRC))
else
$(BUILD)/unit/core/test_notify: | $(BUILD)/kith-notify
endif
ifeq ($(HAVE_ENCHANT),yes)
$(BUILD)/unit/core/test_spell: | $(BUILD)/kith-spell
endif
ifeq ($(HAVE_PICTURES),yes)
$(BUILD)/unit/core/test_picture: | $(BUILD)/kith-picture
else
UNIT_SRC := $(filter-out tests/unit/picture/%,$(UNIT_SRC))
endif
ifneq ($(HAVE_OMEMO),yes)
UNIT_SRC := $(filter-out tests/unit/omemo/% tests/unit/xmpp/test_omemo% tests/unit/xmppim/test_omemo%,$(UNIT_SRC))
endif
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))
unit_libs_base = $(LIBBASE)
unit_libs_config = $(call obj,$(call src,src/config)) $(LIBBASE)
unit_libs_cmd = $(call obj,$(call src,src/cmd src/config src/model src/store) src/core/spell.c src/core/sinks.c src/core/picture.c src/core/preview.c) $(LIBBASE)
unit_libs_view = $(call obj,src/view/line_edit.c src/view/editor.c) $(LIBBASE)
unit_libs_wire = $(LIBWIRE) $(LIBBASE)
unit_libs_account = $(LIBACCOUNT) $(LIBWIRE) $(LIBBASE)
unit_libs_engine = $(LIBENGINE) $(LIBWIRE) $(LIBBASE)
unit_libs_local = $(call obj,$(LOCAL_SRC)) $(LIBBASE)
unit_libs_irc = $(call obj,$(wildcard tests/unit/irc/rig*.c)) $(call obj,$(IRC_SRC)) $(LIBWIRE) $(LIBBASE)
unit_libs_notify = $(call obj,$(filter-out %/main.c,$(NOTIFY_SRC))) $(LIBBASE)
$(BUILD)/obj/tests/unit/notify/%: OBJ_CFLAGS = $(call pc_cflags,libnotify)
unit_libs_picture = $(call obj,$(filter-out %/main.c,$(PICTURE_SRC))) $(LIBBASE)
$(BUILD)/obj/tests/unit/picture/%: OBJ_CFLAGS = $(PICTURE_DEFS) $(call pc_cflags,$(PICTURE_PC))
unit_libs_omemo = $(call obj,$(OMEMO_SRC)) $(call obj,tests/unit/omemo/fixture.c) $(LIBBASE)
$(BUILD)/obj/tests/unit/omemo/%: OBJ_CFLAGS = $(call pc_cflags,libomemo-c)
unit_libs_xmpp = $(LIBXMPP) $(LIBBASE)
# The features of the XMPP backend on a recorder in place of the connection.
unit_libs_xmppim = $(call obj,$(if $(filter yes,$(HAVE_OMEMO)),tests/unit/omemo/fixture.c tests/unit/xmppim/played.c tests/unit/xmppim/hall.c tests/unit/xmppim/vouch.c) $(wildcard tests/unit/xmppim/fake_*.c) $(XEPS_SRC)) $(LIBXMPP) $(LIBBASE)
unit_libs = $(or $(unit_libs_$(1)),$(unit_libs_engine))
unit_dir = $(word 3,$(subst /, ,$(1)))

.SECONDEXPANSION:
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $$(call unit_libs,$$(firstword $$(subst /, ,$$*)))
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $< $(call unit_libs,$(firstword $(subst /, ,$*))) -lcmocka \
	    $(call pc_libs,$(ENGINE_PC) openssl libidn2 $(if $(findstring xmpp,$*),$(XMPP_PC)) $(if $(filter notify/%,$*),libnotify) $(if $(filter omemo/%,$*),libomemo-c) $(if $(filter picture/%,$*),$(PICTURE_PC))) $(if $(filter picture/%,$*),$(PICTURE_LIBS)) -lresolv -ldl -lm

# The backend as it is where libomemo-c is missing: whole, with nothing left undefined; and its features on the recorder.
NO_OMEMO = $(BUILD)/no_omemo
$(NO_OMEMO)/libxmpp.a: $(call obj,$(NO_OMEMO_SRC))
	@mkdir -p $(@D); rm -f $@; ar rcs $@ $^
$(NO_OMEMO)/xmpp.so: $(call obj,$(NO_OMEMO_SRC)) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -shared $(ALL_LDFLAGS) -Wl,-z,defs -Wl,--exclude-libs,ALL -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,$(filter-out libomemo-c,$(XMPP_PC))) -lm -ldl
NO_OMEMO_LIBS = $(call obj,$(wildcard tests/unit/xmppim/fake_*.c) $(XEPS_SRC)) $(NO_OMEMO)/libxmpp.a $(LIBBASE)
$(BUILD)/unit/xmppim/test_no_omemo: $(BUILD)/obj/tests/unit/xmppim/test_no_omemo.o $(NO_OMEMO_LIBS) | $(NO_OMEMO)/xmpp.so
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $< $(NO_OMEMO_LIBS) -lcmocka $(call pc_libs,libutf8proc $(filter-out libomemo-c,$(XMPP_PC))) -lresolv -ldl -lm

$(BUILD)/unit/core/test_link $(BUILD)/unit/core/test_ledger $(BUILD)/unit/core/test_subs $(BUILD)/unit/core/test_paced $(BUILD)/unit/core/test_watched $(BUILD)/unit/core/test_encrypt $(BUILD)/unit/core/test_avatar $(BUILD)/unit/core/test_files: $(BUILD)/unit/core/fake_account

# Two devices of one account in one program: each the real features of XMPP, in a library of its own, below a core of its own.
FAKE_DEVICES = $(BUILD)/unit/core/fake_device_1.so $(BUILD)/unit/core/fake_device_2.so
$(FAKE_DEVICES): $(unit_libs_xmppim)
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-Bsymbolic $(filter-out -pie,$(ALL_LDFLAGS)) -o $@ $(unit_libs_xmppim) -lcmocka $(call pc_libs,openssl libidn2 $(XMPP_PC)) -lresolv -lm
$(BUILD)/unit/core/test_room_devices: | $(FAKE_DEVICES)

$(BUILD)/unit/ui/test_term $(BUILD)/unit/ui/test_links $(BUILD)/screen/test_colours: | $(BUILD)/terminfo/.done
.PHONY: unit
unit: $(UNIT_BIN)
	@$(PYTHON) tests/unit.py $(UNIT_BIN)

# ---- plugin interface: offsets, plugins of today and of the frozen header driven through kith-account ----
HEADERS = $(wildcard include/kith/*.h)
ABI = $(BUILD)/abi
ABI_CFLAGS = -std=c11 -Wall -Wextra -Wno-unused-parameter -fPIC -shared -fvisibility=hidden
$(ABI)/old-include/kith/plugin.h: tests/abi/plugin-0.1.h
	@mkdir -p $(@D) && cp $< $@
$(ABI)/now/echo.so $(ABI)/open/echo.so: tests/abi/echo.c $(HEADERS)
	@mkdir -p $(@D) && chmod 755 $(@D)
	$(CC) $(ABI_CFLAGS) -Werror -Iinclude -o $@ $<
$(ABI)/old/echo.so: tests/abi/echo.c $(ABI)/old-include/kith/plugin.h
	@mkdir -p $(@D)
	$(CC) $(ABI_CFLAGS) -I$(ABI)/old-include -o $@ $<
$(ABI)/strange%/strange.so: tests/abi/strange.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ABI_CFLAGS) -Iinclude -DSTRANGE=$* -o $@ $<
$(ABI)/test_abi: $(BUILD)/obj/tests/abi/test_abi.o $(LIBWIRE) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $< $(LIBWIRE) $(LIBBASE) -lcmocka $(call pc_libs,libutf8proc)
ABI_PLUGINS = $(addprefix $(ABI)/,now/echo.so open/echo.so old/echo.so $(foreach n,0 1 2 3 4,strange$(n)/strange.so))
.PHONY: abi abi-layout
abi: $(BUILD)/kith-account $(ABI_PLUGINS) $(ABI)/test_abi
	@$(PYTHON) -B tests/abi/layout.py $(ABI)
	@$(PYTHON) -B tests/abi/page.py
	@KITH_ACCOUNT=$(CURDIR)/$(BUILD)/kith-account KITH_ABI_DIR=$(CURDIR)/$(ABI) $(PYTHON) tests/unit.py $(ABI)/test_abi
abi-layout: # writes what was added to the interface into tests/abi/layout.txt
	@mkdir -p $(ABI) && $(PYTHON) -B tests/abi/layout.py $(ABI) --add

# ---- screens: tests/screen/*.c draw a model on the memory surface and compare with golden text ----
SCREEN_SRC := $(sort $(wildcard tests/screen/*.c))
SCREEN_BIN := $(patsubst tests/%.c,$(BUILD)/%,$(filter tests/screen/test_%,$(SCREEN_SRC)))
$(BUILD)/screen/%: $(BUILD)/obj/tests/screen/%.o $(call obj,$(filter-out tests/screen/test_%,$(SCREEN_SRC))) $(LIBENGINE) $(LIBWIRE) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBENGINE) $(LIBWIRE) $(LIBBASE) -lcmocka $(call pc_libs,$(ENGINE_PC)) -lm
.PHONY: screen
screen: $(SCREEN_BIN)
	@$(PYTHON) tests/unit.py $(SCREEN_BIN)

# ---- conformance: one suite drives every backend; two real users on local chat ----
CONF_DIR = $(BUILD)/conformance
CONF_LOCAL := users rooms hostile
CONF_HOST := $(patsubst %,tests/conformance/%.c,host lines rules streams hand)
$(BUILD)/obj/tests/conformance/%: OBJ_CFLAGS = -Itests
$(CONF_DIR)/puppet: $(call obj,tests/conformance/puppet.c $(CONF_HOST)) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,libutf8proc) -ldl
$(CONF_DIR)/suite: $(call obj,$(filter-out %/puppet.c %/stage.c $(CONF_LOCAL:%=tests/conformance/%.c),$(wildcard tests/conformance/*.c))) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) -lcmocka $(call pc_libs,libutf8proc) -ldl
$(CONF_LOCAL:%=$(CONF_DIR)/%): $(CONF_DIR)/%: $(BUILD)/obj/tests/conformance/%.o $(call obj,tests/conformance/stage.c $(CONF_HOST) $(filter-out %/plugin.c,$(LOCAL_SRC))) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) -lcmocka $(call pc_libs,libutf8proc) -ldl
.PHONY: conformance
conformance: $(CONF_DIR)/puppet $(CONF_DIR)/suite $(CONF_LOCAL:%=$(CONF_DIR)/%) $(BACKENDS)
	@$(PYTHON) tests/unit.py $(CONF_LOCAL:%=$(CONF_DIR)/%) $(CONF_DIR)/suite

# ---- fuzz targets: tests/fuzz/fuzz_NAME.c with a line "links: base wire ..." in its comment ----
FUZZ_CC ?= clang-14
FUZZ_SECONDS ?= 5
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
ifeq ($(HAVE_OMEMO),no)
FUZZ_SRC := $(filter-out %/fuzz_omemo.c,$(FUZZ_SRC))
endif
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZ_SRC))
FUZZ_FLAGS = $(STD) -Isrc -Iinclude -I$(BUILD)/gen -DKITH_VERSION='"$(VERSION)"' $(PLACES) -g -O1 -fPIC -Wno-unknown-warning-option
fuzz_links = $(shell sed -n 's/.*links: *\([a-z ]*\).*/\1/p' $(1) | head -1)
fuzz_base = $(BASE_SRC)
fuzz_wire = $(WIRE_SRC)
fuzz_account = $(filter-out src/account/main.c,$(ACCOUNT_SRC))
fuzz_local = $(LOCAL_SRC)
fuzz_xmpp = $(XMPP_SRC)
fuzz_omemofix = tests/unit/omemo/fixture.c
# All but the half that has the connection (session.h).
fuzz_xmppim = $(filter-out $(patsubst %,src/backends/xmpp/%.c,omemo% account cert commands csi guard iq link plugin limits register sasl sasl2 sm stream tls ws),$(call src,src/backends/xmpp)) src/backends/xmpp/omemo_gate.c \
    $(wildcard src/backends/common/*.c) $(wildcard tests/unit/xmppim/fake_*.c)
fuzz_irc = $(IRC_SRC) $(WIRE_SRC) $(wildcard tests/unit/irc/rig*.c)
fuzz_irctext = $(patsubst %,src/backends/irc/%.c,line time casemap isupport format charset)
fuzz_engine = $(ENGINE_SRC)
fuzz_config = $(call src,src/config)
fuzz_cmd = $(call src,src/cmd src/config src/model src/store) src/core/spell.c src/core/picture.c src/core/preview.c src/core/sinks.c
fuzz_decode = src/ui/decode.c src/ui/decode_seq.c
fuzz_obj = $(patsubst %.c,$(BUILD)/fuzzobj/%.o,$(1))
$(BUILD)/fuzzobj/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) $(call pc_cflags,libstrophe libnotify $(if $(filter yes,$(HAVE_OMEMO)),libomemo-c)) -fsanitize=address,undefined,fuzzer-no-link -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $$(call fuzz_obj,$$(foreach l,$$(call fuzz_links,tests/fuzz/fuzz_$$*.c),$$(fuzz_$$l)))
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=address,undefined,fuzzer -o $@ $< $(filter %.o,$^) \
	    $(call pc_libs,$(ENGINE_PC) openssl libidn2 $(if $(findstring xmpp,$(call fuzz_links,$<)),$(XMPP_PC))) \
	    $(if $(findstring xmppim,$(call fuzz_links,$<))$(findstring omemofix,$(call fuzz_links,$<)),-lcmocka) -lresolv -ldl -lm
.PHONY: fuzz-build fuzz-smoke
fuzz-build: $(addprefix $(BUILD)/fuzz/,$(FUZZ_NAMES))
fuzz-smoke: fuzz-build
	@$(PYTHON) tests/fuzz/smoke.py $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZ_NAMES)

# ---- a kith-account with one backend, the test as its engine ----
$(BUILD)/test-engine: $(call obj,tests/e2e/engine.c) $(LIBWIRE) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBWIRE) $(LIBBASE) $(call pc_libs,libutf8proc)

# ---- XMPP: the backend alone against a scripted server and a real one; with its account where files go ----
$(BUILD)/xmpp_driver: $(call obj,tests/xmpp_server/driver.c tests/xmpp_server/describe.c) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,libutf8proc) -ldl
.PHONY: xmpp-server
xmpp-server: $(BUILD)/xmpp_driver $(BUILD)/test-engine $(BUILD)/kith-account $(BUILD)/backends/xmpp.so
	@cd tests/xmpp_server && KITH_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -p no:cacheprovider --maxfail=20 .

# ---- IRC: a kith-account with the backend, the test as its engine, against a scripted server ----
.PHONY: irc-server
irc-server: $(BUILD)/test-engine $(BUILD)/kith-account $(BUILD)/backends/irc.so
	@cd tests/irc_server && KITH_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -p no:cacheprovider --maxfail=20 .

# ---- what runs the programs themselves ----
.PHONY: e2e bench
e2e: all
	@cd tests/e2e && KITH_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -p no:cacheprovider --maxfail=20 .
bench: all $(BUILD)/bench/search $(if $(filter yes,$(HAVE_OMEMO)),$(BUILD)/bench/omemo)
	-@test ! -x $(BUILD)/bench/omemo || $(BUILD)/bench/omemo
	-@KITH_BUILD=$(abspath $(BUILD)) $(PYTHON) -B tests/bench/omemo_room.py
	-@KITH_BUILD=$(abspath $(BUILD)) $(PYTHON) -B tests/bench/xmpp_cost.py
	-@KITH_BUILD=$(abspath $(BUILD)) $(PYTHON) -B tests/bench/irc_cost.py
	-@KITH_BUILD=$(abspath $(BUILD)) $(PYTHON) -B tests/bench/bench.py
	@timeout 300 $(BUILD)/bench/search $(BUILD)/kith $(KITH_BENCH_SEARCH)
$(BUILD)/bench/search: $(call obj,tests/bench/search.c) $(LIBENGINE) $(LIBWIRE) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(call pc_libs,$(ENGINE_PC)) -lresolv -ldl -lm
$(BUILD)/obj/tests/bench/omemo.o: OBJ_CFLAGS = $(call pc_cflags,libomemo-c libstrophe)
$(BUILD)/bench/omemo: $(call obj,tests/bench/omemo.c) $(unit_libs_xmppim) $(LIBACCOUNT) $(LIBBASE)
	@mkdir -p $(@D)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(LIBBASE) -lcmocka $(call pc_libs,openssl libidn2 sqlite3 libutf8proc $(XMPP_PC)) -lresolv -ldl -lm

# ---- rules ----
TIDY ?= clang-tidy-14
LINT_C := $(BASE_SRC) $(WIRE_SRC) $(ENGINE_SRC) $(MAIN_SRC) $(ACCOUNT_SRC) $(NOTIFY_SRC) $(sort $(XMPP_SRC) $(XEPS_SRC) $(LOCAL_SRC) $(IRC_SRC)) $(SPELL_SRC) $(PICTURE_SRC)
$(BUILD)/tidy/%.ok: %.c .clang-tidy
	@mkdir -p $(@D)
	@$(TIDY) --quiet --warnings-as-errors='*' $< -- $(STD) -Isrc -Iinclude -I$(BUILD)/gen -DKITH_VERSION='"$(VERSION)"' $(PLACES) \
	    $(call pc_cflags,libnotify libstrophe) $(call pc_cflags,enchant-2) $(PICTURE_DEFS) $(call pc_cflags,$(PICTURE_PC)) >$@.log 2>/dev/null || { cat $@.log; exit 1; }
	@touch $@
.PHONY: lint lint-rules lint-tidy lint-cppcheck tour
tour:
	@$(PYTHON) -B tests/lint/tour.py
lint-rules: all
	@$(PYTHON) -B tests/lint/lint.py $(BUILD)
lint-tidy: $(patsubst %.c,$(BUILD)/tidy/%.ok,$(LINT_C))
	@echo "clang-tidy: $(words $(LINT_C)) files: 1 passed, 0 failed"
lint-cppcheck:
	@mkdir -p $(BUILD)/cppcheck
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --suppressions-list=tests/lint/cppcheck.txt --cppcheck-build-dir=$(BUILD)/cppcheck -j2 -Isrc -Iinclude src
	@echo "cppcheck: 1 passed, 0 failed"
lint: lint-rules man-check lint-cppcheck lint-tidy

# ---- everything: install what the tests need, build with sanitizers, run all ----
.PHONY: check check-all run deps
check:
	@sh .ci/deps check
	@$(MAKE) --no-print-directory check-all
check-all:
	@$(PYTHON) tests/check.py \
	    'build=$(MAKE) -s -j2 all WERROR=1 && $(MAKE) -s -j2 all SAN=1' \
	    'unit=$(MAKE) -s -j2 unit SAN=1' \
	    'screen=$(MAKE) -s -j2 screen SAN=1' \
	    'abi=$(MAKE) -s abi SAN=1' \
	    'conformance=$(MAKE) -s conformance SAN=1' \
	    'xmpp-server=$(MAKE) -s xmpp-server SAN=1' \
	    'irc-server=$(MAKE) -s irc-server SAN=1' \
	    'lint-rules=$(MAKE) -s lint-rules' \
	    'man=$(MAKE) -s man-check' \
	    'e2e=$(MAKE) -s e2e SAN=1' \
	    --beside e2e \
	    'fuzz=$(MAKE) -s fuzz-build && $(MAKE) -s fuzz-smoke' \
	    'cppcheck=$(MAKE) -s lint-cppcheck' \
	    'clang-tidy=$(MAKE) -s -k lint-tidy'
deps:
	@sh .ci/deps check
run:
	@sh .ci/deps build
	@$(MAKE) --no-print-directory -j2 all
	@$(BUILD)/kith

.PHONY: asan
asan:
	@$(MAKE) all SAN=1

# ---- manual pages: parts of them are generated from the tables of the program ----
MAN := $(sort $(wildcard man/*.[1-8]))
$(BUILD)/obj/man/%: OBJ_CFLAGS = $(call pc_cflags,$(XMPP_PC))
$(BUILD)/doap: $(call obj,man/doap.c $(XEPS_SRC)) $(LIBBASE)
	$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBBASE) $(call pc_libs,libutf8proc)
.PHONY: man man-check
man: all $(BUILD)/doap
	@sh man/generate $(BUILD) .
man-check: all $(BUILD)/doap
	@mkdir -p $(BUILD)/man && sh man/generate $(BUILD) $(BUILD) && for p in $(MAN) man/kith.doap; do \
	    cmp -s $$p $(BUILD)/$$p || { echo "$$p is not what the program's tables say: run make man"; exit 1; }; done; \
	    echo "manual pages: 1 passed, 0 failed"

# ---- installing ----
INSTALL = install
.PHONY: install uninstall dist completion
completion: $(KITH)
	@mkdir -p $(BUILD)/completion
	@for s in bash zsh fish; do $(KITH) --completion $$s >$(BUILD)/completion/$$s || exit 1; done
install: all completion
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir) $(DESTDIR)$(plugindir) $(DESTDIR)$(PREFIX)/include/kith \
	    $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(datadir)/kith/themes $(DESTDIR)$(datadir)/kith/terminfo
	$(INSTALL) -m 755 $(KITH) $(DESTDIR)$(bindir)/kith
	$(INSTALL) -m 755 $(filter-out $(KITH),$(PROGRAMS)) $(DESTDIR)$(libexecdir)/
	$(INSTALL) -m 644 $(BACKENDS) $(DESTDIR)$(plugindir)/
	$(INSTALL) -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/kith/
	printf 'prefix=%s\nincludedir=$${prefix}/include\nplugindir=%s\n\nName: kith\nDescription: plugin interface of the kith chat client\nVersion: %s\nCflags: -I$${includedir}\n' \
	    '$(PREFIX)' '$(plugindir)' '$(VERSION)' >$(DESTDIR)$(libdir)/pkgconfig/kith.pc
	$(INSTALL) -m 644 $(wildcard themes/*.theme) $(DESTDIR)$(datadir)/kith/themes/
	$(if $(TERMINFO_SRC),tic -x -o $(DESTDIR)$(datadir)/kith/terminfo $(TERMINFO_SRC))
	$(INSTALL) -D -m 644 $(BUILD)/completion/bash $(DESTDIR)$(datadir)/bash-completion/completions/kith
	$(INSTALL) -D -m 644 $(BUILD)/completion/zsh $(DESTDIR)$(datadir)/zsh/site-functions/_kith
	$(INSTALL) -D -m 644 $(BUILD)/completion/fish $(DESTDIR)$(datadir)/fish/vendor_completions.d/kith.fish
	$(INSTALL) -D -m 644 src/main/kith.desktop $(DESTDIR)$(datadir)/applications/kith.desktop
	$(INSTALL) -D -m 644 man/kith.doap $(DESTDIR)$(datadir)/doc/kith/kith.doap
	for p in $(MAN); do s=$${p##*.}; $(INSTALL) -d $(DESTDIR)$(mandir)/man$$s && $(INSTALL) -m 644 $$p $(DESTDIR)$(mandir)/man$$s/ || exit 1; done
uninstall:
	rm -f $(DESTDIR)$(bindir)/kith $(addprefix $(DESTDIR)$(PREFIX)/,$(HEADERS)) $(DESTDIR)$(libdir)/pkgconfig/kith.pc
	rm -f $(addprefix $(DESTDIR)$(plugindir)/,$(notdir $(BACKENDS)))
	rm -rf $(DESTDIR)$(libexecdir) $(DESTDIR)$(datadir)/kith $(DESTDIR)$(datadir)/doc/kith
	rm -f $(addprefix $(DESTDIR)$(datadir)/,bash-completion/completions/kith zsh/site-functions/_kith \
	    fish/vendor_completions.d/kith.fish applications/kith.desktop)
	for p in $(MAN); do rm -f $(DESTDIR)$(mandir)/man$${p##*.}/$${p##*/}; done
	-rmdir $(DESTDIR)$(plugindir) $(DESTDIR)$(PREFIX)/include/kith 2>/dev/null || true
dist:
	@mkdir -p $(BUILD)
	git archive --format=tar.gz --prefix=kith-$(VERSION)/ -o $(BUILD)/kith-$(VERSION).tar.gz HEAD

.PHONY: help
help:
	@echo 'make run          install what is missing, build, open kith'
	@echo 'make check        install what the tests need, build with sanitizers, run all tests'
	@echo 'make all          build into build/ (SAN=1: with AddressSanitizer and UBSan, into build/san)'
	@echo 'make unit screen abi conformance xmpp-server irc-server e2e fuzz-smoke bench   parts of the tests'
	@echo 'make lint         rules of the house, clang-tidy, cppcheck, manual pages'
	@echo 'make man          write what is generated of the manual pages, and man/kith.doap'
	@echo 'make install uninstall   PREFIX ($(PREFIX)) and DESTDIR are honoured'
	@echo 'make asan dist deps clean help'

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
