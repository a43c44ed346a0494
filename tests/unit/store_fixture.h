/* What workers report of a machine, for tests of what becomes of it. */
#pragma once

#include "tests/unit/pxed_fixture.h"

#define U1 "01234567-89ab-4cde-8f01-23456789abcd"

#define STEP(time, kind, more) "{\"time\":" time ",\"step\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"lab\",\"kind\":\"" kind "\"" more "}}"
#define INVENTORY(time, post, mac, uuid, serial, more)                                                                              \
        "{\"time\":" time ",\"inventory\":{\"mac\":\"" mac "\",\"post\":\"" post "\",\"raw\":{\"a\":1}," more "\"normalized\":{\"uuid\":\"" \
        uuid "\",\"serial\":\"" serial "\",\"architecture\":\"x86_64\",\"memory\":1073741824,\"cpus\":4,\"disks\":[],\"errors\":[],\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"" mac        \
        "\",\"addresses\":[],\"boots\":true}]}}}"

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
