# Every command is in tools/make.py; where make is missing, call that: python tools/make.py book
PYTHON ?= python3
# regenerate, processors and slides take only these, or all
NOTEBOOKS ?=

COMMANDS := book html lab test processors regenerate assignments slides site zip pdf bench setup clean
.PHONY: help $(COMMANDS)

help:
	@$(PYTHON) tools/make.py

$(COMMANDS):
	@$(PYTHON) tools/make.py $@ $(NOTEBOOKS)
