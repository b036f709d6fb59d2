objects := $(patsubst %.txt,%.o,$(sort $(wildcard *.txt)))
all: $(objects)
	echo linking $^
%.o: %.txt
	echo compiling $< for $@
info: ; $(info $(words $(objects)) objects, $(firstword $(objects)), $(shell true))
nothing-to-do:
