# Discovery and provider plug-ins without a kernel; included by the Makefile at the top.

.PHONY: provider

provider: lib
	c-tests/provider/run.sh $(PROVIDER_ARGS)
