all: b a
	@echo all: $^
%:
	@echo making $@
x := $(shell echo hi)
$(info $(x) $(words a b c) $(patsubst %.c,%.o,x.c y.c))
.PHONY: all a b
