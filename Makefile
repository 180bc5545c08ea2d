# The front door. Meson builds; this says what there is to do.
#
#   make build    build/vaxel
#   make demo     two minutes that show why (ONCE=1, JSON=1, STATE=DIR)
#   make check    everything that must hold (ONLY=GLOB)
#   make soak     what takes longer than check may
#   make bench    speed and memory, beside peers
#   make install  honours DESTDIR and PREFIX

PREFIX ?= /usr/local
export ONLY ONCE JSON STATE

build: build/build.ninja
	@ninja -C build vaxel

build/build.ninja:
	@tools/install-missing build
	@meson setup build -Dtests=false --prefix=$(PREFIX) >/dev/null

demo: build
	@tools/install-missing demo
	@node demo/demo.js

check:
	@tools/install-missing build demo check
	@tools/check

soak:
	@tools/install-missing build demo check
	@tools/check soak

bench: build
	@tools/install-missing demo check bench
	@bench/run

install: build/build.ninja
	@meson configure build -Dprefix=$(PREFIX)
	@ninja -C build vaxel
	@meson install -C build --no-rebuild $(if $(DESTDIR),--destdir $(DESTDIR)) >/dev/null
	@echo "installed under $(DESTDIR)$(PREFIX)"

clean:
	@rm -rf build build-*

.PHONY: build demo check soak bench install clean
