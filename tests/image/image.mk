# SPDX-License-Identifier: MIT
#
# The image itself: what its linking refuses, what its page tables forbid, how
# it ends, on how small and how large a machine it boots.

TEST_PARTS += image
TESTS_IMAGE := $(BUILD)/image
TESTS_IMAGE_DRIVERS := $(patsubst tests/image/drivers/%.c,\
    $(TESTS_IMAGE)/%.elf,$(sort $(wildcard tests/image/drivers/*.c)))

$(TESTS_IMAGE)/%.o: tests/image/drivers/%.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HV_CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@

# The hypervisor with a driver's test_driver() in place of the empty one.
$(TESTS_IMAGE)/%.elf: $(TESTS_IMAGE)/%.o $(SRC_HV_OBJECTS) $(SRC_LD_SCRIPT) \
    $(SRC_LINK)
	@echo "  LINK    $@"
	@sh $(SRC_LINK) $(SRC_LD_SCRIPT) $@ $(SRC_HV_OBJECTS) $<

.SECONDARY: $(TESTS_IMAGE_DRIVERS:.elf=.o)
-include $(TESTS_IMAGE_DRIVERS:.elf=.d)

.PHONY: test-image
test-image: $(BUILD)/ringfence.elf $(TESTS_IMAGE_DRIVERS) ## the image: what it refuses, its rights, its ends
	@mkdir -p $(TEST_RESULTS)
	@HV_CC="$(HV_CC)" HV_CFLAGS="$(HV_CFLAGS)" OBJECTS="$(SRC_HV_OBJECTS)" \
	    LAYOUT=$(SRC_LD_SCRIPT) LINK=$(SRC_LINK) \
	    sh tests/image/run.sh $(BUILD)/ringfence.elf $(TESTS_IMAGE) \
	    > $(TEST_RESULTS)/image.txt
